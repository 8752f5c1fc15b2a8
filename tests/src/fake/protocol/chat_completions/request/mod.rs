//! Validation of a Chat Completions request, as strict as OpenAI's own service.

mod messages;
mod tools;

use serde_json::{Map, Value};

use super::{ChatAsked, ChatDetails};
use crate::fake::{
    error::ApiError,
    protocol::{
        Asked, Exchange, Form, items,
        openai::{check_format, flag, known, missing, model, number_between, object, wrong_type},
    },
    scenario::Scenario,
};

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

/// Validates a request to a scripted model.
pub(super) fn validate(call: &Exchange<'_>, scenario: &Scenario) -> Result<ChatAsked, ApiError> {
    let model = model(call.body)?;
    let body = object(call.body)?;
    known(body, PARAMETERS)?;
    let stream = flag(body, "stream")?;
    let include_usage = include_usage(body, stream)?;
    token_limits(body, scenario.reasoning_model)?;
    number_between(body, "temperature", 0.0, 2.0)?;
    number_between(body, "top_p", 0.0, 1.0)?;
    tools::validate(body)?;
    let list = body.get("messages").ok_or_else(|| missing("messages"))?;
    let list =
        list.as_array().ok_or_else(|| wrong_type("messages", "an array of objects", list))?;
    messages::validate(list)?;
    if scenario.reasoning_must_return {
        messages::reasoning_returns(list, scenario)?;
    }
    Ok(Asked {
        model,
        stream,
        steps_behind: messages::steps_behind(list),
        words: messages::words(list),
        form: form(call.body)?,
        files: messages::files(list, call.files)?,
        details: ChatDetails { include_usage },
    })
}

fn form(body: &Value) -> Result<Form, ApiError> {
    let format = &body["response_format"];
    if !format.is_null() && check_format(format, &format["json_schema"], "response_format")? {
        return Ok(Form::Object);
    }
    let choice = &body["tool_choice"];
    let only = match items(&body["tools"]) {
        [only] if choice == "required" => &only["function"]["name"],
        _ => &choice["function"]["name"],
    };
    Ok(only.as_str().map_or(Form::Free, |name| Form::Tool(name.to_owned())))
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
