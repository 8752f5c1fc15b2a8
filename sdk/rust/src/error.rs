//! Errors, made in one line.

use crate::{Error, ErrorKind};

impl Error {
    /// An error with a code of its own: upper-case, at most 64 bytes.
    #[must_use]
    pub fn new(kind: ErrorKind, code: &str, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into() }
    }

    /// The arguments are wrong, in a way that the message says.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, "INVALID_ARGUMENTS", message)
    }

    /// The other side is down, overloaded or unreachable.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, "UNAVAILABLE", message)
    }

    /// The other side answered with something that isn't what it should be.
    #[must_use]
    pub fn unreadable(what: &str, why: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Other, "UNREADABLE", format!("{what} can't be read: {why}"))
    }

    /// A fault of the tool.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, "INTERNAL", message)
    }

    /// What isn't granted, in the host's words.
    pub(crate) fn denied() -> Self {
        Self::new(ErrorKind::Denied, "FORBIDDEN", "You don't have permission to access this.")
    }
}
