//! What OpenAI's two protocols share: keys, errors of the shape
//! `{"error":{"message","type","param","code"}}`, and checks of single values.

use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Map, Value, json};

use super::{Service, bearer};
use crate::fake::error::{ApiError, Usual};

/// OpenAI, for the addresses that belong to no protocol of their own.
pub(in crate::fake) struct OpenAi;

impl Service for OpenAi {
    fn authorise(key: &str, headers: &HeaderMap, _: &Uri) -> Result<(), ApiError> {
        match bearer(headers) {
            Some(token) if token == key => Ok(()),
            Some(_) => Err(ApiError::new(StatusCode::UNAUTHORIZED, "Incorrect API key provided.")
                .code("invalid_api_key")),
            None => Err(ApiError::new(
                StatusCode::UNAUTHORIZED,
                "You didn't provide an API key. It is expected in an Authorization header with \
                 Bearer authentication.",
            )),
        }
    }

    fn usual(status: StatusCode, code: Option<&str>) -> Usual {
        let (kind, code, message) = match (status.as_u16(), code) {
            (400, Some("context_length_exceeded")) => (
                "invalid_request_error",
                Some("context_length_exceeded"),
                "This model's maximum context length is 8192 tokens.",
            ),
            (401, _) => {
                ("invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided.")
            }
            (403, _) => ("invalid_request_error", None, "The project has no access to this model."),
            (404, _) => {
                ("invalid_request_error", Some("model_not_found"), "The model does not exist.")
            }
            (429, _) => {
                ("requests", Some("rate_limit_exceeded"), "Rate limit reached for requests.")
            }
            (500, _) => {
                ("server_error", None, "The server had an error while processing the request.")
            }
            (502, _) => ("server_error", None, "Bad gateway."),
            (503 | 529, _) => ("server_error", None, "The engine is currently overloaded."),
            (504, _) => ("server_error", None, "The request timed out."),
            _ => ("invalid_request_error", None, "The request is not valid."),
        };
        Usual { kind, code, message }
    }

    fn error(error: &ApiError, _: u64) -> Value {
        let kind = error.kind.as_deref();
        let kind = kind.unwrap_or_else(|| Self::usual(error.status, None).kind);
        json!({"error": {
            "message": error.message, "type": kind, "param": error.param, "code": error.code,
        }})
    }

    fn request_id() -> Option<&'static str> {
        Some("x-request-id")
    }
}

/// Implements [`Service`] for a protocol of OpenAI's.
macro_rules! openai_service {
    ($protocol:ty) => {
        impl $crate::fake::protocol::Service for $protocol {
            fn authorise(
                key: &str,
                headers: &http::HeaderMap,
                uri: &http::Uri,
            ) -> Result<(), $crate::fake::error::ApiError> {
                $crate::fake::protocol::openai::OpenAi::authorise(key, headers, uri)
            }

            fn usual(status: http::StatusCode, code: Option<&str>) -> $crate::fake::error::Usual {
                $crate::fake::protocol::openai::OpenAi::usual(status, code)
            }

            fn error(error: &$crate::fake::error::ApiError, number: u64) -> serde_json::Value {
                $crate::fake::protocol::openai::OpenAi::error(error, number)
            }

            fn request_id() -> Option<&'static str> {
                $crate::fake::protocol::openai::OpenAi::request_id()
            }
        }
    };
}
pub(super) use openai_service;

/// The model that a body names.
pub(super) fn model(body: &Value) -> Result<String, ApiError> {
    let body = object(body)?;
    match body.get("model") {
        Some(Value::String(model)) if !model.is_empty() => Ok(model.clone()),
        Some(value) if !value.is_null() => Err(wrong_type("model", "a string", value)),
        _ => Err(ApiError::invalid("you must provide a model parameter")),
    }
}

/// Refuses parameters that the API doesn't have.
pub(super) fn known(body: &Map<String, Value>, parameters: &[&str]) -> Result<(), ApiError> {
    match body.keys().find(|key| !parameters.contains(&key.as_str())) {
        Some(unknown) => Err(ApiError::invalid(format!("Unknown parameter: '{unknown}'."))
            .param(unknown)
            .code("unknown_parameter")),
        None => Ok(()),
    }
}

