//! Requests to Directus's REST API.

use std::{io, net::IpAddr, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream::BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use palisade_data::{Caller, Credential, DataError};
use palisade_provider::{EgressClient, EgressFailure};
use reqwest::{Body, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::answer;

/// Major versions of Directus that Palisade is tested with.
pub const SUPPORTED_MAJORS: [u64; 2] = [11, 12];

/// Bytes of an answer at most.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// Time for an answer to begin. Directus itself may be slow; a turn's own deadline is longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Time for an answer to a request that carries a file, or runs a flow.
pub(crate) const LONG_ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// Before a read that found no connection is tried once more.
const PAUSE: Duration = Duration::from_millis(250);

/// Who a request is for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Identity<'a> {
    pub(crate) credential: Option<&'a Credential>,
    /// The caller's address, for policies with `ip_access`.
    pub(crate) ip: Option<IpAddr>,
}

/// Stands for an identity in what is kept: nothing there holds a token.
pub(crate) type IdentityDigest = [u8; 32];

impl Identity<'_> {
    /// The same for the same credential from the same address.
    pub(crate) fn digest(self) -> IdentityDigest {
        let mut digest = Sha256::new();
        if let Some(credential) = self.credential {
            digest.update(credential.expose());
        }
        digest.update([0]);
        if let Some(ip) = self.ip {
            digest.update(ip.to_string());
        }
        digest.finalize().into()
    }
}

impl<'a> From<&'a Caller> for Identity<'a> {
    fn from(caller: &'a Caller) -> Self {
        Self { credential: caller.credential.as_ref(), ip: caller.accountability.ip }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// Segments of the path, not yet encoded.
    pub(crate) path: Vec<&'a str>,
    pub(crate) query: Vec<(&'a str, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Value>,
    /// Whether doing it twice does it once. Only then is it ever sent again.
    reads: bool,
    within: Duration,
}

impl<'a> Request<'a> {
    /// A request that changes nothing.
    pub(crate) fn read(path: impl Into<Vec<&'a str>>) -> Self {
        Self::new(Method::GET, path.into(), true)
    }

    /// A read whose query is in its body (Directus documentation, "SEARCH HTTP method").
    pub(crate) fn search(path: Vec<&'a str>, body: Value) -> Self {
        let method = Method::from_bytes(b"SEARCH").unwrap_or(Method::GET);
        Self { body: Some(body), ..Self::new(method, path, true) }
    }

    /// A request that changes something.
    pub(crate) fn write(method: Method, path: Vec<&'a str>, body: Option<Value>) -> Self {
        Self { body, ..Self::new(method, path, false) }
    }

    /// With a query parameter.
    pub(crate) fn parameter(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// With more time for the answer to begin.
    pub(crate) fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    fn new(method: Method, path: Vec<&'a str>, reads: bool) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            reads,
            within: ANSWER_WITHIN,
        }
    }
}

/// Sends requests to one Directus. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rest {
    egress: EgressClient,
    base: Url,
}

impl Rest {
    /// Requests go below `base`.
    pub(crate) fn new(egress: EgressClient, base: Url) -> Self {
        Self { egress, base }
    }

    /// What Directus answers with under `data`; null for an answer without a body.
    pub(crate) async fn data(
        &self,
        identity: Identity<'_>,
        request: Request<'_>,
    ) -> Result<Value, DataError> {
        let reads = request.reads;
        match self.json(identity, request).await? {
            Value::Object(mut object) if object.contains_key("data") => {
                Ok(object.shift_remove("data").unwrap_or_default())
            }
            Value::Null => Ok(Value::Null),
            _ => Err(not_directus(reads)),
        }
    }

