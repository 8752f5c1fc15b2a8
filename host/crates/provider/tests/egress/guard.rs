//! Which addresses the host connects to.

use std::{
    net::{IpAddr, TcpListener},
    sync::Arc,
};

use palisade_provider::{
    AllowPrivate, BaseUrlError, HttpTransport, ProviderError, ProviderErrorKind, ProviderTransport,
    Range, SystemLookup, validate_base_url,
};
use proptest::prelude::*;
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::server::{Names, generous, policy, request, transport_with};

/// Every range of the IANA special-purpose registries, at its edges, and what surrounds it.
const ADDRESSES: &[(&str, Range)] = &[
    ("0.0.0.0", Range::Unspecified),
    ("0.1.2.3", Range::Unspecified),
    ("1.1.1.1", Range::Public),
    ("9.255.255.255", Range::Public),
    ("10.0.0.0", Range::Private),
    ("10.255.255.255", Range::Private),
    ("11.0.0.0", Range::Public),
    ("100.63.255.255", Range::Public),
    ("100.64.0.0", Range::Shared),
    ("100.100.100.200", Range::Metadata),
    ("100.127.255.255", Range::Shared),
    ("100.128.0.0", Range::Public),
    ("127.0.0.1", Range::Loopback),
    ("127.255.255.254", Range::Loopback),
    ("128.0.0.1", Range::Public),
    ("168.63.129.15", Range::Public),
    ("168.63.129.16", Range::Metadata),
    ("169.253.255.255", Range::Public),
    ("169.254.0.1", Range::LinkLocal),
    ("169.254.169.254", Range::Metadata),
    ("169.254.170.2", Range::LinkLocal),
    ("169.255.0.0", Range::Public),
    ("172.15.255.255", Range::Public),
    ("172.16.0.1", Range::Private),
    ("172.31.255.255", Range::Private),
    ("172.32.0.0", Range::Public),
    ("192.0.0.1", Range::Reserved),
    ("192.0.0.192", Range::Metadata),
    ("192.0.1.1", Range::Public),
    ("192.0.2.1", Range::Reserved),
    ("192.31.196.1", Range::Reserved),
    ("192.52.193.1", Range::Reserved),
    ("192.88.99.1", Range::Reserved),
    ("192.167.255.255", Range::Public),
    ("192.168.0.1", Range::Private),
    ("192.169.0.0", Range::Public),
    ("192.175.48.1", Range::Reserved),
    ("198.17.255.255", Range::Public),
    ("198.18.0.1", Range::Reserved),
    ("198.19.255.255", Range::Reserved),
    ("198.20.0.0", Range::Public),
    ("198.51.100.7", Range::Reserved),
    ("203.0.113.7", Range::Reserved),
    ("223.255.255.255", Range::Public),
    ("224.0.0.1", Range::Multicast),
    ("239.255.255.255", Range::Multicast),
    ("240.0.0.1", Range::Reserved),
    ("255.255.255.254", Range::Reserved),
    ("255.255.255.255", Range::Multicast),
    ("::", Range::Unspecified),
    ("::1", Range::Loopback),
    ("::2", Range::Reserved),
    ("::7f00:1", Range::Reserved),
    ("::ffff:127.0.0.1", Range::Loopback),
    ("::ffff:10.0.0.1", Range::Private),
    ("::ffff:169.254.169.254", Range::Metadata),
    ("::ffff:8.8.8.8", Range::Public),
    ("::ffff:0:127.0.0.1", Range::Reserved),
    ("64:ff9b::127.0.0.1", Range::Loopback),
    ("64:ff9b::a00:1", Range::Private),
    ("64:ff9b::169.254.169.254", Range::Metadata),
    ("64:ff9b::8.8.8.8", Range::Public),
    ("64:ff9b:1::1", Range::Private),
    ("100::1", Range::Reserved),
    ("2000::1", Range::Public),
    ("2001::1", Range::Reserved),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Range::Reserved),
    ("2001:2::1", Range::Reserved),
    ("2001:20::1", Range::Reserved),
    ("2001:200::1", Range::Public),
    ("2001:db8::1", Range::Reserved),
    ("2002:7f00:1::1", Range::Reserved),
    ("2002:808:808::1", Range::Reserved),
    ("2606:4700::1111", Range::Public),
    ("3fff::1", Range::Reserved),
    ("3fff:1000::1", Range::Public),
    ("4000::1", Range::Reserved),
    ("5f00::1", Range::Reserved),
    ("fc00::1", Range::UniqueLocal),
    ("fd00:ec2::254", Range::Metadata),
    ("fd20:ce::254", Range::Metadata),
    ("fdff::1", Range::UniqueLocal),
    ("fe80::1", Range::LinkLocal),
    ("fec0::1", Range::LinkLocal),
    ("ff02::1", Range::Multicast),
];

