//! A conversation as a model sees it, in no provider's terms.

use std::rc::Rc;

use serde_json::value::RawValue;

/// What the user says where a conversation ends with a finished answer: most models refuse to be asked
/// then, or take it for the beginning of their own.
pub(crate) const GO_ON: &str = "Please go on.";

/// Everything that a provider request says.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The system prompt.
    pub system: String,
    /// What was said, oldest first. Each call in an [`Entry::Answer`] has its result in the
    /// [`Entry::Results`] that follows at once.
    pub entries: Vec<Entry>,
    /// Whether the model stopped in the middle of the answer that is the last entry, and goes on
    /// with it. Elsewhere a last answer is over.
    pub paused: bool,
    /// The tools that the model may call.
    pub tools: Vec<OfferedTool>,
    /// The shape that the whole answer must have; there are no tools then.
    pub output: Option<OutputShape>,
}

/// An answer that is one JSON value.
#[derive(Debug, Clone)]
pub struct OutputShape {
    /// JSON Schema of the value, an object schema in which every object has
    /// `additionalProperties: false`.
    pub schema: Box<RawValue>,
    /// Output tokens at most, in place of the endpoint's own limit.
    pub max_tokens: Option<u32>,
}

/// A tool that the model may call.
#[derive(Debug, Clone)]
pub struct OfferedTool {
    /// Name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Box<RawValue>,
}

/// One turn of speech.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// What the user said. At least one part.
    User(Vec<UserPart>),
    /// What the model said in one step. At least one part.
    Answer(Vec<AnswerPart>),
    /// The results of the calls of the answer before it, in the same order.
    Results(Vec<CallResult>),
}

/// A part of what the user said.
#[derive(Debug, Clone, PartialEq)]
pub enum UserPart {
    /// Text, not empty.
    Text(String),
    /// A file.
    File {
        /// IANA media type.
        media_type: String,
        /// Where its content is.
        content: FileContent,
        /// Name.
        filename: Option<String>,
    },
}

/// Where the content of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileContent {
    /// In the file storage of the turn's provider, under this id or address. The host vouches for it.
    Stored(String),
    /// In a `data:` URL.
    Inline(String),
    /// Nowhere that a provider can reach.
    Missing,
}

/// A part of what the model said. A `state` is what an [`Event`](crate::format::Event) gave, and is
/// there only where the turn's own provider and model gave it.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerPart {
    /// Text.
    Text {
        /// The text; empty only with a state.
        text: String,
        /// What the provider wants back with it.
        state: Option<String>,
    },
    /// Reasoning of the turn's own provider and model.
    Reasoning {
        /// The format's name for the place where it belongs.
        place: String,
        /// The text; empty only with a state.
        text: String,
        /// What the provider wants back with it.
        state: Option<String>,
    },
    /// A tool call.
    Call(Call),
}

/// A tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The browser's id, unique in its message.
    pub id: String,
    /// The provider's own id, where it differs.
    pub provider_id: Option<String>,
    /// Name of the tool.
    pub name: String,
    /// The arguments, always the text of a JSON object.
    pub arguments: String,
    /// What the provider wants back with it.
    pub state: Option<String>,
}

/// The result of a tool call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallResult {
    /// The browser's id of the call.
    pub call_id: String,
    /// What the model reads.
    pub content: String,
    /// Whether the call failed, was refused or did not run.
    pub failed: bool,
    /// An image or sound that belongs to it, of a type that the turn's format and model take in
    /// results. It is large and has several owners.
    pub media: Option<Rc<Media>>,
}

impl CallResult {
    /// The result of a call that did what it should.
    pub fn succeeded(call_id: &str, content: String) -> Self {
        Self { call_id: call_id.into(), content, failed: false, media: None }
    }

    /// The result of a call that failed, was refused or did not run.
    pub fn failed(call_id: &str, content: String) -> Self {
        Self { failed: true, ..Self::succeeded(call_id, content) }
    }
}

/// An image or a sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// IANA media type, lower-case and without parameters.
    pub media_type: String,
    /// The bytes in base64, with padding.
    pub base64: String,
}

impl Conversation {
    /// Adds what the user said; two such entries in a row become one, because some models' chat
    /// templates want the roles to alternate.
    pub fn push_user(&mut self, parts: Vec<UserPart>) {
        match self.entries.last_mut() {
            _ if parts.is_empty() => {}
            Some(Entry::User(last)) => last.extend(parts),
            _ => self.entries.push(Entry::User(parts)),
        }
    }

    /// Adds a step of the model and the results of its calls.
    pub fn push_step(&mut self, answer: Vec<AnswerPart>, results: Vec<CallResult>) {
        if !answer.is_empty() {
            self.entries.push(Entry::Answer(answer));
        }
        if !results.is_empty() {
            self.entries.push(Entry::Results(results));
        }
    }
}
