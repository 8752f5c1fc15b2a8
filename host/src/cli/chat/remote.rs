//! A host at an address.

use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use url::Url;

use super::{
    Transport,
    transport::{self, Chunks},
};
use crate::cli::{CliError, arguments::ChatArguments};

pub(super) struct Remote {
    client: reqwest::Client,
    address: Url,
    authorization: Option<HeaderValue>,
}

impl Remote {
    pub(super) fn new(arguments: &ChatArguments) -> Result<Self, CliError> {
        let url = arguments.url.as_deref().unwrap_or_default();
        let address = Url::parse(&format!("{}/ai/chat", url.trim_end_matches('/')))
            .ok()
            .filter(|address| matches!(address.scheme(), "http" | "https"))
            .ok_or_else(|| CliError::Usage(format!("--url {url:?} is no http or https address")))?;
        let authorization = match &arguments.token {
            None => None,
            Some(token) => {
                let mut value =
                    HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
                        CliError::Usage("--token has characters that no token has".into())
                    })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self { client: client()?, address, authorization })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the address is the one that the person at the terminal typed; nothing here acts for a guest"
)]
fn client() -> Result<reqwest::Client, CliError> {
    // Fails when a provider is installed already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        // The token is for the host that was named.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| CliError::Connection(error.to_string()))
}

#[async_trait]
impl Transport for Remote {
    async fn post(&self, body: Vec<u8>) -> Result<Chunks, CliError> {
        let mut request = self
            .client
            .post(self.address.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let response = request.send().await.map_err(|error| connection(&error))?;
        let status = response.status();
        if !status.is_success() {
            let body = response.text().await.map_err(|error| connection(&error))?;
            return Err(CliError::Refused(transport::error_message(status.as_u16(), &body)));
        }
        Ok(transport::chunks(response.bytes_stream().boxed()))
    }
}

/// The innermost cause says what happened ("connection refused"); the outer ones repeat the address.
fn connection(error: &reqwest::Error) -> CliError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    CliError::Connection(cause.to_string())
}