#[test]
fn every_special_range_is_known() {
    for (address, range) in ADDRESSES {
        let parsed: IpAddr = address.parse().expect("an address");
        assert_eq!(Range::of(parsed), *range, "{address}");
    }
}

fn url_of(address: &str) -> String {
    match address.contains(':') {
        true => format!("https://[{address}]/v1"),
        false => format!("https://{address}/v1"),
    }
}

fn check(url: &str, allow: &[&str]) -> Result<(), BaseUrlError> {
    validate_base_url(&Url::parse(url).expect("a URL"), &policy(allow))
}

#[test]
fn a_literal_address_is_open_if_it_is_public_or_listed() {
    for (address, range) in ADDRESSES {
        let open = check(&url_of(address), &[]);
        assert_eq!(open.is_ok(), *range == Range::Public, "{address}");
        assert_eq!(check(&url_of(address), &[address]), Ok(()), "{address} listed");
    }
}

/// Whatever a name resolves to, the connection goes to permitted addresses only. The refused ones
/// are never dialled: the lookup gives nothing else, and the error comes before any connection.
#[tokio::test]
async fn a_name_is_refused_if_nothing_that_it_resolves_to_is_open() {
    for (address, range) in ADDRESSES.iter().filter(|(_, range)| *range != Range::Public) {
        let names = Names::one("models.example", &[address]);
        let transport = transport_with("https://models.example/v1", &[], generous(), names);
        let error = transport.send(request()).await.expect_err("refused");
        assert!(
            matches!(error, ProviderError::AddressDenied { .. }),
            "{address} {range:?}: {error}"
        );
        assert_eq!(error.kind(), ProviderErrorKind::Denied);
        assert!(!error.to_string().contains(address), "{error}");
    }
}

#[test]
fn other_spellings_of_an_address_are_the_address() {
    for url in [
        "https://127.1/v1",
        "https://2130706433/v1",
        "https://0x7f000001/v1",
        "https://0177.0.0.1/v1",
        "https://127.0.0.1./v1",
        "https://①②⑦.0.0.1/v1",
        "https://0/v1",
        "https://[::ffff:7f00:1]/v1",
        "https://[0:0:0:0:0:ffff:127.0.0.1]/v1",
        "https://169.254.43518/v1",
    ] {
        assert_eq!(check(url, &[]), Err(BaseUrlError::Address), "{url}");
    }
}

#[tokio::test]
async fn localhost_in_every_spelling_is_refused() {
    for host in ["localhost", "LOCALHOST", "localhost.", "ip6-localhost.example"] {
        let lower: &'static str = Box::leak(host.to_lowercase().into_boxed_str());
        let names = Names::one(lower, &["127.0.0.1", "::1"]);
        let transport = transport_with(&format!("https://{host}/v1"), &[], generous(), names);
        let error = transport.send(request()).await.expect_err("refused");
        assert!(matches!(error, ProviderError::AddressDenied { .. }), "{host}: {error}");
    }
}

