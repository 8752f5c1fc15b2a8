//! Why something about tools failed.

use std::{io, path::PathBuf};

use palisade_sandbox::ToolLoadError;
use palisade_state::StateError;
use thiserror::Error;

use crate::{GrantError, ManifestError, NameError, PackError};

/// Why something about tools failed. The text says what to do where something can be done.
#[derive(Debug, Error)]
pub enum ToolsError {
    /// A file can't be read.
    #[error("{} can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file can't be written.
    #[error("{} can't be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A component can't be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A component can't be loaded.
    #[error(transparent)]
    Load(#[from] ToolLoadError),
    /// A name can't be used.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A manifest can't be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file that is named after another component.
    #[error("The file is named {file}.wasm, and the component in it is \"{component}\".")]
    OtherName {
        /// Name of the file.
        file: String,
        /// Name of the component.
        component: String,
    },
    /// A manifest that doesn't ask for what the component imports, or asks for more.
    #[error(
        "{}",
        match is_imported {
            true => format!("The component imports {interface}, and its manifest doesn't ask for it."),
            false => format!("The manifest asks for {interface}, and the component doesn't import it."),
        }
    )]
    Imports {
        /// The interface.
        interface: &'static str,
        /// Whether the component imports it.
        is_imported: bool,
    },
    /// There is no component of this name.
    #[error("There is no tool component \"{0}\".")]
    NoSuchTool(String),
    /// The component can't be used, so nothing can be granted to it.
    #[error("The tool component \"{name}\" can't be used: {reason}")]
    Broken {
        /// Name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The component isn't the one that was looked at.
    #[error("The tool component \"{0}\" has changed meanwhile. Look at it again.")]
    Changed(String),
    /// More than was asked for.
    #[error(transparent)]
    Grant(#[from] GrantError),
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
}
