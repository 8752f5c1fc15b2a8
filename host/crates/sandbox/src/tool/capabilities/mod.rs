//! What a tool may ask of the host, one interface of the WIT world per file: the code between the
//! tool and [`ToolHost`](super::ToolHost), which decides.

mod ambient;
mod data;
mod http;
mod identity;
mod kv;

use wasmtime::component::{HasSelf, Linker};

use super::{
    bindings::{Tool, palisade::tool::types},
    state::ToolState,
};
use crate::{CapabilityError, CapabilityErrorKind, text::cut};

/// Version of the WIT package `palisade:tool` that this host serves.
pub const TOOL_WIT_VERSION: &str = "0.1.0";

/// Interfaces that tools may import, all in [`TOOL_WIT_VERSION`]. `types` and `tools` hold types only.
pub(super) const OFFERED: [&str; 10] = [
    "palisade:tool/types",
    "palisade:tool/tools",
    "palisade:tool/data",
    "palisade:tool/http",
    "palisade:tool/kv",
    "palisade:tool/progress",
    "palisade:tool/log",
    "palisade:tool/clock",
    "palisade:tool/random",
    "palisade:tool/identity",
];

/// The interface that makes a component a tool.
pub(super) const REQUIRED: &str = "palisade:tool/tools";

/// Begins the names of interfaces that the runtimes of some languages want. They are linked with
/// nothing in them.
pub(super) const RUNTIME: &str = "wasi:";

/// Bytes of a code and a message.
const CODE_BYTES: usize = 64;
const MESSAGE_BYTES: usize = 4 << 10;

/// Links the capabilities.
pub(super) fn link(linker: &mut Linker<ToolState>) -> wasmtime::Result<()> {
    Tool::add_to_linker::<_, HasSelf<ToolState>>(linker, |state| state)
}

impl types::Host for ToolState {}

impl From<CapabilityError> for types::Error {
    fn from(error: CapabilityError) -> Self {
        let kind = match error.kind {
            CapabilityErrorKind::Denied => types::ErrorKind::Denied,
            CapabilityErrorKind::Invalid => types::ErrorKind::Invalid,
            CapabilityErrorKind::Unavailable => types::ErrorKind::Unavailable,
            CapabilityErrorKind::Limit => types::ErrorKind::Limit,
            CapabilityErrorKind::Timeout => types::ErrorKind::Timeout,
            CapabilityErrorKind::Internal => types::ErrorKind::Internal,
        };
        Self {
            kind,
            code: error.code.into_owned(),
            message: cut(&error.message, MESSAGE_BYTES).to_owned(),
        }
    }
}

/// A tool's own error, cut to what others may be shown.
pub(super) fn returned(error: types::Error) -> CapabilityError {
    let kind = match error.kind {
        types::ErrorKind::Denied => CapabilityErrorKind::Denied,
        types::ErrorKind::Invalid => CapabilityErrorKind::Invalid,
        types::ErrorKind::Unavailable => CapabilityErrorKind::Unavailable,
        types::ErrorKind::Limit => CapabilityErrorKind::Limit,
        types::ErrorKind::Timeout => CapabilityErrorKind::Timeout,
        types::ErrorKind::Internal | types::ErrorKind::Other => CapabilityErrorKind::Internal,
    };
    let is_code = !error.code.is_empty()
        && error.code.len() <= CODE_BYTES
        && error
            .code
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let code = if is_code { error.code } else { "TOOL_ERROR".to_owned() };
    CapabilityError::new(kind, code, cut(&error.message, MESSAGE_BYTES))
}
