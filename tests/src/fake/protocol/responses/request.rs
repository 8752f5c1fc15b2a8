//! Validation of a request, as strict as OpenAI's own service.

use serde_json::{Map, Value, json};

use super::{ResponsesAsked, ResponsesDetails, input, tools};
use crate::fake::{
    error::ApiError,
    protocol::{
        Asked, Exchange, Form, items,
        openai::{
            check_format, flag, known, missing, model, number_between, object, wrong_type,
            wrong_value,
        },
        words,
    },
    scenario::Scenario,
};

/// Top-level parameters of the API.
const PARAMETERS: &[&str] = &[
    "access_programs",
    "background",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const SUMMARIES: &[&str] = &["auto", "concise", "detailed"];

/// Smallest value of `max_output_tokens`.
const LEAST_TOKENS: i64 = 16;

/// Validates a request to a scripted model.
pub(super) fn validate(
    call: &Exchange<'_>,
    scenario: &Scenario,
) -> Result<ResponsesAsked, ApiError> {
    let model = model(call.body)?;
    let body = object(call.body)?;
    known(body, PARAMETERS)?;
    let stream = flag(body, "stream")?;
    let stored = !matches!(body.get("store"), Some(Value::Bool(false)));
    limits(body, scenario.reasoning_model)?;
    stateless(body)?;
    let summary = reasoning(&call.body["reasoning"])?;
    let obfuscation = stream_options(&call.body["stream_options"], stream)?;
    tools::validate(body)?;
    let given = body.get("input").ok_or_else(|| missing("input"))?;
    let read = input::read(given, call.files)?;
    let asks = |name: &str| items(&call.body["include"]).iter().any(|included| included == name);
    Ok(Asked {
        model,
        stream,
        steps_behind: read.steps_behind,
        words: read.words + words(call.body["instructions"].as_str().unwrap_or_default()),
        form: form(call.body)?,
        files: read.files,
        details: ResponsesDetails {
            echoed: echoed(call.body, stored),
            encrypted: !stored || asks("reasoning.encrypted_content"),
            summary,
            obfuscation,
        },
    })
}

/// Whether a reasoning summary is asked for.
fn reasoning(reasoning: &Value) -> Result<bool, ApiError> {
    for (key, allowed) in [("effort", EFFORTS), ("summary", SUMMARIES)] {
        match &reasoning[key] {
            Value::Null => {}
            Value::String(value) if allowed.contains(&value.as_str()) => {}
            Value::String(value) => {
                return Err(wrong_value(&format!("reasoning.{key}"), value, allowed));
            }
            value => return Err(wrong_type(&format!("reasoning.{key}"), "a string", value)),
        }
    }
    Ok(!reasoning["summary"].is_null())
}

/// Whether deltas are padded, which is so unless the request says otherwise.
fn stream_options(options: &Value, stream: bool) -> Result<bool, ApiError> {
    if !options.is_null() && !stream {
        return Err(ApiError::invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        )
        .param("stream_options"));
    }
    Ok(options["include_obfuscation"] != false)
}

/// This provider keeps no responses, so none can be gone on with.
fn stateless(body: &Map<String, Value>) -> Result<(), ApiError> {
    for (name, code) in
        [("previous_response_id", "previous_response_not_found"), ("conversation", "not_found")]
    {
        if let Some(value) = body.get(name).filter(|value| !value.is_null()) {
            let message = format!("Previous response with id {value} not found.");
            return Err(ApiError::invalid(message).param(name).code(code));
        }
    }
    Ok(())
}

fn limits(body: &Map<String, Value>, reasoning_model: bool) -> Result<(), ApiError> {
    let name = "max_output_tokens";
    match body.get(name).filter(|value| !value.is_null()).map(|value| (value, value.as_i64())) {
        Some((value, None)) => return Err(wrong_type(name, "an integer", value)),
        Some((_, Some(..LEAST_TOKENS))) => {
            let message = format!(
                "Invalid '{name}': integer below minimum value. Expected a value >= {LEAST_TOKENS}."
            );
            return Err(ApiError::invalid(message).param(name).code("integer_below_min_value"));
        }
        _ => {}
    }
    number_between(body, "temperature", 0.0, 2.0)?;
    number_between(body, "top_p", 0.0, 1.0)?;
    let set = |name: &&str| body.get(*name).is_some_and(|value| !value.is_null());
    match ["temperature", "top_p", "top_logprobs"].into_iter().find(set) {
        Some(name) if reasoning_model => {
            let message =
                format!("Unsupported parameter: '{name}' is not supported with this model.");
            Err(ApiError::invalid(message).param(name).code("unsupported_parameter"))
        }
        _ => Ok(()),
    }
}

fn form(body: &Value) -> Result<Form, ApiError> {
    let format = &body["text"]["format"];
    if !format.is_null() && check_format(format, format, "text.format")? {
        return Ok(Form::Object);
    }
    let choice = &body["tool_choice"];
    let only = match items(&body["tools"]) {
        [only] if choice == "required" => &only["name"],
        _ => &choice["name"],
    };
    Ok(only.as_str().map_or(Form::Free, |name| Form::Tool(name.to_owned())))
}

/// The parameters that a response repeats, with their defaults.
fn echoed(body: &Value, stored: bool) -> Value {
    let or = |name: &str, default: Value| match &body[name] {
        Value::Null => default,
        value => value.clone(),
    };
    json!({
        "instructions": body["instructions"],
        "max_output_tokens": body["max_output_tokens"],
        "max_tool_calls": body["max_tool_calls"],
        "metadata": or("metadata", json!({})),
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "previous_response_id": null,
        "prompt_cache_key": body["prompt_cache_key"],
        "reasoning": or("reasoning", json!({"effort": null, "summary": null})),
        "safety_identifier": body["safety_identifier"],
        "service_tier": "default",
        "store": stored,
        "temperature": or("temperature", json!(1.0)),
        "text": or("text", json!({"format": {"type": "text"}, "verbosity": "medium"})),
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": or("tools", json!([])),
        "top_logprobs": 0,
        "top_p": or("top_p", json!(1.0)),
        "truncation": or("truncation", json!("disabled")),
        "user": body["user"],
    })
}
