//! What differs from kind to kind: where a request goes, and which header takes the key there.

use futures_util::TryStreamExt;
use palisade_provider::{ProviderError, ProviderKind, ProviderRequest, ProviderTransport};
use wiremock::ResponseTemplate;

use crate::{
    server::{KEY, request, transport_of},
    transport::{only_request, server_with},
};

/// A request of a kind, and how it looks on the wire.
struct Case {
    kind: ProviderKind,
    base: &'static str,
    path: &'static str,
    /// Path and query behind the origin.
    target: &'static str,
    header: &'static str,
    prefix: &'static str,
}

const CASES: [Case; 5] = [
    Case {
        kind: ProviderKind::OpenAi,
        base: "/v1",
        path: "responses",
        target: "/v1/responses",
        header: "authorization",
        prefix: "Bearer ",
    },
    Case {
        kind: ProviderKind::OpenAi,
        base: "/v1/",
        path: "chat/completions",
        target: "/v1/chat/completions",
        header: "authorization",
        prefix: "Bearer ",
    },
    Case {
        kind: ProviderKind::OpenAiCompatible,
        base: "/v1",
        path: "chat/completions",
        target: "/v1/chat/completions",
        header: "authorization",
        prefix: "Bearer ",
    },
    Case {
        kind: ProviderKind::Anthropic,
        base: "",
        path: "v1/messages",
        target: "/v1/messages",
        header: "x-api-key",
        prefix: "",
    },
    Case {
        kind: ProviderKind::Google,
        base: "/v1beta",
        path: "models/gemini-2.5-flash:streamGenerateContent",
        target: "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        header: "x-goog-api-key",
        prefix: "",
    },
];

impl Case {
    fn request(&self) -> ProviderRequest {
        ProviderRequest { path: self.path.into(), ..request() }
    }
}

#[tokio::test]
async fn the_key_is_in_one_header_of_the_request_and_nowhere_else() {
    for case in CASES {
        let server = server_with(ResponseTemplate::new(200).set_body_string("data: {}\n\n")).await;
        let base = format!("{}{}", server.uri(), case.base);
        let transport = transport_of(case.kind, &base, &["127.0.0.1"]);
        let response = transport.send(case.request()).await.expect("an answer");
        assert!(!format!("{response:?}").contains(KEY));
        let body: Vec<_> = response.body.try_collect().await.expect("complete");
        assert_eq!(body.concat(), b"data: {}\n\n");

        let received = only_request(&server).await;
        let target = &received.url[url::Position::BeforePath..];
        assert_eq!(target, case.target, "{}", case.kind);
        let holding: Vec<_> = received
            .headers
            .iter()
            .filter(|(_, value)| value.to_str().is_ok_and(|value| value.contains(KEY)))
            .map(|(name, value)| (name.as_str(), value.to_str().expect("text")))
            .collect();
        let value = format!("{}{KEY}", case.prefix);
        assert_eq!(holding, [(case.header, value.as_str())], "{}", case.kind);
        assert!(!target.contains(KEY) && received.body == b"{}");
        for other in ["authorization", "x-api-key", "x-goog-api-key"] {
            assert_eq!(received.headers.contains_key(other), other == case.header, "{other}");
        }
    }
}

#[tokio::test]
async fn no_redirect_takes_a_key_along() {
    for case in CASES {
        let target = server_with(ResponseTemplate::new(200)).await;
        let redirect = ResponseTemplate::new(307)
            .insert_header("location", format!("{}{}", target.uri(), case.target));
        let server = server_with(redirect).await;
        let base = format!("{}{}", server.uri(), case.base);
        let transport = transport_of(case.kind, &base, &["127.0.0.1"]);
        let error = transport.send(case.request()).await.expect_err("refused");
        assert!(matches!(error, ProviderError::Redirect { status: 307, .. }), "{error}");
        assert_eq!(target.received_requests().await.expect("recorded").len(), 0, "{}", case.kind);
    }
}

#[tokio::test]
async fn no_private_address_gets_a_key() {
    for case in CASES {
        let server = server_with(ResponseTemplate::new(200)).await;
        // The name is fine; what it resolves to isn't.
        let base = format!("https://localhost:{}{}", server.address().port(), case.base);
        let transport = transport_of(case.kind, &base, &[]);
        let error = transport.send(case.request()).await.expect_err("refused");
        assert!(matches!(error, ProviderError::AddressDenied { .. }), "{}: {error}", case.kind);
        assert_eq!(server.received_requests().await.expect("recorded").len(), 0);
    }
}

#[tokio::test]
async fn the_paths_of_other_kinds_and_their_like_are_refused() {
    const OTHERS: [&str; 18] = [
        "responses",
        "chat/completions",
        "v1/messages",
        "messages",
        "v1/messages/batches",
        "v1/messages?beta=true",
        "v1/files",
        "v1/../v1/messages",
        "responses/input_tokens",
        "models/a:streamGenerateContent",
        "models/a:streamGenerateContent?key=x",
        "models/a:streamGenerateContent?alt=sse",
        "models/a/b:streamGenerateContent",
        "models/../a:streamGenerateContent",
        "models/a%2f..:streamGenerateContent",
        "models/:streamGenerateContent",
        "models/a:generateContent",
        "tunedModels/a:streamGenerateContent",
    ];
    let own = |kind| match kind {
        ProviderKind::OpenAi => &["responses", "chat/completions"][..],
        ProviderKind::OpenAiCompatible => &["chat/completions"],
        ProviderKind::Anthropic => &["v1/messages"],
        _ => &["models/a:streamGenerateContent"],
    };
    let server = server_with(ResponseTemplate::new(200)).await;
    for case in CASES {
        let base = format!("{}{}", server.uri(), case.base);
        let transport = transport_of(case.kind, &base, &["127.0.0.1"]);
        for path in OTHERS.into_iter().filter(|path| !own(case.kind).contains(path)) {
            let refused = transport.send(ProviderRequest { path: path.into(), ..request() }).await;
            let error = refused.expect_err(path);
            assert!(matches!(error, ProviderError::PathDenied { .. }), "{path}: {error}");
        }
    }
    assert_eq!(server.received_requests().await.expect("recorded").len(), 0);
}

#[tokio::test]
async fn the_guest_names_the_version_of_anthropic_s_api_and_no_key() {
    let server = server_with(ResponseTemplate::new(200)).await;
    let transport = transport_of(ProviderKind::Anthropic, &server.uri(), &["127.0.0.1"]);
    let send = |name: &str, value: &str| {
        transport.send(ProviderRequest {
            path: "v1/messages".into(),
            headers: vec![(name.to_owned(), value.to_owned())],
            body: "{}".into(),
        })
    };
    for name in ["x-api-key", "authorization", "anthropic-beta", "x-goog-api-key"] {
        let error = send(name, "x").await.expect_err("refused");
        assert!(matches!(error, ProviderError::HeaderDenied { .. }), "{name}: {error}");
    }
    send("anthropic-version", "2023-06-01").await.expect("an answer");
    let received = only_request(&server).await;
    assert_eq!(received.headers.get("anthropic-version").expect("sent"), "2023-06-01");
}
