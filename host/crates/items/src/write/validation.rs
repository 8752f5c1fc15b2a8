//! Validates payloads against filters, as Directus does: a field that isn't in the payload passes
//! every rule except `_submitted`. A rule that can't be read fails.

use std::cmp::Ordering;

use palisade_data::FieldFailure;
use regex::Regex;
use sea_query::Value as SqlValue;
use serde_json::{Map, Value, json};

use crate::{
    filter::coerce,
    schema::{Collection, FieldType},
};

/// Levels of a rule; deeper ones fail.
const DEEPEST: usize = 32;

/// What in a payload for a collection fails a rule.
pub(super) fn failures(
    rule: &Value,
    payload: &Map<String, Value>,
    collection: &Collection,
) -> Vec<FieldFailure> {
    object(rule, payload, Some(collection), "", 0)
}

/// A failure with Directus's sentence.
pub(super) fn failure(field: &str, kind: &str, rule: Map<String, Value>) -> FieldFailure {
    // Directus quotes whatever it is.
    let one = |value: &Value| match value {
        Value::String(text) => format!("\"{text}\""),
        other => format!("\"{other}\""),
    };
    let quote = |value: &Value| match value {
        Value::Array(values) => values.iter().map(one).collect::<Vec<_>>().join(", "),
        other => one(other),
    };
    let given = |key: &str| rule.get(key).map(quote).unwrap_or_default();
    let (valid, invalid, substring) = (given("valid"), given("invalid"), given("substring"));
    let sentence = match kind {
        "required" => "Value is required".to_owned(),
        "null" => "Value has to be null".to_owned(),
        "nnull" => "Value can't be null".to_owned(),
        "empty" => "Value has to be empty".to_owned(),
        "nempty" => "Value can't be empty".to_owned(),
        "eq" => format!("Value has to be {valid}"),
        "neq" => format!("Value can't be {invalid}"),
        "in" => format!("Value has to be one of {valid}"),
        "nin" => format!("Value can't be one of {invalid}"),
        "lt" => format!("Value has to be less than {valid}"),
        "lte" => format!("Value has to be less than or equal to {valid}"),
        "gt" => format!("Value has to be greater than {valid}"),
        "gte" => format!("Value has to be greater than or equal to {valid}"),
        "between" => format!("Value has to be between {valid}"),
        "nbetween" => format!("Value can't be between {invalid}"),
        "contains" | "icontains" => format!("Value has to contain {substring}"),
        "ncontains" | "nicontains" => format!("Value can't contain {substring}"),
        "starts_with" | "istarts_with" => format!("Value has to start with {substring}"),
        "nstarts_with" | "nistarts_with" => format!("Value can't start with {substring}"),
        "ends_with" | "iends_with" => format!("Value has to end with {substring}"),
        "nends_with" | "niends_with" => format!("Value can't end with {substring}"),
        "regex" => "Value doesn't have the correct format".to_owned(),
        _ => "Value doesn't meet the rule".to_owned(),
    };
    FieldFailure {
        field: field.to_owned(),
        kind: kind.to_owned(),
        message: format!("Validation failed for field \"{field}\". {sentence}."),
        rule,
    }
}

fn object(
    rule: &Value,
    payload: &Map<String, Value>,
    collection: Option<&Collection>,
    prefix: &str,
    depth: usize,
) -> Vec<FieldFailure> {
    let Value::Object(rules) = rule else { return vec![failure(prefix, "rule", Map::new())] };
    if depth > DEEPEST {
        return vec![failure(prefix, "rule", Map::new())];
    }
    let mut found = Vec::new();
    for (key, rule) in rules {
        match (key.as_str(), rule) {
            ("_and", Value::Array(parts)) => {
                for part in parts {
                    found.extend(object(part, payload, collection, prefix, depth + 1));
                }
            }
            ("_or", Value::Array(parts)) => {
                let mut all = Vec::new();
                let met = parts.iter().any(|part| {
                    let failures = object(part, payload, collection, prefix, depth + 1);
                    let met = failures.is_empty();
                    all.extend(failures);
                    met
                });
                if parts.is_empty() {
                    found.push(failure(prefix, "rule", Map::new()));
                } else if !met {
                    found.extend(all);
                }
            }
            _ => {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                let kind = collection.and_then(|one| one.field(key)).map(|field| field.kind);
                found.extend(field(rule, payload.get(key), kind, &name, depth + 1));
            }
        }
    }
    found
}

