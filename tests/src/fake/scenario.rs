//! Scenarios: what a fake model answers, as values that read and write as JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Whether the model refuses `max_tokens`, as reasoning models do.
    #[serde(default)]
    pub reasoning_model: bool,
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

/// A message of the assistant and the way in which it goes over the wire.
///
/// The default is what OpenAI's own service sends; each further field is one deviation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MessageAnswer {
    /// Text of the answer.
    pub text: Option<Text>,
    /// Reasoning that comes before the text.
    pub reasoning: Option<Reasoning>,
    /// Text of a refusal.
    pub refusal: Option<String>,
    /// Tool calls, after the text.
    pub tool_calls: Vec<ToolCall>,
    /// Tokens that usage reports; counted from the request and the answer where left out.
    pub tokens: Option<TokenCounts>,

    /// The finish reason; by default `tool_calls` with tool calls, else `stop`. `none` sends none.
    pub finish_reason: Option<String>,
    /// Where usage stands.
    pub usage: UsagePlace,
    /// The `index` of tool call deltas.
    pub tool_indexes: ToolIndexes,
    /// The `id` of tool call deltas.
    pub tool_ids: ToolIds,
    /// Sends each tool call in a single delta.
    pub whole_tool_calls: bool,
    /// Sends the arguments of parallel calls in turns rather than one call after another.
    pub interleaved: bool,
    /// Sends every optional field of a delta as null.
    pub null_fields: bool,
    /// Repeats `role` in each delta.
    pub repeat_role: bool,
    /// Begins with a chunk that has no choices.
    pub leading_empty_chunk: bool,
    /// Leaves out `[DONE]`.
    pub without_done: bool,
    /// Line ending of the event stream.
    pub line_ending: LineEnding,
    /// Puts a comment before each event.
    pub comments: bool,
    /// Leaves out the space after `data:`.
    pub without_space: bool,

    /// Milliseconds before the response headers.
    pub header_delay_ms: u64,
    /// Milliseconds between the headers and the first event.
    pub first_delay_ms: u64,
    /// Milliseconds between writes.
    pub delay_ms: u64,
    /// How the bytes are cut into writes.
    pub write: Write,
    /// What goes wrong on the way.
    pub interruption: Option<Interruption>,
}

/// Text and how it is cut into deltas.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    /// One delta for each word.
    Words(String),
    /// One delta for each piece.
    Pieces(Vec<String>),
    /// That many deltas of one short word each.
    Tokens {
        /// How many.
        tokens: usize,
    },
}

impl Text {
    /// The deltas of this text.
    pub(super) fn pieces(&self) -> Vec<String> {
        match self {
            Self::Words(text) => text.split_inclusive(' ').map(str::to_owned).collect(),
            Self::Pieces(pieces) => pieces.clone(),
            Self::Tokens { tokens } => (0..*tokens).map(|number| format!("t{number} ")).collect(),
        }
    }
}

/// Reasoning that a server shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasoning {
    /// The text.
    pub text: Text,
    /// The field that holds it: `reasoning_content` or `reasoning`.
    #[serde(default = "reasoning_content")]
    pub field: String,
}

fn reasoning_content() -> String {
    "reasoning_content".to_owned()
}

/// A tool call of the model.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// Id; unique for each request where left out.
    #[serde(default)]
    pub id: Option<String>,
    /// Name of the tool.
    pub name: String,
    /// The arguments.
    pub arguments: Arguments,
}

impl ToolCall {
    /// A call with an id that the provider makes.
    pub fn new(name: impl Into<String>, arguments: Value) -> Self {
        Self { id: None, name: name.into(), arguments: Arguments::Json(arguments) }
    }

    /// A call whose arguments are sent as they are, JSON or not.
    pub fn verbatim(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self { id: None, name: name.into(), arguments: Arguments::Verbatim(arguments.into()) }
    }

    /// The same call with this id.
    #[must_use]
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }
}

/// Arguments of a tool call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arguments {
    /// Text that is sent as it is.
    Verbatim(String),
    /// A value that is sent as JSON text.
    Json(Value),
}

impl Arguments {
    /// The text on the wire.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Verbatim(text) => text.clone(),
            Self::Json(value) => value.to_string(),
        }
    }
}

/// Tokens that usage reports.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenCounts {
    /// Input tokens, those from the cache included.
    pub prompt: u64,
    /// Output tokens, reasoning included.
    pub completion: u64,
    /// Input tokens from the cache.
    pub cached: u64,
    /// Output tokens spent on reasoning.
    pub reasoning: u64,
}

/// Where usage stands in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsagePlace {
    /// In a last chunk without choices, and null in all others, if the request asks for it.
    #[default]
    WhenAsked,
    /// In the chunk with the finish reason.
    FinalChoice,
    /// In each chunk, growing.
    EveryChunk,
    /// Null in each chunk.
    NullEverywhere,
    /// Nowhere.
    Never,
}

/// The `index` of tool call deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolIndexes {
    /// Counted.
    #[default]
    Counted,
    /// 0 for all.
    AllZero,
    /// Missing.
    Missing,
}

/// The `id` of tool call deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolIds {
    /// In the first delta of a call.
    #[default]
    First,
    /// In each delta of a call, with the name.
    Each,
    /// In the first delta; the text `null` in the others.
    TextNull,
    /// The same id for all calls of the answer.
    Same,
    /// Missing.
    Missing,
}

/// Line ending of an event stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnding {
    /// Line feed.
    #[default]
    Lf,
    /// Carriage return and line feed.
    CrLf,
    /// Carriage return.
    Cr,
}

impl LineEnding {
    /// The characters.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// How the bytes of an answer are cut into writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Write {
    /// One write for each event.
    #[default]
    Event,
    /// One write for everything.
    Whole,
    /// Writes of that many bytes, which cut through events and characters. 0 counts as 1.
    Bytes(usize),
}

/// What goes wrong while an answer is on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interruption {
    /// Events that arrive before it.
    pub after: usize,
    /// What happens.
    pub what: InterruptionKind,
}

/// Kinds of interruption.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterruptionKind {
    /// The connection breaks.
    Cut,
    /// The stream ends as if all was well.
    End,
    /// Nothing more comes, and the connection stays open until the client leaves.
    Stall,
    /// An event that says what went wrong, and the end of the stream.
    ErrorEvent {
        /// Message for people.
        message: String,
    },
    /// An event that isn't JSON; the stream goes on behind it.
    MalformedEvent,
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
