//! What a side answers, in one form for both.

use std::fmt;

use serde_json::{Map, Value};

/// An answer.
#[derive(Clone, PartialEq)]
pub enum Answer {
    /// Rows, or one row.
    Data(Value),
    /// Done, and nothing to show: a delete, or a write whose result may not be read. The embedded
    /// project gives bare keys here, Directus an empty body.
    Nothing,
    /// A refusal.
    Refused {
        /// HTTP status.
        status: u16,
        /// Directus's code.
        code: String,
        /// Field and rule of each failed validation, sorted.
        failures: Vec<(String, String)>,
        /// The message, for people who look at a difference. Not compared.
        message: Message,
    },
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(formatter, "{data}"),
            Self::Nothing => formatter.write_str("nothing"),
            Self::Refused { status, code, failures, message } => {
                write!(formatter, "{status} {code} {failures:?} {}", message.0)
            }
        }
    }
}

/// Text that is never a difference.
#[derive(Debug, Clone)]
pub struct Message(pub String);

impl PartialEq for Message {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Answer {
    /// Rows in a form in which equal ones are equal: numbers as floats, and rows sorted where their
    /// order isn't determined.
    #[must_use]
    pub fn normalised(self, ordered: bool) -> Self {
        match self {
            Self::Data(value) => {
                let mut value = floats(value);
                if let (Value::Array(rows), false) = (&mut value, ordered) {
                    rows.sort_by_key(text);
                }
                Self::Data(value)
            }
            other => other,
        }
    }

    /// Reads Directus's answer.
    pub fn of_response(status: u16, body: &Value) -> Self {
        if let Some(data) = body.get("data") {
            return Self::Data(data.clone());
        }
        let Some(errors) = body.get("errors").and_then(Value::as_array) else {
            return Self::Nothing;
        };
        let text = |error: &Value, at: &str| {
            error.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let mut failures: Vec<(String, String)> = errors
            .iter()
            .filter(|error| text(error, "/extensions/code") == "FAILED_VALIDATION")
            .map(|error| (text(error, "/extensions/field"), text(error, "/extensions/type")))
            .collect();
        failures.sort();
        Self::Refused {
            status,
            code: errors.first().map(|error| text(error, "/extensions/code")).unwrap_or_default(),
            failures,
            message: Message(
                errors.iter().map(|error| text(error, "/message")).collect::<Vec<_>>().join(" | "),
            ),
        }
    }
}

fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(values) => values.into_iter().map(floats).collect(),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (key, floats(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// A row as text that doesn't depend on the order of its keys.
fn text(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", text(value))).collect();
            pairs.sort();
            pairs.join(",")
        }
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}
