//! Scenarios: what a fake model answers, as values that read and write as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::message::{MessageAnswer, Text, ToolCall};

/// The answers of one model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The answers, first to last.
    pub steps: Vec<Answer>,
    /// How a request finds its step.
    #[serde(default)]
    pub selection: Selection,
    /// What a request gets that is past the last step.
    #[serde(default)]
    pub after_last: AfterLast,
    /// Whether the model refuses what newer reasoning models don't take: `max_tokens` and sampling
    /// parameters at OpenAI, a thinking budget at Anthropic.
    #[serde(default)]
    pub reasoning_model: bool,
    /// Whether the reasoning of the steps of a turn must come back with their tool calls where the
    /// protocol leaves that open, which is Chat Completions.
    #[serde(default)]
    pub reasoning_must_return: bool,
}

impl Scenario {
    /// A scenario with these answers, one for each step of a turn.
    pub fn of(steps: impl IntoIterator<Item = Answer>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    /// The same, with the answers given in the order of the requests.
    pub fn in_order(steps: impl IntoIterator<Item = Answer>) -> Self {
        Self { selection: Selection::Order, ..Self::of(steps) }
    }

    /// The same scenario, whose last answer is given for ever.
    #[must_use]
    pub fn repeating(self) -> Self {
        Self { after_last: AfterLast::Repeat, ..self }
    }
}

/// How a request finds its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// By the request itself: as many steps are behind it as assistant messages with tool calls follow
    /// the last user message. Conversations that run at the same time don't disturb each other.
    #[default]
    Conversation,
    /// By count: each request takes the next step, whatever it says.
    Order,
}

/// What a request gets that is past the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterLast {
    /// 400 `script_exhausted`, so that a call too many is seen.
    #[default]
    Refuse,
    /// The last answer again.
    Repeat,
}

/// One answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// A message of the assistant, streamed or whole as the request asks.
    Message(Box<MessageAnswer>),
    /// An error status with an error body.
    Error(ErrorAnswer),
    /// Bytes as given, whatever the request asks.
    Raw(RawAnswer),
    /// A redirect to another address.
    Redirect {
        /// Value of the `location` header.
        location: String,
    },
    /// Nothing, not even a status, until the client leaves.
    Hang,
}

impl Answer {
    /// A plain text answer.
    pub fn text(text: impl Into<String>) -> Self {
        MessageAnswer { text: Some(Text::Words(text.into())), ..MessageAnswer::default() }.into()
    }

    /// An answer of tool calls alone.
    pub fn tools(calls: impl IntoIterator<Item = ToolCall>) -> Self {
        MessageAnswer { tool_calls: calls.into_iter().collect(), ..MessageAnswer::default() }.into()
    }

    /// An error status with the body that belongs to it.
    pub fn error(status: u16) -> Self {
        Self::Error(ErrorAnswer { status, ..ErrorAnswer::default() })
    }
}

impl From<MessageAnswer> for Answer {
    fn from(message: MessageAnswer) -> Self {
        Self::Message(Box::new(message))
    }
}

/// An error status.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorAnswer {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Message; the status's own where left out.
    pub message: Option<String>,
    /// `type` of the error; the status's own where left out.
    pub kind: Option<String>,
    /// `code` of the error; the status's own where left out.
    pub code: Option<String>,
    /// Further headers, such as `retry-after`.
    pub headers: BTreeMap<String, String>,
    /// Adds the `authorization` header that the request came with to the message: what a careless
    /// server does, and what nobody may pass on.
    pub echo_authorization: bool,
}

/// Bytes as given.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawAnswer {
    /// HTTP status; 0 counts as 200.
    pub status: u16,
    /// Content type; `text/event-stream` where left out.
    pub content_type: Option<String>,
    /// Body, one write for each piece.
    pub body: Vec<String>,
    /// Milliseconds between writes.
    pub delay_ms: u64,
    /// Breaks the connection after the body.
    pub cut: bool,
}
