//! The scenarios. Each is a transcript: lines that begin with `{` are the chunks that the browser
//! gets, in the order of the protocol, which the fake checks.

use std::cell::RefCell;
use std::collections::VecDeque;

use palisade_plugin::types::*;
use proptest::prelude::*;
use serde_json::json;

use super::wire::{Called, Refusal, Wire};
use crate::fake::*;

fn host(wire: &impl Wire) -> FakeHost {
    let mut host = FakeHost::new();
    host.endpoint = wire.endpoint();
    host
}

fn refused(refusal: Refusal) -> FakeResponse {
    let headers = refusal.headers.into_iter().map(|(name, value)| (name, value.to_owned()));
    FakeResponse {
        status: refusal.status,
        headers: headers.chain([("content-type", "application/json".to_owned())]).collect(),
        pieces: RefCell::new(VecDeque::from([refusal.body.into_bytes()])),
        end: None,
    }
}

/// An answer that ends with an error of the connection.
fn broken(body: &str, end: Error) -> FakeResponse {
    FakeResponse {
        status: 200,
        headers: [("content-type", "text/event-stream".to_owned())].into(),
        pieces: RefCell::new(VecDeque::from([body.as_bytes().to_vec()])),
        end: Some(end),
    }
}

pub(crate) fn called(id: &'static str, name: &'static str, arguments: serde_json::Value) -> Called {
    Called { id, name, arguments }
}

/// The events of a stream, each with its end.
fn events(stream: &str) -> Vec<&str> {
    let end = if stream.contains("\r\n\r\n") { "\r\n\r\n" } else { "\n\n" };
    stream.split_inclusive(end).collect()
}

/// The stream's beginning, up to and with the event that holds `needle`.
fn until(stream: &str, needle: &str) -> String {
    let events = events(stream);
    let last = events.iter().position(|event| event.contains(needle)).expect("in the stream");
    events[..=last].concat()
}

/// A transcript as a snapshot, with the requests that were sent.
fn snapshot(wire: &impl Wire, scenario: &str, host: &FakeHost, request: TurnRequest) {
    let transcript = host.transcript(request);
    assert!(!transcript.contains("sk-secret"), "{transcript}");
    let last = transcript.lines().rfind(|line| line.starts_with('{')).expect("a chunk");
    let ends = ["\"type\":\"finish\"", "\"type\":\"error\"", "\"type\":\"data-usage\""];
    assert!(ends.iter().any(|end| last.contains(end)), "{transcript}");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(format!("{}__{scenario}", wire.name()), transcript);
    });
}

fn snapshot_request(wire: &impl Wire, scenario: &str, host: &FakeHost, index: usize) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_json_snapshot!(
            format!("{}__{scenario}__request_{index}", wire.name()),
            host.request(index)
        );
    });
}

pub(crate) fn text(wire: &impl Wire) {
    let host = host(wire).answers_bytes(wire.text().as_bytes(), &[]);
    snapshot(wire, "text", &host, ask("Hi"));
    snapshot_request(wire, "text", &host, 0);
}

pub(crate) fn reasoning(wire: &impl Wire) {
    let host = host(wire).answers_bytes(wire.reasoning().as_bytes(), &[]);
    snapshot(wire, "reasoning", &host, ask("2+2?"));
}

pub(crate) fn one_tool(wire: &impl Wire) {
    let calls = wire.calls(&[called("call_1", "items", read_articles())]);
    let host =
        host(wire).answers_bytes(calls.as_bytes(), &[]).answers_bytes(wire.text().as_bytes(), &[]);
    snapshot(wire, "one_tool", &host, ask("Which articles?"));
    snapshot_request(wire, "one_tool", &host, 1);
}

fn three_calls() -> [Called; 3] {
    [
        called("call_1", "items", read_articles()),
        called("call_2", "schema", json!({})),
        called("call_3", "items", read_articles()),
    ]
}

