//! Answers that are one JSON value, through HTTP: the text as it comes, an error status where nothing
//! came, and a body that breaks off where the answer isn't whole. Never an empty 200.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

#[path = "../../host/crates/sandbox/tests/sandbox/support/guest.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "one builder of guests for all tests")]
mod guest;

use std::fs;

use guest::{AddOk, Chunk, Guest};
use palisade_tests::{
    fake::{FakeOptions, FakeProvider, MessageAnswer, Scenario, Text},
    host::{Folder, FolderOptions, Host, MODEL, Person, Role, Stage, eventually},
};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// A question; the limit makes hand-written guests run their script.
fn object(model: &str) -> Value {
    json!({
        "provider": "fake",
        "model": model,
        "prompt": "How many?",
        "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        "maxOutputTokens": 256,
    })
}

async fn ask(host: &Host, body: &Value) -> Response {
    let request = host.request(Method::POST, "/ai/object", Some(Person::of(Role::Editor)));
    request.json(body).send().await.expect("an answer")
}

/// A host whose component answers with a script, and what it lives on.
async fn scripted(
    options: FolderOptions,
    guest: Guest,
    script: &str,
) -> ((FakeProvider, Folder), Host) {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let models = vec![MODEL.to_owned()];
    let options = FolderOptions { models, ..options };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    let file = folder.path().join("scripted.wasm");
    fs::write(&file, guest.build(script)).expect("written");
    let host = folder.serve_plugin(&file).await.expect("a host");
    ((provider, folder), host)
}

/// The outcome of the newest turn on record, once it is there.
async fn turn_outcome(host: &Host, expected: &str) {
    let admin = Person::of(Role::Admin);
    let recorded = async || {
        let path = "/ai/admin/ledger?kind=turn&limit=1";
        let (_, body) = host.json(Method::GET, path, admin, None).await?;
        Ok((body["data"][0]["outcome"] == expected).then_some(()))
    };
    eventually("the turn is on record", recorded).await.expect(expected);
}

