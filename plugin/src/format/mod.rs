//! Provider wire formats: a conversation in, a request body out; response bytes in, events out.
//!
//! A format knows nothing about tools' permissions, the screen or the host. To add one, implement
//! [`WireFormat`] and name it in [`of_kind`].

mod chat_completions;
mod errors;
mod wire_ids;

use std::borrow::Cow;

pub use chat_completions::{ChatCompletions, ChatCompletionsReader};

use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::{Endpoint, FinishReason, Request, Usage};

/// What a provider says, in the order in which it says it.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// More of the answer. Never empty.
    Text(Cow<'a, str>),
    /// More of the model's refusal, meant to be read like an answer. Never empty.
    Refusal(Cow<'a, str>),
    /// More of the model's reasoning. Never empty.
    Reasoning {
        /// How the format names the place that the text came from and goes back to.
        field: &'static str,
        /// The text.
        text: Cow<'a, str>,
    },
    /// A tool call begins. Calls of a step are numbered from 0, in the order of these events.
    CallStarted {
        /// Number of the call.
        call: usize,
        /// The provider's id of the call; none where it has given none. Not unique.
        id: Option<Cow<'a, str>>,
        /// Name of the tool.
        name: Cow<'a, str>,
    },
    /// More of a tool call's arguments. Never empty.
    CallArguments {
        /// Number of the call.
        call: usize,
        /// JSON text to append.
        text: Cow<'a, str>,
    },
    /// What the call consumed; the last one counts.
    Usage(TokenCount),
    /// Why the model ended. Usage may still follow.
    Finished(FinishReason),
    /// The answer failed; nothing follows.
    Failed {
        /// What happened.
        failure: Failure,
        /// The provider's codes, for the log; never its prose.
        detail: String,
    },
}

/// Tokens that a provider call consumed; 0 where the provider did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenCount {
    /// Input, including what was read from a cache.
    pub input: u64,
    /// Output, including reasoning.
    pub output: u64,
    /// Input read from a cache.
    pub cached: u64,
    /// Output spent on reasoning.
    pub reasoning: u64,
}

impl From<TokenCount> for Usage {
    fn from(count: TokenCount) -> Self {
        Self {
            input_tokens: count.input,
            output_tokens: count.output,
            cached_tokens: count.cached,
            reasoning_tokens: count.reasoning,
        }
    }
}

/// A provider's wire format.
pub trait WireFormat {
    /// The request that continues a conversation.
    ///
    /// # Errors
    /// [`Failure::ContextTooLong`] where the body would be larger than the host sends.
    fn request(&self, conversation: &Conversation) -> Result<Request, Failure>;

    /// A reader for one response.
    fn reader(&self) -> Box<dyn EventReader>;

    /// What a response with an error status means, and its codes for the log. `body` may be cut.
    fn failure(&self, status: u16, body: &[u8]) -> (Failure, String) {
        errors::of_status(status, body)
    }
}

/// Turns the bytes of one response into events.
pub trait EventReader {
    /// Takes the next bytes of the body.
    fn feed(&mut self, bytes: &[u8], on_event: &mut dyn FnMut(Event<'_>));

    /// The body ended. Gives what was still to come, at least a failure if the answer is not whole.
    fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>));

    /// Whether nothing of interest can follow, so that the response may be dropped.
    fn is_complete(&self) -> bool;

    /// Whether the model said that it ended, so that a break of the connection loses nothing.
    fn is_finished(&self) -> bool;
}

/// The format that an endpoint of the host's provider kinds speaks.
pub fn of_kind(endpoint: &Endpoint) -> Box<dyn WireFormat> {
    Box::new(ChatCompletions::new(endpoint.clone()))
}
