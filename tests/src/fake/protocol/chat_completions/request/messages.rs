//! Messages: roles, contents, and that tool calls and tool messages answer each other.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::fake::{
    error::ApiError,
    files::FileStore,
    protocol::{
        items,
        openai::{check_length, check_name, missing, wrong_type, wrong_value},
    },
    scenario::{Answer, Scenario},
};

/// Characters of a tool call id.
const TOOL_CALL_ID_LENGTH: usize = 40;

/// Keys of a message by role. The two for reasoning are what compatible servers take back in a tool
/// loop.
fn keys(role: &str) -> Option<&'static [&'static str]> {
    match role {
        "system" | "developer" | "user" => Some(&["role", "content", "name"]),
        "assistant" => Some(&[
            "role",
            "content",
            "name",
            "refusal",
            "tool_calls",
            "audio",
            "function_call",
            "reasoning_content",
            "reasoning",
        ]),
        "tool" => Some(&["role", "content", "tool_call_id"]),
        "function" => Some(&["role", "content", "name"]),
        _ => None,
    }
}

/// Types of content parts by role.
fn part_types(role: &str) -> &'static [&'static str] {
    match role {
        "user" => &["text", "image_url", "input_audio", "file"],
        "assistant" => &["text", "refusal"],
        _ => &["text"],
    }
}

/// Validates a conversation.
pub(super) fn validate(messages: &[Value]) -> Result<(), ApiError> {
    if messages.is_empty() {
        return Err(ApiError::invalid(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an \
             empty array instead.",
        )
        .param("messages")
        .code("empty_array"));
    }
    let mut calls = OpenCalls::default();
    for (index, message) in messages.iter().enumerate() {
        let path = format!("messages[{index}]");
        let message = message.as_object().ok_or_else(|| wrong_type(&path, "an object", message))?;
        let role = role(message, &path)?;
        content(message, role, &path)?;
        if role == "tool" {
            calls.answer(message, index, &path)?;
            continue;
        }
        calls.all_answered()?;
        if role == "assistant" {
            calls =
                OpenCalls { asked_at: index, open: tool_calls(message, &path)?, started: false };
            calls.started = !calls.open.is_empty();
        } else {
            calls = OpenCalls::default();
        }
    }
    calls.all_answered()
}

/// Assistant messages with tool calls behind the last user message.
pub(super) fn steps_behind(messages: &[Value]) -> usize {
    messages
        .iter()
        .rev()
        .take_while(|message| message["role"] != "user")
        .filter(|message| message["tool_calls"].is_array())
        .count()
}

/// Refuses a turn whose tool calls came back without the reasoning that led to them, as DeepSeek's
/// service does in thinking mode.
pub(super) fn reasoning_returns(messages: &[Value], scenario: &Scenario) -> Result<(), ApiError> {
    let start = messages.iter().rposition(|message| message["role"] == "user").unwrap_or(0);
    let turn = messages.iter().enumerate().skip(start);
    let asking = turn.filter(|(_, message)| message["tool_calls"].is_array());
    for ((index, message), step) in asking.zip(&scenario.steps) {
        let Answer::Message(answer) = step else { continue };
        let Some(reasoning) = &answer.reasoning else { continue };
        let field = reasoning.field.as_str();
        if message[field].as_str() != answer.reasoning_text().as_deref() {
            let message = format!(
                "The `{field}` in the thinking mode must be passed back to the API, unmodified."
            );
            return Err(ApiError::invalid(message).param(format!("messages[{index}].{field}")));
        }
    }
    Ok(())
}

/// What the provider knows of the files that messages name.
pub(super) fn files(messages: &[Value], store: &FileStore) -> Result<Vec<String>, ApiError> {
    let parts = messages.iter().flat_map(|message| items(&message["content"]));
    parts
        .filter_map(|part| part["file"]["file_id"].as_str())
        .map(|id| store.describe(id).ok_or_else(|| unknown_file(id)))
        .collect()
}

/// The error for a file that isn't there.
fn unknown_file(id: &str) -> ApiError {
    ApiError::not_found(format!("No such File object: {id}")).param("id")
}

/// Words in the contents of messages.
pub(super) fn words(messages: &[Value]) -> u64 {
    fn count(value: &Value) -> usize {
        match value {
            Value::String(text) => text.split_whitespace().count(),
            Value::Array(parts) => parts.iter().map(|part| count(&part["text"])).sum(),
            _ => 0,
        }
    }
    let words: usize = messages.iter().map(|message| count(&message["content"])).sum();
    u64::try_from(words).unwrap_or(u64::MAX)
}

fn role<'a>(message: &'a Map<String, Value>, path: &str) -> Result<&'a str, ApiError> {
    let param = format!("{path}.role");
    let role = match message.get("role") {
        Some(Value::String(role)) => role.as_str(),
        Some(value) => return Err(wrong_type(&param, "a string", value)),
        None => {
            return Err(missing(param));
        }
    };
    let Some(keys) = keys(role) else {
        let roles = ["system", "assistant", "user", "function", "tool", "developer"];
        return Err(wrong_value(&param, role, &roles));
    };
    match message.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(unknown) => Err(ApiError::invalid(format!("Unknown parameter: '{path}.{unknown}'."))
            .param(format!("{path}.{unknown}"))
            .code("unknown_parameter")),
        None => Ok(role),
    }
}

