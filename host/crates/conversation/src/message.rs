//! UI messages of the AI SDK 6.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions that the client adds.
    System,
    /// The person.
    User,
    /// The assistant.
    Assistant,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// The client's id; may be empty.
    pub id: String,
    /// Author, as the client says.
    pub role: Role,
    /// 1 to [`PARTS_AT_MOST`](crate::PARTS_AT_MOST) parts.
    pub parts: Vec<Part>,
}

impl Message {
    /// Index of the first part of the last step: the one after the last `step-start`, 0 where there
    /// is none.
    pub(crate) fn last_step_index(&self) -> usize {
        self.parts
            .iter()
            .rposition(|part| matches!(part, Part::StepStart))
            .map_or(0, |index| index + 1)
    }
}

/// A part of a message.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text.
    Text(TextPart),
    /// A model's reasoning.
    Reasoning(TextPart),
    /// A file.
    File(FilePart),
    /// A tool call.
    Tool(ToolPart),
    /// A step of an assistant message begins.
    StepStart,
    /// A web source.
    SourceUrl(SourceUrlPart),
    /// A document as source.
    SourceDocument(SourceDocumentPart),
    /// Data for the screen.
    Data(DataPart),
}

/// Text or reasoning.
#[derive(Debug, Clone)]
pub struct TextPart {
    /// The text; may be empty.
    pub text: String,
    /// Provider metadata, an object of objects.
    pub provider_metadata: Option<Box<RawValue>>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct FilePart {
    /// IANA media type, as the client says.
    pub media_type: String,
    /// Address or file id; may be empty.
    pub url: String,
    /// Id or address of the file at the turn's provider. Never from the client: the host sets it when
    /// it has verified the file's id.
    pub stored: Option<String>,
    /// File name.
    pub filename: Option<String>,
    /// Provider metadata, an object of objects.
    pub provider_metadata: Option<Box<RawValue>>,
}

/// A web source that a model cited. Serialises to the part as clients know it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename = "source-url", rename_all = "camelCase")]
pub struct SourceUrlPart {
    /// Id of the source.
    pub source_id: String,
    /// Address.
    pub url: String,
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Provider metadata, an object of objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<Box<RawValue>>,
}

/// A document that a model cited. Serialises to the part as clients know it.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename = "source-document", rename_all = "camelCase")]
pub struct SourceDocumentPart {
    /// Id of the source.
    pub source_id: String,
    /// IANA media type.
    pub media_type: String,
    /// Title.
    pub title: String,
    /// File name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Provider metadata, an object of objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_metadata: Option<Box<RawValue>>,
}

/// A `data-…` part. Serialises to the part as clients know it.
#[derive(Debug, Clone, Serialize)]
pub struct DataPart {
    /// The whole type, `data-` included.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

/// A tool call.
#[derive(Debug, Clone)]
pub struct ToolPart {
    /// Id of the call, unique in its message; may be empty.
    pub tool_call_id: String,
    /// Name of the tool: what follows `tool-` in the type, or the `toolName` of a `dynamic-tool`.
    pub tool_name: String,
    /// Whether the part is a `dynamic-tool`.
    pub dynamic: bool,
    /// Whether the provider ran the call.
    pub provider_executed: bool,
    /// State.
    pub state: ToolState,
    /// The arguments. For an `output-error` without arguments, the raw input.
    pub input: Option<Box<RawValue>>,
    /// The result of an `output-available`.
    pub output: Option<Box<RawValue>>,
    /// The error of an `output-error`.
    pub error_text: Option<String>,
    /// Approval: always there in the states `approval-requested`, `approval-responded` and
    /// `output-denied`, never in `input-streaming` and `input-available`.
    pub approval: Option<Approval>,
    /// Provider metadata of the call, an object of objects.
    pub call_metadata: Option<Box<RawValue>>,
}

/// State of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolState {
    /// The stream broke off while the model wrote the arguments.
    InputStreaming,
    /// Complete, without a result.
    InputAvailable,
    /// Waiting for the user's answer.
    ApprovalRequested,
    /// The user answered, the client says.
    ApprovalResponded,
    /// Has a result.
    OutputAvailable,
    /// Failed.
    OutputError,
    /// The user said no.
    OutputDenied,
}

/// The approval of a tool call, as posted: a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Approval id.
    pub id: String,
    /// The answer; none in the state `approval-requested`.
    pub approved: Option<bool>,
    /// The user's reason.
    pub reason: Option<String>,
}
