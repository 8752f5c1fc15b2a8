//! What restricts, orders and shapes a list: everything around the collection's name.

use serde_json::{Value, json};

use super::{
    lexer::{Kind, Token, slice},
    operator::Operator,
    schema_view::{CollectionView, FieldView, SchemaView},
    value::{Phrase, number},
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

    pub(super) fn about(&mut self, field: &FieldView) {
        if !self.fields.contains(&field.name) {
            self.fields.push(field.name.clone());
        }
    }
}

/// Words that join clauses or fill sentences.
const FILLERS: [&str; 66] = [
    "and", ",", ";", ".", "?", "!", "(", ")", ":", "that", "which", "who", "whose", "where",
    "when", "are", "is", "was", "were", "with", "having", "have", "has", "had", "there", "do",
    "does", "did", "we", "i", "you", "in", "the", "a", "an", "their", "its", "of", "for", "me",
    "my", "our", "any", "some", "please", "exist", "here", "items", "item", "entries", "records",
    "rows", "from", "on", "to", "us", "also", "but", "only", "it", "them", "be", "as", "at", "out",
    "'s",
];

/// Words that begin a clause: a value ends before them.
const OPENERS: [&str; 22] = [
    "sorted",
    "sort",
    "ordered",
    "order",
    "limit",
    "with",
    "without",
    "where",
    "whose",
    "that",
    "which",
    "having",
    "not",
    "containing",
    "starting",
    "ending",
    "in",
    "by",
    "per",
    "grouped",
    "titled",
    "named",
];

pub(super) struct Parser<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: &'s [Token],
    pub(super) collection: &'s CollectionView,
    pub(super) view: &'s SchemaView,
    /// Where the collection's name stands.
    pub(super) subject: usize,
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
            }
            // Items without a date, such as drafts, are in the order in which they were made.
            conditions.sort.push(format!("{sign}{}", self.collection.primary_key));
            return Some(at + 1);
        }
        let highest =
            token.is_any(&["highest", "largest", "biggest", "greatest", "longest", "most"]);
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
        while self
            .tokens
            .get(next)
            .is_some_and(|token| token.is_any(&["by", "on", "the", "them", "it"]))
        {
            next += 1;
        }
        let (field, length) = match self.collection.field_at(self.tokens, next) {
            Some(found) => found,
            None => (self.collection.field_like(&self.tokens.get(next)?.word)?, 1),
        };
        next += length;
        let mut sign = "";
        while let Some(token) = self.tokens.get(next)
            && token.is_any(&[
                "asc",
                "ascending",
                "desc",
                "descending",
                "newest",
                "oldest",
                "first",
                "highest",
                "lowest",
                "in",
                "order",
                ",",
            ])
        {
            if token.is(",")
                && !self.tokens.get(next + 1).is_some_and(|t| {
                    t.is_any(&[
                        "asc",
                        "ascending",
                        "desc",
                        "descending",
                        "newest",
                        "oldest",
                        "highest",
                        "lowest",
                    ])
                })
            {
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
        // Behind the collection's name a number alone says nothing.
        if !word && at >= self.subject {
            return None;
        }
        let place = if word { at + 1 } else { at };
        let number = count(&self.tokens.get(place)?.word)?;
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
        if token.is("by")
            && next + length < to
            && self.tokens.get(next + length)?.kind != Kind::Symbol
        {
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
        let Some(token) = self.tokens.get(at) else {
            return true;
        };
        token.kind == Kind::Symbol
            || token.is_any(&OPENERS)
            || self.collection.field_at(self.tokens, at).is_some()
            || self.collection.choice(&token.word).is_some()
            || token.is_any(&["are", "is", "has", "have", "the"])
                && self.collection.field_at(self.tokens, at + 1).is_some()
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
