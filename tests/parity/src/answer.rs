//! What a side answers, in one form for both.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde_json::{Map, Value};

/// An answer.
#[derive(Clone)]
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
        message: String,
    },
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(formatter, "{data}"),
            Self::Nothing => formatter.write_str("nothing"),
            Self::Refused { status, code, failures, message } => {
                write!(formatter, "{status} {code} {failures:?} {}", message)
            }
        }
    }
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Data(one), Self::Data(other)) => same(one, other),
            (Self::Nothing, Self::Nothing) => true,
            (
                Self::Refused { status, code, failures, .. },
                Self::Refused {
                    status: other_status,
                    code: other_code,
                    failures: other_failures,
                    ..
                },
            ) => status == other_status && code == other_code && failures == other_failures,
            _ => false,
        }
    }
}

/// Whether values are the same. Each side has a clock of its own: two moments within a minute are
/// what `$NOW` stood for, since the project's own moments are days apart.
pub fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::String(one), Value::String(other)) => one == other || at_once(one, other),
        _ => one == other,
    }
}

fn at_once(one: &str, other: &str) -> bool {
    match (one.parse::<Timestamp>(), other.parse::<Timestamp>()) {
        (Ok(one), Ok(other)) => one.duration_since(other).unsigned_abs() < Duration::from_secs(60),
        _ => false,
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

    /// The rows as JSON, or status and code.
    pub fn brief(&self) -> String {
        match self {
            Self::Data(data) => data.to_string(),
            Self::Nothing => "nothing".to_owned(),
            Self::Refused { status, code, .. } => format!("{status} {code}"),
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
            message: errors
                .iter()
                .map(|error| text(error, "/message"))
                .collect::<Vec<_>>()
                .join(" | "),
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
