//! A conversation as a model sees it, in no provider's terms.

use serde_json::value::RawValue;

/// Everything that a provider request says.
#[derive(Debug, Default)]
pub struct Conversation {
    /// The system prompt.
    pub system: String,
    /// What was said, oldest first. Each call in an [`Entry::Answer`] has its result in the
    /// [`Entry::Results`] that follows at once.
    pub entries: Vec<Entry>,
    /// The tools that the model may call.
    pub tools: Vec<OfferedTool>,
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
        /// Address: `https:` or `data:`, or something that only the client understands.
        url: String,
        /// Name.
        filename: Option<String>,
    },
}

/// A part of what the model said.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerPart {
    /// Text, not empty.
    Text(String),
    /// Reasoning of the same tool loop, which some providers want back.
    Reasoning {
        /// The format's name for the place where it belongs.
        field: String,
        /// The text.
        text: String,
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
