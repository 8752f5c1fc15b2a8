//! Validation of a Chat Completions request, as strict as OpenAI's own service.

mod messages;
mod tools;

use serde_json::{Map, Value};

use super::error::ApiError;

/// Top-level parameters of the API.
const PARAMETERS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// What an answer needs to know of a valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChatRequest {
    /// Model.
    pub(super) model: String,
    /// Whether the answer is streamed.
    pub(super) stream: bool,
    /// Whether a streamed answer reports usage.
    pub(super) include_usage: bool,
    /// Assistant messages with tool calls behind the last user message.
    pub(super) steps_behind: usize,
    /// Words in the messages, for usage.
    pub(super) words: u64,
}

/// The model that a body names, for a look-up before the rest is validated.
pub(super) fn model(body: &Value) -> Result<&str, ApiError> {
    let body = object(body)?;
    match body.get("model") {
        Some(Value::String(model)) if !model.is_empty() => Ok(model),
        Some(value) if !value.is_null() => Err(wrong_type("model", "a string", value)),
        _ => Err(ApiError::invalid("you must provide a model parameter")),
    }
}

/// Validates a body. `reasoning_model` forbids what reasoning models don't take.
pub(super) fn validate(body: &Value, reasoning_model: bool) -> Result<ChatRequest, ApiError> {
    let model = model(body)?.to_owned();
    let body = object(body)?;
    if let Some(unknown) = body.keys().find(|key| !PARAMETERS.contains(&key.as_str())) {
        return Err(ApiError::invalid(format!("Unknown parameter: '{unknown}'."))
            .param(unknown)
            .code("unknown_parameter"));
    }
    let stream = flag(body, "stream")?;
    let include_usage = include_usage(body, stream)?;
    token_limits(body, reasoning_model)?;
    number_between(body, "temperature", 0.0, 2.0)?;
    number_between(body, "top_p", 0.0, 1.0)?;
    tools::validate(body)?;
    let Some(list) = body.get("messages") else {
        return Err(ApiError::invalid("Missing required parameter: 'messages'.")
            .param("messages")
            .code("missing_required_parameter"));
    };
    let list =
        list.as_array().ok_or_else(|| wrong_type("messages", "an array of objects", list))?;
    messages::validate(list)?;
    Ok(ChatRequest {
        model,
        stream,
        include_usage,
        steps_behind: messages::steps_behind(list),
        words: messages::words(list),
    })
}

fn object(body: &Value) -> Result<&Map<String, Value>, ApiError> {
    body.as_object().ok_or_else(|| {
        ApiError::invalid(
            "We could not parse the JSON body of your request: an object is expected.",
        )
    })
}

/// The error for a value of the wrong type.
fn wrong_type(param: &str, expected: &str, value: &Value) -> ApiError {
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let message =
        format!("Invalid type for '{param}': expected {expected}, but got {actual} instead.");
    ApiError::invalid(message).param(param).code("invalid_type")
}

/// The error for a value that is none of those that the API takes.
fn wrong_value(param: &str, value: &str, allowed: &[&str]) -> ApiError {
    let allowed = allowed.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    ApiError::invalid(format!("Invalid value: '{value}'. Supported values are: {allowed}."))
        .param(param)
        .code("invalid_value")
}

/// Checks a name of a tool: 1 to 64 of `[A-Za-z0-9_-]`.
fn check_name(param: &str, name: &str) -> Result<(), ApiError> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if name.is_empty() || !name.chars().all(allowed) {
        let message = format!(
            "Invalid '{param}': string does not match pattern. Expected a string that matches the \
             pattern '^[a-zA-Z0-9_-]+$'."
        );
        return Err(ApiError::invalid(message).param(param).code("invalid_value"));
    }
    check_length(param, name, 64)
}

/// Checks that a string has at most `limit` characters.
fn check_length(param: &str, text: &str, limit: usize) -> Result<(), ApiError> {
    let length = text.chars().count();
    if length > limit {
        let message = format!(
            "Invalid '{param}': string too long. Expected a string with maximum length {limit}, but \
             got a string with length {length} instead."
        );
        return Err(ApiError::invalid(message).param(param).code("string_above_max_length"));
    }
    Ok(())
}

/// A boolean that may be left out or null.
fn flag(body: &Map<String, Value>, name: &str) -> Result<bool, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(value) => Err(wrong_type(name, "a boolean", value)),
    }
}

fn include_usage(body: &Map<String, Value>, stream: bool) -> Result<bool, ApiError> {
    match body.get("stream_options") {
        None | Some(Value::Null) => Ok(false),
        Some(_) if !stream => Err(ApiError::invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        )
        .param("stream_options")),
        Some(Value::Object(options)) => match options.get("include_usage") {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(value) => Err(wrong_type("stream_options.include_usage", "a boolean", value)),
        },
        Some(value) => Err(wrong_type("stream_options", "an object", value)),
    }
}

fn token_limits(body: &Map<String, Value>, reasoning_model: bool) -> Result<(), ApiError> {
    let set = |name: &str| body.get(name).filter(|value| !value.is_null());
    for name in ["max_tokens", "max_completion_tokens"] {
        match set(name).map(|value| (value, value.as_i64())) {
            Some((value, None)) => return Err(wrong_type(name, "an integer", value)),
            Some((_, Some(..1))) => {
                let message = format!("Invalid '{name}': integer below minimum value 1.");
                return Err(ApiError::invalid(message).param(name).code("integer_below_min_value"));
            }
            _ => {}
        }
    }
    if set("max_tokens").is_some() && set("max_completion_tokens").is_some() {
        return Err(ApiError::invalid(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        )
        .param("max_tokens"));
    }
    let unsupported =
        ["max_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty"];
    match unsupported.into_iter().find(|name| set(name).is_some()) {
        Some(name) if reasoning_model => {
            let message =
                format!("Unsupported parameter: '{name}' is not supported with this model.");
            Err(ApiError::invalid(message).param(name).code("unsupported_parameter"))
        }
        _ => Ok(()),
    }
}

fn number_between(
    body: &Map<String, Value>,
    name: &str,
    least: f64,
    most: f64,
) -> Result<(), ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(value) => match value.as_f64() {
            Some(number) if (least..=most).contains(&number) => Ok(()),
            Some(_) => {
                let message = format!("Invalid '{name}': expected a value from {least} to {most}.");
                Err(ApiError::invalid(message).param(name))
            }
            None => Err(wrong_type(name, "a decimal", value)),
        },
    }
}
