//! Whatever the provider does, the user reads a helpful text of ours and nothing of its own.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use palisade_plugin::Failure;
use palisade_plugin::types::*;
use serde_json::{Value, json};

use crate::fake::*;

const SECRET: &str = "internal-host sk-secret";

fn response(status: u16, content_type: &str, body: &str) -> FakeResponse {
    FakeResponse {
        status,
        headers: BTreeMap::from([
            ("content-type", content_type.into()),
            ("x-request-id", "req_1".into()),
        ]),
        pieces: RefCell::new(VecDeque::from([body.as_bytes().to_vec()])),
        end: None,
    }
}

fn cut(events: &[Value], end: Option<Error>) -> FakeResponse {
    let body = stream(events);
    let body = body.trim_end_matches("data: [DONE]\n\n");
    FakeResponse { end, ..response(200, "text/event-stream", body) }
}

/// Fails as expected: the failure's own text as the last chunk, and no word of the provider anywhere.
fn assert_fails(response: FakeResponse, expected: Failure, steps: usize) {
    assert_host_fails(&FakeHost::new().responds(response), expected, steps);
}

fn assert_host_fails(host: &FakeHost, expected: Failure, steps: usize) {
    let transcript = host.transcript(ask("Hi"));
    let last = transcript.lines().last().expect("a line");
    assert_eq!(last, json!({"errorText": expected.text(), "type": "error"}).to_string());
    assert!(!transcript.contains("sk-secret"), "{transcript}");
    assert_eq!(transcript.matches("start-step").count(), steps, "{transcript}");
}

#[test]
fn a_refusal_before_the_stream_is_start_and_error() {
    let body = json!({"error": {"message": SECRET, "code": "invalid_api_key"}}).to_string();
    let host = FakeHost::new().responds(response(401, "application/json", &body));
    insta::assert_snapshot!(host.transcript(ask("Hi")));
}

#[test]
fn each_status_has_its_text() {
    for (status, failure) in [
        (400, Failure::InvalidRequest),
        (401, Failure::Authentication),
        (404, Failure::NotFound),
        (408, Failure::TimedOut),
        (409, Failure::InvalidRequest),
        (413, Failure::ContextTooLong),
        (429, Failure::RateLimit),
        (500, Failure::Unavailable),
        (502, Failure::Unavailable),
        (503, Failure::Overloaded),
    ] {
        let body = format!("<html>{SECRET}</html>");
        let refused = || response(status, "text/html", &body);
        let mut host = FakeHost::new().responds(refused());
        if matches!(status, 408 | 409 | 429 | 500..) {
            host = host.responds(refused()).responds(refused());
        }
        assert_host_fails(&host, failure, 0);
    }
}

#[test]
fn an_answer_that_is_no_stream() {
    let html = format!("\n <!doctype html>{SECRET}");
    let error = json!({"error": {"message": SECRET, "type": "overloaded_error"}}).to_string();
    let whole = json!({"choices": [{"message": {"content": SECRET}}]}).to_string();
    for (content_type, body, failure) in [
        ("text/html; charset=utf-8", "data: {}\n\n", Failure::NotAStream),
        ("text/event-stream", &html, Failure::NotAStream),
        ("application/json", &error, Failure::Overloaded),
        ("application/json", &whole, Failure::NotAStream),
        ("text/plain", SECRET, Failure::NotAStream),
        ("text/event-stream", ": ping\n\n", Failure::NotAStream),
    ] {
        assert_fails(response(200, content_type, body), failure, 0);
    }
    let empty = FakeResponse { pieces: RefCell::default(), ..response(200, "", "") };
    assert_fails(empty, Failure::Empty, 0);
}

#[test]
fn an_error_event_in_mid_stream() {
    for (event, failure) in [
        (json!({"error": {"message": SECRET, "code": 429}}), Failure::RateLimit),
        (json!({"error": {"message": SECRET}}), Failure::Unavailable),
        (json!({"error": SECRET}), Failure::Unavailable),
        (
            json!({"object": "error", "message": "maximum context length", "code": 400}),
            Failure::ContextTooLong,
        ),
        (finish("error"), Failure::Unavailable),
    ] {
        assert_fails(cut(&[text("Hel"), event, text(SECRET)], None), failure, 1);
    }
}

#[test]
fn a_broken_event_ends_the_turn() {
    let body = format!("data: {}\n\ndata: {{\"choices\": {SECRET}\n\n", text("Hel"));
    assert_fails(response(200, "text/event-stream", &body), Failure::Malformed, 1);
}

#[test]
fn a_cut_stream_closes_its_blocks_and_tells() {
    let gone = error(ErrorKind::Unavailable, "PROVIDER_CUT", "The connection broke off.");
    let host = FakeHost::new().responds(cut(&[text("Hel")], Some(gone)));
    insta::assert_snapshot!(host.transcript(ask("Hi")));
    assert_fails(cut(&[text("Hel")], None), Failure::Cut, 1);
}

#[test]
fn a_tool_call_in_a_cut_stream_does_not_run() {
    let host = FakeHost::new().responds(cut(&[call(0, "c1", "items", &delete_article())], None));
    let transcript = host.transcript(ask("Delete."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
}

#[test]
fn a_cut_after_the_last_word_loses_nothing() {
    for end in [None, Some(error(ErrorKind::Timeout, "TIMEOUT", "Too slow."))] {
        let host = FakeHost::new().responds(cut(&[text("Hello."), finish("stop")], end));
        let transcript = host.transcript(ask("Hi"));
        assert!(transcript.ends_with(r#"{"finishReason":"stop","type":"finish"}"#), "{transcript}");
    }
}

#[test]
fn a_silent_provider_times_out() {
    let slow = error(ErrorKind::Timeout, "TIMEOUT", "Too slow.");
    assert_fails(cut(&[text("Hel")], Some(slow)), Failure::TimedOut, 1);
}

#[test]
fn an_answer_without_content() {
    assert_fails(cut(&[finish("stop")], None), Failure::Empty, 0);
    assert_fails(cut(&[text(" \n"), finish("stop")], None), Failure::Empty, 1);
    let thought = delta(json!({"reasoning": "Hm."}));
    assert_fails(cut(&[thought, finish("length")], None), Failure::OutputLimit, 1);
    assert_fails(cut(&[finish("content_filter")], None), Failure::ContentFilter, 0);
}

#[test]
fn the_hosts_own_refusal_is_in_its_own_words() {
    let text = "No key is set for the provider \"acme\".";
    let host = FakeHost::new().fails(error(ErrorKind::Unavailable, "NO_KEY", text));
    let transcript = host.transcript(ask("Hi"));
    let expected = json!({"errorText": text, "type": "error"}).to_string();
    assert!(transcript.ends_with(&expected), "{transcript}");
}

#[test]
fn a_conversation_beyond_the_hosts_limit_is_not_sent() {
    let host = FakeHost::new();
    let transcript = host.transcript(ask(&"x".repeat(4 * 1024 * 1024)));
    let expected = json!({"errorText": Failure::ContextTooLong.text(), "type": "error"});
    assert_eq!(transcript, format!("{{\"type\":\"start\"}}\n{expected}"));
}

#[test]
fn usage_is_kept_when_a_later_step_fails() {
    let host = FakeHost::new()
        .answers(&[call(0, "c1", "schema", &json!({})), finish("tool_calls"), usage(5, 5)])
        .responds(response(400, "", ""));
    let transcript = host.transcript(ask("Hi"));
    assert!(transcript.contains("→ execute c1"), "{transcript}");
    assert!(transcript.ends_with("\"type\":\"error\"}"), "{transcript}");
}
