//! Errors in the shape of OpenAI's API: `{"error":{"message","type","param","code"}}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::scenario::ErrorAnswer;

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    status: StatusCode,
    message: String,
    kind: String,
    param: Option<String>,
    code: Option<String>,
    headers: Box<[(HeaderName, HeaderValue)]>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            kind: kind.to_owned(),
            param: None,
            code: None,
            headers: Box::default(),
        }
    }

    /// 400: the request is wrong.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    /// 401: no key, or a wrong one.
    pub(super) fn unauthorized(message: &str, code: Option<&str>) -> Self {
        let error = Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message);
        Self { code: code.map(str::to_owned), ..error }
    }

    /// 404: no such model.
    pub(super) fn unknown_model(model: &str) -> Self {
        let message =
            format!("The model `{model}` does not exist or you do not have access to it.");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message).code("model_not_found")
    }

    /// 404: no such address.
    pub(super) fn unknown_address(method: &http::Method, path: &str) -> Self {
        let message = format!("Invalid URL ({method} {path})");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message)
    }

    /// The same with the name of the parameter that is wrong.
    pub(super) fn param(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    /// The same with a code.
    pub(super) fn code(self, code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..self }
    }

    /// The error that a script asks for. `authorization` is what the request came with.
    pub(super) fn scripted(answer: &ErrorAnswer, authorization: Option<&str>) -> Self {
        let status =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (kind, code, message) = usual(status);
        let mut message = answer.message.clone().unwrap_or_else(|| message.to_owned());
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
            kind: answer.kind.clone().unwrap_or_else(|| kind.to_owned()),
            param: None,
            code: answer.code.clone().or_else(|| code.map(str::to_owned)),
            headers,
        }
    }

    fn body(&self) -> Value {
        json!({"error": {
            "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
        }})
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

/// Type, code and message that the service sends with a status.
fn usual(status: StatusCode) -> (&'static str, Option<&'static str>, &'static str) {
    match status.as_u16() {
        401 => ("invalid_request_error", Some("invalid_api_key"), "Incorrect API key provided."),
        403 => ("invalid_request_error", None, "The project has no access to this model."),
        404 => ("invalid_request_error", Some("model_not_found"), "The model does not exist."),
        429 => ("requests", Some("rate_limit_exceeded"), "Rate limit reached for requests."),
        500 => ("server_error", None, "The server had an error while processing the request."),
        502 => ("server_error", None, "Bad gateway."),
        503 => ("server_error", None, "The engine is currently overloaded."),
        504 => ("server_error", None, "The request timed out."),
        _ => ("invalid_request_error", None, "The request is not valid."),
    }
}
