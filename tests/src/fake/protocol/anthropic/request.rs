//! Validation of a request, as strict as Anthropic's own service.

use serde_json::{Map, Value};

use super::{AnthropicAsked, AnthropicDetails, conversation, thinking, tools};
use crate::fake::{
    error::ApiError,
    protocol::{Asked, Exchange, Form, header_text, items},
    scenario::Scenario,
};

/// Top-level parameters that both versions have.
const PARAMETERS: &[&str] = &[
    "cache_control",
    "container",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "thinking",
    "tool_choice",
    "tools",
    "user_profile_id",
    "workspace_id",
];

/// Parameters that only the older version has.
const SAMPLING: &[&str] = &["temperature", "top_p", "top_k"];

/// Smallest thinking budget, in tokens.
const LEAST_BUDGET: u64 = 1024;

/// Cache breakpoints of one request.
const MOST_BREAKPOINTS: usize = 4;

/// Versions of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// `2023-06-01`.
    Older,
    /// `2026-10-21`.
    Newer,
}

fn version(call: &Exchange<'_>) -> Result<Version, ApiError> {
    match header_text(call.headers, "anthropic-version") {
        Some("2023-06-01") => Ok(Version::Older),
        Some("2026-10-21") => Ok(Version::Newer),
        Some(other) => {
            Err(ApiError::invalid(format!("anthropic-version: \"{other}\" is not a valid version")))
        }
        None => Err(ApiError::invalid("anthropic-version: header is required")),
    }
}

/// The model that a body names.
pub(super) fn model(body: &Value) -> Result<String, ApiError> {
    match &body["model"] {
        Value::String(model) if !model.is_empty() => Ok(model.clone()),
        Value::Null => Err(ApiError::invalid("model: Field required")),
        _ => Err(ApiError::invalid("model: Input should be a valid string")),
    }
}

/// Validates a request to a scripted model.
pub(super) fn validate(
    call: &Exchange<'_>,
    scenario: &Scenario,
) -> Result<AnthropicAsked, ApiError> {
    let version = version(call)?;
    let Value::Object(body) = call.body else {
        return Err(ApiError::invalid("Input should be a valid dictionary or object"));
    };
    parameters(body, version)?;
    let max_tokens = match &call.body["max_tokens"] {
        Value::Null => return Err(ApiError::invalid("max_tokens: Field required")),
        value => value.as_u64().filter(|tokens| *tokens > 0).ok_or_else(|| {
            ApiError::invalid("max_tokens: Input should be greater than or equal to 1")
        })?,
    };
    let thinks = thinks(&call.body["thinking"], max_tokens, scenario.reasoning_model)?;
    if thinks && ["any", "tool"].iter().any(|kind| call.body["tool_choice"]["type"] == *kind) {
        return Err(ApiError::invalid(
            "Thinking may not be enabled when tool_choice forces tool use.",
        ));
    }
    if thinks && SAMPLING.iter().any(|name| body.get(*name).is_some_and(|value| value != 1)) {
        return Err(ApiError::invalid(
            "`temperature` may only be set to 1 when thinking is enabled.",
        ));
    }
    tools::validate(call.body)?;
    breakpoints(call.body)?;
    let system = conversation::system(&call.body["system"])?;
    let read = conversation::read(&call.body["messages"], version, call.files)?;
    if thinks {
        thinking::check_turn(items(&call.body["messages"]), read.question)?;
    }
    Ok(Asked {
        model: model(call.body)?,
        stream: match &call.body["stream"] {
            Value::Null => false,
            Value::Bool(stream) => *stream,
            _ => return Err(ApiError::invalid("stream: Input should be a valid boolean")),
        },
        steps_behind: read.steps_behind,
        words: read.words + system,
        form: form(call.body)?,
        files: read.files,
        details: AnthropicDetails {
            thinking: thinks,
            shown: call.body["thinking"]["display"] != "omitted",
        },
    })
}

