//! One value of a file: what it may be taken for, and how it is stored.

use std::borrow::Cow;

use jiff::civil;
use serde_json::Value;
use sqlx::{Sqlite, query::Query, sqlite::SqliteArguments};

use super::text::{
    Kind, boolean, date, date_time, exact, float, integer, kind_of, timestamp, written_kind,
};
use crate::{FieldType, time};

/// Characters of a refused value that an error shows.
const SHOWN: usize = 40;

/// A value of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    /// Text that may stand for something else: CSV has nothing but text.
    Untyped(Cow<'a, str>),
    /// Text that was written as text.
    Text(String),
    Boolean(bool),
    Integer(i64),
    Float(f64),
    /// An object or array, as JSON text.
    Nested(String),
}

/// A value as the database takes it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stored {
    Null,
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Stored {
    /// Binds the value to the next parameter.
    pub(super) fn bind(
        self,
        query: Query<'_, Sqlite, SqliteArguments>,
    ) -> Query<'_, Sqlite, SqliteArguments> {
        match self {
            Self::Null => query.bind(None::<String>),
            Self::Integer(number) => query.bind(number),
            Self::Float(number) => query.bind(number),
            Self::Text(text) => query.bind(text),
        }
    }
}

impl From<Value> for Cell<'_> {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(value),
            Value::String(text) => Self::Text(text),
            Value::Number(number) => match (number.as_i64(), number.is_u64(), number.as_f64()) {
                (Some(integer), ..) => Self::Integer(integer),
                // Too large for the database's integers: kept as it is written.
                (None, true, _) | (None, _, None) => Self::Untyped(number.to_string().into()),
                (None, false, Some(float)) => Self::Float(float),
            },
            nested @ (Value::Array(_) | Value::Object(_)) => Self::Nested(nested.to_string()),
        }
    }
}

impl Cell<'_> {
    /// What the value may be taken for. None for null.
    pub(super) fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Null => return None,
            Self::Boolean(_) => Kind::Boolean,
            Self::Integer(_) => Kind::Integer,
            Self::Float(_) => Kind::Float,
            Self::Nested(_) => Kind::Nested,
            Self::Text(text) => written_kind(text),
            Self::Untyped(text) => kind_of(text),
        })
    }

    /// The value as an integer, where it is one.
    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Untyped(text) => integer(text),
            _ => None,
        }
    }

    /// Characters of its text.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Untyped(text) => text.chars().count(),
            Self::Text(text) => text.chars().count(),
            other => other.text().chars().count(),
        }
    }

    /// The value as text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Untyped(text) => Cow::Borrowed(text),
            Self::Text(text) | Self::Nested(text) => Cow::Borrowed(text),
            Self::Boolean(value) => Cow::Owned(value.to_string()),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => Cow::Owned(number.to_string()),
        }
    }

    /// The value as a field of this type stores it. Err: what is wrong, with the value.
    pub(super) fn store(&self, kind: &FieldType) -> Result<Stored, String> {
        if *self == Self::Null {
            return Ok(Stored::Null);
        }
        let stored = match kind {
            FieldType::Integer => self
                .as_integer()
                .filter(|number| i32::try_from(*number).is_ok())
                .map(Stored::Integer),
            FieldType::BigInteger => self.as_integer().map(Stored::Integer),
            FieldType::Float => self.as_float().map(Stored::Float),
            FieldType::Boolean => self.as_boolean().map(|value| Stored::Integer(value.into())),
            FieldType::Date => self.parsed(date).map(|date| Stored::Text(date.to_string())),
            FieldType::Time => self
                .parsed(|text| text.parse::<civil::Time>().ok().map(|time| time.to_string()))
                .map(Stored::Text),
            FieldType::DateTime => self
                .parsed(|text| date_time(text).or_else(|| date(text).map(civil::Date::into)))
                .map(|moment: civil::DateTime| Stored::Text(moment.to_string())),
            FieldType::Timestamp => {
                self.parsed(timestamp).map(|moment| Stored::Text(time::text(moment)))
            }
            FieldType::Uuid => self
                .parsed(|text| uuid::Uuid::try_parse(text).ok())
                .map(|uuid| Stored::Text(uuid.to_string())),
            FieldType::Json => self.as_json().map(Stored::Text),
            FieldType::String(length) => (self.length() <= usize::from(*length)
                && !matches!(self, Self::Nested(_)))
            .then(|| Stored::Text(self.text().into_owned())),
            FieldType::Text | FieldType::ManyToOne { .. } => {
                (!matches!(self, Self::Nested(_))).then(|| Stored::Text(self.text().into_owned()))
            }
        };
        stored.ok_or_else(|| {
            let shown: String = self.text().chars().take(SHOWN).collect();
            format!("{shown:?} is not {}", wanted(kind))
        })
    }

    fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            Self::Untyped(text) => float(text).or_else(|| exact(integer(text)?)),
            Self::Integer(number) => exact(*number),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            Self::Untyped(text) => match text.as_ref() {
                "0" => Some(false),
                "1" => Some(true),
                text => boolean(text),
            },
            Self::Integer(0) => Some(false),
            Self::Integer(1) => Some(true),
            _ => None,
        }
    }

    fn as_json(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Untyped(text) => {
                serde_json::from_str::<Value>(text).is_ok().then(|| text.to_string())
            }
            Self::Text(text) => Some(Value::from(text.as_str()).to_string()),
            other => Some(other.text().into_owned()),
        }
    }

    fn parsed<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        match self {
            Self::Untyped(text) => parse(text),
            Self::Text(text) => parse(text),
            _ => None,
        }
    }
}

