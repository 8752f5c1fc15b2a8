//! Why a request is refused. Each protocol writes this in a shape of its own.

use http::{HeaderName, HeaderValue, StatusCode};

use super::scenario::ErrorAnswer;

/// A refusal.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    /// HTTP status.
    pub(super) status: StatusCode,
    /// Message for people.
    pub(super) message: String,
    /// Kind of error in the protocol's own terms; the status's own where left out.
    pub(super) kind: Option<String>,
    /// The parameter that is wrong.
    pub(super) param: Option<String>,
    /// Code for programs.
    pub(super) code: Option<String>,
    /// Further headers.
    pub(super) headers: Box<[(HeaderName, HeaderValue)]>,
}

/// Kind, code and message that a service sends with a status.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual {
    /// Kind of error.
    pub(super) kind: &'static str,
    /// Code.
    pub(super) code: Option<&'static str>,
    /// Message.
    pub(super) message: &'static str,
}

impl ApiError {
    /// A refusal with this status.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind: None,
            param: None,
            code: None,
            headers: Box::default(),
        }
    }

    /// 400: the request is wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404: there is no such thing.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// The same with the name of the parameter that is wrong.
    pub(super) fn param(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// The same with a code.
    pub(super) fn code(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }

    /// The error that a script asks for. `usual` is what the service says with the status, and
    /// `authorization` what the request came with.
    pub(super) fn scripted(
        answer: &ErrorAnswer,
        status: StatusCode,
        usual: Usual,
        authorization: Option<&str>,
    ) -> Self {
        let mut message = answer.message.clone().unwrap_or_else(|| usual.message.to_owned());
        if answer.echo_authorization {
            message = format!("{message} (authorization: {})", authorization.unwrap_or("none"));
        }
        let headers = answer
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        Self {
            status,
            message,
            kind: Some(answer.kind.clone().unwrap_or_else(|| usual.kind.to_owned())),
            param: None,
            code: answer.code.clone().or_else(|| usual.code.map(str::to_owned)),
            headers,
        }
    }
}
