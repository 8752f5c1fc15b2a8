//! A provider behind HTTP.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::{
    EgressClient, KeyLookup, MAX_REQUEST_HEADERS, ProviderError, ProviderKind, ProviderRequest,
    ProviderResponse, ProviderSettings, ProviderTransport, egress::EgressFailure, key,
    validate_base_url,
};

/// Sends requests to one provider over the network.
#[derive(Clone)]
pub struct HttpTransport {
    settings: Arc<ProviderSettings>,
    egress: EgressClient,
    keys: Arc<dyn KeyLookup>,
}

impl HttpTransport {
    /// A transport to one provider.
    ///
    /// Errors: [`ProviderError::Configuration`] for a kind that isn't reached over the network,
    /// and for a base URL that [`validate_base_url`] refuses.
    pub fn new(
        settings: ProviderSettings,
        egress: EgressClient,
        keys: Arc<dyn KeyLookup>,
    ) -> Result<Self, ProviderError> {
        let wrong = |problem: &dyn std::fmt::Display| {
            ProviderError::Configuration(format!("The provider \"{}\": {problem}.", settings.id))
        };
        if !settings.kind.is_remote() {
            return Err(wrong(&format_args!(
                "providers of the kind {} can't be called over HTTP",
                settings.kind
            )));
        }
        validate_base_url(&settings.base_url, egress.policy()).map_err(|error| wrong(&error))?;
        Ok(Self { settings: Arc::new(settings), egress, keys })
    }

    /// The URL of a path, which has to be one of the kind's own.
    fn url(&self, path: &str) -> Result<Url, ProviderError> {
        let Some(route) = self.settings.kind.route(path) else {
            return Err(ProviderError::PathDenied { path: shown(path) });
        };
        let mut url = self.settings.base_url.clone();
        url.set_path(&format!("{}/{path}", self.settings.base_url.path().trim_end_matches('/')));
        url.set_query(route.query);
        Ok(url)
    }
}

#[async_trait]
impl ProviderTransport for HttpTransport {
    async fn send(&self, request: ProviderRequest) -> Result<ProviderResponse, ProviderError> {
        let url = self.url(&request.path)?;
        let mut headers = guest_headers(self.settings.kind, &request.headers)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
        key::authenticate(&self.settings, self.keys.as_ref(), &mut headers).await?;
        let provider = self.settings.id.clone();
        let response = match self.egress.post(url, headers, request.body).await {
            Ok(response) => response,
            Err(failure) => return Err(named(failure, provider, During::Connection)),
        };
        let status = response.status();
        if status.is_redirection() {
            return Err(ProviderError::Redirect { provider, status: status.as_u16() });
        }
        let headers = visible_headers(self.settings.kind, response.headers());
        let body = self
            .egress
            .body(response)
            .map(move |piece| {
                piece.map_err(|failure| named(failure, provider.clone(), During::Body))
            })
            .boxed();
        Ok(ProviderResponse { status: status.as_u16(), headers, body })
    }
}

/// When a request failed.
pub(crate) enum During {
    Connection,
    Body,
}

/// A failure, with the provider whose request it was.
pub(crate) fn named(failure: EgressFailure, provider: String, during: During) -> ProviderError {
    match (failure, during) {
        (EgressFailure::Refused, _) => ProviderError::AddressDenied { provider },
        (EgressFailure::Timeout(limit), _) => {
            ProviderError::Timeout { provider, seconds: limit.as_secs().max(1) }
        }
        (EgressFailure::NotConnected(source), _)
        | (EgressFailure::Failed(source), During::Connection) => {
            ProviderError::Unavailable { provider, source }
        }
        (EgressFailure::Failed(source), During::Body) => ProviderError::Cut { provider, source },
    }
}

fn guest_headers(
    kind: ProviderKind,
    headers: &[(String, String)],
) -> Result<HeaderMap, ProviderError> {
    let mut map = HeaderMap::with_capacity(headers.len() + 3);
    for (index, (name, value)) in headers.iter().enumerate() {
        let denied = || ProviderError::HeaderDenied { name: shown(name) };
        let listed = kind.request_headers().iter().find(|listed| *listed == name);
        let visible = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        match (listed, HeaderValue::from_str(value)) {
            (Some(listed), Ok(value)) if visible && index < MAX_REQUEST_HEADERS => {
                map.insert(HeaderName::from_static(listed), value);
            }
            _ => return Err(denied()),
        }
    }
    Ok(map)
}

fn visible_headers(kind: ProviderKind, headers: &HeaderMap) -> Vec<(String, String)> {
    kind.response_headers()
        .iter()
        .filter_map(|name| {
            Some(((*name).to_owned(), headers.get(*name)?.to_str().ok()?.to_owned()))
        })
        .collect()
}

/// A name from the guest, short enough and plain enough for an error text.
fn shown(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}
