//! Errors that a capability gives to the guest.

use std::{borrow::Cow, fmt};

use palisade_data::DataError;

use crate::{bindings::palisade::host::types, text::cut};

/// Bytes of a message that reach the guest at most.
const MESSAGE_BYTES: usize = 4 << 10;

/// What went wrong, coarsely. See the WIT type `error-kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CapabilityErrorKind {
    /// Not allowed. Retrying doesn't help.
    Denied,
    /// Wrong arguments.
    Invalid,
    /// The other side is down, overloaded or unreachable.
    Unavailable,
    /// A size, count or rate limit was met.
    Limit,
    /// A deadline passed.
    Timeout,
    /// A fault of the host.
    Internal,
}

/// An error of a capability, as the guest, the model and the user may see it: no secret, no internal
/// address, no text of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityError {
    /// Coarse kind.
    pub kind: CapabilityErrorKind,
    /// Stable upper-case identifier, at most 64 bytes.
    pub code: Cow<'static, str>,
    /// One sentence; cut at 4 KiB.
    pub message: String,
}

impl CapabilityError {
    /// Makes an error.
    pub fn new(
        kind: CapabilityErrorKind,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, code: code.into(), message: message.into() }
    }
}

impl fmt::Display for CapabilityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for CapabilityError {}

impl From<&DataError> for CapabilityError {
    fn from(error: &DataError) -> Self {
        let kind = match error {
            DataError::Forbidden(_)
            | DataError::InvalidCredentials
            | DataError::TokenExpired
            | DataError::UserSuspended => CapabilityErrorKind::Denied,
            DataError::ServiceUnavailable { .. } => CapabilityErrorKind::Unavailable,
            DataError::OutcomeUnknown => CapabilityErrorKind::Timeout,
            DataError::Refused { status: 401 | 403, .. } => CapabilityErrorKind::Denied,
            DataError::Refused { status: 429, .. } => CapabilityErrorKind::Limit,
            DataError::Refused { status: 500.., .. } => CapabilityErrorKind::Unavailable,
            DataError::Internal(_) => CapabilityErrorKind::Internal,
            _ => CapabilityErrorKind::Invalid,
        };
        Self::new(kind, error.code().to_owned(), error.to_string())
    }
}

impl From<CapabilityError> for types::Error {
    fn from(error: CapabilityError) -> Self {
        let kind = match error.kind {
            CapabilityErrorKind::Denied => types::ErrorKind::Denied,
            CapabilityErrorKind::Invalid => types::ErrorKind::Invalid,
            CapabilityErrorKind::Unavailable => types::ErrorKind::Unavailable,
            CapabilityErrorKind::Limit => types::ErrorKind::Limit,
            CapabilityErrorKind::Timeout => types::ErrorKind::Timeout,
            CapabilityErrorKind::Internal => types::ErrorKind::Internal,
        };
        Self {
            kind,
            code: error.code.into_owned(),
            message: cut(&error.message, MESSAGE_BYTES).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_errors_keep_directus_codes_and_hide_internals() {
        let forbidden = CapabilityError::from(&DataError::Forbidden("No.".into()));
        assert_eq!((forbidden.kind, &*forbidden.code), (CapabilityErrorKind::Denied, "FORBIDDEN"));

        let internal = CapabilityError::from(&DataError::internal("secret at 10.0.0.1"));
        assert_eq!(internal.kind, CapabilityErrorKind::Internal);
        assert_eq!(internal.message, "An unexpected error occurred.");

        let invalid = CapabilityError::from(&DataError::InvalidQuery("Limit is wrong".into()));
        assert_eq!(invalid.kind, CapabilityErrorKind::Invalid);
    }

    #[test]
    fn messages_are_cut_at_whole_characters() {
        let long = CapabilityError::new(CapabilityErrorKind::Invalid, "X", "ä".repeat(4_000));
        let error = types::Error::from(long);
        assert_eq!(error.message.len(), 4_096);
        assert!(error.message.chars().all(|character| character == 'ä'));
    }
}
