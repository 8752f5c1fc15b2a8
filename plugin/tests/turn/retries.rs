//! Requests that are refused for a while are sent again, visibly and within the turn's deadline.

use std::cell::RefCell;
use std::collections::VecDeque;

use palisade_plugin::Failure;
use palisade_plugin::types::*;
use serde_json::{Value, json};

use crate::fake::*;

fn refused(status: u16, headers: &[(&'static str, &str)], code: &str) -> FakeResponse {
    let body = json!({"error": {"message": "Prose.", "code": code}}).to_string();
    FakeResponse {
        status,
        headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        pieces: RefCell::new(VecDeque::from([body.into_bytes()])),
        end: None,
    }
}

fn answered(host: FakeHost) -> FakeHost {
    host.answers(&[text("Hello."), finish("stop")])
}

fn unreachable() -> Error {
    error(ErrorKind::Unavailable, "PROVIDER_UNAVAILABLE", "The provider can't be reached.")
}

/// The text of the error that ends a turn.
fn failure(host: &FakeHost) -> String {
    host.transcript(ask("Hi"));
    let last: Value = host.chunks().pop().expect("a chunk");
    last["errorText"].as_str().expect("an error").to_owned()
}

fn waits(transcript: &str) -> Vec<&str> {
    transcript.lines().filter_map(|line| line.strip_prefix("→ wait ")).collect()
}

#[test]
fn a_connection_that_fails_is_tried_again() {
    let host = FakeHost::new().fails(unreachable());
    insta::assert_snapshot!(answered(host).transcript(ask("Hi")));
    let host = FakeHost::new().fails(unreachable()).fails(unreachable()).fails(unreachable());
    assert_eq!(failure(&host), "The provider can't be reached.");
}

#[test]
fn every_other_error_of_the_host_is_final() {
    for code in ["PROVIDER_KEY_MISSING", "PROVIDER_TIMEOUT", "PROVIDER_REDIRECT"] {
        let host = FakeHost::new().fails(error(ErrorKind::Unavailable, code, "No."));
        assert_eq!(failure(&host), "No.", "{code}");
    }
}

#[test]
fn a_lack_of_credit_is_final() {
    let host = FakeHost::new().responds(refused(429, &[], "insufficient_quota"));
    assert_eq!(failure(&host), Failure::Quota.text());
}

#[test]
fn the_third_refusal_is_final() {
    let host = FakeHost::new()
        .responds(refused(529, &[], "overloaded"))
        .responds(refused(503, &[("retry-after", "2")], "overloaded"))
        .responds(refused(429, &[], "rate_limit"));
    insta::assert_snapshot!(host.transcript(ask("Hi")));
}

#[test]
fn a_wait_that_does_not_fit_into_the_turn_is_not_begun() {
    let host = FakeHost::new().responds(refused(429, &[("retry-after", "30")], "rate_limit"));
    host.remaining.set(30_500);
    let transcript = host.transcript(ask("Hi"));
    assert!(waits(&transcript).is_empty() && !transcript.contains("data-retry"), "{transcript}");
    assert!(transcript.contains(Failure::RateLimit.text()), "{transcript}");
}

#[test]
fn a_later_step_has_retries_of_its_own() {
    let busy = || refused(503, &[("retry-after-ms", "100")], "overloaded");
    let mut host = FakeHost::new()
        .responds(busy())
        .responds(busy())
        .answers(&[call(0, "c1", "schema", &json!({})), finish("tool_calls")])
        .responds(busy())
        .responds(busy());
    host.settings.max_steps = 2;
    let transcript = answered(host).transcript(ask("Hi"));
    assert_eq!(waits(&transcript), ["100 ms"; 4]);
    assert!(transcript.ends_with(r#"{"finishReason":"stop","type":"finish"}"#), "{transcript}");
}

#[test]
fn an_answer_that_has_begun_is_not_asked_for_again() {
    let overloaded = json!({"error": {"message": "Prose.", "code": "overloaded"}});
    let host = FakeHost::new().answers(&[overloaded]);
    assert_eq!(failure(&host), Failure::Overloaded.text());
}
