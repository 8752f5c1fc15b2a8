//! Which addresses the host may connect to.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{address::Range, allow::AllowPrivate};

/// Which addresses the host may connect to. The default: public ones, over TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EgressPolicy {
    /// Exceptions for addresses that aren't public, and for clear-text HTTP.
    pub allow_private: Vec<AllowPrivate>,
}

impl EgressPolicy {
    /// Whether an exception names this host.
    pub(crate) fn names_host(&self, host: &str, port: u16) -> bool {
        self.allow_private.iter().any(|allow| allow.names_host(host, port))
    }

    /// Whether an exception lists this address.
    pub(crate) fn lists_address(&self, address: IpAddr, port: u16) -> bool {
        self.allow_private.iter().any(|allow| allow.lists(address, port))
    }

    /// Whether a connection may go to an address that the URL itself names.
    pub(crate) fn permits_literal(&self, address: IpAddr, port: u16, clear_text: bool) -> bool {
        self.lists_address(address, port) || (!clear_text && Range::of(address) == Range::Public)
    }

    /// Whether a connection may go to an address that the host resolved to. Clear text goes to
    /// exceptions only: a name that an administrator listed as private may come to resolve to a
    /// public address, and the conversation must not follow it there unencrypted.
    pub(crate) fn permits(&self, host: &str, address: IpAddr, port: u16, clear_text: bool) -> bool {
        self.permits_literal(address, port, clear_text)
            || (Range::of(address).opens_by_name() && self.names_host(host, port))
    }
}
