//! What the tests need around a transport: keys, names that resolve as told, settings, raw servers.

use std::{collections::BTreeMap, io, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use palisade_provider::{
    EgressClient, EgressLimits, EgressPolicy, HttpTransport, KeyLookup, NameLookup, ProviderError,
    ProviderKind, ProviderRequest, ProviderSettings, SystemLookup,
};
use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub(crate) const KEY: &str = "sk-test-1234567890";

pub(crate) struct Keys(pub(crate) Option<&'static str>);

#[async_trait]
impl KeyLookup for Keys {
    async fn key(&self, _provider: &str) -> Result<Option<SecretString>, ProviderError> {
        Ok(self.0.map(SecretString::from))
    }
}

/// Resolves names as a table says, and no others.
pub(crate) struct Names(pub(crate) BTreeMap<&'static str, Vec<IpAddr>>);

impl Names {
    pub(crate) fn one(name: &'static str, addresses: &[&str]) -> Arc<Self> {
        let addresses = addresses.iter().map(|address| address.parse().expect("an address"));
        Arc::new(Self(BTreeMap::from([(name, addresses.collect())])))
    }
}

#[async_trait]
impl NameLookup for Names {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.get(host).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

pub(crate) fn policy(allow: &[&str]) -> EgressPolicy {
    let allow_private = allow.iter().map(|text| text.parse().expect("an exception")).collect();
    EgressPolicy { allow_private }
}

pub(crate) fn limits(milliseconds: u64) -> EgressLimits {
    let limit = Duration::from_millis(milliseconds);
    EgressLimits {
        connect: limit,
        response_headers: limit,
        idle_read: limit,
        idle_connection: limit,
    }
}

/// Limits that no loopback exchange meets.
pub(crate) fn generous() -> EgressLimits {
    limits(30_000)
}

pub(crate) fn settings(base_url: &str) -> ProviderSettings {
    ProviderSettings {
        id: "test".into(),
        kind: ProviderKind::OpenAiCompatible,
        base_url: base_url.parse().expect("a URL"),
        region: None,
        requires_key: true,
    }
}

pub(crate) fn transport_with(
    base_url: &str,
    allow: &[&str],
    limits: EgressLimits,
    names: Arc<dyn NameLookup>,
) -> HttpTransport {
    let egress = EgressClient::with(policy(allow), limits, names).expect("a client");
    HttpTransport::new(settings(base_url), egress, Arc::new(Keys(Some(KEY)))).expect("a transport")
}

/// A transport of a kind to a server on loopback.
pub(crate) fn transport_of(kind: ProviderKind, base_url: &str, allow: &[&str]) -> HttpTransport {
    let egress = EgressClient::with(policy(allow), generous(), Arc::new(SystemLookup));
    let settings = ProviderSettings { kind, ..settings(base_url) };
    HttpTransport::new(settings, egress.expect("a client"), Arc::new(Keys(Some(KEY))))
        .expect("a transport")
}

/// A transport to a server on loopback, with the exception that it needs.
pub(crate) fn transport(base_url: &str, limits: EgressLimits) -> HttpTransport {
    transport_with(base_url, &["127.0.0.1"], limits, Arc::new(SystemLookup))
}

pub(crate) fn request() -> ProviderRequest {
    ProviderRequest { path: "chat/completions".into(), headers: Vec::new(), body: "{}".into() }
}

/// A server that takes one connection, reads the head of the request, and then does as told.
pub(crate) async fn raw_server<F, Fut>(then: F) -> (String, tokio::task::JoinHandle<Fut::Output>)
where
    F: FnOnce(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output: Send> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut head = Vec::new();
        let mut buffer = [0; 1024];
        while !head.windows(4).any(|window| window == b"\r\n\r\n") {
            let read = stream.read(&mut buffer).await.expect("a request");
            assert!(read > 0, "the request breaks off");
            head.extend_from_slice(&buffer[..read]);
        }
        then(stream).await
    });
    (url, served)
}

pub(crate) async fn write(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("written");
    stream.flush().await.expect("flushed");
}