/// The rules on one field.
fn field(
    rule: &Value,
    value: Option<&Value>,
    kind: Option<FieldType>,
    name: &str,
    depth: usize,
) -> Vec<FieldFailure> {
    if depth > DEEPEST {
        return vec![failure(name, "rule", Map::new())];
    }
    let shorthand;
    let rules = match rule {
        Value::Object(rules) => rules,
        other => {
            shorthand = Map::from_iter([("_eq".to_owned(), other.clone())]);
            &shorthand
        }
    };
    let mut found = Vec::new();
    for (key, expected) in rules {
        match (key.strip_prefix('_'), expected) {
            (Some("and"), Value::Array(parts)) => {
                for part in parts {
                    found.extend(field(part, value, kind, name, depth + 1));
                }
            }
            (Some("or"), Value::Array(parts)) => {
                let mut all = Vec::new();
                let met = parts.iter().any(|part| {
                    let failures = field(part, value, kind, name, depth + 1);
                    let met = failures.is_empty();
                    all.extend(failures);
                    met
                });
                if !met {
                    found.extend(all);
                }
            }
            (Some(operator @ ("between" | "nbetween")), expected) => {
                found.extend(bounds(operator, expected, value, kind, name));
            }
            (Some(operator), expected) => {
                found.extend(test(operator, expected, value, kind, name));
            }
            (None, _) => match value {
                None | Some(Value::Null) => {}
                Some(Value::Object(nested)) => {
                    let rule = Value::Object(Map::from_iter([(key.clone(), expected.clone())]));
                    found.extend(object(&rule, nested, None, name, depth + 1));
                }
                // What a bare key stands for isn't in the payload, so the rule can't be shown to hold.
                Some(_) => found.push(failure(&format!("{name}.{key}"), "rule", Map::new())),
            },
        }
    }
    found
}

fn test(
    operator: &str,
    expected: &Value,
    value: Option<&Value>,
    kind: Option<FieldType>,
    name: &str,
) -> Option<FieldFailure> {
    let on = *expected != Value::Bool(false);
    let fail = |kind: &str, key: &str| {
        let rule = if key.is_empty() {
            Map::new()
        } else {
            Map::from_iter([(key.to_owned(), expected.clone())])
        };
        Some(failure(name, kind, rule))
    };
    if operator == "submitted" {
        return if value.is_none() && on { fail("required", "") } else { None };
    }
    let value = value?;
    let single = |expected: &Value| match expected {
        Value::Array(values) => {
            let only = values.first()?;
            values.iter().all(|value| value == only).then(|| only.clone())
        }
        other => Some(other.clone()),
    };
    // Directus's names for what failed, where they aren't the operator's own: a list of one is an
    // equality, a number is looked for as a number and as text, and a value that can't be compared
    // at all is missing.
    let missing = || fail("required", "");
    match operator {
        "null" | "nnull" => {
            let null = (operator == "null") == on;
            if value.is_null() == null {
                None
            } else {
                fail(if null { "null" } else { "nnull" }, "")
            }
        }
        "empty" | "nempty" => {
            let empty = (operator == "empty") == on;
            if is_empty(value) == empty {
                None
            } else {
                fail(if empty { "empty" } else { "nempty" }, "")
            }
        }
        "eq" if equal(value, expected, kind) => None,
        "eq" if expected.is_null() => fail("null", ""),
        "eq" if expected.is_number() => told(name, "in", "valid", both(expected)),
        "eq" => fail("eq", "valid"),
        "neq" if !equal(value, expected, kind) => None,
        "neq" if expected.is_null() => fail("nnull", ""),
        "neq" if expected.is_number() => told(name, "nin", "invalid", both(expected)),
        "neq" => fail("neq", "invalid"),
        "in" if list(expected).iter().any(|expected| equal(value, expected, kind)) => None,
        "in" => match single(expected) {
            Some(only) => told(name, "eq", "valid", only),
            None => fail("in", "valid"),
        },
        "nin" if !list(expected).iter().any(|expected| equal(value, expected, kind)) => None,
        "nin" => match single(expected) {
            Some(only) => told(name, "neq", "invalid", only),
            None => fail("nin", "invalid"),
        },
        "lt" | "lte" | "gt" | "gte" => match order(value, expected, kind) {
            None => missing(),
            Some(order) if holds(operator, order) => None,
            Some(_) => fail(operator, "valid"),
        },
        "regex" if !value.is_string() => missing(),
        "regex" if matches(value, expected) => None,
        "regex" => told(name, "regex", "invalid", value.clone()),
        _ => match text_test(operator, value, expected) {
            Some(true) => None,
            Some(false) if !value.is_string() && !operator.ends_with("contains") => missing(),
            Some(false) if operator == "icontains" => fail("contains", "substring"),
            Some(false) => fail(operator, "substring"),
            None => fail(operator, ""),
        },
    }
}

