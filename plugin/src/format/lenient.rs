//! Values as servers really send them, of use to every format. Whatever isn't of use reads as absent instead of breaking the
//! whole event; strings stay borrowed where they hold no escapes.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A string; absent for null. Numbers count as their digits, objects and arrays as their JSON.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

impl<'a> Text<'a> {
    /// The text, unless it is empty.
    pub(super) fn filled(self) -> Option<Cow<'a, str>> {
        self.0.filter(|text| !text.is_empty())
    }

    /// As [`Self::filled`], borrowed.
    pub(super) fn as_filled(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text(None))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        let value = serde_json::Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, sequence: S) -> Result<Self::Value, S::Error> {
        let value =
            serde_json::Value::deserialize(serde::de::value::SeqAccessDeserializer::new(sequence))?;
        Ok(Text(Some(Cow::Owned(value.to_string()))))
    }
}

/// A message's content: a string, or Mistral's list of text and thinking parts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Content<'a> {
    pub(super) text: Option<Cow<'a, str>>,
    pub(super) thinking: Option<Box<str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

#[derive(Deserialize)]
struct ContentPart<'a> {
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow, default)]
    thinking: Option<Box<Content<'a>>>,
}

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a message's content")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Content { text: Some(Cow::Borrowed(text)), thinking: None })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Content { text: Some(Cow::Owned(text.to_owned())), thinking: None })
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Content::default())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Content::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Content::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Content::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Content::default())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Content::default())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Self::Value, S::Error> {
        let (mut text, mut thinking) = (String::new(), String::new());
        while let Some(part) = sequence.next_element::<ContentPart<'de>>()? {
            text.push_str(&part.text.0.unwrap_or_default());
            let thought = part.thinking.and_then(|thought| thought.text);
            thinking.push_str(&thought.unwrap_or_default());
        }
        Ok(Content {
            text: (!text.is_empty()).then_some(Cow::Owned(text)),
            thinking: (!thinking.is_empty()).then(|| thinking.into_boxed_str()),
        })
    }
}

/// A string; absent for anything else.
#[derive(Debug, Default)]
pub(super) struct Plain<'a>(pub(super) Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Plain<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Content::deserialize(deserializer)?.text))
    }
}

/// A count; 0 for anything that isn't one.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Count(pub(super) Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        Ok(Self(text.0.and_then(|text| text.split('.').next()?.parse().ok())))
    }
}

/// The first element of a list; none for null and for an empty list.
#[derive(Debug)]
pub(super) struct First<T>(pub(super) Option<T>);

impl<T> Default for First<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FirstVisitor(PhantomData))
    }
}

struct FirstVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FirstVisitor<T> {
    type Value = First<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(First(None))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Self::Value, S::Error> {
        let first = sequence.next_element::<Option<T>>()?.flatten();
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(First(first))
    }
}

/// An object of a shape; absent for anything that is no object.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|shape| Object(Some(shape)))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Self::Value, S::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object(None))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Object(None))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Object(None))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Object(None))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Object(None))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Object(None))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Object(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_strings_are_borrowed() {
        let text: Text<'_> = serde_json::from_str("\"plain\"").expect("a text");
        assert!(matches!(text.0, Some(Cow::Borrowed("plain"))));
        let content: Content<'_> = serde_json::from_str("\"plain\"").expect("a text");
        assert!(matches!(content.text, Some(Cow::Borrowed("plain"))));
    }

    #[test]
    fn what_is_of_no_use_is_absent() {
        for (json, expected) in [
            ("null", None),
            ("true", None),
            ("7", Some("7")),
            ("\"a\\n\"", Some("a\n")),
            ("{\"a\": [1]}", Some("{\"a\":[1]}")),
            ("[]", Some("[]")),
        ] {
            let text: Text<'_> = serde_json::from_str(json).expect("tolerated");
            assert_eq!(text.0.as_deref(), expected, "{json}");
        }
        for (json, expected) in [("12", Some(12)), ("1.0", Some(1)), ("null", None), ("-3", None)] {
            let count: Count = serde_json::from_str(json).expect("tolerated");
            assert_eq!(count.0, expected, "{json}");
        }
        for json in ["{}", "1", "-1", "1.5", "false", "null"] {
            let content: Content<'_> = serde_json::from_str(json).expect("tolerated");
            assert_eq!(content, Content::default(), "{json}");
        }
    }

    #[test]
    fn what_is_no_object_is_absent() {
        #[derive(Deserialize)]
        struct Shape<'a> {
            #[serde(borrow, default)]
            text: Text<'a>,
        }
        for json in ["null", "true", "1", "-1", "1.5", "\"a\"", "[{\"text\":\"a\"}]"] {
            let object: Object<Shape<'_>> = serde_json::from_str(json).expect("tolerated");
            assert!(object.0.is_none(), "{json}");
        }
        let object: Object<Shape<'_>> = serde_json::from_str("{\"text\":\"a\"}").expect("one");
        assert!(matches!(object.0, Some(Shape { text: Text(Some(Cow::Borrowed("a"))) })));
        assert!(serde_json::from_str::<Object<Shape<'_>>>("{\"text\":").is_err());
    }

    #[test]
    fn content_may_come_in_parts() {
        let json = r#"[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},
                       {"type":"text","text":"yes"},{"type":"reference","reference_ids":[1]}]"#;
        let content: Content<'_> = serde_json::from_str(json).expect("tolerated");
        assert_eq!(content.text.as_deref(), Some("yes"));
        assert_eq!(content.thinking.as_deref(), Some("hm"));
    }
}
