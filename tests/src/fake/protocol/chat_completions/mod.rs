//! Chat Completions: `POST {base}/chat/completions`.

mod events;
mod request;
mod tool_deltas;

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
pub(in crate::fake) struct ChatCompletions;

/// What an answer needs to know of a request besides what all protocols have.
#[derive(Debug, Clone)]
pub(in crate::fake) struct ChatDetails {
    /// Whether a streamed answer reports usage.
    include_usage: bool,
}

/// A valid request.
type ChatAsked = Asked<ChatDetails>;

openai_service!(ChatCompletions);

impl Protocol for ChatCompletions {
    type Details = ChatDetails;

    fn model(call: &Exchange<'_>) -> Result<String, ApiError> {
        openai::model(call.body)
    }

    fn validate(call: &Exchange<'_>, scenario: &Scenario) -> Result<ChatAsked, ApiError> {
        request::validate(call, scenario)
    }

    fn events(answer: &MessageAnswer, asked: &ChatAsked, number: u64) -> Vec<Event> {
        events::events(answer, asked, number)
    }

    fn error_event(message: &str, _: usize, _: u64) -> Event {
        let error = json!({"error": {
            "message": message, "type": "server_error", "param": null, "code": null,
        }});
        Event { name: None, data: error.to_string(), counted: true }
    }

    fn frame(_: &ChatAsked) -> Frame {
        Frame { line_ending: "\n", done: Some("[DONE]"), array: false }
    }

    fn whole(answer: &MessageAnswer, asked: &ChatAsked, number: u64) -> Value {
        events::whole(answer, asked, number)
    }
}
