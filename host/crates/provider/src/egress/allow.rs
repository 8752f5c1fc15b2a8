//! One exception to the address guard, as an administrator writes it.

use std::{fmt, net::IpAddr, str::FromStr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::address::{Range, embedded_v4};

/// An exception: `host`, `host:port`, `ip`, `ip:port`, `[ipv6]:port` or a CIDR block.
///
/// - A host opens loopback, private, unique local and shared addresses that its name resolves to,
///   for this name only.
/// - An address opens itself, whatever name leads there.
/// - A block opens its addresses, except metadata services: these need to be listed by address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowPrivate {
    what: What,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Host(String),
    Address(IpAddr),
    Block(IpNet),
}

/// An exception that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a host, host:port, IP address, IP:port or CIDR block")]
pub struct AllowPrivateError(String);

impl AllowPrivate {
    /// Whether the exception names this host (and port).
    pub(super) fn names_host(&self, host: &str, port: u16) -> bool {
        matches!(&self.what, What::Host(name) if *name == normalise(host)) && self.has_port(port)
    }

    /// Whether the exception lists this address (and port), itself or by its block.
    pub(super) fn lists(&self, address: IpAddr, port: u16) -> bool {
        let address = embedded_v4(address);
        let matches = match &self.what {
            What::Host(_) => false,
            What::Address(listed) => *listed == address,
            What::Block(block) => block.contains(&address) && Range::of(address) != Range::Metadata,
        };
        matches && self.has_port(port)
    }

    fn has_port(&self, port: u16) -> bool {
        self.port.is_none_or(|listed| listed == port)
    }
}

/// Host names compare without case and without the dot of the root zone.
fn normalise(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

impl FromStr for AllowPrivate {
    type Err = AllowPrivateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || AllowPrivateError(text.to_owned());
        if let Ok(block) = text.parse::<IpNet>() {
            return Ok(Self { what: What::Block(block.trunc()), port: None });
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self { what: What::Address(embedded_v4(address)), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        if port == Some(0) {
            return Err(wrong());
        }
        if let Some(v6) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address: IpAddr = v6.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?.into();
            return Ok(Self { what: What::Address(embedded_v4(address)), port });
        }
        // The URL parser decides what a host is, so that `127.1` or `0x7f.1` mean here what they
        // mean in a base URL.
        match url::Host::parse(host).map_err(|_| wrong())? {
            url::Host::Ipv4(address) => Ok(Self { what: What::Address(address.into()), port }),
            url::Host::Domain(name) if is_host_name(&name) => {
                Ok(Self { what: What::Host(normalise(&name)), port })
            }
            _ => Err(wrong()),
        }
    }
}

fn is_host_name(name: &str) -> bool {
    !normalise(name).is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

impl fmt::Display for AllowPrivate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.what, self.port) {
            (What::Host(name), None) => formatter.write_str(name),
            (What::Host(name), Some(port)) => write!(formatter, "{name}:{port}"),
            (What::Address(address), None) => write!(formatter, "{address}"),
            (What::Address(address), Some(port)) => {
                write!(formatter, "{}", std::net::SocketAddr::new(*address, port))
            }
            (What::Block(block), _) => write!(formatter, "{block}"),
        }
    }
}

impl TryFrom<String> for AllowPrivate {
    type Error = AllowPrivateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AllowPrivate> for String {
    fn from(allow: AllowPrivate) -> Self {
        allow.to_string()
    }
}
