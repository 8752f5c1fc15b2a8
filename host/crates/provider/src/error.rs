//! Why a provider call failed.

use std::error::Error as StdError;

use thiserror::Error;

/// The cause of an error, for the log only. Holds no URL and no credential.
type Source = Box<dyn StdError + Send + Sync + 'static>;

/// The coarse kind of a [`ProviderError`], as the guest sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorKind {
    /// Not allowed. Retrying doesn't help.
    Denied,
    /// The provider can't be reached, broke off, or has no key. It may work later.
    Unavailable,
    /// A time limit of the host passed.
    Timeout,
}

/// Why a provider call failed before or while its answer arrived.
///
/// The text is for people: it names no address that a name resolved to, no key, and nothing that
/// the provider said. The source is for the log.
#[derive(Debug, Error)]
pub enum ProviderError {
    /// The path isn't one that the provider's kind has.
    #[error("The path \"{path}\" is not one that a provider of this kind is called at.")]
    PathDenied {
        /// The path as asked for, cut at 100 characters.
        path: String,
    },
    /// A request header isn't on the kind's list, has a value that isn't visible ASCII, or there are
    /// too many.
    #[error("The request header \"{name}\" may not be sent to a provider.")]
    HeaderDenied {
        /// Name of the header, cut at 100 characters.
        name: String,
    },
    /// No permitted address is behind the base URL.
    #[error(
        "The address of the provider \"{provider}\" is not one that this host may connect to. An \
         administrator can make an exception in egress.allow_private."
    )]
    AddressDenied {
        /// Id of the provider.
        provider: String,
    },
    /// The provider answered with a redirect, which is never followed: it would take the
    /// conversation to an address that nobody configured.
    #[error(
        "The provider \"{provider}\" answered with a redirect (HTTP {status}), which is not \
         followed. Its base_url is probably wrong."
    )]
    Redirect {
        /// Id of the provider.
        provider: String,
        /// HTTP status, 300 to 399.
        status: u16,
    },
    /// No key is stored for a provider that needs one.
    #[error(
        "No key is set for the provider \"{provider}\". Set it with: palisade keys set {provider}"
    )]
    NoKey {
        /// Id of the provider.
        provider: String,
    },
    /// The stored key can't be part of an HTTP header.
    #[error(
        "The key of the provider \"{provider}\" contains characters that no key has, such as a line \
         break. Set it again."
    )]
    MalformedKey {
        /// Id of the provider.
        provider: String,
    },
    /// The stored key couldn't be read.
    #[error("The key of the provider \"{provider}\" could not be read.")]
    KeyUnreadable {
        /// Id of the provider.
        provider: String,
        /// What the key store said.
        #[source]
        source: Source,
    },
    /// No connection, or it broke before the answer began.
    #[error("The provider \"{provider}\" could not be reached.")]
    Unavailable {
        /// Id of the provider.
        provider: String,
        /// What the client said.
        #[source]
        source: Source,
    },
    /// The answer broke off.
    #[error("The provider \"{provider}\" broke off its answer.")]
    Cut {
        /// Id of the provider.
        provider: String,
        /// What the client said.
        #[source]
        source: Source,
    },
    /// No connection, no answer or no further bytes within the limit.
    #[error("The provider \"{provider}\" did not answer within {seconds} s.")]
    Timeout {
        /// Id of the provider.
        provider: String,
        /// The limit that passed.
        seconds: u64,
    },
    /// The settings of the provider or of the client can't work.
    #[error("{0}")]
    Configuration(String),
    /// The HTTP client couldn't be set up.
    #[error("The HTTP client could not be set up; are the system's root certificates readable?")]
    Client(#[source] Source),
}

impl ProviderError {
    /// Coarse kind.
    pub fn kind(&self) -> ProviderErrorKind {
        match self {
            Self::PathDenied { .. }
            | Self::HeaderDenied { .. }
            | Self::AddressDenied { .. }
            | Self::Redirect { .. } => ProviderErrorKind::Denied,
            Self::NoKey { .. }
            | Self::MalformedKey { .. }
            | Self::KeyUnreadable { .. }
            | Self::Unavailable { .. }
            | Self::Cut { .. }
            | Self::Configuration(_)
            | Self::Client(_) => ProviderErrorKind::Unavailable,
            Self::Timeout { .. } => ProviderErrorKind::Timeout,
        }
    }

    /// Stable upper-case identifier.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PathDenied { .. } => "PROVIDER_PATH_DENIED",
            Self::HeaderDenied { .. } => "PROVIDER_HEADER_DENIED",
            Self::AddressDenied { .. } => "EGRESS_DENIED",
            Self::Redirect { .. } => "PROVIDER_REDIRECT",
            Self::NoKey { .. } => "PROVIDER_KEY_MISSING",
            Self::MalformedKey { .. } => "PROVIDER_KEY_MALFORMED",
            Self::KeyUnreadable { .. } => "PROVIDER_KEY_UNREADABLE",
            Self::Unavailable { .. } => "PROVIDER_UNAVAILABLE",
            Self::Cut { .. } => "PROVIDER_CUT",
            Self::Timeout { .. } => "PROVIDER_TIMEOUT",
            Self::Configuration(_) => "PROVIDER_CONFIGURATION",
            Self::Client(_) => "PROVIDER_CLIENT",
        }
    }
}
