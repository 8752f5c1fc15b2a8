//! What a scripted message of the assistant says.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::quirks::{Interruption, LineEnding, ToolIds, ToolIndexes, UsagePlace, Write};

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
    /// An object as structured output: the text where the request asks for a schema, the arguments of
    /// the tool that the request forces. A request that asks for neither is refused.
    pub object: Option<Arguments>,
    /// Ends the text with what the provider knows of the files that the request names.
    pub names_files: bool,
    /// Tokens that usage reports; counted from the request and the answer where left out.
    pub tokens: Option<TokenCounts>,

    /// The finish reason; by default `tool_calls` with tool calls, else `stop`. `none` sends none.
    ///
    /// `stop`, `tool_calls`, `length`, `content_filter` and `error` are translated to the protocol's own
    /// terms; others are sent as they are.
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

impl MessageAnswer {
    /// The tokens of this answer to a request of so many words.
    pub(super) fn counts(&self, words: u64) -> TokenCounts {
        self.tokens.unwrap_or_else(|| TokenCounts {
            prompt: words,
            completion: self.deltas(),
            ..TokenCounts::default()
        })
    }

    /// Text, reasoning and refusal deltas, which stand for tokens.
    fn deltas(&self) -> u64 {
        let text = self.text.as_ref().map_or(0, |text| text.pieces().len());
        let reasoning =
            self.reasoning.as_ref().map_or(0, |reasoning| reasoning.text.pieces().len());
        let refusal = self.refusal.as_ref().map_or(0, |text| text.split_whitespace().count());
        u64::try_from(text + reasoning + refusal + self.tool_calls.len()).unwrap_or(u64::MAX)
    }

    /// The reasoning that a client sees, as one text.
    pub(super) fn reasoning_text(&self) -> Option<String> {
        self.reasoning.as_ref().map(|reasoning| reasoning.shown().concat())
    }
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
    /// Hides the text: Anthropic then sends a redacted block, the others only the state that comes back.
    #[serde(default)]
    pub redacted: bool,
}

impl Reasoning {
    /// Reasoning in the usual field.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Text::Words(text.into()), field: reasoning_content(), redacted: false }
    }

    /// The deltas that a client sees.
    pub(super) fn shown(&self) -> Vec<String> {
        if self.redacted { Vec::new() } else { self.text.pieces() }
    }
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