    /// The whole body of an answer. One that isn't JSON is text; null for none.
    pub(crate) async fn whole(
        &self,
        identity: Identity<'_>,
        request: Request<'_>,
    ) -> Result<Value, DataError> {
        let (reads, response) = (request.reads, self.send(identity, request).await?);
        let body = self.body(response, reads, ANSWER_BYTES).await?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_slice(&body)
            .unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into()))
    }

    async fn json(&self, identity: Identity<'_>, request: Request<'_>) -> Result<Value, DataError> {
        let (reads, response) = (request.reads, self.send(identity, request).await?);
        let body = self.body(response, reads, ANSWER_BYTES).await?;
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| not_directus(reads))
    }

    /// The bytes of an answer, at most so many.
    pub(crate) async fn bytes(
        &self,
        identity: Identity<'_>,
        request: Request<'_>,
        most: usize,
    ) -> Result<(HeaderMap, Bytes), DataError> {
        let response = self.send(identity, request).await?;
        let headers = response.headers().clone();
        Ok((headers, self.body(response, true, most).await?))
    }

    /// The content of an answer as it arrives, and its length where it is said.
    pub(crate) async fn stream(
        &self,
        identity: Identity<'_>,
        request: Request<'_>,
    ) -> Result<(Option<u64>, BoxStream<'static, io::Result<Bytes>>), DataError> {
        let response = self.send(identity, request).await?;
        let length = response.content_length();
        let pieces = self.egress.body(response).map(|piece| piece.map_err(io::Error::other));
        Ok((length, pieces.boxed()))
    }

    /// Sends a form.
    pub(crate) async fn form(
        &self,
        identity: Identity<'_>,
        path: &[&str],
        headers: HeaderMap,
        body: Body,
    ) -> Result<Value, DataError> {
        let headers = self.headers(identity, headers)?;
        let url = self.url(path, &[])?;
        let sent = self.egress.send(Method::POST, url, headers, body, LONG_ANSWER_WITHIN).await;
        let response = sent.map_err(|failure| failed(failure, false))?;
        let body = self.answered(response, false).await?;
        let body = self.body(body, false, ANSWER_BYTES).await?;
        let parsed: Value = serde_json::from_slice(&body).map_err(|_| not_directus(false))?;
        Ok(parsed.get("data").cloned().unwrap_or_default())
    }

    /// Sends a request and gives the answer, unless it is a refusal. A read that found no connection
    /// is tried once more: Directus may just be starting again.
    async fn send(
        &self,
        identity: Identity<'_>,
        request: Request<'_>,
    ) -> Result<Response, DataError> {
        let url = self.url(&request.path, &request.query)?;
        let mut headers = self.headers(identity, request.headers)?;
        let body = match &request.body {
            Some(body) => {
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Bytes::from(serde_json::to_vec(body).map_err(DataError::internal)?)
            }
            None => Bytes::new(),
        };
        let send = || {
            let (method, url, headers) = (request.method.clone(), url.clone(), headers.clone());
            self.egress.send(method, url, headers, body.clone().into(), request.within)
        };
        let sent = match send().await {
            Err(EgressFailure::NotConnected(_) | EgressFailure::Failed(_)) if request.reads => {
                tokio::time::sleep(PAUSE).await;
                send().await
            }
            sent => sent,
        };
        self.answered(sent.map_err(|failure| failed(failure, request.reads))?, request.reads).await
    }

    /// An answer that is no refusal.
    async fn answered(&self, response: Response, reads: bool) -> Result<Response, DataError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            return Err(not_directus(reads));
        }
        let body = self.body(response, true, ANSWER_BYTES).await.unwrap_or_default();
        // A gateway in front of Directus knows as little as we do what became of a write. By 503 it
        // says that it passed nothing on.
        let unknown = status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE;
        match answer::refusal(status, &body) {
            Some(error) => Err(error),
            None if unknown && !reads => Err(DataError::OutcomeUnknown),
            None => Err(unavailable("It answers with an error of a server in front of it")),
        }
    }

    async fn body(&self, response: Response, reads: bool, most: usize) -> Result<Bytes, DataError> {
        let mut pieces = self.egress.body(response);
        let mut body = BytesMut::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|failure| failed(failure, reads))?;
            if body.len() + piece.len() > most {
                if !reads {
                    return Err(DataError::OutcomeUnknown);
                }
                return Err(DataError::Refused {
                    status: 413,
                    code: "RESULT_TOO_LARGE".into(),
                    message: "The result is too large. Ask for fewer items or fields.".into(),
                });
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    fn headers(
        &self,
        identity: Identity<'_>,
        mut headers: HeaderMap,
    ) -> Result<HeaderMap, DataError> {
        if let Some(credential) = identity.credential {
            // A session token from a cookie is good as a bearer token, too.
            let mut value = HeaderValue::from_str(&format!("Bearer {}", credential.expose()))
                .map_err(|_| DataError::InvalidCredentials)?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if let Some(ip) = identity.ip
            && let Ok(value) = HeaderValue::from_str(&ip.to_string())
        {
            headers.insert(HeaderName::from_static("x-forwarded-for"), value);
        }
        Ok(headers)
    }

    fn url(&self, path: &[&str], query: &[(&str, String)]) -> Result<Url, DataError> {
        let mut url = self.base.clone();
        {
            let mut segments =
                url.path_segments_mut().map_err(|()| DataError::internal("no base URL"))?;
            segments.pop_if_empty();
            for segment in path {
                // Dots would walk up the path, and nothing in Directus is called so.
                if matches!(*segment, "" | "." | "..") {
                    return Err(DataError::Forbidden(
                        "You don't have permission to access this.".into(),
                    ));
                }
                segments.push(segment);
            }
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

/// A failure to get an answer.
fn failed(failure: EgressFailure, reads: bool) -> DataError {
    let source = std::error::Error::source(&failure).map(ToString::to_string);
    tracing::warn!(%failure, source, "a request to Directus failed");
    match failure {
        EgressFailure::Refused => {
            unavailable("Its address is not permitted by egress.allow_private")
        }
        EgressFailure::NotConnected(_) => unavailable("It can't be reached at the moment"),
        EgressFailure::Timeout(_) | EgressFailure::Failed(_) if !reads => DataError::OutcomeUnknown,
        EgressFailure::Timeout(_) => unavailable("It did not answer in time"),
        EgressFailure::Failed(_) => unavailable("The connection to it broke"),
    }
}

/// An answer that Directus's API doesn't give.
fn not_directus(reads: bool) -> DataError {
    if reads {
        unavailable("What answers at its address is not a Directus API")
    } else {
        DataError::OutcomeUnknown
    }
}

/// Directus can't be asked.
pub(crate) fn unavailable(reason: &str) -> DataError {
    DataError::ServiceUnavailable { service: "directus".into(), reason: reason.into() }
}
