//! Where a component's requests can't go, whatever was granted.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use axum::{Router, body::Bytes, http::HeaderMap, response::IntoResponse, routing::any};
use palisade_provider::{AllowPrivate, EgressClient, EgressLimits, EgressPolicy, NameLookup};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Bench, get, http};

/// The one address that the administrator excepts.
const ALLOWED: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const FORBIDDEN: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A server that gives back what it gets.
pub(crate) struct Remote {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Remote {
    pub(crate) async fn start(ip: Ipv4Addr, port: u16) -> Self {
        let listener = TcpListener::bind((ip, port)).await.expect("an address");
        let address = listener.local_addr().expect("an address");
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let told = Arc::clone(&heard);
        let echo = move |headers: HeaderMap, body: Bytes| {
            let told = Arc::clone(&told);
            async move {
                let text = |name: &str| {
                    headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned()
                };
                let authorization = text("authorization");
                told.lock().expect("a list").push(authorization.clone());
                let location = text("x-go-to");
                let status = if location.is_empty() { 200 } else { 302 };
                let echo = json!({
                    "authorization": authorization,
                    "body": String::from_utf8_lossy(&body),
                });
                let status = axum::http::StatusCode::from_u16(status).expect("a status");
                let headers = [
                    ("location", location),
                    ("x-echo", authorization),
                    ("set-cookie", "a=b".to_owned()),
                    ("connection", "close".to_owned()),
                ];
                (status, headers, echo.to_string()).into_response()
            }
        };
        let router = Router::new().fallback(any(echo));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, heard }
    }

    /// The `authorization` headers that came.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("a list").clone()
    }
}

/// Looks a name up as if its owner gave another address each time.
struct Rebinding(Mutex<VecDeque<IpAddr>>);

#[async_trait]
impl NameLookup for Rebinding {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let next = self.0.lock().expect("a list").pop_front();
        Ok(next.into_iter().collect())
    }
}

/// A client for which `addresses` are what names resolve to, one after another.
pub(crate) fn client(addresses: &[IpAddr]) -> EgressClient {
    let allow: AllowPrivate = ALLOWED.to_string().parse().expect("an exception");
    let policy = EgressPolicy { allow_private: vec![allow] };
    let lookup = Rebinding(Mutex::new(addresses.iter().copied().collect()));
    EgressClient::with(policy, EgressLimits::default(), Arc::new(lookup)).expect("a client")
}

#[tokio::test]
async fn private_addresses_are_refused_like_what_was_never_granted() {
    let bench = Bench::new().await;
    for origin in [
        "https://127.0.0.1",
        "http://127.0.0.1:9",
        "https://[::1]",
        "https://169.254.169.254",
        "https://10.0.0.1",
        "https://[fe80::1]",
        "https://0.0.0.0",
        "https://localhost",
    ] {
        let url = format!("{origin}/");
        let (code, message) = bench.failure(&http(origin), get(&url)).await;
        assert_eq!(code, "NOT_GRANTED", "{origin}: {message}");
        assert_eq!(message, "The administrator hasn't granted this to the tool.");
    }
}

#[tokio::test]
async fn a_name_that_resolves_privately_at_the_second_look_up_gains_nothing() {
    let remote = Remote::start(ALLOWED, 0).await;
    let inside = Remote::start(FORBIDDEN, remote.address.port()).await;
    let bench = Bench::with(client(&[ALLOWED.into(), FORBIDDEN.into()])).await;
    let origin = format!("http://first.example:{}", remote.address.port());
    let answers = bench.answers(&http(&origin), json!([get("{origin:first}/one")])).await;
    assert_eq!(answers[0]["status"], 200);
    let (code, _) = bench.failure(&http(&origin), get("{origin:first}/two")).await;
    assert_eq!(code, "NOT_GRANTED");
    assert_eq!((remote.heard().len(), inside.heard().len()), (1, 0));
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let remote = Remote::start(ALLOWED, 0).await;
    let inside = Remote::start(FORBIDDEN, 0).await;
    let bench = Bench::with(client(&[])).await;
    let origin = format!("http://{}", remote.address);
    let target = format!("http://{}/", inside.address);
    let deed = json!({"try": "http", "method": "GET", "url": "{origin:first}/",
        "headers": [["x-go-to", target]], "body": null});
    let answers: Vec<Value> = bench.answers(&http(&origin), json!([deed])).await;
    assert_eq!(answers[0]["status"], 302);
    let names: Vec<_> = answers[0]["headers"]
        .as_array()
        .expect("headers")
        .iter()
        .filter_map(|header| header[0].as_str())
        .collect();
    assert!(names.contains(&"location") && !names.contains(&"set-cookie"), "{names:?}");
    assert_eq!(bench.failure(&http(&origin), get(&target)).await.0, "NOT_GRANTED");
    assert_eq!((remote.heard().len(), inside.heard().len()), (1, 0));
}
