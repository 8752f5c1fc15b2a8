//! JSON Schemas that a client brings.

use jsonschema::meta::MetaValidator;
use serde_json::{Map, Value, value::RawValue};

/// Dialects of JSON Schema that a place takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Draft 7, and what `$schema` names.
    Any,
    /// Draft 7 alone.
    Draft7,
}

/// Keys whose value is data, whatever it looks like.
const DATA: [&str; 4] = ["const", "default", "enum", "examples"];

/// Keys whose value is an object of schemas by name.
const NAMED_SCHEMAS: [&str; 5] =
    ["$defs", "definitions", "dependencies", "patternProperties", "properties"];

/// Checks the schema of an object, and gives it parsed. The error is the rest of a sentence.
pub(crate) fn check(schema: &RawValue, dialect: Dialect) -> Result<Value, String> {
    let schema: Value = serde_json::from_str(schema.get())
        .map_err(|_| "is nested too deeply or holds a number out of range".to_owned())?;
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("has to be a JSON Schema with \"type\": \"object\"".into());
    }
    if let Err(error) = validator(&schema, dialect)?.validate(&schema) {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { "its top level".to_owned() } else { place };
        return Err(format!("is not a valid JSON Schema: look at {place}"));
    }
    refuse_remote_references(&schema)?;
    Ok(schema)
}

fn validator(schema: &Value, dialect: Dialect) -> Result<MetaValidator<'static>, String> {
    let named = match schema.get("$schema") {
        None => return Ok(jsonschema::draft7::meta::validator()),
        Some(Value::String(named)) => named.trim_end_matches('#'),
        Some(_) => return Err("has a \"$schema\" that isn't a string".into()),
    };
    match (named, dialect) {
        ("http://json-schema.org/draft-07/schema", _) => Ok(jsonschema::draft7::meta::validator()),
        (_, Dialect::Draft7) => {
            Err("names another dialect of JSON Schema than draft 7 in \"$schema\"".into())
        }
        ("http://json-schema.org/draft-04/schema", _) => Ok(jsonschema::draft4::meta::validator()),
        ("http://json-schema.org/draft-06/schema", _) => Ok(jsonschema::draft6::meta::validator()),
        ("https://json-schema.org/draft/2019-09/schema", _) => {
            Ok(jsonschema::draft201909::meta::validator())
        }
        ("https://json-schema.org/draft/2020-12/schema", _) => {
            Ok(jsonschema::draft202012::meta::validator())
        }
        _ => Err("names a dialect of JSON Schema that isn't known in \"$schema\"".into()),
    }
}

/// A schema may only refer to itself: what it means must not depend on a document elsewhere.
fn refuse_remote_references(schema: &Value) -> Result<(), String> {
    match schema {
        Value::Object(object) => object.iter().try_for_each(|(key, value)| match value {
            Value::String(target)
                if matches!(key.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef")
                    && !target.starts_with('#') =>
            {
                Err(format!("has a \"{key}\" that leads out of the schema"))
            }
            nested => refuse_remote_references(nested),
        }),
        Value::Array(values) => values.iter().try_for_each(refuse_remote_references),
        _ => Ok(()),
    }
}

/// Closes every object schema: it takes the properties that it names and no others. Schemas under keys
/// that draft 7 doesn't know are closed too, since a reference may lead to them.
pub(crate) fn close_objects(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(close_objects),
        Value::Object(schema) => {
            if describes_objects(schema) {
                schema.insert("additionalProperties".into(), false.into());
            }
            for (key, value) in schema {
                match value {
                    _ if DATA.contains(&key.as_str()) => {}
                    Value::Object(schemas) if NAMED_SCHEMAS.contains(&key.as_str()) => {
                        schemas.values_mut().for_each(close_objects);
                    }
                    nested => close_objects(nested),
                }
            }
        }
        _ => {}
    }
}

fn describes_objects(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => schema.contains_key("properties"),
    }
}
