//! Keywords that look at one value: types, enumerations, bounds; and how two schemas become one.

use serde_json::{Map, Value, json};

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Formats that Google documents.
pub(super) fn is_known_format(format: &Value) -> bool {
    let known = ["date", "date-time", "time", "int32", "int64", "float", "double"];
    format.as_str().is_some_and(|format| known.contains(&format))
}

/// `type`, with OpenAPI's `nullable`.
pub(super) fn types(schema: &Map<String, Value>, kept: &mut Map<String, Value>) {
    let named: Vec<_> = match schema.get("type") {
        Some(Value::Array(names)) => names.iter().collect(),
        Some(name) => vec![name],
        None => return,
    };
    let mut types: Vec<&str> =
        named.into_iter().filter_map(Value::as_str).filter(|name| TYPES.contains(name)).collect();
    if schema.get("nullable") == Some(&Value::Bool(true)) && !types.contains(&"null") {
        types.push("null");
    }
    match types.as_slice() {
        [] => {}
        [single] => {
            kept.insert("type".into(), json!(single));
        }
        types => {
            kept.insert("type".into(), json!(types));
        }
    }
}

/// Several types besides `null` become alternatives, each with the keywords that are about it.
pub(super) fn split_types(kept: &mut Map<String, Value>) {
    let Some(Value::Array(types)) = kept.get("type") else { return };
    let types = types.clone();
    let several = types.iter().filter(|name| *name != "null").count() > 1;
    if !several || kept.contains_key("anyOf") {
        return;
    }
    kept.remove("type");
    let mut alternatives: Vec<Map<String, Value>> = Vec::new();
    for name in &types {
        alternatives.push(Map::from_iter([("type".to_owned(), name.clone())]));
    }
    for (keyword, owners) in [
        ("additionalProperties", &["object"][..]),
        ("properties", &["object"]),
        (super::order::KEYWORD, &["object"]),
        ("required", &["object"]),
        ("items", &["array"]),
        ("maxItems", &["array"]),
        ("minItems", &["array"]),
        ("prefixItems", &["array"]),
        ("maximum", &["integer", "number"]),
        ("minimum", &["integer", "number"]),
        ("format", &["integer", "number", "string"]),
    ] {
        let Some(value) = kept.remove(keyword) else { continue };
        for (name, alternative) in types.iter().zip(&mut alternatives) {
            if name.as_str().is_some_and(|name| owners.contains(&name)) {
                alternative.insert(keyword.into(), value.clone());
            }
        }
    }
    alternatives.iter_mut().for_each(open);
    kept.insert("anyOf".into(), json!(alternatives));
}

/// Says aloud that an object of which nothing is known may hold anything, so that models fill it.
pub(super) fn open(kept: &mut Map<String, Value>) {
    let says_more = ["$ref", "anyOf", "properties"].iter().any(|name| kept.contains_key(*name));
    if !says_more && kept.get("type").is_some_and(|name| name == "object") {
        kept.entry("additionalProperties").or_insert(Value::Bool(true));
    }
}

/// Bounds that exclude their value: for whole numbers, those that include the next.
pub(super) fn exclusive(
    schema: &Map<String, Value>,
    kept: &mut Map<String, Value>,
    rest: &mut Map<String, Value>,
) {
    let whole = kept.get("type").is_some_and(|name| name == "integer");
    for (name, inclusive, step) in
        [("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)]
    {
        let Some(bound) = schema.get(name).filter(|bound| **bound != Value::Bool(false)) else {
            continue;
        };
        match bound.as_i64().and_then(|bound| bound.checked_add(step)) {
            Some(next) if whole && !kept.contains_key(inclusive) => {
                kept.insert(inclusive.into(), next.into());
            }
            _ => {
                rest.insert(name.into(), bound.clone());
            }
        }
    }
}

/// `enum` and `const`. Google's enumerations hold strings or numbers; other values are types of their
/// own.
pub(super) fn enumeration(
    schema: &Map<String, Value>,
    kept: &mut Map<String, Value>,
    rest: &mut Map<String, Value>,
) {
    let allowed = match (schema.get("const"), schema.get("enum")) {
        (Some(value), _) => vec![value.clone()],
        (None, Some(Value::Array(values))) => values.clone(),
        _ => return,
    };
    let all = |is: fn(&Value) -> bool| -> Vec<Value> {
        allowed.iter().filter(|value| is(value)).cloned().collect()
    };
    let (strings, numbers) = (all(Value::is_string), all(Value::is_number));
    let (booleans, nulls) = (all(Value::is_boolean), all(Value::is_null));
    let mut alternatives = Vec::new();
    if !strings.is_empty() {
        alternatives.push(json!({"type": "string", "enum": strings}));
    }
    if !numbers.is_empty() {
        let whole = numbers.iter().all(|number| number.is_i64() || number.is_u64());
        let name = if whole { "integer" } else { "number" };
        alternatives.push(json!({"type": name, "enum": numbers}));
    }
    if !booleans.is_empty() {
        alternatives.push(json!({"type": "boolean"}));
    }
    if !nulls.is_empty() {
        alternatives.push(json!({"type": "null"}));
    }
    let named = strings.len() + numbers.len() + nulls.len();
    let both = booleans.contains(&Value::Bool(true)) && booleans.contains(&Value::Bool(false));
    let covers = named + booleans.len() == allowed.len();
    if !covers || kept.contains_key("anyOf") {
        rest.insert("enum".into(), json!(allowed));
        return;
    }
    if !booleans.is_empty() && !both {
        rest.insert("enum".into(), json!(allowed));
    }
    match alternatives.as_slice() {
        [Value::Object(only)] => {
            kept.remove("type");
            kept.extend(only.clone());
        }
        [] => {}
        _ => {
            kept.remove("type");
            kept.insert("anyOf".into(), json!(alternatives));
        }
    }
}

/// Adds what another schema demands. Where both say something that can't be put together, the first
/// stands.
pub(super) fn merge(kept: &mut Map<String, Value>, part: Map<String, Value>) {
    for (name, value) in part {
        match (kept.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) if name == "properties" => {
                for (name, property) in more {
                    known.entry(name).or_insert(property);
                }
            }
            (Some(Value::Array(known)), Value::Array(more))
                if name == "required" || name == super::order::KEYWORD =>
            {
                for name in more {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                kept.insert(name, value);
            }
        }
    }
}
