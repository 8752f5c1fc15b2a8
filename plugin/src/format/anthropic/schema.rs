//! A schema as structured outputs take it: a part of JSON Schema, without recursion.
//!
//! Constraints that can't be enforced go into the description, where the model reads them, as the
//! official SDKs do it. Whoever asked for the shape checks the answer against the whole schema.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// The places of definitions that a reference may name.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// The schema without what structured outputs don't take; none where it can't do without.
pub(super) fn reduced(schema: &RawValue) -> Option<Box<RawValue>> {
    let schema: Value = serde_json::from_str(schema.get()).ok()?;
    let mut references = BTreeSet::new();
    let reduced = reduce(&schema, &mut references)?;
    let mut definitions = BTreeMap::new();
    for place in DEFINITIONS {
        for (name, definition) in schema.get(place).and_then(Value::as_object).into_iter().flatten()
        {
            let mut references = BTreeSet::new();
            reduce(definition, &mut references)?;
            definitions.insert(format!("#/{place}/{name}"), references);
        }
    }
    let mut all = definitions.values().flatten().chain(&references);
    let is_whole = all.all(|reference| definitions.contains_key(reference));
    if !is_whole || is_recursive(definitions) {
        return None;
    }
    to_raw_value(&reduced).ok()
}

/// Whether definitions refer to each other without end.
fn is_recursive(mut definitions: BTreeMap<String, BTreeSet<String>>) -> bool {
    loop {
        let known = definitions.len();
        let open: BTreeSet<_> = definitions.keys().cloned().collect();
        definitions.retain(|_, references| !references.is_disjoint(&open));
        if definitions.len() == known {
            return known > 0;
        }
    }
}

/// One schema and all within it; none where nothing says what it allows.
fn reduce(schema: &Value, references: &mut BTreeSet<String>) -> Option<Value> {
    let mut kept = Map::new();
    let mut notes = Vec::new();
    let is_primitive = |value: &Value| !value.is_object() && !value.is_array();
    for (keyword, value) in schema.as_object()? {
        let taken = match keyword.as_str() {
            "$schema" | "$id" | "$comment" | "additionalProperties" => continue,
            "type" | "title" | "required" => Some(value.clone()),
            "description" => continue,
            "const" => Some(value.clone()).filter(is_primitive),
            "enum" => Some(value.clone())
                .filter(|it| it.as_array().is_some_and(|list| list.iter().all(is_primitive))),
            "format" => {
                Some(value.clone()).filter(|it| it.as_str().is_some_and(|it| FORMATS.contains(&it)))
            }
            "minItems" => Some(value.clone()).filter(|it| it.as_u64().is_some_and(|it| it <= 1)),
            "$ref" => {
                references.insert(value.as_str()?.to_owned());
                Some(value.clone())
            }
            "items" => Some(reduce(value, references)?),
            "properties" => Some(reduce_each(value, references)?),
            // What definitions refer to counts for themselves.
            "$defs" | "definitions" => Some(reduce_each(value, &mut BTreeSet::new())?),
            "anyOf" | "oneOf" | "allOf" => {
                let variants = value.as_array()?.iter();
                Some(variants.map(|it| reduce(it, references)).collect::<Option<_>>()?)
            }
            _ => None,
        };
        match (keyword.as_str(), taken) {
            (_, None) => notes.push(format!("{keyword}: {value}")),
            ("oneOf", Some(variants)) => {
                kept.insert("anyOf".into(), variants);
            }
            (_, Some(taken)) => {
                kept.insert(keyword.clone(), taken);
            }
        }
    }
    if kept.get("type").is_some_and(|kind| kind == "object") {
        kept.insert("additionalProperties".into(), false.into());
    }
    let description = schema.get("description").and_then(Value::as_str).map(String::from);
    let notes = (!notes.is_empty()).then(|| format!("({})", notes.join(", ")));
    let description: Vec<_> = description.into_iter().chain(notes).collect();
    if !description.is_empty() {
        kept.insert("description".into(), description.join("\n\n").into());
    }
    let says = ["type", "const", "enum", "$ref", "anyOf", "allOf"];
    says.iter().any(|keyword| kept.contains_key(*keyword)).then_some(Value::Object(kept))
}

fn reduce_each(schemas: &Value, references: &mut BTreeSet<String>) -> Option<Value> {
    let each = schemas.as_object()?.iter();
    each.map(|(name, schema)| Some((name.clone(), reduce(schema, references)?)))
        .collect::<Option<Map<_, _>>>()
        .map(Value::Object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reduced_value(schema: &Value) -> Option<Value> {
        let raw: Box<RawValue> = serde_json::from_str(&schema.to_string()).expect("JSON");
        reduced(&raw).map(|reduced| serde_json::from_str(reduced.get()).expect("JSON"))
    }

    #[test]
    fn what_cannot_be_enforced_is_told() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": false,
            "required": ["year"],
            "properties": {
                "year": {"type": "integer", "minimum": 1900, "description": "When."},
                "kind": {"enum": ["a", "b", null]},
                "mail": {"type": ["string", "null"], "format": "email"},
                "colour": {"type": "string", "format": "color"},
                "tags": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/$defs/tag"}},
                "size": {"oneOf": [{"type": "number"}, {"const": "all"}]},
            },
            "$defs": {"tag": {"type": "string", "pattern": "^[a-z]+$"}},
        });
        assert_eq!(
            reduced_value(&schema),
            Some(json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["year"],
                "properties": {
                    "year": {"type": "integer", "description": "When.\n\n(minimum: 1900)"},
                    "kind": {"enum": ["a", "b", null]},
                    "mail": {"type": ["string", "null"], "format": "email"},
                    "colour": {"type": "string", "description": "(format: \"color\")"},
                    "tags": {
                        "type": "array", "minItems": 1, "items": {"$ref": "#/$defs/tag"},
                        "description": "(maxItems: 3)",
                    },
                    "size": {"anyOf": [{"type": "number"}, {"const": "all"}]},
                },
                "$defs": {"tag": {"type": "string", "description": "(pattern: \"^[a-z]+$\")"}},
            }))
        );
    }

    #[test]
    fn what_it_cannot_do_without_is_not_reduced() {
        let of = |property: Value| json!({"type": "object", "properties": {"a": property}});
        let mut recursive = of(json!({"$ref": "#/$defs/node"}));
        recursive["$defs"] = json!({
            "node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/link"}}},
            "link": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]},
        });
        let mut unused = of(json!({"type": "string"}));
        unused["$defs"] = recursive["$defs"].clone();
        let mut open = of(json!({"$ref": "#/definitions/a"}));
        open["definitions"] = json!({"a": {"$ref": "#/properties/a"}});
        for schema in [
            recursive,
            unused,
            open,
            of(json!({"$ref": "#"})),
            of(json!({"$ref": "https://schemas.example/a"})),
            of(json!({})),
            of(json!(true)),
            of(json!({"enum": [{"a": 1}]})),
            of(json!({"type": "array", "items": [{"type": "string"}]})),
        ] {
            assert_eq!(reduced_value(&schema), None, "{schema}");
        }
    }
}