/// A failure with a rule value of its own.
fn told(name: &str, kind: &str, key: &str, value: Value) -> Option<FieldFailure> {
    Some(failure(name, kind, Map::from_iter([(key.to_owned(), value)])))
}

/// A number, and the number as text.
fn both(number: &Value) -> Value {
    json!([number, number.to_string()])
}

fn holds(operator: &str, order: Ordering) -> bool {
    match operator {
        "lt" => order.is_lt(),
        "lte" => order.is_le(),
        "gt" => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// The two bounds of `_between`, each a test of its own. A value outside a range is asked to lie on
/// both sides of it, as in Directus, and so never does.
fn bounds(
    operator: &str,
    expected: &Value,
    value: Option<&Value>,
    kind: Option<FieldType>,
    name: &str,
) -> Vec<FieldFailure> {
    let (first, second) = if operator == "between" { ("gte", "lte") } else { ("lt", "gt") };
    let [low, high] = list(expected).try_into().unwrap_or([Value::Null, Value::Null]);
    let mut found: Vec<FieldFailure> = [(first, low), (second, high)]
        .into_iter()
        .filter_map(|(operator, bound)| test(operator, &bound, value, kind, name))
        .collect();
    // What can't be compared is missing once.
    found.dedup_by(|one, other| one.kind == "required" && other.kind == "required");
    found
}

/// The text operators; none for a name that isn't one.
fn text_test(operator: &str, value: &Value, expected: &Value) -> Option<bool> {
    let positive = match operator.strip_prefix('n') {
        Some(rest) if !operator.starts_with("null") => rest,
        _ => operator,
    };
    let negated = positive.len() != operator.len();
    let (place, fold) = match positive.strip_prefix('i') {
        Some(rest) => (rest, true),
        None => (positive, false),
    };
    let find: fn(&str, &str) -> bool = match place {
        "contains" => |text, part| text.contains(part),
        "starts_with" => |text, part| text.starts_with(part),
        "ends_with" => |text, part| text.ends_with(part),
        "eq" if fold => |text, part| text == part,
        _ => return None,
    };
    let (Some(text), Some(part)) = (value.as_str(), expected.as_str()) else { return Some(false) };
    // Directus fails on an empty text here; it is refused as well.
    if text.is_empty() {
        return Some(false);
    }
    let found =
        if fold { find(&text.to_lowercase(), &part.to_lowercase()) } else { find(text, part) };
    Some(found != negated)
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        Value::String(text) => text.split(',').map(|part| json!(part.trim())).collect(),
        other => vec![other.clone()],
    }
}

/// Null isn't empty to Directus's validation, as it is to filters.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Equality in the form in which values are stored, so that a rule can't be talked around by another
/// spelling of the same value. Where there is no such form, equality of the JSON.
fn equal(value: &Value, expected: &Value, kind: Option<FieldType>) -> bool {
    match comparable(value, expected, kind) {
        Some((one, other)) => one == other,
        None => value == expected,
    }
}

fn order(value: &Value, expected: &Value, kind: Option<FieldType>) -> Option<Ordering> {
    match comparable(value, expected, kind)? {
        (SqlValue::BigInt(Some(one)), SqlValue::BigInt(Some(other))) => Some(one.cmp(&other)),
        (SqlValue::Double(Some(one)), SqlValue::Double(Some(other))) => one.partial_cmp(&other),
        (SqlValue::String(Some(one)), SqlValue::String(Some(other))) => Some(one.cmp(&other)),
        _ => None,
    }
}

fn comparable(
    value: &Value,
    expected: &Value,
    kind: Option<FieldType>,
) -> Option<(SqlValue, SqlValue)> {
    if value.is_null() || expected.is_null() {
        return None;
    }
    let number = value.is_number() && expected.is_number();
    let kind = kind.filter(|kind| *kind != FieldType::Alias).unwrap_or(if number {
        FieldType::Float
    } else {
        FieldType::Text
    });
    Some((coerce(value, kind).ok()?, coerce(expected, kind).ok()?))
}

/// Whether text matches a pattern, which may stand between slashes.
fn matches(value: &Value, expected: &Value) -> bool {
    let (Some(text), Some(pattern)) = (value.as_str(), expected.as_str()) else { return false };
    let bare = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).unwrap_or(pattern);
    Regex::new(bare).is_ok_and(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(rule: &Value, payload: &Value) -> Vec<String> {
        let payload = payload.as_object().expect("a payload");
        let failures = object(rule, payload, None, "", 0);
        failures.into_iter().map(|failure| failure.kind).collect()
    }

    #[test]
    fn rules_hold_or_fail_on_a_payload() {
        for (rule, payload, expected) in [
            (json!({"a": {"_eq": 1}}), json!({"a": 1.0}), vec![]),
            (json!({"a": 1}), json!({"a": 2}), vec!["in"]),
            (json!({"a": {"_eq": 1}}), json!({"a": null}), vec!["in"]),
            (json!({"a": {"_eq": 1}}), json!({}), vec![]),
            (json!({"a": {"_neq": "x"}}), json!({"a": "x"}), vec!["neq"]),
            (json!({"a": {"_submitted": true}}), json!({}), vec!["required"]),
            (json!({"a": {"_submitted": true}}), json!({"a": null}), vec![]),
            (json!({"a": {"_null": true}}), json!({"a": 1}), vec!["null"]),
            (json!({"a": {"_nnull": true}}), json!({"a": null}), vec!["nnull"]),
            (json!({"a": {"_in": ["x", "y"]}}), json!({"a": "z"}), vec!["in"]),
            (json!({"a": {"_in": "x,y"}}), json!({"a": "y"}), vec![]),
            (json!({"a": {"_nin": ["x"]}}), json!({"a": "x"}), vec!["neq"]),
            (json!({"a": {"_lt": 3}}), json!({"a": 3}), vec!["lt"]),
            (json!({"a": {"_lte": 3}}), json!({"a": 3}), vec![]),
            (json!({"a": {"_gt": 3}}), json!({"a": null}), vec!["required"]),
            (json!({"a": {"_gte": "b"}}), json!({"a": "a"}), vec!["gte"]),
            (json!({"a": {"_between": [1, 3]}}), json!({"a": 4}), vec!["lte"]),
            (json!({"a": {"_nbetween": [1, 3]}}), json!({"a": 2}), vec!["lt", "gt"]),
            (json!({"a": {"_nbetween": [1, 3]}}), json!({"a": 9}), vec!["lt"]),
            (json!({"a": {"_between": [1]}}), json!({"a": 1}), vec!["required"]),
            (json!({"a": {"_regex": "/^[a-z]+$/"}}), json!({"a": "A"}), vec!["regex"]),
            (json!({"a": {"_regex": "^[a-z]+$"}}), json!({"a": "a"}), vec![]),
            (json!({"a": {"_regex": "("}}), json!({"a": "a"}), vec!["regex"]),
            (json!({"a": {"_contains": "x"}}), json!({"a": 7}), vec!["contains"]),
            (json!({"a": {"_ncontains": "x"}}), json!({"a": "axb"}), vec!["ncontains"]),
            (json!({"a": {"_istarts_with": "AB"}}), json!({"a": "abc"}), vec![]),
            (json!({"a": {"_niends_with": "BC"}}), json!({"a": "abc"}), vec!["niends_with"]),
            (json!({"a": {"_empty": true}}), json!({"a": "x"}), vec!["empty"]),
            (json!({"a": {"_nempty": true}}), json!({"a": []}), vec!["nempty"]),
            (json!({"a": {"_magic": 1}}), json!({"a": 1}), vec!["magic"]),
            (json!({"_or": [{"a": 1}, {"b": 2}]}), json!({"a": 3, "b": 2}), vec![]),
            (json!({"_or": [{"a": 1}, {"a": 2}]}), json!({"a": 3}), vec!["in", "in"]),
            (json!({"_or": []}), json!({"a": 3}), vec!["rule"]),
            (json!({"a": {"_or": [{"_eq": 1}, {"_eq": 3}]}}), json!({"a": 3}), vec![]),
            (json!({"a": {"b": {"_eq": 1}}}), json!({"a": {"b": 2}}), vec!["in"]),
            (json!({"a": {"b": {"_eq": 1}}}), json!({"a": 7}), vec!["rule"]),
            (json!("nonsense"), json!({"a": 7}), vec!["rule"]),
        ] {
            assert_eq!(kinds(&rule, &payload), expected, "{rule} on {payload}");
        }
    }

    #[test]
    fn a_rule_nested_without_end_fails() {
        let rule = (0..100).fold(json!({"a": 1}), |rule, _| json!({"_and": [rule]}));
        assert_eq!(kinds(&rule, &json!({"a": 1})), ["rule"]);
    }
}
