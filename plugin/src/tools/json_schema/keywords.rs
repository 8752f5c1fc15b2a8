//! Keywords that look at one value alone.

use serde_json::{Map, Value};

pub(super) fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn wants_list(schema: &Map<String, Value>) -> bool {
    types(schema) == ["array"]
}

pub(super) fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
        }
        _ => true,
    }
}

pub(super) fn noun(type_name: &str) -> &str {
    match type_name {
        "object" => "an object",
        "array" => "a list",
        "string" => "a string",
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "a whole number",
        other => other,
    }
}

pub(super) fn wrong_type(schema: &Map<String, Value>, value: &Value) -> Option<String> {
    let types = types(schema);
    if types.is_empty() || types.iter().any(|name| is_of_type(value, name)) {
        return None;
    }
    let expected: Vec<_> = types.iter().map(|name| noun(name)).collect();
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Some(format!("expected {}, found {found}", expected.join(" or ")))
}

/// What enumerations, bounds and lengths have to say.
pub(super) fn wrong_value(schema: &Map<String, Value>, value: &Value) -> Option<String> {
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.iter().any(|allowed| same(allowed, value))
    {
        let allowed: Vec<_> = allowed.iter().take(32).map(Value::to_string).collect();
        return Some(format!("expected one of {}", allowed.join(", ")));
    }
    if let Some(wanted) = schema.get("const")
        && !same(wanted, value)
    {
        return Some(format!("expected {wanted}"));
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(number) = value.as_f64() {
        return wrong_number(number, bound);
    }
    #[expect(clippy::cast_precision_loss, reason = "no length comes near 2^52")]
    let (length, least, most, what) = match value {
        Value::String(text) => {
            (text.chars().count() as f64, "minLength", "maxLength", "characters")
        }
        Value::Array(values) => (values.len() as f64, "minItems", "maxItems", "elements"),
        Value::Object(object) => {
            (object.len() as f64, "minProperties", "maxProperties", "properties")
        }
        _ => return None,
    };
    if let Some(least) = bound(least).filter(|least| length < *least) {
        return Some(format!("expected {least} or more {what}"));
    }
    let most = bound(most).filter(|most| length > *most)?;
    Some(format!("expected {most} or fewer {what}"))
}

fn wrong_number(number: f64, bound: impl Fn(&str) -> Option<f64>) -> Option<String> {
    if let Some(least) = bound("minimum").filter(|least| number < *least) {
        return Some(format!("expected at least {least}"));
    }
    if let Some(most) = bound("maximum").filter(|most| number > *most) {
        return Some(format!("expected at most {most}"));
    }
    if let Some(least) = bound("exclusiveMinimum").filter(|least| number <= *least) {
        return Some(format!("expected more than {least}"));
    }
    if let Some(most) = bound("exclusiveMaximum").filter(|most| number >= *most) {
        return Some(format!("expected less than {most}"));
    }
    let step = bound("multipleOf")
        .filter(|step| *step > 0.0 && ((number / step).round() * step - number).abs() > 1e-9)?;
    Some(format!("expected a multiple of {step}"))
}

/// Equality as JSON Schema has it: 1 is 1.0.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(name, one)| other.get(name).is_some_and(|other| same(one, other)))
        }
        (one, other) => one == other,
    }
}