pub(crate) fn three_parallel_tools(wire: &impl Wire) {
    let host = host(wire)
        .answers_bytes(wire.calls(&three_calls()).as_bytes(), &[])
        .answers_bytes(wire.text().as_bytes(), &[]);
    snapshot(wire, "three_parallel_tools", &host, ask("Which articles?"));
    snapshot_request(wire, "three_parallel_tools", &host, 1);
}

pub(crate) fn tool_error(wire: &impl Wire) {
    let calls = wire.calls(&[called("call_1", "items", read_articles())]);
    let host = host(wire)
        .result("items", Err(error(ErrorKind::Denied, "FORBIDDEN", "You may not.")))
        .answers_bytes(calls.as_bytes(), &[])
        .answers_bytes(wire.text().as_bytes(), &[]);
    snapshot(wire, "tool_error", &host, ask("Which articles?"));
    snapshot_request(wire, "tool_error", &host, 1);
}

pub(crate) fn approval_round_trip(wire: &impl Wire) {
    let calls = wire.calls(&[called("call_1", "items", delete_article())]);
    let asking = host(wire).rule("items", Rule::Ask).answers_bytes(calls.as_bytes(), &[]);
    snapshot(wire, "approval_asked", &asking, ask("Delete article 1."));
    let answered = tool("call_1", "items", ToolState::ApprovalResponded, &delete_article());
    let messages =
        vec![user("Delete article 1."), assistant(vec![Part::StepStart, Part::Tool(answered)])];
    let going_on = host(wire).answers_bytes(wire.text().as_bytes(), &[]);
    snapshot(wire, "approval_given", &going_on, request(messages));
    snapshot_request(wire, "approval_given", &going_on, 0);
}

/// What the provider wants back goes back within the turn, in its place; so it does with the
/// conversation that the browser posts, and not to another model.
pub(crate) fn reasoning_goes_back_with_its_call(wire: &impl Wire) {
    let host = host(wire)
        .answers_bytes(wire.reasoned_calls(&three_calls()).as_bytes(), &[])
        .answers_bytes(wire.text().as_bytes(), &[]);
    snapshot(wire, "reasoned_calls", &host, ask("Which articles?"));
    snapshot_request(wire, "reasoned_calls", &host, 1);
    let posted = folded(&host.chunks());
    let conversation =
        || request(vec![user("Which articles?"), assistant(posted.clone()), user("And authors?")]);
    let again = self::host(wire).answers_bytes(wire.text().as_bytes(), &[]);
    again.transcript(conversation());
    snapshot_request(wire, "reasoned_calls_posted", &again, 0);
    let mut other = self::host(wire).answers_bytes(wire.text().as_bytes(), &[]);
    other.endpoint.model = format!("{}-next", other.endpoint.model);
    other.transcript(conversation());
    snapshot_request(wire, "reasoned_calls_of_another_model", &other, 0);
}

pub(crate) fn refusal(wire: &impl Wire) {
    let host = host(wire).answers_bytes(wire.refusal().as_bytes(), &[]);
    snapshot(wire, "refusal", &host, ask("…"));
}

pub(crate) fn length_stop(wire: &impl Wire) {
    let host = host(wire).answers_bytes(wire.length().as_bytes(), &[]);
    snapshot(wire, "length_stop", &host, ask("Tell me all."));
}

pub(crate) fn context_too_long(wire: &impl Wire) {
    let host = host(wire).responds(refused(wire.context_too_long()));
    snapshot(wire, "context_too_long", &host, ask("Hi"));
}

pub(crate) fn unauthorised(wire: &impl Wire) {
    let host = host(wire).responds(refused(wire.unauthorised()));
    snapshot(wire, "unauthorised", &host, ask("Hi"));
}

