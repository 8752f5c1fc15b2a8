//! What goes over the wire, what comes back, and what happens when it doesn't.

use std::{error::Error, sync::Arc, time::Duration};

use futures_util::{StreamExt, TryStreamExt};
use palisade_provider::{
    EgressClient, HttpTransport, ProviderError, ProviderErrorKind, ProviderKind, ProviderRequest,
    ProviderSettings, ProviderTransport, SystemLookup,
};
use tokio::io::AsyncReadExt;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{any, header, method, path},
};

use crate::server::{
    KEY, Keys, Names, generous, limits, policy, raw_server, request, settings, transport,
    transport_with, write,
};

pub(crate) async fn server_with(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

pub(crate) async fn only_request(server: &MockServer) -> Request {
    let mut requests = server.received_requests().await.expect("recorded");
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

#[tokio::test]
async fn a_request_carries_key_and_json_to_the_configured_path() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/proxy/v1/chat/completions"))
        .and(header("authorization", format!("Bearer {KEY}").as_str()))
        .and(header("content-type", "application/json"))
        .and(header("accept-encoding", "identity"))
        .respond_with(ResponseTemplate::new(200).set_body_string("data: [DONE]\n\n"))
        .mount(&server)
        .await;
    for base in ["/proxy/v1", "/proxy/v1/"] {
        let transport = transport(&format!("{}{base}", server.uri()), generous());
        let response = transport.send(request()).await.expect("an answer");
        assert_eq!(response.status, 200);
        let body: Vec<_> = response.body.try_collect().await.expect("complete");
        assert_eq!(body.concat(), b"data: [DONE]\n\n");
    }
    for received in server.received_requests().await.expect("recorded") {
        assert_eq!(received.body, b"{}");
        assert!(received.headers.get("cookie").is_none());
        assert!(received.headers.get("referer").is_none());
    }
}

#[tokio::test]
async fn no_path_but_the_kind_s_own_is_called() {
    let server = server_with(ResponseTemplate::new(200)).await;
    let transport = transport(&format!("{}/v1", server.uri()), generous());
    for path in [
        "",
        "/",
        "/chat/completions",
        "chat/completions/",
        "chat//completions",
        "chat/completions?x=1",
        "chat/completions#x",
        "../chat/completions",
        "chat/../models",
        "chat/%2e%2e/models",
        "chat%2fcompletions",
        "chat\\completions",
        "models",
        "Chat/Completions",
        "chat/completions\r\n",
        "https://evil.example/chat/completions",
        "//evil.example/",
        "@evil.example",
    ] {
        let refused = transport.send(ProviderRequest { path: path.into(), ..request() }).await;
        let error = refused.expect_err("refused");
        assert!(matches!(error, ProviderError::PathDenied { .. }), "{path}: {error}");
        assert!(!error.to_string().contains('\r'), "{error}");
    }
    assert_eq!(server.received_requests().await.expect("recorded").len(), 0);
}

#[tokio::test]
async fn the_guest_adds_listed_headers_and_no_others() {
    let server = server_with(ResponseTemplate::new(200)).await;
    let transport = transport(&format!("{}/v1", server.uri()), generous());
    let send = |headers: &[(&str, &str)]| {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        transport.send(ProviderRequest { headers, ..request() })
    };
    for headers in [
        &[("authorization", "Bearer other")][..],
        &[("Authorization", "Bearer other")],
        &[("host", "evil.example")],
        &[("content-type", "text/plain")],
        &[("content-length", "0")],
        &[("transfer-encoding", "chunked")],
        &[("connection", "close")],
        &[("accept-encoding", "gzip")],
        &[("proxy-authorization", "x")],
        &[("cookie", "a=b")],
        &[("x-api-key", "x")],
        &[("openai-organization", "x")],
        &[("", "x")],
        &[("x-client-request-id", "two\r\nlines: 1")],
        &[("x-client-request-id", "ünïcode")],
        &[("X-Client-Request-Id", "upper")],
        &[("x-client-request-id", "1"); 17],
    ] {
        let error = send(headers).await.expect_err("refused");
        assert!(matches!(error, ProviderError::HeaderDenied { .. }), "{headers:?}: {error}");
    }
    assert_eq!(server.received_requests().await.expect("recorded").len(), 0);
    send(&[("x-client-request-id", "42"), ("idempotency-key", "abc")]).await.expect("an answer");
    let received = only_request(&server).await;
    assert_eq!(received.headers.get("x-client-request-id").expect("sent"), "42");
    assert_eq!(received.headers.get("idempotency-key").expect("sent"), "abc");
}

#[tokio::test]
async fn the_guest_sees_listed_response_headers_and_no_others() {
    let response = ResponseTemplate::new(429)
        .insert_header("retry-after", "7")
        .insert_header("retry-after-ms", "7000")
        .insert_header("x-should-retry", "true")
        .insert_header("x-request-id", "req_1")
        .insert_header("request-id", "req_2")
        .insert_header("set-cookie", "session=secret")
        .insert_header("openai-organization", "acme")
        .insert_header("server", "nginx")
        .set_body_raw("{}", "application/json");
    let server = server_with(response).await;
    let transport = transport(&format!("{}/v1", server.uri()), generous());
    let response = transport.send(request()).await.expect("an error status is an answer");
    assert_eq!(response.status, 429);
    let pairs = [
        ("content-type", "application/json"),
        ("retry-after", "7"),
        ("retry-after-ms", "7000"),
        ("x-should-retry", "true"),
        ("x-request-id", "req_1"),
        ("request-id", "req_2"),
    ];
    assert_eq!(response.headers, pairs.map(|(n, v)| (n.to_owned(), v.to_owned())));
}

#[tokio::test]
async fn a_redirect_is_an_error_and_nothing_goes_where_it_points() {
    for status in [301, 302, 303, 307, 308, 304, 300] {
        let target = server_with(ResponseTemplate::new(200)).await;
        let response = ResponseTemplate::new(status)
            .insert_header("location", format!("{}/v1/chat/completions", target.uri()));
        let server = server_with(response).await;
        let transport = transport(&format!("{}/v1", server.uri()), generous());
        let error = transport.send(request()).await.expect_err("refused");
        assert!(
            matches!(error, ProviderError::Redirect { status: s, .. } if s == status),
            "{error}"
        );
        assert_eq!((error.kind(), error.code()), (ProviderErrorKind::Denied, "PROVIDER_REDIRECT"));
        assert!(!error.to_string().contains(&target.uri()), "{error}");
        assert_eq!(target.received_requests().await.expect("recorded").len(), 0);
    }
}

#[tokio::test]
async fn without_a_key_nothing_is_sent_unless_none_is_needed() {
    let server = server_with(ResponseTemplate::new(200)).await;
    let url = format!("{}/v1", server.uri());
    let make = |requires_key, key| {
        let egress = EgressClient::with(policy(&["127.0.0.1"]), generous(), Arc::new(SystemLookup));
        let settings = ProviderSettings { requires_key, ..settings(&url) };
        HttpTransport::new(settings, egress.expect("a client"), Arc::new(Keys(key))).expect("made")
    };
    let error = make(true, None).send(request()).await.expect_err("no key");
    assert!(matches!(error, ProviderError::NoKey { .. }), "{error}");
    assert!(error.to_string().contains("palisade keys set test"), "{error}");
    let error = make(true, Some("line\nbreak")).send(request()).await.expect_err("no key");
    assert!(matches!(error, ProviderError::MalformedKey { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("break\""), "{error:?}");
    assert_eq!(server.received_requests().await.expect("recorded").len(), 0);
    make(false, None).send(request()).await.expect("an answer");
    assert!(only_request(&server).await.headers.get("authorization").is_none());
}

#[test]
fn the_demo_model_has_no_transport() {
    let egress =
        EgressClient::with(policy(&[]), generous(), Arc::new(SystemLookup)).expect("a client");
    let settings =
        ProviderSettings { kind: ProviderKind::Demo, ..settings("https://models.example") };
    let error = HttpTransport::new(settings, egress, Arc::new(Keys(None))).err().expect("refused");
    assert!(error.to_string().contains("demo"), "{error}");
}

#[tokio::test]
async fn a_piece_arrives_before_the_next_is_sent() {
    let (seen, was_seen) = tokio::sync::oneshot::channel::<()>();
    let (url, served) = raw_server(|mut stream| async move {
        write(&mut stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\none\n\n\r\n")
            .await;
        was_seen.await.expect("the first piece was read");
        write(&mut stream, "5\r\ntwo\n\n\r\n0\r\n\r\n").await;
    })
    .await;
    let mut response = transport(&url, generous()).send(request()).await.expect("an answer");
    assert_eq!(response.body.next().await.expect("a piece").expect("bytes"), "one\n\n");
    seen.send(()).expect("the server waits");
    assert_eq!(response.body.next().await.expect("a piece").expect("bytes"), "two\n\n");
    assert!(response.body.next().await.is_none());
    served.await.expect("served");
}

#[tokio::test]
async fn dropping_the_body_closes_the_connection_within_a_second() {
    let (url, served) = raw_server(|mut stream| async move {
        write(&mut stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
            .await;
        let mut rest = Vec::new();
        let closed =
            tokio::time::timeout(Duration::from_secs(1), stream.read_to_end(&mut rest)).await;
        closed.is_ok()
    })
    .await;
    let mut response = transport(&url, generous()).send(request()).await.expect("an answer");
    assert_eq!(response.body.next().await.expect("a piece").expect("bytes"), "one");
    drop(response);
    assert!(served.await.expect("served"), "the connection is still open");
}

#[tokio::test]
async fn dropping_the_request_closes_the_connection_too() {
    let (url, served) = raw_server(|mut stream| async move {
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await.is_ok()
    })
    .await;
    let transport = transport(&url, generous());
    let cancelled =
        tokio::time::timeout(Duration::from_millis(300), transport.send(request())).await;
    assert!(cancelled.is_err(), "the server never answers");
    assert!(served.await.expect("served"), "the connection is still open");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_cut() {
    for head in ["transfer-encoding: chunked\r\n\r\n3\r\none\r\n", "content-length: 100\r\n\r\none"]
    {
        let (url, served) = raw_server(move |mut stream| async move {
            write(&mut stream, &format!("HTTP/1.1 200 OK\r\n{head}")).await;
        })
        .await;
        let response = transport(&url, generous()).send(request()).await.expect("an answer");
        let pieces: Vec<_> = response.body.collect().await;
        served.await.expect("served");
        assert_eq!(pieces.len(), 2, "a piece, then the error, then the end");
        let error = pieces.into_iter().nth(1).expect("two").expect_err("cut");
        assert_eq!((error.kind(), error.code()), (ProviderErrorKind::Unavailable, "PROVIDER_CUT"));
    }
}

#[tokio::test]
async fn silence_before_the_headers_is_a_time_out() {
    let (url, served) = raw_server(|mut stream| async move {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    let error = transport(&url, limits(200)).send(request()).await.expect_err("no answer");
    assert_eq!((error.kind(), error.code()), (ProviderErrorKind::Timeout, "PROVIDER_TIMEOUT"));
    served.await.expect("the connection was closed");
}

#[tokio::test]
async fn silence_in_the_body_is_a_time_out_and_closes_the_connection() {
    let (url, served) = raw_server(|mut stream| async move {
        write(&mut stream, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
            .await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    let response = transport(&url, limits(300)).send(request()).await.expect("an answer");
    let pieces: Vec<_> = response.body.collect().await;
    let error = pieces.into_iter().next_back().expect("pieces").expect_err("silence");
    assert_eq!(error.kind(), ProviderErrorKind::Timeout);
    served.await.expect("the connection was closed");
}

#[tokio::test]
async fn a_refused_connection_is_unavailable_and_the_error_holds_no_secret() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/v1/secret-path", listener.local_addr().expect("an address"));
    drop(listener);
    let error = transport(&url, generous()).send(request()).await.expect_err("no server");
    assert_eq!(
        (error.kind(), error.code()),
        (ProviderErrorKind::Unavailable, "PROVIDER_UNAVAILABLE")
    );
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&cause.to_string());
        source = cause.source();
    }
    assert!(!shown.contains(KEY) && !shown.contains("secret-path"), "{shown}");
}

#[tokio::test]
async fn an_address_is_checked_again_for_each_connection() {
    // The name is fine at first and then points inside: connections that were made stay, no new one
    // is made.
    let server = server_with(ResponseTemplate::new(200).insert_header("connection", "close")).await;
    let port = server.address().port();
    let url = format!("http://models.internal:{port}/v1");
    let names = Arc::new(Rebinding(std::sync::atomic::AtomicUsize::new(0)));
    let transport = transport_with(&url, &["models.internal"], generous(), names);
    let response = transport.send(request()).await.expect("an answer");
    let _: Vec<_> = response.body.try_collect().await.expect("complete");
    let error = transport.send(request()).await.expect_err("refused");
    assert!(matches!(error, ProviderError::AddressDenied { .. }), "{error}");
}

/// Resolves to loopback once, then to the metadata service.
struct Rebinding(std::sync::atomic::AtomicUsize);

#[async_trait::async_trait]
impl palisade_provider::NameLookup for Rebinding {
    async fn lookup(&self, _host: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        let before = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let address = if before == 0 { "127.0.0.1" } else { "169.254.169.254" };
        Ok(vec![address.parse().expect("an address")])
    }
}

#[tokio::test]
async fn an_exception_for_one_port_is_none_for_another() {
    let server = server_with(ResponseTemplate::new(200)).await;
    let port = server.address().port();
    let names = || Names::one("models.internal", &["127.0.0.1"]);
    let open = format!("http://models.internal:{port}/v1");
    let listed = format!("models.internal:{port}");
    let other = format!("models.internal:{}", if port == 1 { 2 } else { port - 1 });
    assert!(transport_with(&open, &[&listed], generous(), names()).send(request()).await.is_ok());
    // Over TLS the URL itself is acceptable; its address is refused for this port.
    let closed = format!("https://models.internal:{port}/v1");
    let error = transport_with(&closed, &[&other], generous(), names()).send(request()).await;
    assert!(matches!(error, Err(ProviderError::AddressDenied { .. })));
}
