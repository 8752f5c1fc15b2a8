//! Which range an address belongs to (IANA special-purpose registries for IPv4 and IPv6, RFC 6890
//! and its updates).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The range that an address belongs to. Only [`Range::Public`] is open without an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Reachable on the internet.
    Public,
    /// This machine: 127.0.0.0/8, ::1.
    Loopback,
    /// Private networks: RFC 1918, 64:ff9b:1::/48.
    Private,
    /// IPv6 unique local addresses, fc00::/7.
    UniqueLocal,
    /// Shared address space of carriers, 100.64.0.0/10.
    Shared,
    /// Link-local: 169.254.0.0/16, fe80::/10, and the retired site-local fec0::/10.
    LinkLocal,
    /// Instance metadata and host agents of cloud providers. Some of them have public-looking
    /// addresses.
    Metadata,
    /// 0.0.0.0/8, ::. Connecting to them reaches this machine on many systems.
    Unspecified,
    /// Multicast and broadcast.
    Multicast,
    /// Documentation, benchmarking, retired transition mechanisms, reserved blocks.
    Reserved,
}

const METADATA_V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(169, 254, 169, 254), // AWS, Azure, Google, OpenStack, …
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
    Ipv4Addr::new(168, 63, 129, 16),   // Azure's host agent
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle
];
const METADATA_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x254), // AWS
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254), // Google
];

impl Range {
    /// The range of an address. IPv4 addresses written as IPv6 (`::ffff:a.b.c.d`, NAT64's
    /// `64:ff9b::a.b.c.d`) belong to the range of the IPv4 address that they stand for.
    pub fn of(address: IpAddr) -> Self {
        match embedded_v4(address) {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// Whether a rule that names a host may open the range: networks that people run servers in.
    /// Whoever controls a name's DNS could otherwise point it at the metadata service.
    pub(super) fn opens_by_name(self) -> bool {
        matches!(self, Self::Loopback | Self::Private | Self::UniqueLocal | Self::Shared)
    }
}

/// The IPv4 address behind an IPv6 address that a network delivers to it.
pub(super) fn embedded_v4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return v4.into();
    }
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address,
    }
}

fn of_v4(address: Ipv4Addr) -> Range {
    if METADATA_V4.contains(&address) {
        return Range::Metadata;
    }
    match address.octets() {
        [0, ..] => Range::Unspecified,
        [127, ..] => Range::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Range::Private,
        [100, 64..=127, ..] => Range::Shared,
        [169, 254, ..] => Range::LinkLocal,
        [224..=239, ..] | [255, 255, 255, 255] => Range::Multicast,
        // Protocol assignments, documentation, AS112, AMT, 6to4 relays, benchmarking, class E.
        [192, 0, 0 | 2, _]
        | [192, 31, 196, _]
        | [192, 52, 193, _]
        | [192, 88, 99, _]
        | [192, 175, 48, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Range::Reserved,
        _ => Range::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Range {
    if METADATA_V6.contains(&address) {
        return Range::Metadata;
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Range::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Range::Loopback,
        [0x64, 0xff9b, 1, ..] => Range::Private,
        [0xfc00..=0xfdff, ..] => Range::UniqueLocal,
        [0xfe80..=0xfeff, ..] => Range::LinkLocal,
        [0xff00..=0xffff, ..] => Range::Multicast,
        // Protocol assignments with Teredo, documentation (old and new), 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2002, ..] => {
            Range::Reserved
        }
        // RFC 4291: only 2000::/3 is global unicast.
        [0x2000..=0x3fff, ..] => Range::Public,
        _ => Range::Reserved,
    }
}
