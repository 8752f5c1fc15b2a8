//! Why a turn can't be started.

use palisade_conversation::RequestError;
use palisade_data::DataError;
use palisade_sandbox::SandboxError;
use palisade_state::StateError;
use thiserror::Error;

/// Why a turn can't be started.
#[derive(Debug, Error)]
pub enum TurnStartError {
    /// The caller isn't signed in or has no app access. 403.
    #[error("You don't have permission to access this.")]
    Forbidden,
    /// The request isn't one. 400.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// No provider has this id. 400.
    #[error("There is no provider \"{0}\"")]
    UnknownProvider(String),
    /// A file in the conversation isn't the caller's. 403; the text names it.
    #[error("{0}")]
    FileRefused(String),
    /// The workspace doesn't allow the model. 403, the same whether the model exists or not.
    #[error("Model not allowed for this provider")]
    ModelNotAllowed,
    /// No provider is configured, or none has an allowed model. 503.
    #[error("No provider with an allowed model is configured")]
    NoProvider,
    /// The provider has no key. 503.
    #[error("No API key configured for LLM provider")]
    NoKey(String),
    /// No place is free, or the component can't run. 503.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The state doesn't answer. 503.
    #[error(transparent)]
    State(#[from] StateError),
    /// The project doesn't answer. 503.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl TurnStartError {
    /// Why, for the ledger. The name of a file may be content, so it isn't in there.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::FileRefused(_) => "A file id that is not the user's".into(),
            error => error.to_string(),
        }
    }
}
