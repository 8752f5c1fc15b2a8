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
        Some(Value::Array(tools)) if tools.is_empty() => {
            return Err(ApiError::invalid(
                "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an \
                 empty array instead.",
            )
            .param("tools")
            .code("empty_array"));
        }
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
    choice(body.get("tool_choice"), tools)?;
    match body.get("parallel_tool_calls") {
        Some(Value::Bool(_)) if tools.is_empty() => Err(ApiError::invalid(
            "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when \
             'tools' are specified.",
        )
        .param("parallel_tool_calls")),
        None | Some(Value::Bool(_)) => Ok(()),
        Some(value) => Err(wrong_type("parallel_tool_calls", "a boolean", value)),
    }
}

fn validate_tool(tool: &Value, path: &str) -> Result<(), ApiError> {
    if tool["type"] != "function" {
        let kind = tool["type"].as_str().unwrap_or_default();
        return Err(wrong_value(&format!("{path}.type"), kind, &["function"]));
    }
    let function = &tool["function"];
    let name = function["name"].as_str().ok_or_else(|| missing(format!("{path}.function.name")))?;
    check_name(&format!("{path}.function.name"), name)?;
    if !matches!(function["description"], Value::Null | Value::String(_)) {
        let param = format!("{path}.function.description");
        return Err(wrong_type(&param, "a string", &function["description"]));
    }
    match &function["parameters"] {
        Value::Null => Ok(()),
        schema if schema["type"] == "object" => {
            check_schema(schema, function["strict"] == true, "()")
                .map_err(|reason| invalid_schema(name, path, &reason))
        }
        schema => Err(invalid_schema(
            name,
            path,
            &format!("schema must be of type \"object\", got {}", schema["type"]),
        )),
    }
}

fn invalid_schema(name: &str, path: &str, reason: &str) -> ApiError {
    ApiError::invalid(format!("Invalid schema for function '{name}': {reason}."))
        .param(format!("{path}.function.parameters"))
        .code("invalid_function_parameters")
}

fn choice(choice: Option<&Value>, tools: &[Value]) -> Result<(), ApiError> {
    let named = match choice {
        None | Some(Value::Null) => return Ok(()),
        Some(_) if tools.is_empty() => {
            return Err(ApiError::invalid(
                "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are \
                 specified.",
            )
            .param("tool_choice"));
        }
        Some(Value::String(choice)) => {
            let choices = ["none", "auto", "required"];
            return if choices.contains(&choice.as_str()) {
                Ok(())
            } else {
                Err(wrong_value("tool_choice", choice, &choices))
            };
        }
        Some(choice) => choice["function"]["name"].as_str().unwrap_or_default(),
    };
    if tools.iter().any(|tool| tool["function"]["name"] == named) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid value for 'tool_choice': tool '{named}' is not among 'tools'."
    ))
    .param("tool_choice"))
}
