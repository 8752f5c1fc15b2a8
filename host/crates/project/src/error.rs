//! What can go wrong with a project, in sentences for the person at the terminal.

use std::{io, path::PathBuf};

use palisade_data::DataError;
use thiserror::Error;

use crate::ImportError;

/// A failed operation on a project. Messages name the wrong value and what to do; sources are for
/// the log.
#[derive(Debug, Error)]
pub enum ProjectError {
    /// No file at the path.
    #[error("There is no project at {}. Create one with `palisade project init`.", .0.display())]
    Missing(PathBuf),
    /// A file is in the way of a new project.
    #[error("{} exists already. Choose another data directory, or remove the file.", .0.display())]
    Exists(PathBuf),
    /// The file is something else; nothing in it was touched.
    #[error("{} is not a Palisade project. It was left as it is.", .0.display())]
    NotAProject(PathBuf),
    /// The file was written by a later version.
    #[error(
        "{} was written by a newer Palisade (schema {found}; this one knows up to {supported}). \
         Use the newer version.",
        path.display()
    )]
    Newer {
        /// The project's file.
        path: PathBuf,
        /// The file's schema version.
        found: i64,
        /// The newest schema version that this code knows.
        supported: i64,
    },
    /// A name of a collection or field that can't be used.
    #[error("\"{name}\" can't be the name of a {what}: {reason}.")]
    InvalidName {
        /// `collection` or `field`.
        what: &'static str,
        /// The refused name, shortened.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A collection of that name, in any case of letters, is there.
    #[error("There is a collection \"{0}\" already.")]
    CollectionExists(String),
    /// A relation points to a collection that isn't there.
    #[error("Field \"{field}\" points to collection \"{collection}\", which doesn't exist.")]
    UnknownCollection {
        /// The field with the relation.
        field: String,
        /// The missing collection.
        collection: String,
    },
    /// Two fields of one collection have the same name.
    #[error("Field \"{field}\" is defined twice in collection \"{collection}\".")]
    DuplicateField {
        /// Collection.
        collection: String,
        /// Field.
        field: String,
    },
    /// An e-mail address that isn't one.
    #[error("\"{0}\" is not an e-mail address.")]
    InvalidEmail(String),
    /// A user with that e-mail address is there.
    #[error("There is a user \"{0}\" already.")]
    EmailTaken(String),
    /// A password that can't be used.
    #[error("The password can't be used: {0}.")]
    InvalidPassword(&'static str),
    /// A static token that can't be used.
    #[error("The token can't be used: {0}.")]
    InvalidToken(&'static str),
    /// Policies are named that aren't there.
    #[error("There is no policy \"{name}\". There are: {}.", known.join(", "))]
    UnknownPolicy {
        /// The name that was given.
        name: String,
        /// All policies of the project.
        known: Vec<String>,
    },
    /// A role is named that isn't there.
    #[error("There is no role \"{name}\". There are: {}.", known.join(", "))]
    UnknownRole {
        /// The name that was given.
        name: String,
        /// All roles of the project.
        known: Vec<String>,
    },
    /// A policy of that name is there.
    #[error("There is a policy \"{0}\" already.")]
    PolicyExists(String),
    /// A user without app access can't have a policy that gives it.
    #[error("\"{0}\" gives app access, which excludes a user without app access. Leave out one.")]
    AppAccessConflict(String),
    /// The sample's collections or users would collide with what is there.
    #[error("The sample needs an empty project; this one has {0}.")]
    NotEmpty(&'static str),
    /// An import failed; nothing of it was kept.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The items engine failed.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file could not be read or written.
    #[error("{}: {source}.", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The database failed.
    #[error("The project's database failed.")]
    Database(#[from] sqlx::Error),
    /// A value could not be encoded.
    #[error("A value can't be stored as JSON.")]
    Json(#[from] serde_json::Error),
    /// The operating system gave no random bytes, or hashing failed.
    #[error("The operating system gave no random numbers, or too little memory for hashing.")]
    Cryptography,
}

impl ProjectError {
    /// Wraps a file's error.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