#[test]
fn a_base_url_says_what_is_wrong_with_it() {
    let table = [
        ("ftp://models.example/v1", BaseUrlError::Scheme),
        ("file:///etc/passwd", BaseUrlError::Scheme),
        ("https://user@models.example/v1", BaseUrlError::Credentials),
        ("https://user:secret@models.example/v1", BaseUrlError::Credentials),
        ("https://models.example/v1?key=secret", BaseUrlError::Query),
        ("https://models.example/v1#x", BaseUrlError::Query),
        ("https://models.example/a%2f..%2fb", BaseUrlError::Path),
        ("https://models.example//v1", BaseUrlError::Path),
        ("http://models.example/v1", BaseUrlError::ClearText),
        ("http://8.8.8.8/v1", BaseUrlError::ClearText),
        ("http://127.0.0.1/v1", BaseUrlError::ClearText),
        ("https://10.0.0.1/v1", BaseUrlError::Address),
    ];
    for (url, error) in table {
        assert_eq!(check(url, &[]), Err(error.clone()), "{url}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(check("https://models.example/v1", &[]), Ok(()));
    assert_eq!(check("https://models.example", &[]), Ok(()));
}

#[test]
fn an_exception_opens_what_it_names_and_nothing_beside_it() {
    let table: &[(&str, &str, bool)] = &[
        ("http://127.0.0.1:9911/v1", "127.0.0.1:9911", true),
        ("http://127.0.0.1:9912/v1", "127.0.0.1:9911", false),
        ("http://127.0.0.1:9911/v1", "127.0.0.1", true),
        ("http://127.0.0.2:9911/v1", "127.0.0.1", false),
        ("http://10.1.2.3/v1", "10.0.0.0/8", true),
        ("http://11.1.2.3/v1", "10.0.0.0/8", false),
        ("http://[fd12::1]:8080/v1", "fd00::/8", true),
        ("http://[::1]:8080/v1", "[::1]:8080", true),
        ("http://[::1]:8081/v1", "[::1]:8080", false),
        ("http://[::1]/v1", "127.0.0.1", false),
        ("http://[::ffff:127.0.0.1]/v1", "127.0.0.1", true),
        ("http://169.254.169.254/v1", "169.254.0.0/16", false),
        ("http://169.254.169.254/v1", "0.0.0.0/0", false),
        ("http://169.254.169.254/v1", "169.254.169.254", true),
        ("http://ollama.internal:11434/v1", "ollama.internal", true),
        ("http://OLLAMA.internal.:11434/v1", "ollama.internal:11434", true),
        ("http://ollama.internal:11435/v1", "ollama.internal:11434", false),
        ("http://evil-ollama.internal/v1", "ollama.internal", false),
        ("http://ollama.internal.evil.example/v1", "ollama.internal", false),
    ];
    for (url, allow, open) in table {
        assert_eq!(check(url, &[allow]).is_ok(), *open, "{url} with {allow}");
    }
}

#[test]
fn an_exception_reads_back_as_it_was_written_or_is_refused() {
    for text in [
        "localhost",
        "localhost:11434",
        "ollama.internal",
        "127.0.0.1",
        "127.0.0.1:9911",
        "::1",
        "[::1]:8080",
        "10.0.0.0/8",
        "fd00::/8",
    ] {
        let allow: AllowPrivate = text.parse().expect("an exception");
        assert_eq!(allow.to_string(), text);
    }
    for text in [
        "",
        " ",
        "http://localhost",
        "localhost/v1",
        "host:",
        "host:0",
        "host:65536",
        "host:http",
        "[::1",
        "10.0.0.0/33",
        "*",
        "*.internal",
        "user@host",
        ".",
        ":80",
    ] {
        let refused = text.parse::<AllowPrivate>().expect_err("refused");
        assert!(refused.to_string().contains(text), "{refused}");
    }
}

#[tokio::test]
async fn a_host_exception_opens_private_networks_but_no_metadata() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let port = server.address().port();
    let url = format!("http://models.internal:{port}/v1");
    let listed = format!("models.internal:{port}");
    let names = Names::one("models.internal", &["127.0.0.1"]);
    let transport = transport_with(&url, &[&listed], generous(), names);
    assert_eq!(transport.send(request()).await.expect("open").status, 200);
    // The name may come to resolve to anything; its exception doesn't cover these.
    for address in [
        "169.254.169.254",
        "169.254.1.1",
        "168.63.129.16",
        "0.0.0.0",
        "224.0.0.1",
        "fe80::1",
        "8.8.8.8",
    ] {
        let names = Names::one("models.internal", &[address]);
        let transport = transport_with(&url, &[&listed], generous(), names);
        let error = transport.send(request()).await.expect_err("refused");
        assert!(matches!(error, ProviderError::AddressDenied { .. }), "{address}: {error}");
    }
}

#[tokio::test]
async fn of_mixed_answers_only_the_permitted_addresses_are_dialled() {
    let permitted = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = permitted.local_addr().expect("an address").port();
    let refused = TcpListener::bind(("127.0.0.2", port)).expect("the same port");
    refused.set_nonblocking(true).expect("non-blocking");
    let accepted = std::thread::spawn(move || drop(permitted.accept().expect("a connection")));
    // The refused address comes first, and would be dialled first.
    let names = Names::one("models.example", &["127.0.0.2", "127.0.0.1"]);
    let listed = format!("127.0.0.1:{port}");
    let url = format!("https://models.example:{port}/v1");
    let transport = transport_with(&url, &[&listed], generous(), names);
    let error = transport.send(request()).await.expect_err("the server closes at once");
    assert!(matches!(error, ProviderError::Unavailable { .. }), "{error}");
    accepted.join().expect("the permitted address was dialled");
    let dialled = refused.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(dialled, Err(std::io::ErrorKind::WouldBlock));
}

#[tokio::test]
async fn clear_text_goes_to_exceptions_only_even_if_the_name_is_listed() {
    let names = Names::one("models.internal", &["8.8.8.8"]);
    let url = "http://models.internal/v1";
    let transport = transport_with(url, &["models.internal"], generous(), names);
    let error = transport.send(request()).await.expect_err("refused");
    assert!(matches!(error, ProviderError::AddressDenied { .. }), "{error}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_unavailable_not_denied() {
    let names = Names::one("other.example", &["8.8.8.8"]);
    let transport = transport_with("https://models.example/v1", &[], generous(), names);
    let error = transport.send(request()).await.expect_err("no address");
    assert!(matches!(error, ProviderError::Unavailable { .. }), "{error}");
}

#[test]
fn a_transport_is_not_made_for_a_base_url_that_is_refused() {
    let egress =
        palisade_provider::EgressClient::with(policy(&[]), generous(), Arc::new(SystemLookup))
            .expect("a client");
    let settings = crate::server::settings("http://127.0.0.1:1/v1");
    let keys = Arc::new(crate::server::Keys(None));
    let refused = HttpTransport::new(settings, egress, keys).err().expect("refused");
    assert!(refused.to_string().contains("egress.allow_private"), "{refused}");
}

proptest! {
    /// However an IPv4 address is wrapped for delivery, it has the range of the address itself.
    #[test]
    fn a_wrapped_address_is_as_open_as_the_address(bits: u32) {
        let v4 = std::net::Ipv4Addr::from(bits);
        let range = Range::of(v4.into());
        prop_assert_eq!(Range::of(v4.to_ipv6_mapped().into()), range);
        let [a, b, c, d] = v4.octets().map(u16::from);
        let nat64 = std::net::Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a << 8 | b, c << 8 | d);
        prop_assert_eq!(Range::of(nat64.into()), range);
    }
}
