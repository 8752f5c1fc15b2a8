//! A running provider.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{Router, serve::ListenerExt};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    control,
    files::StoredFile,
    record::Recorded,
    scenario::Scenario,
    server::{self, Shared},
};

/// How a provider is started.
#[derive(Debug, Clone)]
pub struct FakeOptions {
    /// The key that requests must carry, each protocol's in its own header; none takes any request.
    pub key: Option<String>,
    /// Port of the provider; 0 takes a free one.
    pub port: u16,
}

impl Default for FakeOptions {
    /// A free port, and the key [`FakeOptions::KEY`].
    fn default() -> Self {
        Self { key: Some(Self::KEY.to_owned()), port: 0 }
    }
}

impl FakeOptions {
    /// The key of a provider that is started without another.
    pub const KEY: &str = "sk-fake-0123456789abcdefghijklmnopqrstuv";
}

/// A provider on loopback. It stops listening when it is dropped.
pub struct FakeProvider {
    base_url: String,
    control_url: String,
    shared: Arc<Shared>,
    tasks: [JoinHandle<io::Result<()>>; 2],
}

impl FakeProvider {
    /// Starts a provider on the current runtime.
    ///
    /// Errors: those of binding a port.
    pub async fn start(options: FakeOptions) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(options.key));
        let (address, provider) = listen(options.port, server::router(Arc::clone(&shared))).await?;
        let (control_address, control) = listen(0, control::router(Arc::clone(&shared))).await?;
        Ok(Self {
            base_url: format!("http://{address}/v1"),
            control_url: format!("http://{control_address}"),
            shared,
            tasks: [provider, control],
        })
    }

    /// The base URL for clients of OpenAI's protocols, which ends in `/v1`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The base URL for clients of Anthropic and Google, which has no path.
    pub fn root_url(&self) -> &str {
        self.base_url.trim_end_matches("/v1")
    }

    /// `host:port` of the provider.
    pub fn authority(&self) -> &str {
        self.base_url.trim_start_matches("http://").trim_end_matches("/v1")
    }

    /// Address of the control interface.
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// Gives a model a scenario, which begins anew.
    pub fn script(&self, model: impl Into<String>, scenario: Scenario) {
        self.shared.script(model.into(), scenario);
    }

    /// What was asked so far, oldest first; the last 2,000 requests.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.records.all()
    }

    /// What was uploaded so far, with what was deleted.
    pub fn files(&self) -> Vec<StoredFile> {
        self.shared.files.all()
    }

    /// Forgets what was asked so far.
    pub fn forget_requests(&self) {
        self.shared.records.clear();
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn listen(port: u16, router: Router) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    // Without this, the kernel would join the small writes that scripts ask for. Best effort: an
    // option that cannot be set delays bytes and changes none.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok((address, tokio::spawn(async move { axum::serve(listener, router).await })))
}
