//! The subset of OpenAPI's schemas that `parameters` and `responseSchema` are written in.

use serde_json::Value;

use super::request::known;
use crate::fake::{error::ApiError, protocol::items};

/// Keywords of the subset.
const KEYWORDS: &[&str] = &[
    "anyOf",
    "default",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];

const TYPES: &[&str] = &["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];

/// Checks a schema; `at` is its place in the request.
pub(super) fn check(schema: &Value, at: &str) -> Result<(), ApiError> {
    known(schema, KEYWORDS, at)?;
    let kind = match &schema["type"] {
        Value::Null if schema["anyOf"].is_array() => String::new(),
        Value::String(kind) if TYPES.contains(&kind.to_uppercase().as_str()) => kind.to_uppercase(),
        Value::Null => {
            return Err(ApiError::invalid(format!(
                "* GenerateContentRequest.{at}.type: must be specified"
            )));
        }
        kind => return Err(ApiError::invalid(format!("Invalid value at '{at}.type': {kind}"))),
    };
    let properties = schema["properties"].as_object();
    match kind.as_str() {
        "OBJECT" if properties.is_none_or(serde_json::Map::is_empty) => {
            return Err(ApiError::invalid(format!(
                "* GenerateContentRequest.{at}.properties: should be non-empty for OBJECT type"
            )));
        }
        "ARRAY" if schema["items"].is_null() => {
            return Err(ApiError::invalid(format!(
                "* GenerateContentRequest.{at}.items: missing field."
            )));
        }
        _ => {}
    }
    let names = items(&schema["enum"]);
    if !names.is_empty() && (kind != "STRING" || !names.iter().all(Value::is_string)) {
        return Err(ApiError::invalid(format!(
            "* GenerateContentRequest.{at}.enum: only allowed for STRING type"
        )));
    }
    for name in items(&schema["required"]) {
        let defined = name.as_str().and_then(|name| properties?.get(name));
        if defined.is_none() {
            return Err(ApiError::invalid(format!(
                "* GenerateContentRequest.{at}.required: property is not defined: {name}"
            )));
        }
    }
    for (name, inner) in properties.into_iter().flatten() {
        check(inner, &format!("{at}.properties[{name}]"))?;
    }
    for (index, inner) in items(&schema["anyOf"]).iter().enumerate() {
        check(inner, &format!("{at}.any_of[{index}]"))?;
    }
    if schema["items"].is_null() { Ok(()) } else { check(&schema["items"], &format!("{at}.items")) }
}
