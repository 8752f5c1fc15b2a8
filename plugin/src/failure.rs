//! Why a turn failed, in words for the person who reads them.
//!
//! A provider's own words never reach the screen: they may hold internals, and people can't act on
//! them. They don't reach the log either, since a provider may quote the conversation or a key.

use crate::types::{Error, ErrorKind};

/// Why the provider gave no (whole) answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The key is wrong or may not use the model.
    Authentication,
    /// The account has no credit or quota left.
    Quota,
    /// Too many requests.
    RateLimit,
    /// The provider has too much to do.
    Overloaded,
    /// The conversation is longer than the model can read.
    ContextTooLong,
    /// The provider's content filter refused the question or the answer.
    ContentFilter,
    /// The provider has no such model or address.
    NotFound,
    /// A file of the conversation has expired at the provider, or was deleted there.
    FileGone,
    /// The provider doesn't accept the request.
    InvalidRequest,
    /// The provider is down or failed.
    Unavailable,
    /// The provider was silent for too long.
    TimedOut,
    /// The answer broke off.
    Cut,
    /// What came isn't an event stream.
    NotAStream,
    /// An event can't be understood.
    Malformed,
    /// The answer holds nothing.
    Empty,
    /// All of the allowed output was used before an answer was there.
    OutputLimit,
    /// The model doesn't want to answer.
    Refused,
    /// The model wrote a tool call that its provider could not read, and was stopped.
    BrokenCall,
}

impl Failure {
    /// What the user reads: what happened and what to do.
    pub fn text(self) -> &'static str {
        match self {
            Self::Authentication => {
                "The AI provider did not accept the key of this project. An administrator has to \
                 check the provider's key and which models it may use."
            }
            Self::Quota => {
                "The account at the AI provider has no credit left. An administrator has to check \
                 its plan and billing."
            }
            Self::RateLimit => {
                "The AI provider gets too many requests at the moment. Please try again in a \
                 minute."
            }
            Self::Overloaded => {
                "The AI provider is overloaded at the moment. Please try again in a minute."
            }
            Self::ContextTooLong => {
                "This conversation has become too long for the model. Please start a new one, or \
                 ask for less data at a time."
            }
            Self::ContentFilter => {
                "The AI provider's content filter stopped this answer. Please put the question in \
                 other words."
            }
            Self::NotFound => {
                "The AI provider does not know this model or address. An administrator has to \
                 check the provider's base URL and models."
            }
            Self::FileGone => {
                "A file in this conversation is no longer at the AI provider. Please attach it \
                 again, in a new conversation if that doesn't help."
            }
            Self::InvalidRequest => {
                "The AI provider did not accept the request. Please try another model; if it \
                 happens again, an administrator finds the details in the log."
            }
            Self::Unavailable => {
                "The AI provider can't answer at the moment. Please try again in a minute."
            }
            Self::TimedOut => {
                "The AI provider took too long to answer. Please try again, perhaps with a \
                 smaller question."
            }
            Self::Cut => {
                "The connection to the AI provider broke off, so the answer is incomplete. Please \
                 try again."
            }
            Self::NotAStream => {
                "What answered is not an AI provider's stream. An administrator has to check the \
                 provider's base URL, and whether a proxy stands in between."
            }
            Self::Malformed => {
                "The AI provider sent something that can't be understood, so the answer is \
                 incomplete. Please try again."
            }
            Self::Empty => "The model gave an empty answer. Please try again or rephrase.",
            Self::BrokenCall => {
                "The model tried to use a tool in a way that its provider could not understand, and \
                 stopped. Please try again, or ask for less at a time."
            }
            Self::OutputLimit => {
                "The model used up its output limit before its answer was complete. Please ask for \
                 less, or choose another model."
            }
            Self::Refused => {
                "The model declined to answer. Please put the question in other words."
            }
        }
    }

    /// The first sentence of [`Failure::text`]: what happened.
    pub(crate) fn summary(self) -> &'static str {
        let text = self.text();
        text.split_once(". ").and_then(|(first, _)| text.get(..=first.len())).unwrap_or(text)
    }

    /// Stable upper-case identifier.
    pub fn code(self) -> &'static str {
        match self {
            Self::Authentication => "PROVIDER_AUTHENTICATION",
            Self::Quota => "PROVIDER_QUOTA",
            Self::RateLimit => "PROVIDER_RATE_LIMIT",
            Self::Overloaded => "PROVIDER_OVERLOADED",
            Self::ContextTooLong => "PROVIDER_CONTEXT_TOO_LONG",
            Self::ContentFilter => "PROVIDER_CONTENT_FILTER",
            Self::NotFound => "PROVIDER_NOT_FOUND",
            Self::FileGone => "PROVIDER_FILE_GONE",
            Self::InvalidRequest => "PROVIDER_INVALID_REQUEST",
            Self::Unavailable => "PROVIDER_UNAVAILABLE",
            Self::TimedOut => "PROVIDER_TIMEOUT",
            Self::Cut => "PROVIDER_CUT",
            Self::NotAStream => "PROVIDER_NOT_A_STREAM",
            Self::Malformed => "PROVIDER_MALFORMED",
            Self::Empty => "OUTPUT_EMPTY",
            Self::BrokenCall => "PROVIDER_BROKEN_CALL",
            Self::OutputLimit => "OUTPUT_LIMIT",
            Self::Refused => "OUTPUT_REFUSED",
        }
    }

    /// The failure as an error of the component.
    pub(crate) fn error(self) -> Error {
        let kind = match self {
            Self::RateLimit => ErrorKind::Limit,
            Self::TimedOut => ErrorKind::Timeout,
            Self::Overloaded
            | Self::Unavailable
            | Self::Cut
            | Self::NotAStream
            | Self::Malformed => ErrorKind::Unavailable,
            Self::ContextTooLong | Self::ContentFilter | Self::FileGone | Self::InvalidRequest => {
                ErrorKind::Invalid
            }
            Self::Authentication
            | Self::Quota
            | Self::NotFound
            | Self::Empty
            | Self::BrokenCall
            | Self::OutputLimit
            | Self::Refused => ErrorKind::Other,
        };
        Error { kind, code: self.code().into(), message: self.text().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_sentence() {
        let summary = Failure::RateLimit.summary();
        assert_eq!(summary, "The AI provider gets too many requests at the moment.");
        assert_eq!(Failure::Refused.summary(), "The model declined to answer.");
    }
}
