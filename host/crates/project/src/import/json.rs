//! Finding the items in a JSON document, without parsing what is inside them yet.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{ImportError, Position};

/// The items of a document, each still as text, with its name where it has one.
pub(super) type Items<'a> = Vec<(Option<String>, &'a RawValue)>;

/// An object's members in order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

/// The items of a document.
pub(super) fn items(bytes: &[u8]) -> Result<Items<'_>, ImportError> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(ImportError::Empty),
        Some(b'[') => elements(bytes),
        Some(b'{') => {
            let Members(members) = parse(bytes)?;
            of_object(bytes, members)
        }
        Some(_) => {
            // Broken JSON is told from JSON of another kind.
            parse::<&RawValue>(bytes)?;
            Err(ImportError::NoObjects)
        }
    }
}

fn of_object<'a>(
    bytes: &'a [u8],
    members: Vec<(String, &'a RawValue)>,
) -> Result<Items<'a>, ImportError> {
    match members.as_slice() {
        [] => return Err(ImportError::Empty),
        [(_, only)] if only.get().starts_with('[') => return elements(only.get().as_bytes()),
        _ => {}
    }
    if members.iter().all(|(_, value)| value.get().starts_with('{')) {
        return Ok(members.into_iter().map(|(name, value)| (Some(name), value)).collect());
    }
    Ok(vec![(None, parse(bytes)?)])
}

fn elements(bytes: &[u8]) -> Result<Items<'_>, ImportError> {
    let elements: Vec<&RawValue> = parse(bytes)?;
    Ok(elements.into_iter().map(|element| (None, element)).collect())
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ImportError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let line = u64::try_from(error.line()).unwrap_or_default();
        malformed(Position::Line(line), &error)
    })
}

/// Serde's own sentence, without the place it adds: that is told apart.
pub(super) fn malformed(position: Position, error: &serde_json::Error) -> ImportError {
    let text = error.to_string();
    let sentence = text.split(" at line ").next().unwrap_or_default();
    ImportError::Malformed { position, reason: format!("the JSON is broken ({sentence})") }
}
