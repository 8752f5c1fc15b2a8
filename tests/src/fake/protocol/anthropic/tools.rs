//! Tools and the choice among them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fake::{error::ApiError, protocol::items};

/// Characters of a tool's name.
const NAME_LENGTH: usize = 128;

/// Whether a text is an identifier: `[A-Za-z0-9_-]+`.
pub(super) fn is_identifier(text: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    !text.is_empty() && text.chars().all(allowed)
}

/// Checks a tool's name.
pub(super) fn check_name(name: &str, path: &str) -> Result<(), ApiError> {
    if is_identifier(name) && name.len() <= NAME_LENGTH {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "{path}: String should match pattern '^[a-zA-Z0-9_-]{{1,{NAME_LENGTH}}}$'"
    )))
}

/// Validates `tools` and `tool_choice`.
pub(super) fn validate(body: &Value) -> Result<(), ApiError> {
    let tools = items(&body["tools"]);
    if !body["tools"].is_null() && !body["tools"].is_array() {
        return Err(ApiError::invalid("tools: Input should be a valid list"));
    }
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let path = format!("tools.{index}.custom");
        if !matches!(tool["type"].as_str(), None | Some("custom")) {
            return Err(ApiError::invalid(format!("tools.{index}.type: Input should be 'custom'")));
        }
        let name = tool["name"]
            .as_str()
            .ok_or_else(|| ApiError::invalid(format!("{path}.name: Field required")))?;
        check_name(name, &format!("{path}.name"))?;
        if !names.insert(name) {
            return Err(ApiError::invalid("tools: Tool names must be unique."));
        }
        match &tool["input_schema"] {
            Value::Null => {
                return Err(ApiError::invalid(format!("{path}.input_schema: Field required")));
            }
            schema if schema["type"] != "object" => {
                return Err(ApiError::invalid(format!(
                    "{path}.input_schema.type: Input should be 'object'"
                )));
            }
            schema if tool["strict"] == true => closed(schema)
                .map_err(|reason| ApiError::invalid(format!("{path}.input_schema: {reason}")))?,
            _ => {}
        }
    }
    choice(&body["tool_choice"], &names)
}

fn choice(choice: &Value, names: &BTreeSet<&str>) -> Result<(), ApiError> {
    match choice["type"].as_str() {
        None if choice.is_null() => Ok(()),
        Some("none") => Ok(()),
        Some("auto" | "any" | "tool") if names.is_empty() => {
            Err(ApiError::invalid("tool_choice: may only be specified while providing tools"))
        }
        Some("auto" | "any") => Ok(()),
        Some("tool") => match choice["name"].as_str() {
            Some(name) if names.contains(name) => Ok(()),
            Some(name) => Err(ApiError::invalid(format!(
                "tool_choice: Tool '{name}' not found in provided tools"
            ))),
            None => Err(ApiError::invalid("tool_choice.tool.name: Field required")),
        },
        _ => Err(ApiError::invalid(
            "tool_choice: Input tag does not match any of the expected tags: 'auto', 'any', 'tool', \
             'none'",
        )),
    }
}

/// A schema that the service enforces must close its objects.
pub(super) fn closed(schema: &Value) -> Result<(), String> {
    if schema["type"] == "object" && schema["additionalProperties"] != false {
        return Err(
            "For 'object' type, 'additionalProperties' must be explicitly set to false".to_owned()
        );
    }
    let properties = schema["properties"].as_object();
    let inner = properties.into_iter().flat_map(|properties| properties.values());
    let inner = inner.chain(["anyOf", "allOf"].iter().flat_map(|name| items(&schema[*name])));
    inner.chain(schema["items"].is_object().then_some(&schema["items"])).try_for_each(closed)
}
