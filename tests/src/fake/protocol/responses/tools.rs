//! Tools and the choice among them.

use serde_json::{Map, Value};

use crate::fake::{
    error::ApiError,
    protocol::openai::{check_name, check_schema, missing, wrong_type, wrong_value},
};

/// Tools of one request.
const MOST_TOOLS: usize = 128;

/// Validates `tools` and `tool_choice`.
pub(super) fn validate(body: &Map<String, Value>) -> Result<(), ApiError> {
    let tools = match body.get("tools") {
        None | Some(Value::Null) => &[][..],
        Some(Value::Array(tools)) if tools.len() > MOST_TOOLS => {
            let message = format!(
                "Invalid 'tools': array too long. Expected an array with maximum length \
                 {MOST_TOOLS}, but got an array with length {} instead.",
                tools.len()
            );
            return Err(ApiError::invalid(message).param("tools").code("array_above_max_length"));
        }
        Some(Value::Array(tools)) => tools,
        Some(value) => return Err(wrong_type("tools", "an array of objects", value)),
    };
    for (index, tool) in tools.iter().enumerate() {
        validate_tool(tool, &format!("tools[{index}]"))?;
    }
    choice(body.get("tool_choice"), tools)
}

fn validate_tool(tool: &Value, path: &str) -> Result<(), ApiError> {
    if tool["type"] != "function" {
        let kind = tool["type"].as_str().unwrap_or_default();
        return Err(wrong_value(&format!("{path}.type"), kind, &["function"]));
    }
    let name = tool["name"].as_str().ok_or_else(|| missing(format!("{path}.name")))?;
    check_name(&format!("{path}.name"), name)?;
    if !matches!(tool["strict"], Value::Null | Value::Bool(_)) {
        return Err(wrong_type(&format!("{path}.strict"), "a boolean", &tool["strict"]));
    }
    let reason = match &tool["parameters"] {
        Value::Null => return Ok(()),
        schema if schema["type"] == "object" => {
            check_schema(schema, tool["strict"] == true, "()").err()
        }
        schema => Some(format!("schema must be of type \"object\", got {}", schema["type"])),
    };
    reason.map_or(Ok(()), |reason| {
        Err(ApiError::invalid(format!("Invalid schema for function '{name}': {reason}."))
            .param(format!("{path}.parameters"))
            .code("invalid_function_parameters"))
    })
}

fn choice(choice: Option<&Value>, tools: &[Value]) -> Result<(), ApiError> {
    let named = match choice {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::String(choice)) => {
            let choices = ["none", "auto", "required"];
            if !choices.contains(&choice.as_str()) {
                return Err(wrong_value("tool_choice", choice, &choices));
            }
            if choice == "required" && tools.is_empty() {
                return Err(ApiError::invalid(
                    "Tool choice 'required' must be specified with 'tools' parameter.",
                )
                .param("tool_choice"));
            }
            return Ok(());
        }
        Some(choice) => choice["name"].as_str().unwrap_or_default(),
    };
    if tools.iter().any(|tool| tool["name"] == named) {
        return Ok(());
    }
    Err(ApiError::invalid(format!("Tool choice '{named}' not found in 'tools' parameter."))
        .param("tool_choice"))
}