pub(crate) fn rate_limited(wire: &impl Wire) {
    for (hint, refusal) in wire.rate_limited() {
        let is_final = refusal.headers.contains(&("x-should-retry", "false"));
        let mut host = host(wire).responds(refused(refusal));
        if !is_final {
            host = host.answers_bytes(wire.text().as_bytes(), &[]);
        }
        snapshot(wire, &format!("rate_limited__{hint}"), &host, ask("Hi"));
    }
}

pub(crate) fn overloaded_twice_then_success(wire: &impl Wire) {
    let host = host(wire)
        .responds(refused(wire.overloaded()))
        .responds(refused(wire.overloaded()))
        .answers_bytes(wire.text().as_bytes(), &[]);
    snapshot(wire, "overloaded_twice_then_success", &host, ask("Hi"));
}

pub(crate) fn error_event_in_mid_stream(wire: &impl Wire) {
    let body = until(&wire.text(), "Hel") + &wire.error_event();
    let host = host(wire).answers_bytes(body.as_bytes(), &[]);
    snapshot(wire, "error_event_in_mid_stream", &host, ask("Hi"));
}

pub(crate) fn cut_in_mid_stream(wire: &impl Wire) {
    let gone = error(ErrorKind::Unavailable, "PROVIDER_CUT", "The connection broke off.");
    let begun = until(&wire.text(), "Hel");
    snapshot(wire, "cut", &host(wire).responds(broken(&begun, gone)), ask("Hi"));
    let ended = host(wire).answers_bytes(begun.as_bytes(), &[]);
    snapshot(wire, "ended_early", &ended, ask("Hi"));
}

pub(crate) fn html_with_status_200(wire: &impl Wire) {
    let page = b"<!doctype html><html><body>sk-secret</body></html>";
    let host = host(wire).answers_bytes(page, &[]);
    snapshot(wire, "html", &host, ask("Hi"));
}

pub(crate) fn malformed_event(wire: &impl Wire) {
    let body = until(&wire.text(), "Hel") + "data: {\"sk-secret\": \n\n" + &wire.text();
    let host = host(wire).answers_bytes(body.as_bytes(), &[]);
    snapshot(wire, "malformed_event", &host, ask("Hi"));
}

pub(crate) fn unknown_event(wire: &impl Wire) {
    let text = wire.text();
    let begun = until(&text, "Hel");
    let body = begun.clone() + &wire.unknown_event() + &text[begun.len()..];
    let usual = host(wire).answers_bytes(text.as_bytes(), &[]).transcript(ask("Hi"));
    let strange = host(wire).answers_bytes(body.as_bytes(), &[]).transcript(ask("Hi"));
    assert_eq!(strange, usual);
}

pub(crate) fn empty_stream(wire: &impl Wire) {
    snapshot(wire, "empty_stream", &host(wire).answers_bytes(b"", &[]), ask("Hi"));
}

pub(crate) fn byte_by_byte(wire: &impl Wire) {
    for body in [wire.text(), wire.reasoning(), wire.refusal(), wire.length()] {
        let usual = host(wire).answers_bytes(body.as_bytes(), &[]).transcript(ask("Hi"));
        let cuts: Vec<_> = (1..body.len()).collect();
        let slow = host(wire).answers_bytes(body.as_bytes(), &cuts).transcript(ask("Hi"));
        assert_eq!(slow, usual);
    }
}

pub(crate) fn crlf(wire: &impl Wire) {
    let body = wire.text();
    let usual = host(wire).answers_bytes(body.as_bytes(), &[]).transcript(ask("Hi"));
    // A body may have them already.
    let body = body.replace("\r\n", "\n").replace('\n', "\r\n");
    let crlf = host(wire).answers_bytes(body.as_bytes(), &[]).transcript(ask("Hi"));
    assert_eq!(crlf, usual);
}

pub(crate) fn large_event(wire: &impl Wire) {
    let text = "0123456789abcdef".repeat(4 * 1024);
    let host = host(wire).answers_bytes(wire.large(&text).as_bytes(), &[]);
    let transcript = host.transcript(ask("Hi"));
    assert!(transcript.contains(&text), "in one piece");
    assert!(transcript.contains("\"type\":\"finish\""));
}

