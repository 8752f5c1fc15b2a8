//! One request to a provider, whoever answers it.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use secrecy::SecretString;

use crate::ProviderError;

/// Headers that the guest may add to one request at most.
pub const MAX_REQUEST_HEADERS: usize = 16;

/// A POST request to a provider.
#[derive(Clone)]
pub struct ProviderRequest {
    /// Path below the base URL, one that [`ProviderKind::route`](crate::ProviderKind::route) knows.
    pub path: String,
    /// Extra headers, lower-case names, each on
    /// [`ProviderKind::request_headers`](crate::ProviderKind::request_headers).
    pub headers: Vec<(String, String)>,
    /// JSON body. Its size is limited where it is lifted out of the guest.
    pub body: Bytes,
}

/// Shows where a request goes, never what the conversation says.
impl fmt::Debug for ProviderRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("ProviderRequest")
            .field("path", &self.path)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// The bytes of an answer as they arrive. Ends after the first error. Dropping it closes the
/// connection.
pub type ProviderBody = BoxStream<'static, Result<Bytes, ProviderError>>;

/// The answer of a provider, whose body is still arriving.
pub struct ProviderResponse {
    /// HTTP status, 200 to 299 or 400 to 599. A redirect is an error.
    pub status: u16,
    /// Headers that the guest may see, lower-case names.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: ProviderBody,
}

impl fmt::Debug for ProviderResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ProviderResponse")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// Sends requests to one provider.
#[async_trait]
pub trait ProviderTransport: Send + Sync {
    /// Sends a request and returns when the headers of the answer are there.
    ///
    /// An HTTP error status is an answer. Errors are what the host refuses or what keeps an answer
    /// from arriving; see [`ProviderError`].
    async fn send(&self, request: ProviderRequest) -> Result<ProviderResponse, ProviderError>;
}

/// Finds the key of a provider at the moment of a call, so that a rotated or deleted key takes
/// effect at once.
#[async_trait]
pub trait KeyLookup: Send + Sync {
    /// The key of a provider; none where no key is set.
    ///
    /// Errors: [`ProviderError::KeyUnreadable`].
    async fn key(&self, provider_id: &str) -> Result<Option<SecretString>, ProviderError>;
}
