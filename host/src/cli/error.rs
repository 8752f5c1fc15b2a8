//! Why a command failed.

use std::{io, path::PathBuf};

use palisade_data::DataError;
use palisade_project::ProjectError;
use palisade_provider::ProviderError;
use palisade_state::StateError;
use palisade_tools::ToolsError;
use thiserror::Error;

use super::tools::NewError;
use crate::{app::AppError, config::ConfigError};

/// Why a command failed: one message for the person who typed it.
#[derive(Debug, Error)]
pub enum CliError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The host can't be put together.
    #[error(transparent)]
    App(#[from] AppError),
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The embedded project.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Data of the embedded project.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The HTTP client.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// An answer that is no stream: status, code and message.
    #[error("{0}")]
    Refused(String),
    /// The connection to a host.
    #[error("the connection to the host failed: {0}")]
    Connection(String),
    /// A stream without its end.
    #[error("the answer was cut off before its end")]
    CutOff,
    /// The stream's own error.
    #[error("{0}")]
    Stream(String),
    /// Tools of components.
    #[error(transparent)]
    Tools(#[from] ToolsError),
    /// The beginning of a new tool.
    #[error(transparent)]
    NewTool(#[from] NewError),
    /// A wrong value on the command line that only the command itself can judge.
    #[error("{0}")]
    Usage(String),
    /// Something on the disk.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Standard input or output.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
    /// The runtime can't start.
    #[error("the runtime can't start: {0}")]
    Runtime(io::Error),
    /// `doctor` found problems, which it has printed.
    #[error("{0} of the checks failed")]
    Unhealthy(usize),
}

impl CliError {
    /// Wraps a failure on the disk.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }
}
