//! The client: limits, what it never does, and the way to send.

use std::{error::Error as StdError, net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::{
    Body, Client, Method, Response,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect::Policy,
};
use thiserror::Error;
use url::{Host, Url};

use super::{
    EgressPolicy,
    guard::{AddressRefused, GuardedResolver, NameLookup, SystemLookup, TARGET, Target},
};
use crate::ProviderError;

const USER_AGENT: &str = concat!("palisade/", env!("CARGO_PKG_VERSION"));

/// Time limits of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EgressLimits {
    /// From the begin of a connection, name resolution and TLS included, until it stands.
    pub connect: Duration,
    /// From sending a request, connection included, until the headers of the answer are there.
    pub response_headers: Duration,
    /// Between two pieces of a body.
    pub idle_read: Duration,
    /// How long a connection without a request is kept for the next one.
    pub idle_connection: Duration,
}

impl Default for EgressLimits {
    /// 10 s, 60 s, 90 s, 60 s.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            response_headers: Duration::from_secs(60),
            idle_read: Duration::from_secs(90),
            idle_connection: Duration::from_secs(60),
        }
    }
}

/// The product's only HTTP client. Cheap to clone: clones share connections.
///
/// It connects to addresses that the [`EgressPolicy`] permits, checked after name resolution on
/// every connection; verifies certificates against the system's roots; follows no redirect; sends
/// no cookies; ignores proxies from the environment, which would resolve names unguarded; and asks
/// for no compression, so that a stream arrives piece by piece.
#[derive(Clone)]
pub struct EgressClient {
    client: Client,
    policy: Arc<EgressPolicy>,
    limits: EgressLimits,
}

/// Why a request got no answer, before it is known whose request it was. Sources never hold the
/// address that was asked.
#[derive(Debug, Error)]
pub enum EgressFailure {
    /// The guard forbids the address. Nothing was sent.
    #[error("the address is not permitted")]
    Refused,
    /// There is no connection. Nothing was sent.
    #[error("no connection")]
    NotConnected(#[source] Box<dyn StdError + Send + Sync>),
    /// No answer within this time.
    #[error("no answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The connection broke, after something was sent.
    #[error("the connection broke")]
    Failed(#[source] Box<dyn StdError + Send + Sync>),
}

impl EgressClient {
    /// A client with the default limits that looks names up as the operating system does.
    ///
    /// Errors: [`ProviderError::Client`] if the system's root certificates can't be loaded.
    pub fn new(policy: EgressPolicy) -> Result<Self, ProviderError> {
        Self::with(policy, EgressLimits::default(), Arc::new(SystemLookup))
    }

    /// A client with limits and name lookup of the caller's choice. The guard is the same.
    ///
    /// Errors: as [`EgressClient::new`].
    pub fn with(
        policy: EgressPolicy,
        limits: EgressLimits,
        lookup: Arc<dyn NameLookup>,
    ) -> Result<Self, ProviderError> {
        // Fails when a provider is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let policy = Arc::new(policy);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        #[expect(clippy::disallowed_methods, reason = "the one place that makes an HTTP client")]
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .dns_resolver(GuardedResolver { policy: Arc::clone(&policy), lookup })
            .connect_timeout(limits.connect)
            .tcp_keepalive(Duration::from_secs(60))
            .http2_keep_alive_interval(Duration::from_secs(30))
            .pool_idle_timeout(limits.idle_connection)
            .build()
            .map_err(|error| ProviderError::Client(Box::new(error)))?;
        Ok(Self { client, policy, limits })
    }

    /// The policy that the client keeps to.
    pub fn policy(&self) -> &EgressPolicy {
        &self.policy
    }

    /// Sends a POST request and waits for the headers of the answer.
    pub(crate) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, EgressFailure> {
        self.send(Method::POST, url, headers, body.into(), self.limits.response_headers).await
    }

    /// Sends a request and waits for the headers of the answer, for as long as `within` says. A body
    /// that fails breaks the connection off.
    ///
    /// Errors: [`EgressFailure`].
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Body,
        within: Duration,
    ) -> Result<Response, EgressFailure> {
        let target = Target {
            port: url.port_or_known_default().ok_or(EgressFailure::Refused)?,
            clear_text: url.scheme() != "https",
        };
        // The client connects to literal addresses without asking the resolver.
        let literal: Option<IpAddr> = match url.host().ok_or(EgressFailure::Refused)? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        };
        if let Some(address) = literal
            && !self.policy.permits_literal(address, target.port, target.clear_text)
        {
            return Err(EgressFailure::Refused);
        }
        let request = self.client.request(method, url).headers(headers).body(body);
        match tokio::time::timeout(within, TARGET.scope(target, request.send())).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.classify(error)),
            Err(_) => Err(EgressFailure::Timeout(within)),
        }
    }

    /// The body of an answer as it arrives. Ends after a failure; dropping it closes the connection.
    pub fn body(&self, response: Response) -> BoxStream<'static, Result<Bytes, EgressFailure>> {
        let idle = self.limits.idle_read;
        // The body alone: headers would keep alive the whole buffer that they arrived in, for as long
        // as the answer takes.
        let pieces = response.bytes_stream().boxed();
        stream::try_unfold(pieces, move |mut pieces| async move {
            match tokio::time::timeout(idle, pieces.next()).await {
                Ok(Some(Ok(bytes))) => Ok(Some((bytes, pieces))),
                Ok(Some(Err(error))) => Err(EgressFailure::Failed(Box::new(error.without_url()))),
                Ok(None) => Ok(None),
                Err(_) => Err(EgressFailure::Timeout(idle)),
            }
        })
        .boxed()
    }

    fn classify(&self, error: reqwest::Error) -> EgressFailure {
        let mut source = StdError::source(&error);
        while let Some(cause) = source {
            if cause.is::<AddressRefused>() {
                return EgressFailure::Refused;
            }
            source = cause.source();
        }
        match (error.is_connect(), error.is_timeout()) {
            (true, false) => EgressFailure::NotConnected(Box::new(error.without_url())),
            (_, true) => EgressFailure::Timeout(self.limits.connect),
            (false, false) => EgressFailure::Failed(Box::new(error.without_url())),
        }
    }
}
