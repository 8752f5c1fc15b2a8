//! One error for all routes, in Directus's shape.

use std::{error::Error as StdError, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use palisade_conversation::RequestError;
use palisade_data::DataError;
use palisade_project::SignInError;
use palisade_sandbox::SandboxError;
use palisade_state::StateError;
use palisade_tools::ToolsError;
use serde_json::json;
use thiserror::Error;

use crate::{
    files::FileError,
    turn::{ObjectFailure, TurnStartError},
};

/// When to try again to upload a file where too many are on their way.
const UPLOADS_BUSY: Duration = Duration::from_secs(5);

/// Why a request isn't answered as asked. What a caller gets to see is a message, a code and facts
/// about the request; what lies beneath goes to the log, under the request's id.
#[derive(Debug, Error)]
pub enum HttpError {
    /// An error that Directus has too.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Nobody was signed in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// 405 `METHOD_NOT_ALLOWED`.
    #[error("This route doesn't take that method.")]
    MethodNotAllowed,
    /// 409 `CONFLICT`: somebody else changed the thing meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// 415 `UNSUPPORTED_MEDIA_TYPE`.
    #[error("The body has to be sent as {0}.")]
    UnsupportedMediaType(&'static str),
    /// 501 `NOT_IMPLEMENTED`.
    #[error("{0} is not part of this version.")]
    NotImplemented(&'static str),
    /// An answer that failed before it began; status and code by the failure's own code.
    #[error(transparent)]
    NoAnswer(ObjectFailure),
    /// 503 `SERVICE_UNAVAILABLE` with `Retry-After`.
    #[error("Service \"ai\" is unavailable. Under pressure.")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
}

impl HttpError {
    /// The refusal of a route, the same for all who may not call it.
    pub(super) fn forbidden() -> Self {
        DataError::Forbidden("You don't have permission to access this.".into()).into()
    }

    /// A body that is wrong; the reason ends without a full stop.
    pub(super) fn invalid_payload(reason: impl Into<String>) -> Self {
        DataError::InvalidPayload(reason.into()).into()
    }

    /// A query that is wrong; the reason ends without a full stop.
    pub(super) fn invalid_query(reason: impl Into<String>) -> Self {
        DataError::InvalidQuery(reason.into()).into()
    }

    /// No such route.
    pub(super) fn not_found(path: &str) -> Self {
        DataError::RouteNotFound(path.to_owned()).into()
    }

    /// A part of the host that fails. Its own words go to the log alone.
    fn unavailable(service: &str, reason: &str, cause: &dyn StdError) -> Self {
        tracing::error!(service, cause = %chain(cause), "a part of the host is unavailable");
        DataError::ServiceUnavailable { service: service.into(), reason: reason.into() }.into()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Data(error) => status(error.status()),
            Self::SignIn(error) => status(error.status()),
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotImplemented(_) => StatusCode::NOT_IMPLEMENTED,
            Self::NoAnswer(failure) => of_failure(&failure.code).0,
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// When to try again, where waiting helps.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after }
            | Self::SignIn(SignInError::TooManyAttempts { retry_after }) => Some(*retry_after),
            _ => None,
        }
    }

    fn code(&self) -> &str {
        match self {
            Self::Data(error) => error.code(),
            Self::SignIn(error) => error.code(),
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::Conflict(_) => "CONFLICT",
            Self::UnsupportedMediaType(_) => "UNSUPPORTED_MEDIA_TYPE",
            Self::NotImplemented(_) => "NOT_IMPLEMENTED",
            Self::NoAnswer(failure) => of_failure(&failure.code).1,
            Self::Busy { .. } => "SERVICE_UNAVAILABLE",
        }
    }

    fn body(&self) -> serde_json::Value {
        let extensions = match self {
            Self::Data(error) => return error.to_body(),
            Self::SignIn(error) => return error.to_body(),
            Self::NoAnswer(failure) => {
                json!({"service": "ai", "reason": failure.code, "code": self.code()})
            }
            Self::Busy { .. } => {
                json!({"service": "ai", "reason": "Under pressure", "code": self.code()})
            }
            _ => json!({ "code": self.code() }),
        };
        json!({"errors": [{"message": self.to_string(), "extensions": extensions}]})
    }

    /// Status, code and message in one line, for a terminal.
    pub fn summary(&self) -> String {
        format!("{} {}: {self}", self.status().as_u16(), self.code())
    }
}

/// Status and code of an answer that failed. What neither the caller nor the answer is at fault for is
/// a service that isn't there.
fn of_failure(code: &str) -> (StatusCode, &'static str) {
    match code {
        "PROVIDER_RATE_LIMIT" => (StatusCode::TOO_MANY_REQUESTS, "REQUESTS_EXCEEDED"),
        "PROVIDER_TIMEOUT" | "TURN_TIMEOUT" => (StatusCode::GATEWAY_TIMEOUT, "GATEWAY_TIMEOUT"),
        "PROVIDER_CONTENT_FILTER"
        | "PROVIDER_CONTEXT_TOO_LONG"
        | "OUTPUT_EMPTY"
        | "OUTPUT_INVALID"
        | "OUTPUT_LIMIT"
        | "OUTPUT_REFUSED" => (StatusCode::UNPROCESSABLE_ENTITY, "UNPROCESSABLE_CONTENT"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"),
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error and all that caused it, for the log.
fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(cause = %chain(&self), "a request failed");
        }
        let mut response = (status, Json(self.body())).into_response();
        if let Some(wait) = self.retry_after() {
            // Rounded up: a client that comes early waits again.
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
        }
        response
    }
}

impl From<RequestError> for HttpError {
    fn from(error: RequestError) -> Self {
        Self::invalid_payload(error.to_string())
    }
}

impl From<StateError> for HttpError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::InvalidKey(reason) => {
                Self::invalid_payload(format!("\"key\" is not usable: {reason}"))
            }
            StateError::SettingsConflict { .. } => Self::Conflict(error.to_string()),
            StateError::SettingsTooLarge { .. } => {
                Self::invalid_payload(error.to_string().trim_end_matches('.'))
            }
            StateError::Cursor => Self::invalid_query(error.to_string().trim_end_matches('.')),
            other => Self::unavailable("state", "The host's own database failed", &other),
        }
    }
}

