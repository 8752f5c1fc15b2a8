//! The protocols: what each takes, and how each writes a scripted message.

pub(super) mod anthropic;
pub(super) mod chat_completions;
pub(super) mod gemini;
pub(super) mod openai;
pub(super) mod responses;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde_json::Value;

use super::{
    error::{ApiError, Usual},
    files::FileStore,
    framing::{Event, Frame},
    message::MessageAnswer,
    scenario::{ErrorAnswer, Scenario},
};

/// The service whose error shapes, key headers and files an address has.
pub(super) trait Service: Send + Sync + 'static {
    /// Checks the key of a request.
    fn authorise(key: &str, headers: &HeaderMap, uri: &Uri) -> Result<(), ApiError>;

    /// What the service says with a status; `code` is the one that a script asks for.
    fn usual(status: StatusCode, code: Option<&str>) -> Usual;

    /// The status of a scripted error: a service may have another one for the same trouble.
    fn scripted_status(answer: &ErrorAnswer) -> StatusCode {
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The body of an error.
    fn error(error: &ApiError, number: u64) -> Value;

    /// The header that names a request.
    fn request_id() -> Option<&'static str>;

    /// An error as a response.
    fn refusal(error: ApiError, number: u64) -> Response {
        let mut response = (error.status, Json(Self::error(&error, number))).into_response();
        response.headers_mut().extend(error.headers);
        response
    }
}

/// A protocol for conversations.
pub(super) trait Protocol: Service {
    /// What its own answers need to know of a request.
    type Details: Send + Sync;

    /// The model of a request, for a look-up before the rest is validated.
    fn model(call: &Exchange<'_>) -> Result<String, ApiError>;

    /// Validates a request as the service does.
    fn validate(call: &Exchange<'_>, scenario: &Scenario)
    -> Result<Asked<Self::Details>, ApiError>;

    /// The events of a streamed answer.
    fn events(answer: &MessageAnswer, asked: &Asked<Self::Details>, number: u64) -> Vec<Event>;

    /// The event that says what went wrong, behind `before` others.
    fn error_event(message: &str, before: usize, number: u64) -> Event;

    /// What events are framed in.
    fn frame(asked: &Asked<Self::Details>) -> Frame;

    /// The body of an answer that isn't streamed.
    fn whole(answer: &MessageAnswer, asked: &Asked<Self::Details>, number: u64) -> Value;
}

/// A request on its way to its answer.
pub(super) struct Exchange<'a> {
    /// Path and query.
    pub(super) uri: &'a Uri,
    /// Headers.
    pub(super) headers: &'a HeaderMap,
    /// Body.
    pub(super) body: &'a Value,
    /// The files of the provider.
    pub(super) files: &'a FileStore,
}

/// What an answer needs to know of a valid request.
#[derive(Debug, Clone)]
pub(super) struct Asked<Details> {
    /// Model.
    pub(super) model: String,
    /// Whether the answer is streamed.
    pub(super) stream: bool,
    /// Steps of the current turn that are behind: those with tool calls, since the last question.
    pub(super) steps_behind: usize,
    /// Words in the messages, for usage.
    pub(super) words: u64,
    /// The form that the answer must have.
    pub(super) form: Form,
    /// What the provider knows of the files that the request names.
    pub(super) files: Vec<String>,
    /// The rest.
    pub(super) details: Details,
}

/// The form that an answer must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Any.
    Free,
    /// JSON text, as a schema says.
    Object,
    /// A call of this tool.
    Tool(String),
}

/// Text of a header.
pub(super) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok())
}

/// The Bearer token of a request.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    header_text(headers, "authorization").and_then(|value| value.strip_prefix("Bearer "))
}

/// Words in a text.
pub(super) fn words(text: &str) -> u64 {
    u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX)
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

/// The members of a value, if it is an array.
pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
