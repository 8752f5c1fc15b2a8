//! Palisade's assistant component: chat turns, built-in tools and provider wire formats.
//!
//! The component runs inside of the sandbox and has no authority of its own: what it proposes, the
//! host decides ([`host::Host`] is everything it can reach). All logic is generic over that trait, so
//! it runs and is tested natively as well.
//!
//! | to change | open |
//! |---|---|
//! | the course of a turn | `turn/` |
//! | how a provider is spoken to | `format/`, one folder per wire format |
//! | a built-in tool, the checking of arguments | `tools/` |
//! | what the model is told | `prompt/` |

mod bindings;
#[cfg(target_arch = "wasm32")]
mod component;
mod conversation;
mod date;
mod failure;
pub mod format;
pub mod host;
mod prompt;
pub mod sse;
pub mod tools;
mod turn;
pub mod types;

pub use conversation::{
    AnswerPart, Call, CallResult, Conversation, Entry, FileContent, Media, OfferedTool,
    OutputShape, UserPart,
};
pub use failure::Failure;
pub use turn::{object, run};
