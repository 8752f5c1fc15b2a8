//! The client: limits, what it never does, and the way to send.

use std::{
    collections::HashMap,
    error::Error as StdError,
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use reqwest::{
    Body, Client, Method, Response,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect::Policy,
};
use thiserror::Error;
use tokio::runtime::{Handle, Id as RuntimeId};
use url::{Host, Url};

use super::{
    EgressPolicy,
    body::Pieces,
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
pub struct EgressClient(Arc<Shared>);

struct Shared {
    policy: Arc<EgressPolicy>,
    limits: EgressLimits,
    lookup: Arc<dyn NameLookup>,
    /// A connection's task runs where the connection was made, and hands over each piece of a body by
    /// itself. So each runtime has connections of its own, and no piece crosses threads.
    clients: RwLock<HashMap<RuntimeId, Client>>,
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
        let shared =
            Shared { policy: Arc::new(policy), limits, lookup, clients: RwLock::default() };
        let client = shared.make().map_err(|error| ProviderError::Client(Box::new(error)))?;
        if let Ok(runtime) = Handle::try_current() {
            shared.keep(runtime.id(), client);
        }
        Ok(Self(Arc::new(shared)))
    }

    /// The policy that the client keeps to.
    pub fn policy(&self) -> &EgressPolicy {
        &self.0.policy
    }

    /// Sends a POST request and waits for the headers of the answer.
    pub(crate) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response, EgressFailure> {
        self.send(Method::POST, url, headers, body.into(), self.0.limits.response_headers).await
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
            && !self.0.policy.permits_literal(address, target.port, target.clear_text)
        {
            return Err(EgressFailure::Refused);
        }
        let client =
            self.0.client().map_err(|error| EgressFailure::NotConnected(Box::new(error)))?;
        let request = client.request(method, url).headers(headers).body(body);
        match tokio::time::timeout(within, TARGET.scope(target, request.send())).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.0.classify(error)),
            Err(_) => Err(EgressFailure::Timeout(within)),
        }
    }

    /// The body of an answer as it arrives. Ends after a failure; dropping it closes the connection.
    pub fn body(&self, response: Response) -> BoxStream<'static, Result<Bytes, EgressFailure>> {
        // The body alone: headers would keep alive the whole buffer that they arrived in, for as long
        // as the answer takes.
        Pieces::new(response.bytes_stream().boxed(), self.0.limits.idle_read).boxed()
    }
}

impl Shared {
    /// The client of the runtime that asks.
    fn client(&self) -> Result<Client, reqwest::Error> {
        let runtime = Handle::current().id();
        let kept = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = kept.get(&runtime) {
            return Ok(client.clone());
        }
        drop(kept);
        Ok(self.keep(runtime, self.make()?))
    }

    /// Keeps the client of a runtime, unless it has got one meanwhile; the one that is kept.
    fn keep(&self, runtime: RuntimeId, client: Client) -> Client {
        let mut kept = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        kept.entry(runtime).or_insert(client).clone()
    }

    fn make(&self) -> Result<Client, reqwest::Error> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        #[expect(clippy::disallowed_methods, reason = "the one place that makes an HTTP client")]
        Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(headers)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .dns_resolver(GuardedResolver {
                policy: Arc::clone(&self.policy),
                lookup: Arc::clone(&self.lookup),
            })
            .connect_timeout(self.limits.connect)
            .tcp_keepalive(Duration::from_secs(60))
            .http2_keep_alive_interval(Duration::from_secs(30))
            .pool_idle_timeout(self.limits.idle_connection)
            .build()
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
