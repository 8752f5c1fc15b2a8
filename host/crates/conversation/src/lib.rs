//! What a client posts, validated and typed: the conversation of a chat, and the question for an object.
//!
//! Clients of the AI SDK 6 post the whole conversation with every request: UI messages made of parts,
//! among them tool calls with their states and the user's answers to approvals. [`ChatRequest::parse`]
//! reads a body once and accepts and rejects what the AI SDK's own validation does; an error names
//! the place, such as `messages[2].parts[0].state`.
//!
//! Everything in a conversation is a claim of the client. An approval that stands in it counts only
//! after the host verified its own signature over exactly that call.
//!
//! Values that the host has no use for (arguments, results, provider metadata) stay as they were
//! posted, as raw JSON. They are well-formed JSON and nothing more: they may nest deeply and repeat
//! keys.

mod answers;
mod context;
mod error;
mod message;
mod object;
mod part;
mod posted;
mod request;
mod schema;
mod tools;

pub use answers::ApprovalAnswer;
pub use error::RequestError;
pub use message::{
    Approval, DataPart, FilePart, Message, Part, Role, SourceDocumentPart, SourceUrlPart, TextPart,
    ToolPart, ToolState,
};
pub use object::ObjectRequest;
pub use request::{ChatRequest, Trigger};
pub use tools::{ClientTool, RequestedTool, ToolMode};

/// Messages that one request may hold.
pub const MESSAGES_AT_MOST: usize = 2_000;
/// Parts that one message may hold.
pub const PARTS_AT_MOST: usize = 512;
/// Things that the user may attach to the context.
pub const ATTACHMENTS_AT_MOST: usize = 10;
/// Tools that a client may bring, and names of tools it may ask for, together.
pub const TOOLS_AT_MOST: usize = 128;
/// Tools that a request may set a mode for.
pub const TOOL_MODES_AT_MOST: usize = 512;
/// Bytes of the question for an object.
pub const PROMPT_BYTES_AT_MOST: usize = 512 * 1024;
/// Bytes of the schema of an object, as posted.
pub const SCHEMA_BYTES_AT_MOST: usize = 64 * 1024;
/// Output tokens that the limit of an object may not be below.
pub const OUTPUT_TOKENS_AT_LEAST: u32 = 256;