pub(crate) fn slow_past_the_deadline(wire: &impl Wire) {
    let slow = error(ErrorKind::Timeout, "PROVIDER_TIMEOUT", "Too slow.");
    let begun = until(&wire.text(), "Hel");
    snapshot(wire, "slow", &host(wire).responds(broken(&begun, slow)), ask("Hi"));
}

pub(crate) fn any_split_gives_the_same_events(wire: &impl Wire) {
    let bodies =
        [wire.text(), wire.reasoned_calls(&three_calls()), wire.text() + &wire.error_event()];
    for body in bodies {
        let run = |cuts: &[usize]| {
            host(wire)
                .rule("items", Rule::Ask)
                .answers_bytes(body.as_bytes(), cuts)
                .transcript(ask("Hi"))
        };
        let usual = run(&[]);
        proptest!(ProptestConfig::with_cases(64), |(
            cuts in prop::collection::vec(1..body.len(), 0..12)
        )| {
            prop_assert_eq!(run(&cuts), usual.clone());
        });
    }
}

fn object_request() -> ObjectRequest {
    ObjectRequest {
        prompt: "A title for this article.".into(),
        schema: json!({
            "type": "object", "properties": {"title": {"type": "string"}},
            "required": ["title"], "additionalProperties": false,
        })
        .to_string(),
        max_output_tokens: Some(1_000),
    }
}

fn structured(wire: &impl Wire) -> FakeHost {
    let mut host = host(wire);
    host.endpoint.capabilities.push("structured-output".into());
    host
}

pub(crate) fn object(wire: &impl Wire) {
    let json = r#"{"title": "Hello"}"#;
    let host = structured(wire)
        .responds(refused(wire.overloaded()))
        .answers_bytes(wire.object(json).as_bytes(), &[]);
    assert_eq!(host.object(object_request()).expect("a value"), json);
    let body = host.request(1).to_string();
    assert!(body.contains("A title for this article.") && body.contains("additionalProperties"));
    assert!(body.contains("1000"), "{body}");
}

pub(crate) fn object_failures(wire: &impl Wire) {
    let fails = |host: FakeHost, code: &str| {
        let error = host.object(object_request()).expect_err(code);
        assert_eq!(error.code, code);
        assert!(!error.message.contains("sk-secret"), "{}", error.message);
    };
    let says = |body: &str| structured(wire).answers_bytes(body.as_bytes(), &[]);
    fails(says(&wire.text()), "OUTPUT_INVALID");
    fails(says(&wire.object("{}")), "OUTPUT_INVALID");
    fails(says(&wire.object("{\"title\":\"a\"} And so on.")), "OUTPUT_INVALID");
    fails(says(&wire.length()), "OUTPUT_LIMIT");
    fails(says(""), "OUTPUT_EMPTY");
    fails(says("<html>sk-secret</html>"), "PROVIDER_NOT_A_STREAM");
    fails(says(&until(&wire.text(), "Hel")), "PROVIDER_CUT");
    let refusal = says(&wire.refusal()).object(object_request()).expect_err("a refusal");
    let codes = ["OUTPUT_REFUSED", "PROVIDER_CONTENT_FILTER", "OUTPUT_EMPTY"];
    assert!(codes.contains(&&*refusal.code), "{refusal:?}");
    let refuses = |refusal| structured(wire).responds(refused(refusal));
    fails(refuses(wire.context_too_long()), "PROVIDER_CONTEXT_TOO_LONG");
    fails(refuses(wire.unauthorised()), "PROVIDER_AUTHENTICATION");
    let busy = || refused(wire.overloaded());
    fails(refuses(wire.overloaded()).responds(busy()).responds(busy()), "PROVIDER_OVERLOADED");
}
