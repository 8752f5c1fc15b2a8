//! JSON that comes from the guest as text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The text without surrounding whitespace, if it is exactly one JSON value (RFC 8259).
pub(super) fn one_value(text: &str) -> Option<&str> {
    serde_json::from_str::<&RawValue>(text).ok().map(RawValue::get)
}

/// Whether the text is an object of objects: what the client accepts as provider metadata.
pub(super) fn is_object_of_objects(text: &str) -> bool {
    serde_json::from_str::<Object<Object<IgnoredAny>>>(text).is_ok()
}

/// The `type` of a chunk given as a JSON object, if it has exactly one.
pub(super) fn chunk_type(text: &str) -> Option<String> {
    serde_json::from_str::<ChunkType>(text).ok().map(|chunk| chunk.0)
}

/// An object whose values are all `T`. Holds nothing: it is for checking.
struct Object<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Check<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Check<T> {
            type Value = Object<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, T>()?.is_some() {}
                Ok(Object(std::marker::PhantomData))
            }
        }

        deserializer.deserialize_map(Check(std::marker::PhantomData))
    }
}

struct ChunkType(String);

impl<'de> Deserialize<'de> for ChunkType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Find;

        impl<'de> Visitor<'de> for Find {
            type Value = ChunkType;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with one type")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key != "type" {
                        map.next_value::<IgnoredAny>()?;
                    } else if found.replace(map.next_value::<String>()?).is_some() {
                        // Readers disagree on which of two equal keys counts.
                        return Err(serde::de::Error::duplicate_field("type"));
                    }
                }
                found.map(ChunkType).ok_or_else(|| serde::de::Error::missing_field("type"))
            }
        }

        deserializer.deserialize_map(Find)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_exactly_one() {
        assert_eq!(one_value(" {\"a\": 1}\n"), Some("{\"a\": 1}"));
        assert_eq!(one_value("null"), Some("null"));
        for wrong in ["", " ", "1 2", "{", "{}x", "{'a':1}", "\"a\nb\"", "undefined", "[1,]"] {
            assert_eq!(one_value(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn metadata_has_two_levels() {
        assert!(is_object_of_objects(r#"{"openai":{"itemId":"a","x":null}}"#));
        assert!(is_object_of_objects("{}"));
        for wrong in [r#"{"openai":"a"}"#, r#"{"openai":null}"#, "[]", "null", "1", "{}{}"] {
            assert!(!is_object_of_objects(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_chunk_has_one_type() {
        assert_eq!(chunk_type(r#"{"a":[1],"type":"x"}"#).as_deref(), Some("x"));
        assert_eq!(chunk_type(r#"{"\u0074ype":"x"}"#).as_deref(), Some("x"));
        for wrong in [r#"{}"#, r#"{"type":1}"#, r#"{"type":"a","type":"b"}"#, "[]", "\"type\""] {
            assert_eq!(chunk_type(wrong), None, "{wrong}");
        }
    }
}
