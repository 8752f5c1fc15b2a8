//! What is wrong with a configuration.

use std::{io, path::PathBuf};

use thiserror::Error;

/// A configuration that can't be used. The text is one line for the person at the terminal.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The configuration file can't be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A setting is unknown, wrong, or not there yet.
    #[error("{origin}: {problem}")]
    Setting {
        /// Where it is set: a file and line, or a variable.
        origin: String,
        /// What is wrong, naming the setting.
        problem: String,
    },
}

impl ConfigError {
    /// A wrong setting.
    pub(super) fn setting(origin: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Setting { origin: origin.into(), problem: problem.into() }
    }
}
