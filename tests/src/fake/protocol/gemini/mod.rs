//! Gemini: `POST {base}/v1beta/models/{model}:streamGenerateContent?alt=sse` and `:generateContent`.

mod contents;
mod events;
mod request;
mod schema;
mod signatures;
mod tools;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, StatusCode, Uri};
use serde_json::{Value, json};

use super::{Asked, Exchange, Protocol, Service, header_text};
use crate::fake::{
    error::{ApiError, Usual},
    framing::{Event, Frame},
    message::MessageAnswer,
    scenario::{ErrorAnswer, Scenario},
};

/// The protocol.
pub(in crate::fake) struct Gemini;

/// What an answer needs to know of a request besides what all protocols have.
#[derive(Debug, Clone)]
pub(in crate::fake) struct GeminiDetails {
    /// Whether thoughts are shown.
    thoughts: bool,
    /// Whether a stream is an event stream rather than an array.
    events: bool,
}

/// A valid request.
type GeminiAsked = Asked<GeminiDetails>;

/// Whether a model signs its function calls and gives them ids, as all do since the third generation.
fn signs(model: &str) -> bool {
    !model.starts_with("gemini-2")
}

impl Service for Gemini {
    /// A key in the header alone: what stands in an address ends up in logs.
    fn authorise(key: &str, headers: &HeaderMap, uri: &Uri) -> Result<(), ApiError> {
        let query = uri.query().unwrap_or_default();
        if query.split('&').any(|pair| pair.starts_with("key=")) {
            return Err(ApiError::invalid(
                "This provider takes no key in the address: send it as x-goog-api-key.",
            )
            .code("API_KEY_IN_ADDRESS"));
        }
        match header_text(headers, "x-goog-api-key") {
            Some(given) if given == key => Ok(()),
            Some(_) => Err(ApiError::invalid("API key not valid. Please pass a valid API key.")
                .code("API_KEY_INVALID")),
            None => Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "Method doesn't allow unregistered callers (callers without established identity). \
                 Please use API Key or other form of API consumer identity to call this API.",
            )),
        }
    }

    fn usual(status: StatusCode, code: Option<&str>) -> Usual {
        let (kind, message) = match (status.as_u16(), code) {
            (400, Some("context_length_exceeded")) => (
                "INVALID_ARGUMENT",
                "The input token count (1200512) exceeds the maximum number of tokens allowed \
                 (1048576).",
            ),
            (401, _) => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
            (403, _) => ("PERMISSION_DENIED", "The caller does not have permission"),
            (404, _) => ("NOT_FOUND", "Requested entity was not found."),
            (429, _) => (
                "RESOURCE_EXHAUSTED",
                "You exceeded your current quota, please check your plan and billing details.",
            ),
            (500, _) => ("INTERNAL", "An internal error has occurred."),
            (503, _) => ("UNAVAILABLE", "The model is overloaded. Please try again later."),
            (504, _) => ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
            (501.., _) => ("INTERNAL", "Bad gateway"),
            _ => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
        };
        Usual { kind, code: None, message }
    }

    /// Overload has one status here.
    fn scripted_status(answer: &ErrorAnswer) -> StatusCode {
        let status = if answer.status == 529 { 503 } else { answer.status };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Hints are part of the body here: a wait is a `RetryInfo`, a code the reason of an `ErrorInfo`.
    fn error(error: &ApiError, _: u64) -> Value {
        let kind = error.kind.as_deref();
        let kind = kind.unwrap_or_else(|| Self::usual(error.status, None).kind);
        let mut body = json!({"error": {
            "code": error.status.as_u16(), "message": error.message, "status": kind,
        }});
        let code = error.code.as_deref().unwrap_or_default();
        // Codes in lower case are those of OpenAI, which scripts are written in.
        let reason = (!code.is_empty() && code == code.to_uppercase()).then(|| {
            json!({
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": code, "domain": "googleapis.com",
            })
        });
        let wait = error.headers.iter().find(|(name, _)| name == "retry-after");
        let wait = wait.and_then(|(_, value)| value.to_str().ok()).map(|seconds| {
            if code == "insufficient_quota" {
                // What is used up for the day doesn't come back in a moment.
                return json!({
                    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}],
                });
            }
            json!({
                "@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": format!("{seconds}s"),
            })
        });
        let details = reason.into_iter().chain(wait).collect::<Vec<_>>();
        if !details.is_empty() {
            body["error"]["details"] = details.into();
        }
        body
    }

    fn request_id() -> Option<&'static str> {
        None
    }

    fn refusal(mut error: ApiError, number: u64) -> Response {
        let body = Self::error(&error, number);
        let is_hint = |name: &HeaderName| name.as_str().starts_with("retry-after");
        let headers = std::mem::take(&mut error.headers);
        let mut response = (error.status, Json(body)).into_response();
        response.headers_mut().extend(headers.into_iter().filter(|(name, _)| !is_hint(name)));
        response
    }
}

impl Protocol for Gemini {
    type Details = GeminiDetails;

    fn model(call: &Exchange<'_>) -> Result<String, ApiError> {
        request::address(call.uri).map(|address| address.model)
    }

    fn validate(call: &Exchange<'_>, _: &Scenario) -> Result<GeminiAsked, ApiError> {
        request::validate(call)
    }

    fn events(answer: &MessageAnswer, asked: &GeminiAsked, number: u64) -> Vec<Event> {
        let chunks = events::chunks(answer, asked, number).into_iter();
        chunks.map(|data| Event { name: None, data: data.to_string(), counted: true }).collect()
    }

    fn error_event(message: &str, _: usize, _: u64) -> Event {
        let error = json!({"error": {"code": 503, "message": message, "status": "UNAVAILABLE"}});
        Event { name: None, data: error.to_string(), counted: true }
    }

    fn frame(asked: &GeminiAsked) -> Frame {
        Frame { line_ending: "\r\n", done: None, array: !asked.details.events }
    }

    fn whole(answer: &MessageAnswer, asked: &GeminiAsked, number: u64) -> Value {
        events::whole(answer, asked, number)
    }
}
