//! Arguments of a tool call in the one form that everybody agrees on.

use std::{cell::RefCell, fmt, sync::Arc};

use serde::de::{DeserializeSeed, Deserializer as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// Bytes of arguments at most, as they came and in canonical form.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Objects and arrays within each other at most, the outermost object included.
pub const MAX_DEPTH: usize = 64;
/// Largest integer that a double holds exactly together with both its neighbours: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
/// Bytes of a key or number that an error repeats.
const SHOWN_BYTES: usize = 64;

/// Why arguments are refused. The text is for the model that wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArgumentsError {
    /// Larger than [`MAX_BYTES`].
    #[error("The arguments have {0} bytes; at most {MAX_BYTES} are allowed.")]
    TooLarge(usize),
    /// Not JSON (RFC 8259): line and column, from 1.
    #[error("The arguments are not valid JSON (line {line}, column {column}).")]
    Malformed {
        /// Line.
        line: usize,
        /// Column, in bytes.
        column: usize,
    },
    /// A JSON value, but not an object.
    #[error("The arguments have to be a JSON object.")]
    NotAnObject,
    /// The same key twice in one object: readers differ on which one counts.
    #[error("The arguments have the key \"{0}\" twice in one object.")]
    DuplicateKey(String),
    /// A number that a browser can't hold exactly, so that the user would see another one.
    #[error(
        "The number {0} is too large to be exact: integers go from -9007199254740991 to \
         9007199254740991. Pass it as a string."
    )]
    InexactNumber(String),
    /// Deeper than [`MAX_DEPTH`].
    #[error("The arguments are nested more than {MAX_DEPTH} levels deep.")]
    TooDeep,
}

/// The arguments of a tool call: a JSON object with its canonical text (RFC 8785).
///
/// Text and value say the same. Two argument texts that differ in white space, key order, escapes or
/// the spelling of numbers have the same canonical text; two that mean different things don't.
#[derive(Clone, PartialEq)]
pub struct CanonicalArguments {
    text: Arc<str>,
    value: Arc<Map<String, Value>>,
}

impl CanonicalArguments {
    /// Parses a JSON object.
    ///
    /// Refuses whatever another reader, a browser above all, might read differently: a key twice in
    /// one object, and numbers beyond ±(2^53 - 1). Refuses more than [`MAX_BYTES`] and more than
    /// [`MAX_DEPTH`] levels.
    pub fn parse(text: &str) -> Result<Self, ArgumentsError> {
        if text.len() > MAX_BYTES {
            return Err(ArgumentsError::TooLarge(text.len()));
        }
        let refusal = RefCell::new(None);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let parsed = deserializer
            .deserialize_any(Strict { depth: 0, refusal: &refusal })
            .and_then(|value| deserializer.end().map(|()| value));
        let value = match parsed {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(ArgumentsError::NotAnObject),
            Err(error) => {
                return Err(refusal.into_inner().unwrap_or(ArgumentsError::Malformed {
                    line: error.line(),
                    column: error.column(),
                }));
            }
        };
        let text = serde_json_canonicalizer::to_string(&value).map_err(|error| {
            ArgumentsError::Malformed { line: error.line(), column: error.column() }
        })?;
        // Numbers may get longer: 1e15 has 4 bytes, and 16 in canonical form.
        if text.len() > MAX_BYTES {
            return Err(ArgumentsError::TooLarge(text.len()));
        }
        Ok(Self { text: text.into(), value: Arc::new(value) })
    }

    /// The arguments that a member of these holds, where that is an object, or text that is one's
    /// JSON.
    ///
    /// Errors: as [`CanonicalArguments::parse`], for text.
    pub fn member(&self, name: &str) -> Result<Self, ArgumentsError> {
        match self.value.get(name) {
            Some(Value::Object(object)) => {
                let text = serde_json_canonicalizer::to_string(object).map_err(|error| {
                    ArgumentsError::Malformed { line: error.line(), column: error.column() }
                })?;
                Ok(Self { text: text.into(), value: Arc::new(object.clone()) })
            }
            Some(Value::String(text)) => Self::parse(text),
            _ => Err(ArgumentsError::NotAnObject),
        }
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The object that the text stands for.
    pub fn value(&self) -> &Map<String, Value> {
        &self.value
    }
}

impl fmt::Debug for CanonicalArguments {
    /// Arguments are content: only their size is shown.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CanonicalArguments({} bytes)", self.text.len())
    }
}

/// Reads one value strictly. A refusal is left in the cell, because serde's errors carry only text.
#[derive(Clone, Copy)]
struct Strict<'cell> {
    depth: usize,
    refusal: &'cell RefCell<Option<ArgumentsError>>,
}

impl<'cell> Strict<'cell> {
    fn refuse<E: serde::de::Error>(self, refusal: ArgumentsError) -> E {
        *self.refusal.borrow_mut() = Some(refusal);
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse(ArgumentsError::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > MAX_SAFE_INTEGER {
            return Err(self.refuse(ArgumentsError::InexactNumber(value.to_string())));
        }
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_SAFE_INTEGER {
            return Err(self.refuse(ArgumentsError::InexactNumber(value.to_string())));
        }
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        // Every double of this size is an integer; RFC 8785 writes many of them without an exponent,
        // so their canonical text would itself be refused.
        if value.abs() > MAX_SAFE_INTEGER as f64 {
            return Err(self.refuse(ArgumentsError::InexactNumber(value.to_string())));
        }
        // As the canonical text is read: 1.0 is 1, and -0 is 0.
        if value.fract() == 0.0 {
            return Ok((value as i64).into());
        }
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let element = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = access.next_element_seed(element)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let element = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(self.refuse(ArgumentsError::DuplicateKey(shortened(&key))));
            }
            let value = access.next_value_seed(element)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().find(|(index, _)| *index >= SHOWN_BYTES) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
