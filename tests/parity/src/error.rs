//! What can go wrong with a run itself, as opposed to a difference that it finds.

use thiserror::Error;

/// A run that couldn't be carried out.
#[derive(Debug, Error)]
pub enum ParityError {
    /// The Directus process.
    #[error("Directus didn't start: {0}")]
    Start(String),
    /// A request that got no answer.
    #[error("a request to Directus failed")]
    Request(#[from] reqwest::Error),
    /// A request of the set-up that was refused.
    #[error("{method} {path}: {status} {body}")]
    Refused {
        /// Method.
        method: String,
        /// Path.
        path: String,
        /// Status.
        status: u16,
        /// Body.
        body: String,
    },
    /// A database file.
    #[error("a database failed")]
    Database(#[from] sqlx::Error),
    /// The embedded project.
    #[error("the embedded project failed")]
    Project(#[from] palisade_project::ProjectError),
    /// The embedded project's data.
    #[error("the embedded project refused the set-up")]
    Data(#[from] palisade_data::DataError),
    /// A file or a pipe.
    #[error("input or output failed")]
    Io(#[from] std::io::Error),
    /// Something that isn't JSON.
    #[error("an answer isn't JSON")]
    Json(#[from] serde_json::Error),
}
