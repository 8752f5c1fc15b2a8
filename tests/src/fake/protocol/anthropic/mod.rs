//! Anthropic Messages: `POST {base}/v1/messages`.

mod conversation;
mod events;
mod request;
mod thinking;
mod tools;

use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

use super::{Asked, Exchange, Protocol, Service, bearer, header_text};
use crate::fake::{
    error::{ApiError, Usual},
    framing::{Event, Frame},
    message::MessageAnswer,
    scenario::{ErrorAnswer, Scenario},
};

/// The protocol.
pub(in crate::fake) struct Anthropic;

/// What an answer needs to know of a request besides what all protocols have.
#[derive(Debug, Clone)]
pub(in crate::fake) struct AnthropicDetails {
    /// Whether the answer may think.
    thinking: bool,
    /// Whether it may show what it thinks.
    shown: bool,
}

/// A valid request.
type AnthropicAsked = Asked<AnthropicDetails>;

impl Service for Anthropic {
    /// A key in either of two headers: Anthropic's own clients use both.
    fn authorise(key: &str, headers: &HeaderMap, _: &Uri) -> Result<(), ApiError> {
        match header_text(headers, "x-api-key").or_else(|| bearer(headers)) {
            Some(given) if given == key => Ok(()),
            Some(_) => Err(ApiError::new(StatusCode::UNAUTHORIZED, "invalid x-api-key")),
            None => Err(ApiError::new(StatusCode::UNAUTHORIZED, "x-api-key header is required")),
        }
    }

    fn usual(status: StatusCode, code: Option<&str>) -> Usual {
        let (kind, message) = match (status.as_u16(), code) {
            (400, Some("context_length_exceeded")) => {
                ("invalid_request_error", "prompt is too long: 200512 tokens > 200000 maximum")
            }
            (401, _) => ("authentication_error", "invalid x-api-key"),
            (402, _) => {
                ("billing_error", "Your credit balance is too low to access the Anthropic API.")
            }
            (403, _) => ("permission_error", "Your API key does not have permission."),
            (404, _) => ("not_found_error", "Not found"),
            (413, _) => ("request_too_large", "Request exceeds the maximum size"),
            (429, _) => {
                ("rate_limit_error", "This request would exceed your account's rate limit.")
            }
            (504, _) => ("timeout_error", "The request timed out"),
            (503 | 529, _) => ("overloaded_error", "Overloaded"),
            (500.., _) => ("api_error", "Internal server error"),
            _ => ("invalid_request_error", "The request is not valid."),
        };
        Usual { kind, code: None, message }
    }

    /// An account without money is a trouble of its own here, and overload has its own status.
    fn scripted_status(answer: &ErrorAnswer) -> StatusCode {
        let status = match (answer.status, answer.code.as_deref()) {
            (429, Some("insufficient_quota")) => 402,
            (503, _) => 529,
            (status, _) => status,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error(error: &ApiError, number: u64) -> Value {
        let kind = error.kind.as_deref();
        let kind = kind.unwrap_or_else(|| Self::usual(error.status, None).kind);
        json!({
            "type": "error",
            "error": {"type": kind, "message": error.message},
            "request_id": format!("req_{number}"),
        })
    }

    fn request_id() -> Option<&'static str> {
        Some("request-id")
    }
}

impl Protocol for Anthropic {
    type Details = AnthropicDetails;

    fn model(call: &Exchange<'_>) -> Result<String, ApiError> {
        request::model(call.body)
    }

    fn validate(call: &Exchange<'_>, scenario: &Scenario) -> Result<AnthropicAsked, ApiError> {
        request::validate(call, scenario)
    }

    fn events(answer: &MessageAnswer, asked: &AnthropicAsked, number: u64) -> Vec<Event> {
        events::events(answer, asked, number)
    }

    fn error_event(message: &str, _: usize, number: u64) -> Event {
        let data = json!({
            "type": "error",
            "error": {"type": "overloaded_error", "message": message},
            "request_id": format!("req_{number}"),
        });
        Event { name: Some("error"), data: data.to_string(), counted: true }
    }

    fn frame(_: &AnthropicAsked) -> Frame {
        Frame { line_ending: "\n", done: None, array: false }
    }

    fn whole(answer: &MessageAnswer, asked: &AnthropicAsked, number: u64) -> Value {
        events::whole(answer, asked, number)
    }
}
