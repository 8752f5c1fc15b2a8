//! Requests to a provider's file storage: the address, the key, and an answer that is read in bounds.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use futures_util::StreamExt;
use reqwest::{
    Body, Method, Response,
    header::{ACCEPT, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;
use url::Url;

use super::StorageError;
use crate::{
    EgressClient, KeyLookup, ProviderError, ProviderSettings,
    http::{During, named},
    key, validate_base_url,
};

/// Bytes of an answer at most.
const ANSWER_BYTES: usize = 64 * 1024;
/// Time for the answer to a request without a file.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Time for a request that carries a file. How fast the content comes is limited where it comes from.
const UPLOAD_WITHIN: Duration = Duration::from_secs(30 * 60);

/// Whether the key goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Attached,
    /// The address itself is the permission.
    Omitted,
}

/// Sends requests to one provider's file storage.
#[derive(Clone)]
pub(super) struct StorageClient {
    settings: Arc<ProviderSettings>,
    egress: EgressClient,
    keys: Arc<dyn KeyLookup>,
}

impl StorageClient {
    pub(super) fn new(
        settings: ProviderSettings,
        egress: EgressClient,
        keys: Arc<dyn KeyLookup>,
    ) -> Result<Self, ProviderError> {
        validate_base_url(&settings.base_url, egress.policy()).map_err(|error| {
            ProviderError::Configuration(format!("The provider \"{}\": {error}.", settings.id))
        })?;
        Ok(Self { settings: Arc::new(settings), egress, keys })
    }

    pub(super) fn provider(&self) -> String {
        self.settings.id.clone()
    }

    /// Segments of the base URL's path.
    pub(super) fn base_segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.settings.base_url.path().split('/').filter(|segment| !segment.is_empty())
    }

    /// The base URL with another path. Segments are the base's own, literals or checked ids.
    pub(super) fn address<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.settings.base_url.clone();
        let path: Vec<&str> = segments.into_iter().collect();
        url.set_path(&path.join("/"));
        url
    }

    /// An address below the base URL.
    pub(super) fn below<'a>(&'a self, segments: &[&'a str]) -> Url {
        self.address(self.base_segments().chain(segments.iter().copied()))
    }

    /// An address that the provider named in an answer, which has to be of the configured origin.
    pub(super) fn own_address(&self, text: &str) -> Result<Url, StorageError> {
        let foreign = || StorageError::ForeignAddress { provider: self.provider() };
        let url = Url::parse(text).map_err(|_| foreign())?;
        let plain = url.username().is_empty() && url.password().is_none();
        let own = url.origin() == self.settings.base_url.origin();
        (own && plain).then_some(url).ok_or_else(foreign)
    }

    /// Sends a request that carries no file.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: impl Into<Body> + Send,
    ) -> Result<Response, StorageError> {
        self.send(method, url, headers, body.into(), Key::Attached, ANSWER_WITHIN).await
    }

    /// Sends a request whose body is the file.
    pub(super) async fn upload(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Body,
        key: Key,
    ) -> Result<Response, StorageError> {
        self.send(Method::POST, url, headers, body, key, UPLOAD_WITHIN).await
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        mut headers: HeaderMap,
        body: Body,
        key: Key,
        within: Duration,
    ) -> Result<Response, StorageError> {
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if key == Key::Attached {
            key::authenticate(&self.settings, self.keys.as_ref(), &mut headers).await?;
        }
        let provider = self.provider();
        let response = match self.egress.send(method, url, headers, body, within).await {
            Ok(response) => response,
            Err(failure) => return Err(named(failure, provider, During::Connection).into()),
        };
        let status = response.status();
        if status.is_redirection() {
            let status = status.as_u16();
            return Err(ProviderError::Redirect { provider, status }.into());
        }
        if !status.is_success() {
            return Err(StorageError::Rejected { provider, status: status.as_u16() });
        }
        Ok(response)
    }

    /// The JSON of an answer.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        response: Response,
    ) -> Result<T, StorageError> {
        let unintelligible = || StorageError::Unintelligible { provider: self.provider() };
        let mut pieces = self.egress.body(response);
        let mut text = BytesMut::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|failure| named(failure, self.provider(), During::Body))?;
            if text.len() + piece.len() > ANSWER_BYTES {
                return Err(unintelligible());
            }
            text.extend_from_slice(&piece);
        }
        serde_json::from_slice(&text).map_err(|_| unintelligible())
    }

    /// Deletes what is at an address. What isn't there any more is deleted.
    pub(super) async fn delete(&self, url: Url, headers: HeaderMap) -> Result<(), StorageError> {
        match self.ask(Method::DELETE, url, headers, Body::default()).await {
            Ok(_) | Err(StorageError::Rejected { status: 404 | 410, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
