//! Why a tool component can't be used, and why a call of one failed.

use thiserror::Error;

use crate::{CapabilityError, TurnStop};

/// Why a tool component can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ToolLoadError {
    /// The bytes are no component, and no core module that holds one.
    #[error("It isn't a WebAssembly component that this host can run: {0}")]
    Component(String),
    /// It was built against another version of the interfaces.
    #[error(
        "It uses {interface} in version {found}, and this host has version {expected}. Build it \
         against version {expected}."
    )]
    WrongVersion {
        /// Interface without its version.
        interface: String,
        /// What the component wants.
        found: String,
        /// What the host has.
        expected: &'static str,
    },
    /// It imports something that no tool gets.
    #[error("It imports {0}, which tools don't get.")]
    UngrantedImport(String),
    /// It exports no tools.
    #[error("It doesn't export {0}, so it has no tools.")]
    MissingExport(String),
    /// It failed to describe its tools.
    #[error("It failed to describe its tools: {0}")]
    Describe(ToolStop),
    /// A description can't be used.
    #[error("Its description of the tool \"{tool}\" can't be used: {reason}")]
    Description {
        /// Name of the tool, cut.
        tool: String,
        /// What is wrong.
        reason: String,
    },
    /// The engine failed.
    #[error("The WebAssembly engine failed: {0}")]
    Engine(String),
}

/// Why a call of a tool gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ToolFailure {
    /// The tool said what went wrong.
    #[error("{}", .0.message)]
    Returned(CapabilityError),
    /// The sandbox stopped it.
    #[error(transparent)]
    Stopped(#[from] ToolStop),
    /// All places for calls were taken for too long.
    #[error("Too many tools are running. Try again in a moment.")]
    Busy,
}

impl ToolFailure {
    /// Stable upper-case identifier, for the model and the ledger.
    pub fn code(&self) -> &str {
        match self {
            Self::Returned(error) => &error.code,
            Self::Stopped(stop) => stop.code(),
            Self::Busy => "TOOL_BUSY",
        }
    }
}

/// Why the sandbox stopped a tool. The text is for the model and the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ToolStop {
    /// Too much processor time.
    #[error("The tool was stopped because it used too much computing time.")]
    CpuTime,
    /// Too much wall time.
    #[error("The tool was stopped because it took too long.")]
    CallTime,
    /// Too much memory.
    #[error("The tool was stopped because it used too much memory.")]
    Memory,
    /// The wasm stack overflowed.
    #[error("The tool was stopped because its calls were nested too deeply.")]
    Stack,
    /// Too many calls to the host.
    #[error("The tool was stopped because it made too many calls to the host.")]
    HostCalls,
    /// Too much data at once, in a call to the host or as its answer.
    #[error("The tool was stopped because it passed too much data at once.")]
    CallSize,
    /// An answer that isn't one.
    #[error("The tool gave an answer that can't be used.")]
    Answer,
    /// A fault of its own.
    #[error("The tool stopped because of an internal fault.")]
    Trap,
}

impl ToolStop {
    /// Stable upper-case identifier, for the ledger and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::CpuTime => "TOOL_CPU_TIME",
            Self::CallTime => "TOOL_TIMEOUT",
            Self::Memory => "TOOL_MEMORY",
            Self::Stack => "TOOL_STACK",
            Self::HostCalls => "TOOL_HOST_CALLS",
            Self::CallSize => "TOOL_CALL_SIZE",
            Self::Answer => "TOOL_ANSWER_INVALID",
            Self::Trap => "TOOL_TRAP",
        }
    }
}

impl From<TurnStop> for ToolStop {
    /// The sandbox finds out in one way why a guest stopped, whatever the guest is.
    fn from(stop: TurnStop) -> Self {
        match stop {
            TurnStop::CpuTime => Self::CpuTime,
            TurnStop::TurnTime => Self::CallTime,
            TurnStop::Memory => Self::Memory,
            TurnStop::Stack => Self::Stack,
            TurnStop::HostCalls => Self::HostCalls,
            TurnStop::CallSize | TurnStop::Handles | TurnStop::Output => Self::CallSize,
            _ => Self::Trap,
        }
    }
}
