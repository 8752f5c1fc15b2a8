//! The types of the WIT packages that the turn logic works with. Their documentation is in `wit/`.

pub use crate::bindings::exports::palisade::assistant::assistant::ToolDefinition;
pub use crate::bindings::palisade::assistant::conversation::{
    Approval, ClientTool, FilePart, Message, ObjectRequest, Part, Role, TextPart, ToolPart,
    ToolState, TurnRequest,
};
pub use crate::bindings::palisade::host::data::{Excerpt, Media};
pub use crate::bindings::palisade::host::identity::{Caller, Turn};
pub use crate::bindings::palisade::host::log::Level;
pub use crate::bindings::palisade::host::policy::{
    ApprovalRequest, PluginTool, Refusal, Settings, ToolCall, ToolMode,
};
pub use crate::bindings::palisade::host::provider::{Endpoint, Header, Request, Usage};
pub use crate::bindings::palisade::host::types::{Error, ErrorKind};
pub use crate::bindings::palisade::host::ui::{
    Block, Chunk, DataPart, Delta, FinishReason, SourceUrl, ToolApprovalRequest, ToolInput,
    ToolInputError, ToolInputStart, ToolOutput, ToolOutputError,
};
