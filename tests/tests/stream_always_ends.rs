//! Whatever happens, a stream ends: with an `error` chunk and `[DONE]`, and with a row in the ledger.
//! When the client leaves, the provider's connection closes.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

#[path = "../../host/crates/sandbox/tests/sandbox/support/guest.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "one builder of guests for all tests")]
mod guest;

use std::{fs, net::SocketAddr};

use guest::{Chunk, Guest};
use palisade_tests::{
    fake::{FakeOptions, FakeProvider, Outcome},
    host::{Folder, FolderOptions, Host, Person, Role, Stage, eventually, question},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpSocket;

/// What a turn's stream says at its end, and the outcomes in the ledger of its last turn and its last
/// provider call.
async fn end(host: &Host, body: &Value) -> (String, Value, Value) {
    let answer = host.chat(Person::of(Role::Editor), body).await.expect("a stream with [DONE]");
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.text.matches("[DONE]").count(), 1, "{}", answer.text);
    let error = answer.error().unwrap_or_default().to_owned();
    (error, last(host, "turn").await, last(host, "provider_call").await)
}

/// The outcome of the newest row of a kind.
async fn last(host: &Host, kind: &str) -> Value {
    let path = format!("/ai/admin/ledger?kind={kind}&limit=1");
    let admin = Person::of(Role::Admin);
    let (_, body) = host.json(Method::GET, &path, admin, None).await.expect("an answer");
    body["data"][0]["outcome"].clone()
}

#[tokio::test]
async fn a_provider_that_fails() {
    let stage = Stage::with_approvals("writes").await.expect("a stage");
    let cut = "The connection to the AI provider broke off, so the answer is incomplete. Please try \
               again.";
    for (scenario, message, call) in [
        ("cut", cut, "PROVIDER_CUT"),
        ("cut-in-tool-call", cut, "PROVIDER_CUT"),
        ("ends-early", cut, "ok"),
        (
            "html",
            "What answered is not an AI provider's stream. An administrator has to check the \
             provider's base URL, and whether a proxy stands in between.",
            "ok",
        ),
        (
            "error-event",
            "The AI provider can't answer at the moment. Please try again in a minute.",
            "ok",
        ),
        (
            "malformed-event",
            "The AI provider sent something that can't be understood, so the answer is incomplete. \
             Please try again.",
            "ok",
        ),
        ("empty-stream", "The model gave an empty answer. Please try again or rephrase.", "ok"),
        (
            "error-500",
            "The AI provider can't answer at the moment. Please try again in a minute.",
            "HTTP_500",
        ),
        (
            "error-429",
            "The AI provider gets too many requests at the moment. Please try again in a minute.",
            "HTTP_429",
        ),
    ] {
        let body = question(&format!("scenario:{scenario}"), "Hello");
        let (error, turn, provider_call) = end(&stage.host, &body).await;
        assert_eq!(error, message, "{scenario}");
        assert_eq!((turn, provider_call), (json!("ERROR"), json!(call)), "{scenario}");
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there() {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    // A port that is taken, and where nobody listens.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    let options = FolderOptions {
        base_url: Some(format!("http://{address}/v1")),
        allow_private: Some(vec![address]),
        ..FolderOptions::default()
    };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    let host = folder.serve().await.expect("a host");
    let (error, turn, call) = end(&host, &question("scenario:hello", "Hello")).await;
    assert_eq!(error, "The provider \"fake\" could not be reached.");
    assert_eq!((turn, call), (json!("ERROR"), json!("PROVIDER_UNAVAILABLE")));
}

#[tokio::test]
async fn a_turn_that_takes_too_long() {
    let tables = "[limits]\nturn_seconds = 1".to_owned();
    let options = FolderOptions { tables, ..FolderOptions::default() };
    let stage = Stage::start(options).await.expect("a stage");
    for scenario in ["hang", "stall"] {
        let body = question(&format!("scenario:{scenario}"), "Hello");
        let (error, turn, _) = end(&stage.host, &body).await;
        assert_eq!(
            error, "The assistant was stopped because the answer took too long.",
            "{scenario}"
        );
        assert_eq!(turn, "TURN_TIMEOUT", "{scenario}");
        let closed = async || {
            let last = stage.provider.requests().pop();
            Ok(last.filter(|request| request.outcome == Outcome::ClientClosed))
        };
        eventually("the provider's connection closes", closed).await.expect(scenario);
    }
}

#[tokio::test]
async fn a_guest_that_faults() {
    let Stage { folder, .. } = Stage::start(FolderOptions::default()).await.expect("a stage");
    let mut guest = Guest::default();
    let begin = guest.emit(&[Chunk::Start, Chunk::TextStart("t"), Chunk::TextDelta("t", "Hal")]);
    let file = folder.path().join("faulty.wasm");
    fs::write(&file, guest.build(&format!("{begin} (unreachable)"))).expect("written");
    let host = folder.serve_plugin(&file).await.expect("a host");
    let mut body = question("scenario:hello", "Hello");
    body["context"] = json!({});
    let (error, turn, _) = end(&host, &body).await;
    assert_eq!(error, "The assistant stopped because of an internal fault.");
    assert_eq!(turn, "GUEST_TRAP");
}

#[tokio::test]
async fn a_client_that_leaves_takes_the_providers_connection_along() {
    let models = vec!["scenario:tokens-100000-every-5".to_owned()];
    let options = FolderOptions { models, ..FolderOptions::default() };
    let stage = Stage::start(options).await.expect("a stage");
    let editor = Person::of(Role::Editor);
    for model in ["scenario:tokens-100000-every-5", "scenario:stall"] {
        stage.provider.forget_requests();
        let mut answer =
            stage.host.open(editor, &question(model, "Hello")).await.expect("a stream");
        answer.read_until("text-delta").await.expect("an answer that begins");
        let pending = stage.provider.requests().pop().expect("a request");
        assert_eq!(pending.outcome, Outcome::Pending, "{model}");
        drop(answer);
        let closed = async || {
            let last = stage.provider.requests().pop();
            Ok(last.filter(|request| request.outcome == Outcome::ClientClosed))
        };
        eventually("the provider's connection closes", closed).await.expect(model);
        let gone = async || Ok((last(&stage.host, "turn").await == "CLIENT_GONE").then_some(()));
        eventually("the turn is on record", gone).await.expect(model);
    }
    assert_eq!(stage.ledger("turn").await.expect("rows").len(), 2);
    assert_eq!(stage.ledger("provider_call").await.expect("rows").len(), 2);
}
