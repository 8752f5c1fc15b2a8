//! The order of properties, in which models write them: an explanation before the answer that it
//! explains. Maps forget it, so it is put into a keyword of its own.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Google's keyword for it.
pub(super) const KEYWORD: &str = "propertyOrdering";

/// Keywords whose value is a map of schemas by name.
const NAMED: [&str; 5] =
    ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// A schema in which every list of properties says its order.
pub(super) fn noted(schema: &RawValue) -> Option<Value> {
    // A value has a limit to its depth, so the recursion below has one.
    serde_json::from_str::<Value>(schema.get()).ok()?;
    of_schema(schema)
}

fn of_schema(schema: &RawValue) -> Option<Value> {
    match schema.get().as_bytes().first()? {
        b'{' => {
            let mut map = Map::new();
            for (name, value) in entries(schema)? {
                if !NAMED.contains(&name.as_str()) || !value.get().starts_with('{') {
                    map.insert(name, of_schema(value)?);
                    continue;
                }
                let named = entries(value)?;
                if name == "properties" {
                    let names: Vec<_> = named.iter().map(|(name, _)| name).collect();
                    map.entry(KEYWORD).or_insert_with(|| json!(names));
                }
                let schemas =
                    named.into_iter().map(|(name, schema)| Some((name, of_schema(schema)?)));
                map.insert(name, Value::Object(schemas.collect::<Option<_>>()?));
            }
            Some(Value::Object(map))
        }
        b'[' => {
            let schemas: Vec<&RawValue> = serde_json::from_str(schema.get()).ok()?;
            schemas.into_iter().map(of_schema).collect()
        }
        _ => serde_json::from_str(schema.get()).ok(),
    }
}

fn entries(object: &RawValue) -> Option<Vec<(String, &RawValue)>> {
    serde_json::from_str::<Entries<'_>>(object.get()).ok().map(|Entries(entries)| entries)
}

/// An object in its own order.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

/// Makes the order one of exactly the properties that there are.
pub(super) fn complete(kept: &mut Map<String, Value>) {
    let order = kept.remove(KEYWORD);
    let Some(properties) = kept.get("properties").and_then(Value::as_object) else { return };
    let noted = order.as_ref().and_then(Value::as_array).into_iter().flatten();
    let mut names: Vec<&str> = Vec::new();
    let known = noted.filter_map(Value::as_str).filter(|name| properties.contains_key(*name));
    for name in known.chain(properties.keys().map(String::as_str)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > 1 {
        let names = json!(names);
        kept.insert(KEYWORD.into(), names);
    }
}
