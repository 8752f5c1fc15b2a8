//! What restricts, orders and shapes a list: everything around the collection's name.

use serde_json::{Value, json};

use super::{
    lexer::{Kind, Token, slice},
    operator::{Operator, operator_at},
    schema_view::{CollectionView, FieldView, SchemaView},
    subject::keys_at,
    value::{Phrase, number, period},
};

/// What a sentence says about the items it wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Conditions {
    pub(super) filters: Vec<Value>,
    pub(super) search: Option<String>,
    pub(super) sort: Vec<String>,
    pub(super) limit: Option<i64>,
    pub(super) all: bool,
    pub(super) group: Option<String>,
    /// Fields that the conditions are about, to be shown.
    pub(super) fields: Vec<String>,
    /// The value that the items' display field is to have.
    pub(super) named: Option<String>,
    /// The filters in words.
    pub(super) described: Vec<String>,
    /// Words that mean nothing to this model.
    pub(super) ignored: Vec<String>,
}

impl Conditions {
    /// Directus's filter; none for no condition.
    pub(super) fn filter(&self) -> Option<Value> {
        match self.filters.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(json!({ "_and": several })),
        }
    }

    fn about(&mut self, field: &FieldView) {
        if !self.fields.contains(&field.name) {
            self.fields.push(field.name.clone());
        }
    }
}

/// Words that join clauses or fill sentences.
const FILLERS: [&str; 66] = [
    "and", ",", ";", ".", "?", "!", "(", ")", ":", "that", "which", "who", "whose", "where", "when",
    "are", "is", "was", "were", "with", "having", "have", "has", "had", "there", "do", "does", "did",
    "we", "i", "you", "in", "the", "a", "an", "their", "its", "of", "for", "me", "my", "our", "any",
    "some", "please", "exist", "here", "items", "item", "entries", "records", "rows", "from", "on",
    "to", "us", "also", "but", "only", "it", "them", "be", "as", "at", "out", "'s",
];

/// Words that begin a clause: a value ends before them.
const OPENERS: [&str; 22] = [
    "sorted", "sort", "ordered", "order", "limit", "with", "without", "where", "whose", "that",
    "which", "having", "not", "containing", "starting", "ending", "in", "by", "per", "grouped",
    "titled", "named",
];

pub(super) struct Parser<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: &'s [Token],
    pub(super) collection: &'s CollectionView,
    pub(super) view: &'s SchemaView,
    /// Whether "for X" is a text to search for.
    pub(super) searching: bool,
}

