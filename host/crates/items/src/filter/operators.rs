//! Directus's filter operators.

use sea_query::Value as SqlValue;
use serde_json::Value;

use super::coerce;
use crate::{
    limits::{MAXIMUM_LIST, MAXIMUM_SEARCH},
    schema::FieldType,
};

/// Where a text has to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    Start,
    End,
}

/// An operator, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal { negated: bool },
    Less { or_equal: bool },
    Greater { or_equal: bool },
    In { negated: bool },
    Null { negated: bool },
    Text { place: Place, negated: bool, fold: bool },
    EqualFold { negated: bool },
    Between { negated: bool },
    Empty { negated: bool },
    Regex,
    Submitted,
}

/// All operators that filters on items take, for messages.
const NAMES: &str = "_eq, _neq, _lt, _lte, _gt, _gte, _in, _nin, _null, _nnull, _contains, \
                     _ncontains, _icontains, _nicontains, _starts_with, _nstarts_with, \
                     _istarts_with, _nistarts_with, _ends_with, _nends_with, _iends_with, \
                     _niends_with, _ieq, _nieq, _between, _nbetween, _empty, _nempty";

impl Operator {
    /// Reads an operator's name, underscore included.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let text = |place, negated, fold| Ok(Self::Text { place, negated, fold });
        match name {
            "_eq" => Ok(Self::Equal { negated: false }),
            "_neq" => Ok(Self::Equal { negated: true }),
            "_lt" => Ok(Self::Less { or_equal: false }),
            "_lte" => Ok(Self::Less { or_equal: true }),
            "_gt" => Ok(Self::Greater { or_equal: false }),
            "_gte" => Ok(Self::Greater { or_equal: true }),
            "_in" => Ok(Self::In { negated: false }),
            "_nin" => Ok(Self::In { negated: true }),
            "_null" => Ok(Self::Null { negated: false }),
            "_nnull" => Ok(Self::Null { negated: true }),
            "_contains" => text(Place::Anywhere, false, false),
            "_ncontains" => text(Place::Anywhere, true, false),
            "_icontains" => text(Place::Anywhere, false, true),
            "_nicontains" => text(Place::Anywhere, true, true),
            "_starts_with" => text(Place::Start, false, false),
            "_nstarts_with" => text(Place::Start, true, false),
            "_istarts_with" => text(Place::Start, false, true),
            "_nistarts_with" => text(Place::Start, true, true),
            "_ends_with" => text(Place::End, false, false),
            "_nends_with" => text(Place::End, true, false),
            "_iends_with" => text(Place::End, false, true),
            "_niends_with" => text(Place::End, true, true),
            "_ieq" => Ok(Self::EqualFold { negated: false }),
            "_nieq" => Ok(Self::EqualFold { negated: true }),
            "_between" => Ok(Self::Between { negated: false }),
            "_nbetween" => Ok(Self::Between { negated: true }),
            "_empty" => Ok(Self::Empty { negated: false }),
            "_nempty" => Ok(Self::Empty { negated: true }),
            "_regex" => Ok(Self::Regex),
            "_submitted" => Ok(Self::Submitted),
            _ => Err(format!("\"{name}\" is not a filter operator; there are {NAMES}")),
        }
    }
}

impl Operator {
    /// Refuses what compares with nothing, as Directus does in queries. Errors are reasons.
    pub(crate) fn refuse_nothing(self, name: &str, value: &Value) -> Result<(), String> {
        match (self, value) {
            (Self::Null { .. } | Self::Empty { .. }, _) => Ok(()),
            (_, Value::String(text)) if text.is_empty() => Err(format!(
                "You can't filter for an empty string in \"{name}\". Use \"_empty\" or \
                 \"_nempty\" instead"
            )),
            (Self::In { .. }, Value::Array(values)) if values.is_empty() => {
                Err(format!("\"{name}\" has to be an array of values"))
            }
            _ => Ok(()),
        }
    }
}

