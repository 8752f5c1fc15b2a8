//! Why a file isn't stored, or isn't deleted.

use thiserror::Error;

use crate::ProviderError;

/// Why a file isn't stored, or isn't deleted. The text holds nothing that the provider said.
#[derive(Debug, Error)]
pub enum StorageError {
    /// What can go wrong with every request to a provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The provider answered with an error.
    #[error("The provider \"{provider}\" did not take the file (HTTP {status}).")]
    Rejected {
        /// Id of the provider.
        provider: String,
        /// HTTP status, 400 to 599.
        status: u16,
    },
    /// The provider's answer isn't what its protocol says.
    #[error("The provider \"{provider}\" answered the upload in a way that can't be understood.")]
    Unintelligible {
        /// Id of the provider.
        provider: String,
    },
    /// The provider wants the content at another address than the configured one, which nobody
    /// checked.
    #[error(
        "The provider \"{provider}\" wants the file at another address than its base_url, where it \
         is not sent."
    )]
    ForeignAddress {
        /// Id of the provider.
        provider: String,
    },
    /// The provider has the file and can't use it.
    #[error("The provider \"{provider}\" could not process the file.")]
    NotProcessed {
        /// Id of the provider.
        provider: String,
    },
    /// The size has to be known in advance and isn't.
    #[error("The provider \"{provider}\" takes files of a known size only.")]
    SizeUnknown {
        /// Id of the provider.
        provider: String,
    },
}

impl StorageError {
    /// Stable upper-case identifier; `HTTP_…` for an error status of the provider.
    pub fn code(&self) -> String {
        match self {
            Self::Provider(error) => error.code().to_owned(),
            Self::Rejected { status, .. } => format!("HTTP_{status}"),
            Self::Unintelligible { .. } => "PROVIDER_PROTOCOL".into(),
            Self::ForeignAddress { .. } => "EGRESS_DENIED".into(),
            Self::NotProcessed { .. } => "PROVIDER_FILE_FAILED".into(),
            Self::SizeUnknown { .. } => "PROVIDER_SIZE_UNKNOWN".into(),
        }
    }
}
