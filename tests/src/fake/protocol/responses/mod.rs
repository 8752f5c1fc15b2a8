//! OpenAI Responses: `POST {base}/responses`.

mod events;
mod input;
mod items;
mod reasoning;
mod request;
mod tools;

use serde_json::{Value, json};

use super::{
    Asked, Exchange, Protocol,
    openai::{self, openai_service},
};
use crate::fake::{
    error::ApiError,
    framing::{Event, Frame},
    message::MessageAnswer,
    scenario::Scenario,
};

/// The protocol.
pub(in crate::fake) struct Responses;

/// What an answer needs to know of a request besides what all protocols have.
#[derive(Debug, Clone)]
pub(in crate::fake) struct ResponsesDetails {
    /// Parameters that the answer repeats.
    echoed: Value,
    /// Whether reasoning items carry their encrypted content.
    encrypted: bool,
    /// Whether reasoning items carry a summary.
    summary: bool,
    /// Whether text and argument deltas carry padding that hides their length.
    obfuscation: bool,
}

/// A valid request.
type ResponsesAsked = Asked<ResponsesDetails>;

openai_service!(Responses);

impl Protocol for Responses {
    type Details = ResponsesDetails;

    fn model(call: &Exchange<'_>) -> Result<String, ApiError> {
        openai::model(call.body)
    }

    fn validate(call: &Exchange<'_>, scenario: &Scenario) -> Result<ResponsesAsked, ApiError> {
        request::validate(call, scenario)
    }

    fn events(answer: &MessageAnswer, asked: &ResponsesAsked, number: u64) -> Vec<Event> {
        events::events(answer, asked, number)
    }

    fn error_event(message: &str, before: usize, _: u64) -> Event {
        let data = json!({
            "type": "error", "sequence_number": before,
            "code": "server_error", "message": message, "param": null,
        });
        Event { name: Some("error"), data: data.to_string(), counted: true }
    }

    fn frame(_: &ResponsesAsked) -> Frame {
        Frame { line_ending: "\n", done: None, array: false }
    }

    fn whole(answer: &MessageAnswer, asked: &ResponsesAsked, number: u64) -> Value {
        items::response(answer, asked, number, items::end(answer))
    }
}
