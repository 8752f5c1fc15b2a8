//! Comparisons as people write them, and Directus's filter rules for them.

use serde_json::{Map, Value, json};

use super::{
    lexer::{Token, phrase_at},
    schema_view::{FieldView, SchemaView},
    value::{Phrase, period},
};

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    ContainsNot,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Between,
    Empty,
    NotEmpty,
}

use Operator::*;

/// Longer phrases before their beginnings.
const PHRASES: [(&str, Operator); 84] = [
    ("is greater than or equal to", GreaterOrEqual),
    ("is less than or equal to", LessOrEqual),
    ("greater than or equal to", GreaterOrEqual),
    ("less than or equal to", LessOrEqual),
    ("is not equal to", NotEqual),
    ("is not empty", NotEmpty),
    ("is not null", NotEmpty),
    ("is not set", Empty),
    ("is greater than", Greater),
    ("is less than", Less),
    ("is more than", Greater),
    ("is higher than", Greater),
    ("is lower than", Less),
    ("is at least", GreaterOrEqual),
    ("is at most", LessOrEqual),
    ("does not contain", ContainsNot),
    ("does not equal", NotEqual),
    ("is equal to", Equal),
    ("no less than", GreaterOrEqual),
    ("no more than", LessOrEqual),
    ("has the word", Contains),
    ("is called", Equal),
    ("is not", NotEqual),
    ("are not", NotEqual),
    ("was not", NotEqual),
    ("equal to", Equal),
    ("doesn't contain", ContainsNot),
    ("not containing", ContainsNot),
    ("greater than", Greater),
    ("more than", Greater),
    ("bigger than", Greater),
    ("larger than", Greater),
    ("higher than", Greater),
    ("later than", Greater),
    ("less than", Less),
    ("fewer than", Less),
    ("smaller than", Less),
    ("lower than", Less),
    ("earlier than", Less),
    ("at least", GreaterOrEqual),
    ("at most", LessOrEqual),
    ("up to", LessOrEqual),
    ("is over", Greater),
    ("is above", Greater),
    ("is after", Greater),
    ("is under", Less),
    ("is below", Less),
    ("is before", Less),
    ("is between", Between),
    ("is empty", Empty),
    ("is null", Empty),
    ("is missing", Empty),
    ("is unset", Empty),
    ("are empty", Empty),
    ("is set", NotEmpty),
    ("starts with", StartsWith),
    ("start with", StartsWith),
    ("starting with", StartsWith),
    ("begins with", StartsWith),
    ("begin with", StartsWith),
    ("beginning with", StartsWith),
    ("ends with", EndsWith),
    ("end with", EndsWith),
    ("ending with", EndsWith),
    ("ends in", EndsWith),
    ("isn't", NotEqual),
    ("aren't", NotEqual),
    ("not", NotEqual),
    ("contains", Contains),
    ("contain", Contains),
    ("containing", Contains),
    ("includes", Contains),
    ("including", Contains),
    ("like", Contains),
    ("over", Greater),
    ("above", Greater),
    ("after", Greater),
    ("since", GreaterOrEqual),
    ("under", Less),
    ("below", Less),
    ("before", Less),
    ("between", Between),
    ("equals", Equal),
    ("exists", NotEmpty),
];

const SIGNS: [(&str, Operator); 11] = [
    (">=", GreaterOrEqual),
    ("<=", LessOrEqual),
    ("!=", NotEqual),
    ("<>", NotEqual),
    ("==", Equal),
    (">", Greater),
    ("<", Less),
    ("=", Equal),
    (":", Equal),
    ("is", Equal),
    ("are", Equal),
];

/// The comparison at a place, and its length in tokens.
pub(super) fn operator_at(tokens: &[Token], at: usize) -> Option<(Operator, usize)> {
    PHRASES
        .iter()
        .chain(&SIGNS)
        .find_map(|(phrase, operator)| Some((*operator, phrase_at(tokens, at, phrase)?)))
}

impl Operator {
    pub(super) fn takes_value(self) -> bool {
        !matches!(self, Empty | NotEmpty)
    }

