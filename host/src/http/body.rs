//! Reading bodies.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
};
use http::{HeaderMap, header};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::HttpError;
use crate::app::App;

/// Bytes of a JSON body at most.
const JSON_BYTES: usize = 1024 * 1024;
/// Time that a body may take to arrive: a client that sends a byte now and then must not hold memory.
const ARRIVAL: Duration = Duration::from_secs(30);
pub(super) const JSON: &str = "application/json";
pub(super) const MULTIPART: &str = "multipart/form-data";

/// Whether a body is of a media type; parameters such as `charset` don't matter.
pub(super) fn has_type(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|found| found.trim().eq_ignore_ascii_case(expected))
}

/// A body that says it is JSON, not parsed yet.
#[derive(Debug)]
pub(super) struct JsonBytes(pub(super) Bytes);

/// A JSON body of a known shape.
#[derive(Debug)]
pub(super) struct JsonBody<T>(pub(super) T);

/// A JSON body of any shape, or null where there is none.
#[derive(Debug)]
pub(super) struct OptionalJson(pub(super) Value);

impl FromRequest<App> for JsonBytes {
    type Rejection = HttpError;

    async fn from_request(request: Request, _: &App) -> Result<Self, HttpError> {
        if !has_type(request.headers(), JSON) {
            return Err(HttpError::UnsupportedMediaType(JSON));
        }
        read(request.into_body()).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<App> for JsonBody<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, app: &App) -> Result<Self, HttpError> {
        let JsonBytes(bytes) = JsonBytes::from_request(request, app).await?;
        // A list of values in the order of the fields would do otherwise.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(HttpError::invalid_payload("the body has to be a JSON object"));
        }
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let body = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            let reason = error.into_inner();
            match path.as_str() {
                "." => HttpError::invalid_payload(reason.to_string()),
                path => HttpError::invalid_payload(format!("\"{path}\": {reason}")),
            }
        })?;
        deserializer.end().map_err(|error| HttpError::invalid_payload(error.to_string()))?;
        Ok(Self(body))
    }
}

impl FromRequest<App> for OptionalJson {
    type Rejection = HttpError;

    async fn from_request(request: Request, _: &App) -> Result<Self, HttpError> {
        let is_json = has_type(request.headers(), JSON);
        let bytes = read(request.into_body()).await?;
        if bytes.is_empty() {
            return Ok(Self(Value::Null));
        }
        if !is_json {
            return Err(HttpError::UnsupportedMediaType(JSON));
        }
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| HttpError::invalid_payload(error.to_string()))
    }
}

async fn read(body: Body) -> Result<Bytes, HttpError> {
    match tokio::time::timeout(ARRIVAL, to_bytes(body, JSON_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let too_large = std::error::Error::source(&error)
                .is_some_and(|source| source.is::<LengthLimitError>());
            Err(HttpError::invalid_payload(if too_large {
                "request entity too large: a body has at most 1 MiB"
            } else {
                "the body broke off"
            }))
        }
        Err(_) => Err(HttpError::invalid_payload("the body did not arrive in time")),
    }
}