#[tokio::test]
async fn the_text_arrives_as_it_is() {
    let mut guest = Guest::default();
    let script = [
        guest.emit(&[Chunk::Start, Chunk::TextDelta("t", "{\"n\":")]),
        guest.emit(&[Chunk::TextDelta("t", " 42}"), Chunk::Finish]),
    ]
    .concat()
    .add_ok();
    let (_stage, host) = scripted(FolderOptions::default(), guest, &script).await;
    let response = ask(&host, &object(MODEL)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(response.text().await.expect("whole"), "{\"n\": 42}");
    turn_outcome(&host, "ok").await;
}

#[tokio::test]
async fn a_failure_before_any_text_is_an_error_status() {
    let mut guest = Guest::default();
    let start = guest.emit(&[Chunk::Start]);
    let fail = guest.failing("PROVIDER_RATE_LIMIT", "Please try again in a minute.");
    let script = format!("{start} {fail}");
    let (_stage, host) = scripted(FolderOptions::default(), guest, &script).await;
    let response = ask(&host, &object(MODEL)).await;
    assert_eq!(response.status(), 429);
    let body: Value = response.json().await.expect("JSON");
    let expected = json!({
        "message": "Please try again in a minute.",
        "extensions":
            {"code": "REQUESTS_EXCEEDED", "service": "ai", "reason": "PROVIDER_RATE_LIMIT"},
    });
    assert_eq!(body["errors"], json!([expected]));
    turn_outcome(&host, "PROVIDER_RATE_LIMIT").await;
}

#[tokio::test]
async fn a_component_that_stops_or_says_nothing_is_an_error_status() {
    let mut guest = Guest::default();
    let silent = guest.emit(&[Chunk::Start, Chunk::Finish]).add_ok();
    for (guest, script, outcome) in [
        (guest, silent, "GUEST_UNFINISHED"),
        (Guest::default(), "(unreachable)".to_owned(), "GUEST_TRAP"),
    ] {
        let (_stage, host) = scripted(FolderOptions::default(), guest, &script).await;
        let response = ask(&host, &object(MODEL)).await;
        assert_eq!(response.status(), 503);
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body["errors"][0]["extensions"]["reason"], outcome);
        turn_outcome(&host, outcome).await;
    }
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_an_error_status() {
    let mut guest = Guest::default();
    let path = guest.text("chat/completions");
    let body = guest.text(
        r#"{"model":"scenario:hang","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
    );
    let script = format!(
        "(call $send {} (i32.const 0) (i32.const 0) {} (i32.const 0)) (unreachable)",
        path.operands(),
        body.operands()
    );
    let tables = "[limits]\nturn_seconds = 1".to_owned();
    let options = FolderOptions { tables, ..FolderOptions::default() };
    let (_stage, host) = scripted(options, guest, &script).await;
    let response = ask(&host, &object("scenario:hang")).await;
    let status = response.status();
    assert_eq!(status, 504, "{}", response.text().await.expect("a body"));
    turn_outcome(&host, "TURN_TIMEOUT").await;
}

#[tokio::test]
async fn a_failure_after_text_breaks_the_body_off() {
    let mut guest = Guest::default();
    let text = guest.emit(&[Chunk::Start, Chunk::TextDelta("t", "{\"n\": 4")]);
    let fail = guest.failing("PROVIDER_CUT", "The answer broke off.");
    let script = format!("{text} {fail}");
    let (_stage, host) = scripted(FolderOptions::default(), guest, &script).await;
    let mut response = ask(&host, &object(MODEL)).await;
    assert_eq!(response.status(), 200, "it had begun");
    let mut received = Vec::new();
    let end = loop {
        match response.chunk().await {
            Ok(Some(piece)) => received.extend_from_slice(&piece),
            end => break end,
        }
    };
    assert!(end.is_err(), "the client must not take the answer for whole: {end:?}");
    assert_eq!(received, b"{\"n\": 4");
    turn_outcome(&host, "PROVIDER_CUT").await;
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_answer() {
    let mut guest = Guest::default();
    let more = guest.emit(&[Chunk::TextDelta("t", "x")]);
    let script = format!("(loop $more {more} (br $more)) (unreachable)");
    let (_stage, host) = scripted(FolderOptions::default(), guest, &script).await;
    let mut response = ask(&host, &object(MODEL)).await;
    response.chunk().await.expect("a piece");
    drop(response);
    turn_outcome(&host, "CLIENT_GONE").await;
}

#[tokio::test]
async fn a_model_that_is_not_allowed_answers_nothing() {
    let stage = Stage::start(FolderOptions::default()).await.expect("a stage");
    let response = ask(&stage.host, &object("another")).await;
    assert_eq!(response.status(), 403);
    assert!(stage.provider.requests().is_empty());
    let refusals = stage.ledger("refusal").await.expect("rows");
    assert_eq!(refusals.len(), 1);
}

/// The component that hosts run, with a provider that answers with text.
async fn answered(text: &str) -> (Stage, Response) {
    let stage = Stage::start(FolderOptions::default()).await.expect("a stage");
    let answer =
        MessageAnswer { text: Some(Text::Words(text.to_owned())), ..MessageAnswer::default() };
    stage.provider.script(MODEL, Scenario::of([answer.into()]));
    let response = ask(&stage.host, &object(MODEL)).await;
    (stage, response)
}

#[tokio::test]
async fn the_assistant_answers_with_what_fits_the_schema() {
    let (stage, response) = answered(r#"{"n": 42}"#).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.expect("whole"), r#"{"n": 42}"#);
    turn_outcome(&stage.host, "ok").await;
    let calls = stage.ledger("provider_call").await.expect("rows");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["model"], MODEL);
}

#[tokio::test]
async fn what_does_not_fit_the_schema_is_not_taken_for_whole() {
    let (stage, response) = answered(r#"{"n": "forty-two"}"#).await;
    assert!(response.text().await.is_err(), "the body breaks off");
    turn_outcome(&stage.host, "OUTPUT_INVALID").await;
}
