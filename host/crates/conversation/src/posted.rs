//! Values as posted, before anything about them is known to be right.
//!
//! The AI SDK ignores keys that a part has no use for, whatever they hold, and refuses a wrong value
//! where a key counts. Which keys count depends on `type` and `state`, which may come last. So a value
//! of the wrong kind is remembered rather than refused, in the same single pass over the body.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::RequestError;

/// A value that may be missing, null, or of another kind than wanted.
#[derive(Debug, Default)]
pub(crate) enum Posted<T> {
    /// The key isn't there.
    #[default]
    Absent,
    /// The value is null, which counts as wrong: optional keys are left out instead.
    Null,
    /// The value has the wanted kind.
    Value(T),
    /// The value is of another kind, named for the error.
    Wrong(&'static str),
}

/// A kind of JSON value that can be read. Every constructor that isn't overridden says "not this
/// kind" and leaves the value unread.
pub(crate) trait Shape<'de>: Sized {
    /// What belongs here, for errors: `a string`.
    const EXPECTED: &'static str;

    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn from_number(_: f64) -> Option<Self> {
        None
    }

    fn from_text(_: Cow<'de, str>) -> Option<Self> {
        None
    }

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de> Shape<'de> for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl<'de> Shape<'de> for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_number(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl<'de: 'a, 'a> Shape<'de> for Cow<'a, str> {
    const EXPECTED: &'static str = "a string";

    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        Some(text)
    }
}

impl<'de> Shape<'de> for String {
    const EXPECTED: &'static str = "a string";

    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        Some(text.into_owned())
    }
}

/// Implements [`Shape`] for structs of fields, which are read from an object.
macro_rules! object_shape {
    ($($fields:ident),+) => {$(
        impl<'de: 'a, 'a> $crate::posted::Shape<'de> for $fields<'a> {
            const EXPECTED: &'static str = "an object";

            fn from_object<A: serde::de::MapAccess<'de>>(
                object: A,
            ) -> Result<Option<Self>, A::Error> {
                Self::deserialize(serde::de::value::MapAccessDeserializer::new(object)).map(Some)
            }
        }
    )+};
}
pub(crate) use object_shape;

impl<T> Posted<T> {
    /// Whether the key is there, with whatever value.
    pub(crate) fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }

    /// The value, or nothing where it is missing or wrong. For keys that may hold anything.
    pub(crate) fn lenient(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null | Self::Wrong(_) => None,
        }
    }

    /// Refuses a key that may not be there, with the reason as the rest of a sentence.
    pub(crate) fn forbidden(&self, key: &str, reason: &str) -> Result<(), RequestError> {
        if self.is_present() { Err(RequestError::at(key, reason)) } else { Ok(()) }
    }
}

impl<'de, T: Shape<'de>> Posted<T> {
    /// The value of a key that has to be there.
    pub(crate) fn required(self, key: &str) -> Result<T, RequestError> {
        match self {
            Self::Absent => {
                Err(RequestError::at(key, format!("is missing; it has to be {}", T::EXPECTED)))
            }
            present => present.wanted(key),
        }
    }

    /// The value of a key that may be left out. Null is not leaving it out.
    pub(crate) fn optional(self, key: &str) -> Result<Option<T>, RequestError> {
        match self {
            Self::Absent => Ok(None),
            present => present.wanted(key).map(Some),
        }
    }

    fn wanted(self, key: &str) -> Result<T, RequestError> {
        let found = match self {
            Self::Value(value) => return Ok(value),
            Self::Wrong(found) => found,
            Self::Null | Self::Absent => "null",
        };
        Err(RequestError::at(key, format!("has to be {}, not {found}", T::EXPECTED)))
    }
}

impl<'de, T: Shape<'de>> Deserialize<'de> for Posted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PostedVisitor(PhantomData))
    }
}

struct PostedVisitor<T>(PhantomData<T>);

impl<T> PostedVisitor<T> {
    fn found(value: Option<T>, otherwise: &'static str) -> Posted<T> {
        value.map_or(Posted::Wrong(otherwise), Posted::Value)
    }
}

impl<'de, T: Shape<'de>> Visitor<'de> for PostedVisitor<T> {
    type Value = Posted<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Self::found(T::from_bool(value), "true or false"))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON's numbers have no more")]
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Self::found(T::from_number(value as f64), "a number"))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON's numbers have no more")]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Self::found(T::from_number(value as f64), "a number"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Self::found(T::from_number(value), "a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Self::found(T::from_text(Cow::Owned(value.to_owned())), "a string"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Self::found(T::from_text(Cow::Borrowed(value)), "a string"))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Self::found(T::from_text(Cow::Owned(value)), "a string"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Posted::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Ok(Self::found(T::from_list(list)?, "a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        Ok(Self::found(T::from_object(object)?, "an object"))
    }
}

/// Something that a list is made of, checked as it is read.
pub(crate) trait Element<'de>: Sized {
    /// The element as posted.
    type Fields: Shape<'de>;
    /// Elements that a list may have.
    const AT_MOST: usize;
    /// The fields as an element; places in the error are relative to the element.
    fn check(fields: Self::Fields) -> Result<Self, RequestError>;
}

/// A list whose elements are checked one by one, so that a large body never stands in memory in its
/// unchecked form. Holds the first error; what comes after it is skipped.
#[derive(Debug)]
pub(crate) struct Checked<T>(pub(crate) Result<Vec<T>, RequestError>);

impl<'de, T: Element<'de>> Shape<'de> for Checked<T> {
    const EXPECTED: &'static str = "a list";

    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut elements = Vec::new();
        while let Some(fields) = list.next_element::<Posted<T::Fields>>()? {
            let index = elements.len();
            let element = if index == T::AT_MOST {
                Err(RequestError::at("", format!("has more than {} entries", T::AT_MOST)))
            } else {
                fields
                    .required("")
                    .and_then(T::check)
                    .map_err(|error| error.inside(&format!("[{index}]")))
            };
            match element {
                Ok(element) => elements.push(element),
                Err(error) => {
                    while list.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(Some(Self(Err(error))));
                }
            }
        }
        Ok(Some(Self(Ok(elements))))
    }
}

impl<'de, T: Element<'de>> Posted<Checked<T>> {
    /// The elements of a list that has to be there.
    pub(crate) fn required_list(self, key: &str) -> Result<Vec<T>, RequestError> {
        self.required(key)?.0.map_err(|error| error.inside(key))
    }

    /// The elements of a list that may be left out.
    pub(crate) fn optional_list(self, key: &str) -> Result<Vec<T>, RequestError> {
        match self.optional(key)? {
            Some(list) => list.0.map_err(|error| error.inside(key)),
            None => Ok(Vec::new()),
        }
    }
}

/// Reads a raw value that is there, null included.
pub(crate) fn present<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'a RawValue>, D::Error> {
    <&'a RawValue>::deserialize(deserializer).map(Some)
}
