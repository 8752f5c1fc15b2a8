//! Provider wire formats: a conversation in, a request body out; response bytes in, events out.
//!
//! A format knows nothing about tools' permissions, the screen or the host. To add one, implement
//! [`WireFormat`] and name it in [`of_kind`].

mod anthropic;
mod chat_completions;
mod errors;
mod files;
mod gemini;
mod lenient;
mod responses;
mod stream;
mod wire_ids;

use std::borrow::Cow;

pub use anthropic::Anthropic;
pub use chat_completions::ChatCompletions;
pub use gemini::Gemini;
pub use responses::Responses;

use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::{Endpoint, FinishReason, Request, Usage};

/// Bytes of a body at most: below the host's limits of 4 MiB for a body and for all that one call
/// lifts. The turn checks it, for all formats.
pub(crate) const MAX_BODY_BYTES: usize = 4 * 1024 * 1024 - 16 * 1024;

/// What a provider says, in the order in which it says it.
///
/// A `state` is JSON text of the format's own that the provider wants back with the part that it
/// belongs to, unmodified: a signature, encrypted reasoning, an id. It travels in the part's provider
/// metadata and comes back as the `state` of an [`AnswerPart`](crate::AnswerPart), to the same
/// provider and model alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// More of the answer. Never empty.
    Text(Cow<'a, str>),
    /// The block of text is over. With a state and no open block there is an empty one.
    TextEnded {
        /// What the provider wants back with it.
        state: Option<String>,
    },
    /// More of the model's refusal, meant to be read like an answer. Never empty.
    Refusal(Cow<'a, str>),
    /// More of the model's reasoning. Never empty.
    Reasoning {
        /// How the format names the place that the text came from and goes back to.
        place: &'static str,
        /// The text.
        text: Cow<'a, str>,
    },
    /// The block of reasoning is over. With a state and no open block there is an empty one, as for
    /// reasoning that is encrypted or not shown.
    ReasoningEnded {
        /// As in [`Event::Reasoning`].
        place: &'static str,
        /// What the provider wants back with it.
        state: Option<String>,
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
    /// What the provider wants back with a tool call. The last one counts.
    CallState {
        /// Number of the call.
        call: usize,
        /// The state.
        state: String,
    },
    /// A web page that the model cites.
    Source {
        /// Address, `http:` or `https:`.
        url: Cow<'a, str>,
        /// Title.
        title: Option<Cow<'a, str>>,
    },
    /// What the call consumed; the last one counts.
    Usage(TokenCount),
    /// Why the model ended. Usage may still follow.
    Finished(FinishReason),
    /// The model stopped in the middle and wants the same conversation, with what it said so far, to
    /// go on. Comes with [`Event::Finished`].
    Paused,
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
    /// Input, including what was read from or written to a cache.
    pub input: u64,
    /// Output, including reasoning.
    pub output: u64,
    /// Input read from a cache.
    pub cached: u64,
    /// Input written to a cache.
    pub cache_written: u64,
    /// Output spent on reasoning.
    pub reasoning: u64,
}

impl From<TokenCount> for Usage {
    fn from(count: TokenCount) -> Self {
        Self {
            input_tokens: count.input,
            output_tokens: count.output,
            cached_tokens: count.cached,
            cache_written_tokens: count.cache_written,
            reasoning_tokens: count.reasoning,
        }
    }
}

/// A response with an error status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it means.
    pub failure: Failure,
    /// The provider's codes, for the log; never its prose.
    pub detail: String,
    /// Milliseconds after which the body says that it may be tried again.
    pub retry_after: Option<u64>,
}

/// A provider's wire format.
pub trait WireFormat {
    /// The request that continues a conversation.
    ///
    /// # Errors
    /// [`Failure::InvalidRequest`] where the conversation can't be put into the format.
    fn request(&self, conversation: &Conversation) -> Result<Request, Failure>;

    /// Whether the format and the model take an image or sound of this media type as the
    /// [`media`](crate::CallResult::media) of a result. Only where the list of models says so: a model
    /// that doesn't would refuse the whole request.
    fn reads_result(&self, media_type: &str) -> bool;

    /// A reader for the response to [`WireFormat::request`] with the same conversation: how the
    /// answer has to be read may depend on how it was asked for, as with [`Conversation::output`],
    /// whose JSON always comes as [`Event::Text`].
    fn reader(&self, conversation: &Conversation) -> Box<dyn EventReader>;

    /// What a response with an error status means. `body` may be cut.
    fn refused(&self, status: u16, body: &[u8]) -> Refused {
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
    match endpoint.kind.as_str() {
        "openai" => Box::new(Responses::new(endpoint.clone())),
        "anthropic" => Box::new(Anthropic::new(endpoint.clone())),
        "google" => Box::new(Gemini::new(endpoint.clone())),
        _ => Box::new(ChatCompletions::new(endpoint.clone())),
    }
}
