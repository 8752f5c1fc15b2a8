//! New values for items: "titled X, status draft", "the title to Hello and the status to published".

use serde_json::{Map, Value};

use super::{
    lexer::{Kind, Token, slice},
    schema_view::{CollectionView, FieldView},
    value::{Phrase, number},
};

/// What a sentence gives to fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Assignments {
    pub(super) data: Map<String, Value>,
    /// Words that mean nothing to this model. Nothing is written while there are any.
    pub(super) ignored: Vec<String>,
}

const FILLERS: [&str; 31] = [
    "with", "and", "its", "the", "a", "an", "set", "having", "whose", "so", "that", ",", ";", ":",
    ".", "'s", "to", "in", "on", "for", "by", "has", "have", "please", "of", "as", "new",
    "another", "one", "be", "is",
];
const SEPARATORS: [&str; 8] = ["to", "=", ":", "is", "as", "of", "into", "=="];
const DISPLAY_WORDS: [&str; 4] = ["titled", "named", "called", "entitled"];
const TEXT_WORDS: [&str; 2] = ["saying", "reading"];
const TEXT_FIELDS: [&str; 5] = ["body", "text", "content", "comment", "message"];

pub(super) struct Parser<'s> {
    pub(super) source: &'s str,
    pub(super) tokens: &'s [Token],
    pub(super) collection: &'s CollectionView,
}

impl<'s> Parser<'s> {
    /// Reads `field value` pairs from a place to the end of the sentence.
    pub(super) fn read(&self, from: usize, to: usize, into: &mut Assignments) {
        let mut at = from;
        while at < to {
            let Some(token) = self.tokens.get(at) else {
                return;
            };
            if let Some((field, place)) = self.field_at(at) {
                at = self.assign(field, place, to, into);
            } else if let Some((field, value)) = self.collection.choice(&token.word) {
                into.data.insert(field.name.clone(), value);
                at += 1;
            } else if token.is("not")
                && let Some(next) = self.tokens.get(at + 1)
                && let Some((field, Value::Bool(value))) = self.collection.choice(&next.word)
            {
                into.data.insert(field.name.clone(), Value::Bool(!value));
                at += 2;
            } else if token.kind == Kind::Quoted
                && let Some(field) = self.collection.field(self.collection.display())
                && !into.data.contains_key(&field.name)
            {
                into.data.insert(field.name.clone(), token.text.clone().into());
                at += 1;
            } else {
                if !token.is_any(&FILLERS) && token.kind != Kind::Symbol {
                    into.ignored.push(token.text.clone());
                }
                at += 1;
            }
        }
    }

    /// Reads the value of a field that is named elsewhere, then further pairs.
    pub(super) fn read_value_of(
        &self,
        field: &FieldView,
        from: usize,
        to: usize,
        into: &mut Assignments,
    ) {
        let mut at = from;
        while self.tokens.get(at).is_some_and(|token| token.is_any(&SEPARATORS)) && at < to {
            at += 1;
        }
        let next = self.assign(field, at, to, into);
        self.read(next, to, into);
    }

    /// Gives a field the value at a place. A field without a value is a sentence not understood: an
    /// empty value has to be written as `""` or `null`.
    fn assign(&self, field: &FieldView, place: usize, to: usize, into: &mut Assignments) -> usize {
        // A key is one word: "to article 3 saying …".
        let is_key = field.points_to.is_some()
            && self.tokens.get(place).is_some_and(|token| number(&token.text).is_some());
        let (value, next) = self.value(place, if is_key { place + 1 } else { to });
        if !value.text.is_empty() || value.quoted {
            into.data.insert(field.name.clone(), value.typed(field));
        } else if field.kind == "boolean" {
            into.data.insert(field.name.clone(), Value::Bool(true));
        } else {
            into.ignored.push(field.name.clone());
        }
        next.max(place)
    }

    /// A field that is to be given a value, and where the value begins.
    fn field_at(&self, at: usize) -> Option<(&'s FieldView, usize)> {
        let token = self.tokens.get(at)?;
        let display = self.collection.display();
        if token.is_any(&DISPLAY_WORDS) {
            return Some((self.collection.field(display)?, at + 1));
        }
        if token.is_any(&TEXT_WORDS) {
            let field = TEXT_FIELDS.iter().find_map(|name| self.collection.field(name));
            return Some((field.or_else(|| self.collection.field(display))?, at + 1));
        }
        let (field, length) = self.collection.field_at(self.tokens, at)?;
        let mut place = at + length;
        while self.tokens.get(place).is_some_and(|token| token.is_any(&SEPARATORS)) {
            place += 1;
        }
        Some((field, place))
    }

    /// The value from a place to where the next pair begins.
    fn value(&self, from: usize, to: usize) -> (Phrase, usize) {
        if let Some(token) = self.tokens.get(from)
            && token.kind == Kind::Quoted
        {
            return (Phrase { text: token.text.clone(), quoted: true }, from + 1);
        }
        let mut end = from;
        while end < to && !(end > from && self.begins_pair(end)) {
            end += 1;
        }
        (Phrase { text: slice(self.source, self.tokens, from, end), quoted: false }, end)
    }

    /// Whether a new pair begins here: behind a comma, "and" or "with", and with a field's name. A
    /// field's name in the middle of a text doesn't end it.
    fn begins_pair(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else {
            return true;
        };
        if !token.is_any(&[",", ";", "and", "with"]) {
            return false;
        }
        let mut next = at + 1;
        while self.tokens.get(next).is_some_and(|token| {
            token.is_any(&["and", "with", "the", "its", "a", "an", "set", "in", "on", "for"])
        }) {
            next += 1;
        }
        self.field_at(next).is_some()
            || self.tokens.get(next).is_some_and(|t| self.collection.choice(&t.word).is_some())
    }
}