impl From<ToolsError> for HttpError {
    fn from(error: ToolsError) -> Self {
        match error {
            ToolsError::NoSuchTool(name) => Self::not_found(&format!("/ai/admin/plugins/{name}")),
            ToolsError::Changed(_) | ToolsError::Broken { .. } => Self::Conflict(error.to_string()),
            ToolsError::State(error) => error.into(),
            ToolsError::Read { .. } | ToolsError::Write { .. } => {
                Self::unavailable("tools", "The tools folder can't be used", &error)
            }
            other => Self::invalid_payload(other.to_string().trim_end_matches('.')),
        }
    }
}

impl From<FileError> for HttpError {
    fn from(error: FileError) -> Self {
        let reason = error.to_string();
        let (service, cause) = match error {
            FileError::Forbidden => return Self::forbidden(),
            FileError::ProviderNotAllowed => return DataError::Forbidden(reason).into(),
            FileError::Invalid(_) | FileError::Broken(_) | FileError::SendAgain { .. } => {
                return Self::invalid_payload(reason);
            }
            FileError::Data(error) => return error.into(),
            FileError::State(error) => return error.into(),
            FileError::Busy => return Self::Busy { retry_after: UPLOADS_BUSY },
            FileError::NoKey(provider) | FileError::ProviderTooSlow(provider) => (provider, None),
            FileError::Provider { provider, error } => (provider, Some(error)),
        };
        if let Some(cause) = cause {
            tracing::warn!(cause = %chain(&cause), service, "a provider's file storage failed");
        }
        let reason = reason.trim_end_matches('.').to_owned();
        DataError::ServiceUnavailable { service, reason }.into()
    }
}

impl From<TurnStartError> for HttpError {
    fn from(error: TurnStartError) -> Self {
        match error {
            TurnStartError::Forbidden => Self::forbidden(),
            TurnStartError::ModelNotAllowed => DataError::Forbidden(error.to_string()).into(),
            TurnStartError::Request(error) => error.into(),
            TurnStartError::FileRefused(reason) => DataError::Forbidden(reason).into(),
            TurnStartError::UnknownProvider(_) => Self::invalid_payload(error.to_string()),
            TurnStartError::NoProvider => {
                let reason = error.to_string();
                DataError::ServiceUnavailable { service: "ai".into(), reason }.into()
            }
            TurnStartError::NoKey(ref provider) => {
                let service = provider.clone();
                DataError::ServiceUnavailable { service, reason: error.to_string() }.into()
            }
            TurnStartError::Sandbox(SandboxError::Busy { retry_after }) => {
                Self::Busy { retry_after }
            }
            TurnStartError::Sandbox(error) => {
                Self::unavailable("ai", "The assistant can't be started", &error)
            }
            TurnStartError::State(error) => error.into(),
            TurnStartError::Data(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_answer_has_the_status_of_its_cause() {
        for (code, status, directus) in [
            ("PROVIDER_RATE_LIMIT", 429, "REQUESTS_EXCEEDED"),
            ("PROVIDER_OVERLOADED", 503, "SERVICE_UNAVAILABLE"),
            ("PROVIDER_UNAVAILABLE", 503, "SERVICE_UNAVAILABLE"),
            ("PROVIDER_AUTHENTICATION", 503, "SERVICE_UNAVAILABLE"),
            ("PROVIDER_QUOTA", 503, "SERVICE_UNAVAILABLE"),
            ("PROVIDER_TIMEOUT", 504, "GATEWAY_TIMEOUT"),
            ("TURN_TIMEOUT", 504, "GATEWAY_TIMEOUT"),
            ("PROVIDER_CONTENT_FILTER", 422, "UNPROCESSABLE_CONTENT"),
            ("PROVIDER_CONTEXT_TOO_LONG", 422, "UNPROCESSABLE_CONTENT"),
            ("OUTPUT_INVALID", 422, "UNPROCESSABLE_CONTENT"),
            ("OUTPUT_LIMIT", 422, "UNPROCESSABLE_CONTENT"),
            ("GUEST_TRAP", 503, "SERVICE_UNAVAILABLE"),
            ("a code of the component's own", 503, "SERVICE_UNAVAILABLE"),
        ] {
            let message = "What to do about it.".to_owned();
            let error = HttpError::NoAnswer(ObjectFailure { code: code.into(), message });
            assert_eq!(error.status(), status, "{code}");
            let body = error.body();
            assert_eq!(body["errors"][0]["extensions"]["code"], directus);
            assert_eq!(body["errors"][0]["extensions"]["reason"], code);
            assert_eq!(body["errors"][0]["message"], "What to do about it.");
        }
    }
}
