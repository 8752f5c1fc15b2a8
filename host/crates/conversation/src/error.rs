//! What is wrong with a request, and where.

use thiserror::Error;

/// A request that is not a chat request. The text is the reason for `INVALID_PAYLOAD`: it names the
/// place and says what belongs there, and doesn't repeat the client's data.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The body is not JSON, or has a key twice.
    #[error("the body is not valid JSON: {0}")]
    Json(String),
    /// A value is missing or wrong.
    #[error("\"{place}\" {problem}")]
    Value {
        /// Where, as a path such as `messages[2].parts[0].state`.
        place: String,
        /// What is wrong, as the rest of a sentence.
        problem: String,
    },
}

impl RequestError {
    /// A value at `place` that is wrong.
    pub(crate) fn at(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Value { place: place.into(), problem: problem.into() }
    }

    /// The same error, seen from outside: `outer` holds the place.
    pub(crate) fn inside(self, outer: &str) -> Self {
        match self {
            Self::Value { place, problem } => {
                let place = match place.as_str() {
                    "" => outer.to_owned(),
                    inner if inner.starts_with('[') => format!("{outer}{inner}"),
                    inner => format!("{outer}.{inner}"),
                };
                Self::Value { place, problem }
            }
            json @ Self::Json(_) => json,
        }
    }
}