    /// In words, for the answer.
    pub(super) fn words(self) -> &'static str {
        match self {
            Equal => "is",
            NotEqual => "is not",
            Contains => "contains",
            ContainsNot => "does not contain",
            StartsWith => "starts with",
            EndsWith => "ends with",
            Greater => "is above",
            GreaterOrEqual => "is at least",
            Less => "is below",
            LessOrEqual => "is at most",
            Between => "is between",
            Empty => "is empty",
            NotEmpty => "is not empty",
        }
    }

    /// The filter rule for one field. Several values mean any of them; `Between` takes two.
    pub(super) fn rule(self, field: &FieldView, values: &[Phrase], view: &SchemaView) -> Value {
        let typed: Vec<Value> = values.iter().map(|value| value.typed(field)).collect();
        let one = typed.first().cloned().unwrap_or(Value::Null);
        let text = values.first().map(|value| value.text.clone()).unwrap_or_default();
        if let Some(related) = &field.points_to
            && one.is_string()
            && matches!(self, Equal | Contains)
        {
            let display = view.display_of(related).unwrap_or("id").to_owned();
            return nested(&field.name, nested(&display, json!({"_icontains": text})));
        }
        if field.is_date()
            && let Some(rule) = self.date_rule(field, values)
        {
            return rule;
        }
        let rule = match self {
            Empty if is_text(field) => json!({"_empty": true}),
            Empty => json!({"_null": true}),
            NotEmpty if is_text(field) => json!({"_nempty": true}),
            NotEmpty => json!({"_nnull": true}),
            Equal if one.is_null() => json!({"_null": true}),
            NotEqual if one.is_null() => json!({"_nnull": true}),
            Equal if typed.len() > 1 => json!({"_in": typed}),
            NotEqual if typed.len() > 1 => json!({"_nin": typed}),
            // Text written without capitals and quotation marks isn't meant to the letter.
            Equal if is_text(field) && values.iter().all(is_casual) => json!({"_icontains": text}),
            Equal => json!({"_eq": one}),
            NotEqual => json!({"_neq": one}),
            Contains => json!({"_icontains": text}),
            ContainsNot => json!({"_nicontains": text}),
            StartsWith => json!({"_istarts_with": text}),
            EndsWith => json!({"_iends_with": text}),
            Greater => json!({"_gt": one}),
            GreaterOrEqual => json!({"_gte": one}),
            Less => json!({"_lt": one}),
            LessOrEqual => json!({"_lte": one}),
            Between => json!({"_between": typed}),
        };
        nested(&field.name, rule)
    }

    /// Years and months are periods: "in 2025" is from its first day until before the next year's.
    fn date_rule(self, field: &FieldView, values: &[Phrase]) -> Option<Value> {
        let (from, to) = period(&values.first()?.text)?;
        let rule = |rule: Value| Some(nested(&field.name, rule));
        match (self, to) {
            (Equal | Contains, Some(to)) => {
                Some(json!({"_and": [{&field.name: {"_gte": from}}, {&field.name: {"_lt": to}}]}))
            }
            (Equal | Contains, None) if field.kind == "date" => rule(json!({"_eq": from})),
            (Equal | Contains, None) => {
                rule(json!({"_between": [from, format!("{from}T23:59:59.999")]}))
            }
            (Greater, Some(to)) => rule(json!({"_gte": to})),
            (Greater, None) => rule(json!({"_gt": from})),
            (GreaterOrEqual, _) => rule(json!({"_gte": from})),
            (Less, _) => rule(json!({"_lt": from})),
            (LessOrEqual, Some(to)) => rule(json!({"_lt": to})),
            (LessOrEqual, None) => rule(json!({"_lte": from})),
            (Between, _) => {
                let (_, end) = period(&values.get(1)?.text)?;
                let last =
                    values.get(1).and_then(|value| period(&value.text)).map(|(from, _)| from)?;
                let upper = end.map_or_else(|| json!({"_lte": last}), |end| json!({"_lt": end}));
                Some(json!({"_and": [{&field.name: {"_gte": from}}, {&field.name: upper}]}))
            }
            _ => None,
        }
    }
}

fn is_text(field: &FieldView) -> bool {
    matches!(field.kind.as_str(), "string" | "text") && field.choices.is_empty()
}

fn is_casual(value: &Phrase) -> bool {
    !value.quoted
        && value.text.chars().any(char::is_alphabetic)
        && !value.text.chars().any(char::is_uppercase)
}

fn nested(field: &str, rule: Value) -> Value {
    Value::Object(Map::from_iter([(field.to_owned(), rule)]))
}
