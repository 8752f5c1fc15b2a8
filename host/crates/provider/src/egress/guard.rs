//! Name resolution with the address check built in: every new connection passes here, so a name
//! that resolves to something else the second time (DNS rebinding) gains nothing.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::EgressPolicy;

/// Looks names up.
#[async_trait]
pub trait NameLookup: Send + Sync + 'static {
    /// All addresses of a host name.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Looks names up as the operating system does.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

#[async_trait]
impl NameLookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// No permitted address. Doesn't say what the name resolved to.
#[derive(Debug, Error)]
#[error("no address of the host is permitted")]
pub(super) struct AddressRefused;

/// What the resolver has to know about the request that it resolves for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) port: u16,
    pub(super) clear_text: bool,
}

tokio::task_local! {
    /// The request that the current task sends. The resolver gets a bare host name; exceptions for
    /// `host:port` and the rule for clear text need the rest of the URL.
    pub(super) static TARGET: Target;
}

/// A resolver that gives back permitted addresses only.
pub(super) struct GuardedResolver {
    pub(super) policy: Arc<EgressPolicy>,
    pub(super) lookup: Arc<dyn NameLookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        // The client resolves within the task that sends the request. A connection attempt that
        // outlives its request has no target any more, and is refused.
        let target = TARGET.try_with(|target| *target).ok();
        let policy = Arc::clone(&self.policy);
        let lookup = Arc::clone(&self.lookup);
        Box::pin(async move {
            let target = target.ok_or(AddressRefused)?;
            let mut addresses = lookup.lookup(name.as_str()).await?;
            let resolved = addresses.len();
            addresses.retain(|address| {
                policy.permits(name.as_str(), *address, target.port, target.clear_text)
            });
            if addresses.len() < resolved {
                tracing::warn!(
                    host = name.as_str(),
                    refused = resolved - addresses.len(),
                    permitted = addresses.len(),
                    "addresses refused by the egress guard"
                );
            }
            match addresses.is_empty() {
                true => Err(AddressRefused.into()),
                false => {
                    Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)))
                        as Addrs)
                }
            }
        })
    }
}