fn content(message: &Map<String, Value>, role: &str, path: &str) -> Result<(), ApiError> {
    let param = format!("{path}.content");
    match message.get("content") {
        Some(Value::String(_)) => Ok(()),
        Some(Value::Array(parts)) if parts.is_empty() => {
            Err(ApiError::invalid(format!("Invalid '{param}': empty array."))
                .param(param)
                .code("empty_array"))
        }
        Some(Value::Array(parts)) => {
            for (index, part) in parts.iter().enumerate() {
                content_part(part, role, &format!("{param}[{index}]"))?;
            }
            Ok(())
        }
        None | Some(Value::Null)
            if role == "assistant"
                && ["tool_calls", "refusal", "function_call", "audio"]
                    .iter()
                    .any(|key| message.get(*key).is_some_and(|value| !value.is_null())) =>
        {
            Ok(())
        }
        None | Some(Value::Null) => {
            let message = format!("Invalid value for '{param}': expected a string, got null.");
            Err(ApiError::invalid(message).param(param).code("invalid_value"))
        }
        Some(value) => Err(wrong_type(&param, "one of a string or array of objects", value)),
    }
}

fn content_part(part: &Value, role: &str, path: &str) -> Result<(), ApiError> {
    let kind = part["type"].as_str().unwrap_or_default();
    let types = part_types(role);
    if !types.contains(&kind) {
        return Err(wrong_value(&format!("{path}.type"), kind, types));
    }
    let (key, valid) = match kind {
        "text" | "refusal" => (kind, part[kind].is_string()),
        "image_url" => (kind, part[kind]["url"].is_string()),
        _ => (kind, part[kind].is_object()),
    };
    if valid {
        return Ok(());
    }
    Err(missing(format!("{path}.{key}")))
}

/// The ids of an assistant message's tool calls.
fn tool_calls(message: &Map<String, Value>, path: &str) -> Result<BTreeSet<String>, ApiError> {
    let mut ids = BTreeSet::new();
    let param = format!("{path}.tool_calls");
    let calls = match message.get("tool_calls") {
        None | Some(Value::Null) => return Ok(ids),
        Some(Value::Array(calls)) if calls.is_empty() => {
            let message = format!(
                "Invalid '{param}': empty array. Expected an array with minimum length 1, but got \
                 an empty array instead."
            );
            return Err(ApiError::invalid(message).param(param).code("empty_array"));
        }
        Some(Value::Array(calls)) => calls,
        Some(value) => return Err(wrong_type(&param, "an array of objects", value)),
    };
    for (index, call) in calls.iter().enumerate() {
        let path = format!("{param}[{index}]");
        if call["type"] != "function" {
            let kind = call["type"].as_str().unwrap_or_default();
            return Err(wrong_value(&format!("{path}.type"), kind, &["function"]));
        }
        let text = |value: &Value, key: &str| match value {
            Value::String(text) => Ok(text.clone()),
            value => Err(wrong_type(&format!("{path}.{key}"), "a string", value)),
        };
        let id = text(&call["id"], "id")?;
        check_length(&format!("{path}.id"), &id, TOOL_CALL_ID_LENGTH)?;
        check_name(
            &format!("{path}.function.name"),
            &text(&call["function"]["name"], "function.name")?,
        )?;
        text(&call["function"]["arguments"], "function.arguments")?;
        if id.is_empty() || !ids.insert(id.clone()) {
            let message = format!("Duplicate or empty tool call id '{id}' in '{param}'.");
            return Err(ApiError::invalid(message).param(format!("{path}.id")));
        }
    }
    Ok(ids)
}

/// Tool calls that wait for their tool messages.
#[derive(Default)]
struct OpenCalls {
    /// Place of the assistant message.
    asked_at: usize,
    /// Ids without a tool message so far.
    open: BTreeSet<String>,
    /// Whether tool messages may come now.
    started: bool,
}

impl OpenCalls {
    fn answer(
        &mut self,
        message: &Map<String, Value>,
        index: usize,
        path: &str,
    ) -> Result<(), ApiError> {
        let param = format!("{path}.tool_call_id");
        let id = match message.get("tool_call_id") {
            Some(Value::String(id)) => id,
            Some(value) => return Err(wrong_type(&param, "a string", value)),
            None => {
                return Err(missing(param));
            }
        };
        if !self.started {
            return Err(ApiError::invalid(
                "Invalid parameter: messages with role 'tool' must be a response to a preceding \
                 message with 'tool_calls'.",
            )
            .param(format!("messages.[{index}].role")));
        }
        if !self.open.remove(id) {
            let message = format!(
                "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of the \
                 previous message, or answered twice."
            );
            return Err(
                ApiError::invalid(message).param(format!("messages.[{index}].tool_call_id"))
            );
        }
        Ok(())
    }

    fn all_answered(&self) -> Result<(), ApiError> {
        if self.open.is_empty() {
            return Ok(());
        }
        let ids = self.open.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        Err(ApiError::invalid(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to \
             each 'tool_call_id'. The following tool_call_ids did not have response messages: {ids}"
        ))
        .param(format!("messages.[{}].role", self.asked_at)))
    }
}
