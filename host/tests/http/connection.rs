//! Real connections: clients that leave, and a host that stops.

use std::time::Duration;

use palisade::http::{Workers, serve};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::support::{EDITOR, with_own_host};

/// Bounds every wait; nothing is expected to take this long.
const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_client_that_leaves_ends_its_turn_and_the_call_to_the_provider() {
    let provider = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    provider.set_nonblocking(true).expect("usable by tokio");
    let address = provider.local_addr().expect("an address");
    let configuration = format!(
        "[[providers]]\nid = \"silent\"\nkind = \"openai-compatible\"\n\
         base_url = \"http://{address}/v1\"\nallowed_models = [\"m\"]\n\
         [egress]\nallow_private = [\"{address}\"]\n"
    );
    with_own_host(&configuration, async |host| {
        let provider = TcpListener::from_std(provider).expect("usable");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let edge = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(
            listener,
            host.router.clone(),
            shutdown.clone(),
            Workers::start().expect("threads"),
        ));

        let body = json!({
            "provider": "silent",
            "model": "m",
            "messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}],
        })
        .to_string();
        let mut client = TcpStream::connect(edge).await.expect("connected");
        let request = format!(
            "POST /ai/chat HTTP/1.1\r\nhost: {edge}\r\nauthorization: Bearer {EDITOR}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        client.write_all(request.as_bytes()).await.expect("sent");
        let accepted = timeout(LONG, provider.accept()).await.expect("the provider is called");
        let (mut called, _) = accepted.expect("connected");
        let mut seen = vec![0; 64 * 1024];
        let count = timeout(LONG, called.read(&mut seen)).await.expect("in time").expect("read");
        assert!(seen[..count].starts_with(b"POST /v1/chat/completions"));

        drop(client);
        // The end of the connection, orderly or not, after what is left of the request.
        let ended = timeout(LONG, async {
            while !matches!(called.read(&mut seen).await, Ok(0) | Err(_)) {}
        });
        ended.await.expect("the call to the provider is given up");

        shutdown.cancel();
        timeout(LONG, serving).await.expect("stops in time").expect("stops in good order");
    });
}

#[test]
fn a_host_that_stops_closes_idle_connections_and_answers_what_runs() {
    with_own_host("", async |host| {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let edge = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let serving = tokio::spawn(serve(
            listener,
            host.router.clone(),
            shutdown.clone(),
            Workers::start().expect("threads"),
        ));
        let mut idle = TcpStream::connect(edge).await.expect("connected");
        idle.write_all(b"GET /server/ping HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        let mut seen = vec![0; 4096];
        let count = timeout(LONG, idle.read(&mut seen)).await.expect("in time").expect("read");
        assert!(seen[..count].starts_with(b"HTTP/1.1 200"));
        shutdown.cancel();
        let count = timeout(LONG, idle.read(&mut seen)).await.expect("in time").expect("read");
        assert_eq!(count, 0, "closed");
        timeout(LONG, serving).await.expect("stops in time").expect("stops in good order");
        assert!(TcpStream::connect(edge).await.is_err(), "nobody listens any more");
    });
}