impl Parser<'_> {
    /// Reads a range of tokens into `conditions`.
    pub(super) fn read(&self, from: usize, to: usize, conditions: &mut Conditions) {
        let mut at = from;
        while at < to {
            at = self.clause(at, to, conditions).unwrap_or_else(|| {
                if let Some(token) = self.tokens.get(at)
                    && !token.is_any(&FILLERS)
                    && (token.kind != Kind::Symbol)
                {
                    conditions.ignored.push(token.text.clone());
                }
                at + 1
            });
        }
    }

    fn clause(&self, at: usize, to: usize, conditions: &mut Conditions) -> Option<usize> {
        let token = self.tokens.get(at)?;
        self.order(at, conditions)
            .or_else(|| self.limit(at, conditions))
            .or_else(|| self.group(at, to, conditions))
            .or_else(|| self.absence(at, conditions))
            .or_else(|| self.comparison(at, to, conditions))
            .or_else(|| self.choice(at, conditions))
            .or_else(|| self.bare_operator(at, to, conditions))
            .or_else(|| self.relation(at, to, conditions))
            .or_else(|| {
                // Quoted text without a field is searched for.
                (token.kind == Kind::Quoted && conditions.search.is_none()).then(|| {
                    conditions.search = Some(token.text.clone());
                    at + 1
                })
            })
    }

    /// "latest", "oldest", "sorted by F descending", "with the highest F".
    fn order(&self, at: usize, conditions: &mut Conditions) -> Option<usize> {
        let token = self.tokens.get(at)?;
        let newest = token.is_any(&["latest", "newest", "recent", "last"]);
        if newest || token.is_any(&["oldest", "earliest"]) {
            let sign = if newest { "-" } else { "" };
            if let Some(date) = self.collection.date_field() {
                conditions.sort.push(format!("{sign}{}", date.name));
                conditions.about(date);
                if !newest {
                    conditions.filters.push(json!({&date.name: {"_nnull": true}}));
                }
            } else {
                conditions.sort.push(format!("{sign}{}", self.collection.primary_key));
            }
            return Some(at + 1);
        }
        let highest = token.is_any(&["highest", "largest", "biggest", "greatest", "longest", "most"]);
        if highest || token.is_any(&["lowest", "smallest", "least", "shortest"]) {
            let (field, length) = self.collection.field_at(self.tokens, at + 1)?;
            conditions.sort.push(format!("{}{}", if highest { "-" } else { "" }, field.name));
            conditions.about(field);
            conditions.filters.push(json!({&field.name: {"_nnull": true}}));
            conditions.limit.get_or_insert(1);
            return Some(at + 1 + length);
        }
        if !token.is_any(&["sorted", "sort", "ordered", "order"]) {
            return None;
        }
        let mut next = at + 1;
        while self.tokens.get(next).is_some_and(|token| token.is_any(&["by", "on", "the", "them", "it"])) {
            next += 1;
        }
        let (field, length) = match self.collection.field_at(self.tokens, next) {
            Some(found) => found,
            None => (self.collection.field_like(&self.tokens.get(next)?.word)?, 1),
        };
        next += length;
        let mut sign = "";
        while let Some(token) = self.tokens.get(next)
            && token.is_any(&["asc", "ascending", "desc", "descending", "newest", "oldest", "first", "highest", "lowest", "in", "order", ","])
        {
            if token.is(",") && !self.tokens.get(next + 1).is_some_and(|t| t.is_any(&["asc", "ascending", "desc", "descending", "newest", "oldest", "highest", "lowest"])) {
                break;
            }
            if token.is_any(&["desc", "descending", "newest", "highest"]) {
                sign = "-";
            }
            next += 1;
        }
        conditions.sort.push(format!("{sign}{}", field.name));
        conditions.about(field);
        Some(next)
    }

    /// "first 5", "top 10", "limit 3", "all", a number before the collection's name.
    fn limit(&self, at: usize, conditions: &mut Conditions) -> Option<usize> {
        let token = self.tokens.get(at)?;
        if token.is_any(&["all", "every", "each"]) {
            conditions.all = true;
            return Some(at + 1);
        }
        let word = token.is_any(&["first", "top", "limit", "only", "max"]);
        let place = if word { at + 1 } else { at };
        let number = count(&self.tokens.get(place)?.word)?;
        // A number alone counts as a limit only where it stands as one: "5 articles".
        conditions.limit = Some(number);
        Some(place + 1)
    }

    fn group(&self, at: usize, to: usize, conditions: &mut Conditions) -> Option<usize> {
        let token = self.tokens.get(at)?;
        let mut next = at + 1;
        match token.word.as_str() {
            "per" | "by" => {}
            "grouped" | "for" => {
                if !self.tokens.get(next)?.is_any(&["by", "each", "every"]) {
                    return None;
                }
                next += 1;
            }
            _ => return None,
        }
        let (field, length) = self.collection.field_at(self.tokens, next)?;
        if token.is("by") && next + length < to && self.tokens.get(next + length)?.kind != Kind::Symbol {
            return None;
        }
        conditions.group = Some(field.name.clone());
        Some(next + length)
    }

    /// "without F", "with no F", "missing F".
    fn absence(&self, at: usize, conditions: &mut Conditions) -> Option<usize> {
        if !self.tokens.get(at)?.is_any(&["without", "no", "missing", "lacking"]) {
            return None;
        }
        let mut next = at + 1;
        while self.tokens.get(next).is_some_and(|token| token.is_any(&["a", "an", "any", "the"])) {
            next += 1;
        }
        let (field, length) = self.collection.field_at(self.tokens, next)?;
        self.add(field, Operator::Empty, &[], conditions);
        Some(next + length)
    }

    /// "F is V", "F contains V", "F V", "F".
    fn comparison(&self, at: usize, to: usize, conditions: &mut Conditions) -> Option<usize> {
        let (field, length) = self.collection.field_at(self.tokens, at)?;
        let mut next = at + length;
        let (operator, explicit) = match operator_at(self.tokens, next) {
            Some((operator, length)) => {
                next += length;
                (refine(operator, self.tokens, &mut next), true)
            }
            None => (Operator::Equal, false),
        };
        if !operator.takes_value() {
            self.add(field, operator, &[], conditions);
            return Some(next);
        }
        if operator == Operator::Between {
            let (low, after) = self.value(next, to)?;
            let joined = self.tokens.get(after)?.is_any(&["and", "to"]);
            let (high, after) = self.value(if joined { after + 1 } else { after }, to)?;
            self.add(field, operator, &[low, high], conditions);
            return Some(after);
        }
        let Some((value, mut next)) = self.value(next, to) else {
            // "articles with a category", "articles that have notes".
            let having = at.checked_sub(1).and_then(|before| self.tokens.get(before));
            let having = having.is_some_and(|t| t.is_any(&["with", "have", "has", "having", "a", "an"]));
            return (!explicit && having).then(|| {
                self.add(field, Operator::NotEmpty, &[], conditions);
                next
            });
        };
        let mut values = vec![value];
        while self.tokens.get(next).is_some_and(|token| token.is("or"))
            && self.collection.field_at(self.tokens, next + 1).is_none()
            && let Some((value, after)) = self.value(next + 1, to)
        {
            values.push(value);
            next = after;
        }
        self.add(field, operator, &values, conditions);
        Some(next)
    }

    /// A choice alone, or a field that is true or false: "draft", "not published", "unapproved".
    fn choice(&self, at: usize, conditions: &mut Conditions) -> Option<usize> {
        let negated = self.tokens.get(at)?.is_any(&["not", "aren't", "isn't", "non"]);
        let place = if negated { at + 1 } else { at };
        let (field, value) = self.collection.choice(&self.tokens.get(place)?.word)?;
        let (operator, value) = match (value, negated) {
            (Value::Bool(value), negated) => (Operator::Equal, Value::Bool(value != negated)),
            (value, false) => (Operator::Equal, value),
            (value, true) => (Operator::NotEqual, value),
        };
        let text = value.as_str().map_or_else(|| value.to_string(), String::from);
        let mut values = vec![Phrase { text, quoted: false }];
        let mut next = place + 1;
        while self.tokens.get(next).is_some_and(|token| token.is("or"))
            && let Some(token) = self.tokens.get(next + 1)
            && let Some(other) = field.choice(&token.word)
        {
            values.push(Phrase { text: other.as_str().unwrap_or_default().to_owned(), quoted: false });
            next += 2;
        }
        self.add(field, operator, &values, conditions);
        Some(next)
    }

    /// "starting with A", "containing X", "titled X", "since 2025": the field is understood.
    fn bare_operator(&self, at: usize, to: usize, conditions: &mut Conditions) -> Option<usize> {
        let token = self.tokens.get(at)?;
        let display = self.collection.field(self.collection.display())?;
        if token.is_any(&["titled", "named", "called", "entitled"]) {
            let (value, next) = self.value(at + 1, to)?;
            self.add(display, Operator::Contains, &[value], conditions);
            return Some(next);
        }
        let search_words =
            ["about", "mentioning", "mention", "mentions", "matching", "match", "regarding"];
        if token.is_any(&search_words) || (self.searching && token.is("for")) {
            let (value, next) = self.value(at + 1, to)?;
            conditions.search = Some(value.text);
            return Some(next);
        }
        let (operator, length) = operator_at(self.tokens, at)?;
        match operator {
            Operator::StartsWith | Operator::EndsWith => {
                let (value, next) = self.value(at + length, to)?;
                self.add(display, operator, &[value], conditions);
                Some(next)
            }
            Operator::Contains => {
                let (value, next) = self.value(at + length, to)?;
                conditions.search = Some(value.text);
                Some(next)
            }
            Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::Between => {
                let date = self.collection.date_field()?;
                let (value, mut next) = self.value(at + length, to)?;
                period(&value.text)?;
                let mut values = vec![value];
                if operator == Operator::Between {
                    let (high, after) = self.value(next + 1, to)?;
                    values.push(high);
                    next = after;
                }
                self.add(date, operator, &values, conditions);
                Some(next)
            }
            _ => None,
        }
    }

    /// "by Jane Doe", "in Travel", "on article 3", "from 2025".
    fn relation(&self, at: usize, to: usize, conditions: &mut Conditions) -> Option<usize> {
        let token = self.tokens.get(at)?;
        if !token.is_any(&["by", "in", "on", "of", "for", "from", "to", "does", "has"]) {
            return None;
        }
        let mut next = at + 1;
        while self.tokens.get(next).is_some_and(|token| token.is_any(&["the", "a", "an"])) {
            next += 1;
        }
        // A related collection's name stands for the field that points to it.
        for mention in self.view.mentions(self.tokens, next).iter().filter(|m| m.start == next) {
            let related = &self.view.collections.get(mention.collection)?.name;
            let field = self
                .collection
                .fields
                .iter()
                .find(|field| field.points_to.as_ref() == Some(related))?;
            let (keys, end) = keys_at(self.tokens, mention.end);
            if let Some(key) = keys.first() {
                let text = key.as_str().map_or_else(|| key.to_string(), String::from);
                self.add(field, Operator::Equal, &[Phrase { text, quoted: key.is_string() }], conditions);
                return Some(end);
            }
            let (value, end) = self.value(mention.end, to)?;
            self.add(field, Operator::Equal, &[value], conditions);
            return Some(end);
        }
        let (value, end) = self.value(next, to)?;
        if token.is_any(&["in", "from", "of"])
            && period(&value.text).is_some()
            && let Some(date) = self.collection.date_field()
        {
            self.add(date, Operator::Equal, &[value], conditions);
            return Some(end);
        }
        let names: &[&str] = match token.word.as_str() {
            "by" | "from" => &["author", "user", "creat", "owner", "writer", "by"],
            "in" => &["categor", "section", "topic", "folder", "group", "region", "countr", "in"],
            _ => return None,
        };
        let field = names
            .iter()
            .find_map(|part| self.collection.fields.iter().find(|field| field.name.contains(part) && !field.holds_many))?;
        self.add(field, Operator::Equal, &[value], conditions);
        Some(end)
    }

    fn add(&self, field: &FieldView, operator: Operator, values: &[Phrase], conditions: &mut Conditions) {
        conditions.filters.push(operator.rule(field, values, self.view));
        conditions.about(field);
        if let ([value], Operator::Equal | Operator::Contains) = (values, operator)
            && field.name == self.collection.display()
        {
            conditions.named = Some(value.text.clone());
        }
        let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
        let between = if operator == Operator::Between { " and " } else { " or " };
        let text = format!("{} {} {}", field.name, operator.words(), texts.join(between));
        conditions.described.push(text.trim_end().to_owned());
    }

    /// The value at a place: quoted text, or words up to where the next clause begins.
    pub(super) fn value(&self, from: usize, to: usize) -> Option<(Phrase, usize)> {
        let first = self.tokens.get(from).filter(|_| from < to)?;
        if first.kind == Kind::Quoted {
            return Some((Phrase { text: first.text.clone(), quoted: true }, from + 1));
        }
        let mut end = from;
        while end < to
            && let Some(token) = self.tokens.get(end)
            && !self.ends_value(token, end, from)
        {
            end += 1;
        }
        let text = slice(self.source, self.tokens, from, end);
        (!text.is_empty()).then_some((Phrase { text, quoted: false }, end))
    }

    fn ends_value(&self, token: &Token, at: usize, from: usize) -> bool {
        if token.kind == Kind::Symbol {
            let joins = token.is_any(&[",", ":", "'s", "("]) && !self.begins_clause(at + 1);
            return !joins || at == from;
        }
        if token.is("or") {
            return true;
        }
        if token.is("and") {
            return self.begins_clause(at + 1) || at == from || self.after_between(from);
        }
        at > from && token.is_any(&OPENERS) && self.begins_clause(at)
    }

    fn after_between(&self, from: usize) -> bool {
        from.checked_sub(1)
            .and_then(|before| self.tokens.get(before))
            .is_some_and(|token| token.is("between"))
    }

    fn begins_clause(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return true };
        token.kind == Kind::Symbol
            || token.is_any(&OPENERS)
            || self.collection.field_at(self.tokens, at).is_some()
            || self.collection.choice(&token.word).is_some()
            || token.is_any(&["are", "is", "has", "have", "the"])
                && self.collection.field_at(self.tokens, at + 1).is_some()
    }
}

/// "is" before a longer comparison: "is, say, over 5" aside, "is contained" isn't "is".
fn refine(operator: Operator, tokens: &[Token], next: &mut usize) -> Operator {
    match operator_at(tokens, *next) {
        Some((better, length)) if operator == Operator::Equal && better != Operator::Equal => {
            *next += length;
            better
        }
        _ => operator,
    }
}

/// A whole number of items: in digits or up to ten in words.
pub(super) fn count(word: &str) -> Option<i64> {
    const WORDS: [&str; 10] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let written = WORDS.iter().position(|known| *known == word);
    let written = written.and_then(|index| i64::try_from(index + 1).ok());
    written.or_else(|| number(word)?.as_i64()).filter(|count| (1..=10_000).contains(count))
}
