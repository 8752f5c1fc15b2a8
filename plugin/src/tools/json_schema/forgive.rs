//! What a value clearly means where it isn't what the schema wants.

use serde_json::Value;

use super::MAX_DEPTH;
use super::check::Run;
use super::keywords::{wants_list, wrong_type};

impl Run<'_> {
    pub(super) fn forgive(&self, schema: &Value, value: &mut Value, depth: u32) -> bool {
        let Value::Object(schema) = schema else {
            return false;
        };
        if depth > MAX_DEPTH {
            return false;
        }
        if let Some(target) = self.referenced(schema) {
            return self.forgive(target, value, depth + 1);
        }
        let mut changed = false;
        if let Value::String(text) = value
            && wrong_type(schema, &Value::Null).is_some()
            && wrong_type(schema, &Value::String(String::new())).is_some()
            && let Ok(meant) = serde_json::from_str::<Value>(text)
            && wrong_type(schema, &meant).is_none()
        {
            *value = meant;
            changed = true;
        }
        if wants_list(schema) && !value.is_array() && !value.is_null() {
            let fits = |items: &Value| match items {
                Value::Object(items) => wrong_type(items, value).is_none(),
                _ => false,
            };
            if schema.get("items").is_some_and(fits) {
                *value = Value::Array(vec![value.take()]);
                changed = true;
            }
        }
        match value {
            Value::Object(object) => {
                let required = schema.get("required").and_then(Value::as_array);
                let is_required = |name: &str| {
                    required.is_some_and(|names| names.iter().any(|other| other == name))
                };
                for (name, schema) in
                    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
                {
                    let Some(value) = object.get_mut(name) else {
                        continue;
                    };
                    let null_is_wrong = schema
                        .as_object()
                        .is_some_and(|schema| wrong_type(schema, value).is_some());
                    if value.is_null() && null_is_wrong && !is_required(name) {
                        object.remove(name);
                        changed = true;
                    } else {
                        changed |= self.forgive(schema, value, depth + 1);
                    }
                }
            }
            Value::Array(values) => {
                if let Some(items) = schema.get("items") {
                    for value in values {
                        changed |= self.forgive(items, value, depth + 1);
                    }
                }
            }
            _ => {}
        }
        changed
    }
}