/// What a field is compared with, values bound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Null(bool),
    Empty(bool),
    Equal(SqlValue),
    Unequal(SqlValue),
    Less {
        value: SqlValue,
        or_equal: bool,
    },
    Greater {
        value: SqlValue,
        or_equal: bool,
    },
    In {
        negated: bool,
        values: Vec<SqlValue>,
    },
    Like {
        negated: bool,
        pattern: String,
    },
    EqualFold {
        negated: bool,
        text: String,
    },
    Between {
        negated: bool,
        low: SqlValue,
        high: SqlValue,
    },
    /// A comparison with nothing, which no value meets.
    Never,
}

impl Test {
    /// Reads an operator's value for a field of a type. Errors are reasons.
    pub(crate) fn parse(
        operator: Operator,
        value: &Value,
        kind: FieldType,
    ) -> Result<Self, String> {
        let on = *value != Value::Bool(false) && value.as_str() != Some("false");
        match operator {
            Operator::Null { negated } => return Ok(Self::Null(on != negated)),
            Operator::Empty { negated } => return Ok(Self::Empty(on != negated)),
            Operator::Equal { negated } if value.is_null() => return Ok(Self::Null(!negated)),
            Operator::Regex => return Err("is for validation only".to_owned()),
            Operator::Submitted => return Err("is for validation only".to_owned()),
            _ if value.is_null() => return Ok(Self::Never),
            _ => {}
        }
        if matches!(kind, FieldType::Json | FieldType::Csv)
            && !matches!(operator, Operator::Text { .. } | Operator::Equal { .. })
        {
            return Err(format!(
                "isn't possible: a {} field is tested with _eq, _contains, _null, _empty and their \
                 negations",
                kind.name()
            ));
        }
        Ok(match operator {
            Operator::Equal { negated: false } => Self::Equal(coerce(value, kind)?),
            Operator::Equal { negated: true } => Self::Unequal(coerce(value, kind)?),
            Operator::Less { or_equal } => Self::Less { value: coerce(value, kind)?, or_equal },
            Operator::Greater { or_equal } => {
                Self::Greater { value: coerce(value, kind)?, or_equal }
            }
            Operator::In { negated } => {
                let values: Vec<SqlValue> = list(value)
                    .iter()
                    .filter(|value| !value.is_null())
                    .map(|value| coerce(value, kind))
                    .collect::<Result<_, _>>()?;
                if values.len() > MAXIMUM_LIST {
                    return Err(format!("holds more than {MAXIMUM_LIST} values"));
                }
                Self::In { negated, values }
            }
            Operator::Text { place, negated, .. } => {
                Self::Like { negated, pattern: pattern(&plain_text(value)?, place)? }
            }
            Operator::EqualFold { negated } => {
                Self::EqualFold { negated, text: plain_text(value)?.to_ascii_lowercase() }
            }
            Operator::Between { negated } => match list(value).as_slice() {
                [low, high] if low.is_null() || high.is_null() => Self::Never,
                [low, high] => {
                    Self::Between { negated, low: coerce(low, kind)?, high: coerce(high, kind)? }
                }
                _ => return Err("has to be a list of two values".to_owned()),
            },
            Operator::Null { .. }
            | Operator::Empty { .. }
            | Operator::Regex
            | Operator::Submitted => Self::Never,
        })
    }
}

/// A list may be given as text with commas.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        Value::String(text) => text.split(',').map(|part| Value::from(part.trim())).collect(),
        single => vec![single.clone()],
    }
}

fn plain_text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if text.chars().count() > MAXIMUM_SEARCH => {
            Err(format!("is longer than {MAXIMUM_SEARCH} characters"))
        }
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err("has to be a string".to_owned()),
    }
}

/// A `LIKE` pattern that takes the text literally; the escape character is `\`.
pub(crate) fn pattern(text: &str, place: Place) -> Result<String, String> {
    if text.contains('\0') {
        return Err("can't hold a NUL character".to_owned());
    }
    let mut pattern = String::with_capacity(text.len() + 2);
    if place != Place::Start {
        pattern.push('%');
    }
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    if place != Place::End {
        pattern.push('%');
    }
    Ok(pattern)
}
