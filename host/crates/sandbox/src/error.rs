//! Errors of the sandbox and the reasons for which it stops a turn.

use std::{fmt, io, path::PathBuf, time::Duration};

use thiserror::Error;
use wasmtime::{Trap, component::ResourceTableError};

/// Why a sandbox cannot be made, or a turn cannot be started.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// All places are taken and the queue is full, or waiting in it took too long. 503 with
    /// `Retry-After`.
    #[error("All places for turns are taken. Try again in {} s.", retry_after.as_secs())]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The component file cannot be read.
    #[error("The component {} can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no component, or one that needs more than the limits allow.
    #[error("The component can't be used: {0}")]
    Component(String),
    /// The component was built against another version of the interfaces.
    #[error(
        "The component uses {interface} in version {found}, and this host has version {expected}. \
         Build the component against version {expected}."
    )]
    WrongVersion {
        /// Interface without its version, for instance `palisade:host/ui`.
        interface: String,
        /// What the component wants.
        found: String,
        /// What the host has, [`WIT_VERSION`](crate::WIT_VERSION).
        expected: &'static str,
    },
    /// The component imports something that the sandbox doesn't offer. WASI is never offered.
    #[error("The component imports {0}, which the sandbox doesn't offer.")]
    UngrantedImport(String),
    /// The component isn't an assistant.
    #[error("The component doesn't export {0}, so it isn't an assistant component.")]
    MissingExport(String),
    /// The component failed to list its tools.
    #[error("The component failed to list its tools ({code}): {0}", code = .0.code())]
    Describe(TurnStop),
    /// The component described a tool in a way that can't be used.
    #[error("The component describes the tool {tool:?} wrongly: {reason}")]
    ToolDefinition {
        /// Name of the tool.
        tool: String,
        /// What is wrong.
        reason: String,
    },
    /// The WebAssembly engine cannot start on this machine.
    #[error("The WebAssembly engine can't start: {0}")]
    Engine(String),
}

impl SandboxError {
    /// An unusable component, with the whole chain of reasons.
    pub(crate) fn component(error: wasmtime::Error) -> Self {
        Self::Component(format!("{error:#}"))
    }

    /// An engine that doesn't start.
    pub(crate) fn engine(error: impl fmt::Display) -> Self {
        Self::Engine(format!("{error:#}"))
    }
}

/// Why the sandbox stopped a turn. The text is what the caller sees in the stream's `error` chunk.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TurnStop {
    /// More processor time than [`Limits::cpu_time`](crate::Limits::cpu_time).
    #[error("The assistant was stopped because it used too much computing time.")]
    CpuTime,
    /// More wall time than [`Limits::turn_time`](crate::Limits::turn_time).
    #[error("The assistant was stopped because the answer took too long.")]
    TurnTime,
    /// More memory or table elements than allowed.
    #[error("The assistant was stopped because it used too much memory.")]
    Memory,
    /// The wasm stack overflowed.
    #[error("The assistant was stopped because its calls were nested too deeply.")]
    Stack,
    /// More host calls than [`Limits::host_calls`](crate::Limits::host_calls).
    #[error("The assistant was stopped because it made too many calls to the host.")]
    HostCalls,
    /// More data in one host call than [`Limits::call_bytes`](crate::Limits::call_bytes), or a list
    /// that is longer than its function allows.
    #[error("The assistant was stopped because it passed too much data to the host at once.")]
    CallSize,
    /// Too many live handles or resources.
    #[error("The assistant was stopped because it held too many results at a time.")]
    Handles,
    /// More output than [`Limits::output_bytes`](crate::Limits::output_bytes).
    #[error("The assistant was stopped because its answer was too long.")]
    Output,
    /// A chunk that the protocol doesn't allow; the reason is for the log.
    #[error("The assistant was stopped because it sent an invalid message part.")]
    InvalidChunk {
        /// What is wrong, without content.
        reason: &'static str,
    },
    /// A chunk after the `error` chunk.
    #[error("The assistant was stopped because it went on after an error.")]
    AfterError,
    /// The guest returned without a `finish` or `error` chunk.
    #[error("The assistant stopped in the middle of its answer.")]
    Unfinished,
    /// Nobody reads the stream any more.
    #[error("The client went away.")]
    ClientGone,
    /// The guest trapped: a fault of its own, or the use of something it doesn't hold.
    #[error("The assistant stopped because of an internal fault.")]
    Trap {
        /// What wasmtime says, for the log.
        detail: String,
    },
}

impl TurnStop {
    /// Stable upper-case identifier, for the ledger and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CpuTime => "GUEST_CPU_TIME",
            Self::TurnTime => "TURN_TIMEOUT",
            Self::Memory => "GUEST_MEMORY",
            Self::Stack => "GUEST_STACK",
            Self::HostCalls => "GUEST_HOST_CALLS",
            Self::CallSize => "GUEST_CALL_SIZE",
            Self::Handles => "GUEST_HANDLES",
            Self::Output => "GUEST_OUTPUT",
            Self::InvalidChunk { .. } => "GUEST_INVALID_CHUNK",
            Self::AfterError => "GUEST_AFTER_ERROR",
            Self::Unfinished => "GUEST_UNFINISHED",
            Self::ClientGone => "CLIENT_GONE",
            Self::Trap { .. } => "GUEST_TRAP",
        }
    }

    /// Finds out why a call into the guest failed.
    pub(crate) fn from_error(error: &wasmtime::Error) -> Self {
        if let Some(stop) = error.downcast_ref::<Self>() {
            return stop.clone();
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return match trap {
                Trap::StackOverflow => Self::Stack,
                other => Self::Trap { detail: other.to_string() },
            };
        }
        if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) {
            return Self::Handles;
        }
        // wasmtime keeps the types of these two to itself.
        let detail = format!("{error:#}");
        if detail.contains("fuel allocated for hostcalls has been exhausted") {
            Self::CallSize
        } else if detail.contains("store handle limit exceeded") {
            Self::Handles
        } else {
            Self::Trap { detail }
        }
    }
}
