//! Validation of a request, as strict as Google's own service.

use http::Uri;
use serde_json::Value;

use super::{GeminiAsked, GeminiDetails, contents, schema, signatures, signs, tools};
use crate::fake::{
    error::ApiError,
    protocol::{Asked, Exchange, Form, items},
};

/// Top-level fields.
const FIELDS: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "labels",
    "model",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "toolConfig",
    "tools",
];

/// Fields of `generationConfig`.
const CONFIG_FIELDS: &[&str] = &[
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

const LEVELS: &[&str] = &["MINIMAL", "LOW", "MEDIUM", "HIGH"];

/// What the address of a request says.
pub(super) struct Address {
    pub(super) model: String,
    stream: bool,
    events: bool,
}

/// Reads `…/models/{model}:{method}`.
pub(super) fn address(uri: &Uri) -> Result<Address, ApiError> {
    let last = uri.path().rsplit('/').next().unwrap_or_default();
    let last = last.replace("%3A", ":").replace("%3a", ":");
    let (model, method) = last.rsplit_once(':').unwrap_or((last.as_str(), ""));
    let stream = match method {
        "generateContent" => false,
        "streamGenerateContent" => true,
        _ => return Err(ApiError::not_found("Requested entity was not found.")),
    };
    let query = uri.query().unwrap_or_default();
    let events = query.split('&').any(|pair| pair == "alt=sse");
    Ok(Address { model: model.to_owned(), stream, events })
}

/// Refuses fields that a message doesn't have.
pub(super) fn known(value: &Value, fields: &[&str], at: &str) -> Result<(), ApiError> {
    let Some(object) = value.as_object() else {
        return Err(ApiError::invalid(format!(
            "Invalid value at '{at}' (Map), expected an object"
        )));
    };
    let Some(unknown) = object.keys().find(|key| !fields.contains(&key.as_str())) else {
        return Ok(());
    };
    let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
    Err(ApiError::invalid(format!(
        "Invalid JSON payload received. Unknown name \"{unknown}\"{place}: Cannot find field."
    )))
}

/// Validates a request.
pub(super) fn validate(call: &Exchange<'_>) -> Result<GeminiAsked, ApiError> {
    let address = address(call.uri)?;
    known(call.body, FIELDS, "")?;
    let signed = signs(&address.model);
    tools::validate(call.body)?;
    let form =
        config(&call.body["generationConfig"], !items(&call.body["tools"]).is_empty(), signed)?;
    let system = contents::system(&call.body["systemInstruction"])?;
    let read = contents::read(&call.body["contents"], call.files)?;
    if signed {
        signatures::check(items(&call.body["contents"]), read.question)?;
    }
    let thinking = &call.body["generationConfig"]["thinkingConfig"];
    Ok(Asked {
        model: address.model,
        stream: address.stream,
        steps_behind: read.steps_behind,
        words: read.words + system,
        form: form.or_else(|| tools::forced(call.body)).unwrap_or(Form::Free),
        files: read.files,
        details: GeminiDetails {
            thoughts: thinking["includeThoughts"] == true,
            events: address.events,
        },
    })
}

/// Validates `generationConfig`; gives the form of the answer if it asks for one.
fn config(config: &Value, has_tools: bool, newer: bool) -> Result<Option<Form>, ApiError> {
    if config.is_null() {
        return Ok(None);
    }
    known(config, CONFIG_FIELDS, "generation_config")?;
    for (name, least, most) in
        [("temperature", 0.0, 2.0), ("topP", 0.0, 1.0), ("maxOutputTokens", 1.0, 1e9)]
    {
        let value = &config[name];
        let fits = value.as_f64().is_some_and(|number| (least..=most).contains(&number));
        if !value.is_null() && !fits {
            return Err(ApiError::invalid(format!(
                "Invalid value at 'generation_config.{name}': {value}"
            )));
        }
    }
    thinking(&config["thinkingConfig"])?;
    let json = match config["responseMimeType"].as_str() {
        None | Some("text/plain") => false,
        Some("application/json") => true,
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes \
                 are `text/plain`, `application/json`, but got `{other}`"
            )));
        }
    };
    let given = |name: &str| !config[name].is_null();
    if given("responseSchema") && given("responseJsonSchema") {
        return Err(ApiError::invalid(
            "Only one of response_schema and response_json_schema may be set.",
        ));
    }
    if (given("responseSchema") || given("responseJsonSchema")) && !json {
        return Err(ApiError::invalid(
            "* GenerateContentRequest.generation_config.response_schema: only allowed with response \
             mime type 'application/json'",
        ));
    }
    if json && has_tools && !newer {
        return Err(ApiError::invalid(
            "Function calling with a response mime type: 'application/json' is unsupported",
        ));
    }
    if given("responseSchema") {
        schema::check(&config["responseSchema"], "generation_config.response_schema")?;
    }
    Ok(json.then_some(Form::Object))
}

fn thinking(thinking: &Value) -> Result<(), ApiError> {
    if thinking.is_null() {
        return Ok(());
    }
    let fields = ["includeThoughts", "thinkingBudget", "thinkingLevel"];
    known(thinking, &fields, "generation_config.thinking_config")?;
    if !thinking["thinkingBudget"].is_null() && !thinking["thinkingLevel"].is_null() {
        return Err(ApiError::invalid(
            "You can only set only one of thinking budget and thinking level.",
        ));
    }
    match &thinking["thinkingLevel"] {
        Value::Null => {}
        Value::String(level) if LEVELS.contains(&level.to_uppercase().as_str()) => {}
        level => {
            return Err(ApiError::invalid(format!(
                "Invalid value at 'generation_config.thinking_config.thinking_level': {level}"
            )));
        }
    }
    match &thinking["thinkingBudget"] {
        Value::Null => Ok(()),
        budget if budget.as_i64().is_some_and(|budget| budget >= -1) => Ok(()),
        budget => Err(ApiError::invalid(format!(
            "Invalid value at 'generation_config.thinking_config.thinking_budget': {budget}"
        ))),
    }
}
