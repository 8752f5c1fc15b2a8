//! Why a file isn't taken.

use palisade_data::DataError;
use palisade_provider::StorageError;
use palisade_state::StateError;
use thiserror::Error;

use super::{form::FormError, kind::FileKind};

/// Why a file isn't stored or deleted. The texts are for the caller and end without a full stop;
/// nothing in them is from the provider or from the file.
#[derive(Debug, Error)]
pub enum FileError {
    /// The caller isn't signed in, has no app access, or the file id isn't theirs. 403.
    #[error("You don't have permission to access this.")]
    Forbidden,
    /// The workspace allows no model of the provider. 403.
    #[error("No model of this provider is allowed")]
    ProviderNotAllowed,
    /// The form, or the file in it, is not as it has to be. 400.
    #[error("{0}")]
    Invalid(String),
    /// The body broke off, or its sender was too slow. 400, for whoever still hears it.
    #[error("{0}")]
    Broken(&'static str),
    /// The provider isn't known before the file is over, and the file is too large to be kept until
    /// then. 307: the same request again, with what is known now.
    #[error(
        "The field \"provider\" has to stand in front of the file, or in the address as ?provider="
    )]
    SendAgain {
        /// Provider id.
        provider: String,
        /// Bytes of the file.
        size: u64,
    },
    /// The provider has no key. 503.
    #[error("No API key configured for LLM provider")]
    NoKey(String),
    /// The provider failed. 503; what it said goes to nobody.
    #[error("{error}")]
    Provider {
        /// Provider id.
        provider: String,
        /// What happened.
        error: StorageError,
    },
    /// The provider took no bytes, or gave no answer, for too long. 503.
    #[error("The provider did not take the file in time")]
    ProviderTooSlow(String),
    /// Too many files are on their way. 503.
    #[error("Too many files are being uploaded")]
    Busy,
    /// The project refuses or fails.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The state doesn't answer. 503.
    #[error(transparent)]
    State(#[from] StateError),
}

impl FileError {
    pub(super) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }

    pub(super) fn too_large() -> Self {
        // Directus's own words.
        Self::invalid("File exceeds maximum size of 50MB")
    }

    pub(super) fn no_file() -> Self {
        Self::invalid("No file provided")
    }

    pub(super) fn mismatch(declared: FileKind) -> Self {
        Self::invalid(match declared {
            FileKind::Text => "The file is not text/plain in UTF-8, as it is said to be".to_owned(),
            kind => format!("The file is not {}, as it is said to be", kind.media_type()),
        })
    }

    /// For the ledger.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Forbidden | Self::ProviderNotAllowed => "FORBIDDEN".into(),
            Self::Invalid(_) | Self::SendAgain { .. } => "INVALID_PAYLOAD".into(),
            Self::Broken(_) => "CLIENT_GONE".into(),
            Self::NoKey(_) => "PROVIDER_KEY_MISSING".into(),
            Self::Provider { error, .. } => error.code(),
            Self::ProviderTooSlow(_) => "PROVIDER_TIMEOUT".into(),
            Self::Busy | Self::State(_) => "SERVICE_UNAVAILABLE".into(),
            Self::Data(error) => error.code().into(),
        }
    }
}

impl From<FormError> for FileError {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Broken => Self::Broken("the body broke off"),
            FormError::Malformed => Self::invalid(error.to_string()),
        }
    }
}
