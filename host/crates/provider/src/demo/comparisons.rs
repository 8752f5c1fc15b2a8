//! Clauses that compare: with a field named, with a choice alone, or with the field understood.

use serde_json::Value;

use super::{
    conditions::{Conditions, Parser},
    lexer::Token,
    operator::{Operator, operator_at},
    schema_view::FieldView,
    subject::keys_at,
    value::{Phrase, period},
};

/// Words that no value without a comparison begins with: "with a note on …".
const PREPOSITIONS: [&str; 7] = ["of", "for", "in", "on", "by", "from", "at"];

impl Parser<'_> {
    /// "F is V", "F contains V", "F V", "F".
    pub(super) fn comparison(
        &self,
        at: usize,
        to: usize,
        conditions: &mut Conditions,
    ) -> Option<usize> {
        let (field, length) = self.collection.field_at(self.tokens, at)?;
        let mut next = at + length;
        // "the alpha_2 code is DE".
        if self.tokens.get(next).is_some_and(|token| token.is_any(&["code", "value", "field"])) {
            next += 1;
        }
        let (operator, explicit) = match operator_at(self.tokens, next) {
            Some((operator, length)) => {
                next += length;
                (refine(operator, self.tokens, &mut next), true)
            }
            None => (Operator::Equal, false),
        };
        let follower = self.tokens.get(next);
        let truth = ["yes", "no", "true", "false"];
        let nothing = follower.is_some_and(|token| token.is_any(&PREPOSITIONS))
            || (field.kind == "boolean" && !follower.is_some_and(|token| token.is_any(&truth)));
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
        let value = if !explicit && nothing { None } else { self.value(next, to) };
        let Some((value, mut next)) = value else {
            // "articles with a category", "articles that have notes".
            let having = at.checked_sub(1).and_then(|before| self.tokens.get(before));
            let having =
                having.is_some_and(|t| t.is_any(&["with", "have", "has", "having", "a", "an"]));
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
    pub(super) fn choice(&self, at: usize, conditions: &mut Conditions) -> Option<usize> {
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
            values.push(Phrase {
                text: other.as_str().unwrap_or_default().to_owned(),
                quoted: false,
            });
            next += 2;
        }
        self.add(field, operator, &values, conditions);
        Some(next)
    }

    /// "starting with A", "containing X", "titled X", "since 2025": the field is understood.
    pub(super) fn bare_operator(
        &self,
        at: usize,
        to: usize,
        conditions: &mut Conditions,
    ) -> Option<usize> {
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
            let text = value.text.strip_prefix("the ").unwrap_or(&value.text);
            conditions.search = Some(text.to_owned());
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
    pub(super) fn relation(
        &self,
        at: usize,
        to: usize,
        conditions: &mut Conditions,
    ) -> Option<usize> {
        let token = self.tokens.get(at)?;
        if !token.is_any(&["by", "in", "on", "of", "for", "from", "to", "does", "has"]) {
            return None;
        }
        let mut next = at + 1;
        while self.tokens.get(next).is_some_and(|token| token.is_any(&["the", "a", "an"])) {
            next += 1;
        }
        let everything = ["all", "every", "each", "any"];
        if self.tokens.get(next)?.is_any(&everything) {
            return None;
        }
        if let Some(end) = self.related(next, to, conditions) {
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
            "in" | "of" => {
                &["categor", "section", "topic", "folder", "group", "region", "countr", "in"]
            }
            _ => return None,
        };
        let field = names.iter().find_map(|part| {
            self.collection
                .fields
                .iter()
                .find(|field| field.name.contains(part) && !field.holds_many)
        })?;
        self.add(field, Operator::Equal, &[value], conditions);
        Some(end)
    }

    /// "article 3", "category Travel": a related collection's name stands for the field that points
    /// to it.
    fn related(&self, at: usize, to: usize, conditions: &mut Conditions) -> Option<usize> {
        let mention = self.view.mention_at(self.tokens, at)?;
        let related = &self.view.collections.get(mention.collection)?.name;
        let field = self
            .collection
            .fields
            .iter()
            .find(|field| field.points_to.as_ref() == Some(related))?;
        let (keys, end) = keys_at(self.tokens, mention.end);
        let (value, end) = match keys.first() {
            Some(Value::String(key)) => (Phrase { text: key.clone(), quoted: true }, end),
            Some(key) => (Phrase { text: key.to_string(), quoted: false }, end),
            None => self.value(mention.end, to)?,
        };
        self.add(field, Operator::Equal, &[value], conditions);
        Some(end)
    }

    pub(super) fn add(
        &self,
        field: &FieldView,
        operator: Operator,
        values: &[Phrase],
        conditions: &mut Conditions,
    ) {
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
}

/// After "are" or "is" a longer comparison may follow that isn't listed with them: "are above 5".
fn refine(operator: Operator, tokens: &[Token], next: &mut usize) -> Operator {
    match operator_at(tokens, *next) {
        Some((better, length)) if operator == Operator::Equal && better != Operator::Equal => {
            *next += length;
            better
        }
        _ => operator,
    }
}