/// The error for a parameter that is missing.
pub(super) fn missing(param: impl Into<String>) -> ApiError {
    let param = param.into();
    ApiError::invalid(format!("Missing required parameter: '{param}'."))
        .param(param)
        .code("missing_required_parameter")
}

/// The service refuses an array schema without `items`, wherever it stands; `at` is the place so far.
/// A strict schema must also close each object and require each of its properties.
pub(super) fn check_schema(schema: &Value, strict: bool, at: &str) -> Result<(), String> {
    if schema["type"] == "array" && schema["items"].is_null() {
        return Err(format!("In context={at}, array schema missing items"));
    }
    let properties = schema["properties"].as_object();
    if strict && schema["type"] == "object" {
        if schema["additionalProperties"] != false {
            return Err(format!(
                "In context={at}, 'additionalProperties' is required to be supplied and to be false"
            ));
        }
        let required = super::items(&schema["required"]);
        let missing = properties
            .into_iter()
            .flat_map(Map::keys)
            .find(|name| !required.iter().any(|known| known == name.as_str()));
        if let Some(missing) = missing {
            return Err(format!(
                "In context={at}, 'required' is required to be supplied and to be an array \
                 including every key in properties. Missing '{missing}'"
            ));
        }
    }
    for (property, inner) in properties.into_iter().flatten() {
        check_schema(inner, strict, &format!("('properties', '{property}')"))?;
    }
    for keyword in ["anyOf", "allOf", "oneOf"] {
        for inner in super::items(&schema[keyword]) {
            check_schema(inner, strict, &format!("('{keyword}')"))?;
        }
    }
    match &schema["items"] {
        items @ Value::Object(_) => check_schema(items, strict, "('items')"),
        _ => Ok(()),
    }
}

/// Checks a format `{type: text | json_object | json_schema}`; the parts of the last stand in `schema`.
/// Gives whether the answer must be JSON.
pub(super) fn check_format(format: &Value, schema: &Value, at: &str) -> Result<bool, ApiError> {
    match format["type"].as_str().unwrap_or_default() {
        "text" => Ok(false),
        "json_object" => Ok(true),
        "json_schema" => {
            let name = schema["name"].as_str().ok_or_else(|| missing(format!("{at}.name")))?;
            check_name(&format!("{at}.name"), name)?;
            let reason = match &schema["schema"] {
                Value::Null => return Err(missing(format!("{at}.schema"))),
                inner if inner["type"] == "object" => {
                    check_schema(inner, schema["strict"] == true, "()").err()
                }
                inner => Some(format!("schema must be of type \"object\", got {}", inner["type"])),
            };
            reason.map_or(Ok(true), |reason| {
                let message = format!("Invalid schema for response_format '{name}': {reason}.");
                Err(ApiError::invalid(message).param(format!("{at}.schema")))
            })
        }
        kind => {
            Err(wrong_value(&format!("{at}.type"), kind, &["text", "json_object", "json_schema"]))
        }
    }
}

pub(super) fn object(body: &Value) -> Result<&Map<String, Value>, ApiError> {
    body.as_object().ok_or_else(|| {
        ApiError::invalid(
            "We could not parse the JSON body of your request: an object is expected.",
        )
    })
}

/// The error for a value of the wrong type.
pub(super) fn wrong_type(param: &str, expected: &str, value: &Value) -> ApiError {
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
pub(super) fn wrong_value(param: &str, value: &str, allowed: &[&str]) -> ApiError {
    let allowed = allowed.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    ApiError::invalid(format!("Invalid value: '{value}'. Supported values are: {allowed}."))
        .param(param)
        .code("invalid_value")
}

/// Checks a name of a tool: 1 to 64 of `[A-Za-z0-9_-]`.
pub(super) fn check_name(param: &str, name: &str) -> Result<(), ApiError> {
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
pub(super) fn check_length(param: &str, text: &str, limit: usize) -> Result<(), ApiError> {
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
pub(super) fn flag(body: &Map<String, Value>, name: &str) -> Result<bool, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(value) => Err(wrong_type(name, "a boolean", value)),
    }
}

pub(super) fn number_between(
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