fn parameters(body: &Map<String, Value>, version: Version) -> Result<(), ApiError> {
    for (name, value) in body {
        if PARAMETERS.contains(&name.as_str()) {
            continue;
        }
        if !SAMPLING.contains(&name.as_str()) || version == Version::Newer {
            return Err(ApiError::invalid(format!("{name}: Extra inputs are not permitted")));
        }
        let most = if name == "top_k" { f64::MAX } else { 1.0 };
        if !value.as_f64().is_some_and(|number| (0.0..=most).contains(&number)) {
            return Err(ApiError::invalid(format!(
                "{name}: Input should be a valid number in its range"
            )));
        }
    }
    Ok(())
}

/// Whether the answer may think.
fn thinks(thinking: &Value, max_tokens: u64, adaptive_only: bool) -> Result<bool, ApiError> {
    let display = &thinking["display"];
    if !display.is_null() && display != "summarized" && display != "omitted" {
        return Err(ApiError::invalid(
            "thinking.display: Input should be 'summarized' or 'omitted'",
        ));
    }
    match thinking["type"].as_str() {
        None if thinking.is_null() => Ok(false),
        Some("disabled") => Ok(false),
        Some("adaptive" | "between_tools") => Ok(true),
        Some("enabled") if adaptive_only => Err(ApiError::invalid(
            "\"thinking.type.enabled\" is not supported for this model. Use \
             \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.",
        )),
        Some("enabled") => match thinking["budget_tokens"].as_u64() {
            None => Err(ApiError::invalid("thinking.enabled.budget_tokens: Field required")),
            Some(..LEAST_BUDGET) => Err(ApiError::invalid(format!(
                "thinking.enabled.budget_tokens: Input should be greater than or equal to \
                 {LEAST_BUDGET}"
            ))),
            Some(budget) if budget >= max_tokens => Err(ApiError::invalid(
                "`max_tokens` must be greater than `thinking.budget_tokens`.",
            )),
            Some(_) => Ok(true),
        },
        _ => Err(ApiError::invalid(
            "thinking: Input tag does not match any of the expected tags: 'enabled', 'disabled', \
             'between_tools', 'adaptive'",
        )),
    }
}

/// Counts the cache breakpoints; the one at the top level marks the last block by itself.
fn breakpoints(body: &Value) -> Result<(), ApiError> {
    fn count(value: &Value) -> usize {
        match value {
            Value::Array(list) => list.iter().map(count).sum(),
            Value::Object(fields) => {
                let own = usize::from(fields.get("cache_control").is_some_and(Value::is_object));
                own + fields.get("content").map_or(0, count)
            }
            _ => 0,
        }
    }
    let found = count(&body["tools"])
        + count(&body["system"])
        + count(&body["messages"])
        + usize::from(body["cache_control"].is_object());
    if found > MOST_BREAKPOINTS {
        return Err(ApiError::invalid(format!(
            "A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided. Found \
             {found}."
        )));
    }
    Ok(())
}

fn form(body: &Value) -> Result<Form, ApiError> {
    let format = &body["output_config"]["format"];
    if !format.is_null() {
        if format["type"] != "json_schema" {
            return Err(ApiError::invalid(
                "output_config.format.type: Input should be 'json_schema'",
            ));
        }
        if !format["schema"].is_object() {
            return Err(ApiError::invalid("output_config.format.schema: Field required"));
        }
        tools::closed(&format["schema"]).map_err(|reason| {
            ApiError::invalid(format!("output_config.format.schema: {reason}"))
        })?;
        return Ok(Form::Object);
    }
    let choice = &body["tool_choice"];
    let only = match items(&body["tools"]) {
        [only] if choice["type"] == "any" => &only["name"],
        _ => &choice["name"],
    };
    Ok(only.as_str().map_or(Form::Free, |name| Form::Tool(name.to_owned())))
}