fn wanted(kind: &FieldType) -> String {
    match kind {
        FieldType::Integer => "a whole number of 32 bits".into(),
        FieldType::BigInteger => "a whole number".into(),
        FieldType::Float => "a number".into(),
        FieldType::Boolean => "true or false".into(),
        FieldType::Date => "a date such as 2026-01-31".into(),
        FieldType::Time => "a time such as 12:30:00".into(),
        FieldType::DateTime => "a date and time such as 2026-01-31T12:30:00".into(),
        FieldType::Timestamp => "a moment such as 2026-01-31T12:30:00Z".into(),
        FieldType::Uuid => "a UUID".into(),
        FieldType::Json => "JSON".into(),
        FieldType::String(length) => format!("text of at most {length} characters"),
        FieldType::Text | FieldType::ManyToOne { .. } => "text".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untyped(text: &str) -> Cell<'_> {
        Cell::Untyped(text.into())
    }

    #[test]
    fn values_are_stored_in_the_fields_form() {
        let stored = |text, kind: FieldType| untyped(text).store(&kind).ok();
        let as_text = |text: &str| Some(Stored::Text(text.into()));
        assert_eq!(stored("1", FieldType::Boolean), Some(Stored::Integer(1)));
        assert_eq!(stored("3", FieldType::Float), Some(Stored::Float(3.0)));
        assert_eq!(stored("2026-01-31", FieldType::DateTime), as_text("2026-01-31T00:00:00"));
        assert_eq!(
            stored("2026-01-31T01:30:00+02:00", FieldType::Timestamp),
            as_text("2026-01-30T23:30:00.000Z")
        );
        assert_eq!(
            stored("67E55044-10B1-426F-9247-BB680E5FE0C8", FieldType::Uuid),
            as_text("67e55044-10b1-426f-9247-bb680e5fe0c8")
        );
        assert_eq!(stored("[1]", FieldType::Json), as_text("[1]"));
        assert_eq!(Cell::Text("a".into()).store(&FieldType::Json).ok(), as_text("\"a\""));
        assert_eq!(Cell::Null.store(&FieldType::Integer).ok(), Some(Stored::Null));
    }

    #[test]
    fn values_that_do_not_fit_say_so() {
        for (text, kind, reason) in [
            ("3000000000", FieldType::Integer, "\"3000000000\" is not a whole number of 32 bits"),
            ("x", FieldType::Boolean, "\"x\" is not true or false"),
            ("abcd", FieldType::String(3), "\"abcd\" is not text of at most 3 characters"),
            ("9007199254740993", FieldType::Float, "\"9007199254740993\" is not a number"),
            ("{", FieldType::Json, "\"{\" is not JSON"),
        ] {
            assert_eq!(untyped(text).store(&kind), Err(reason.to_owned()));
        }
    }
}
