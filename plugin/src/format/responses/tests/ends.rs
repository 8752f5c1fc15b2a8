//! Events for bodies: how a response ends, and how it should not.

use serde_json::{Value, json};

use super::{about, added, call, completed, done, read, read_body};
use crate::format::TokenCount;

#[test]
fn each_end_is_what_it_is() {
    let end = |kind: &str, response: Value| {
        read(&[json!({"type": kind, "response": response}), completed()])
    };
    let incomplete =
        |reason: Value| end("response.incomplete", json!({"incomplete_details": reason}));
    let failed = |error: Value| end("response.failed", json!({"error": error}));
    assert_eq!(incomplete(json!({"reason": "max_output_tokens"})), ["finished Length"]);
    assert_eq!(incomplete(json!({"reason": "content_filter"})), ["finished ContentFilter"]);
    assert_eq!(incomplete(json!({"reason": "something new"})), ["finished Other"]);
    assert_eq!(incomplete(Value::Null), ["finished Other"]);
    assert_eq!(
        failed(json!({"code": "rate_limit_exceeded", "message": "sk-secret"})),
        ["failed RateLimit: error event code=rate_limit_exceeded"]
    );
    assert_eq!(
        failed(json!({"code": "server_error", "message": "Sorry."})),
        ["failed Unavailable: error event code=server_error"]
    );
    assert_eq!(failed(Value::Null), ["failed Unavailable: response.failed"]);
}

#[test]
fn errors_in_all_their_shapes() {
    for (event, expected) in [
        (
            json!({"type": "error", "code": "context_length_exceeded", "message": "sk-secret",
                   "param": null, "sequence_number": 3}),
            "failed ContextTooLong: error event type=error code=context_length_exceeded",
        ),
        (
            json!({"type": "error", "error": {"type": "tokens", "code": "rate_limit_exceeded",
                   "message": "sk-secret", "headers": {"a": "b"}}}),
            "failed RateLimit: error event type=tokens code=rate_limit_exceeded",
        ),
        (
            json!({"error": {"type": "server_error", "code": null, "message": "sk-secret"}}),
            "failed Unavailable: error event type=server_error",
        ),
        (
            json!({"type": "response.failed", "error": {"code": "rate_limit_exceeded"}}),
            "failed RateLimit: error event code=rate_limit_exceeded",
        ),
        (
            json!({"type": "error", "code": null, "message": "?"}),
            "failed Unavailable: error event type=error",
        ),
    ] {
        assert_eq!(read(&[event, completed()]), [expected]);
    }
}

#[test]
fn counts_of_every_kind() {
    let usage = json!({
        "input_tokens": 100, "output_tokens": 30, "total_tokens": 130,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 20},
        "output_tokens_details": {"reasoning_tokens": 25},
    });
    let expected =
        TokenCount { input: 100, output: 30, cached: 60, cache_written: 20, reasoning: 25 };
    for kind in ["completed", "incomplete", "failed"] {
        let response = json!({"usage": usage, "error": {"code": "server_error"}});
        let lines = read(&[json!({"type": format!("response.{kind}"), "response": response})]);
        assert_eq!(lines[0], format!("usage {expected:?}"), "{kind}");
        assert_eq!(lines.len(), 2);
    }
    let few = json!({"type": "response.completed", "response": {"usage": {
        "input_tokens": 5, "input_tokens_details": null}}});
    let expected = TokenCount { input: 5, ..TokenCount::default() };
    assert_eq!(read(&[few])[0], format!("usage {expected:?}"));
}

#[test]
fn a_stream_without_its_last_event_was_cut() {
    let text = about("output_text.delta", 0, json!({"delta": "Hi."}));
    let cut = "failed Cut: no finish reason";
    assert_eq!(read(std::slice::from_ref(&text)), ["text Hi.", cut]);
    assert_eq!(read_body(&format!("data: {text}\n\ndata: [DONE]\n\n")), ["text Hi.", cut]);
    let whole = format!("data: {text}\n\ndata: {}\n\ndata: [DONE]\n\n", completed());
    assert_eq!(read_body(&whole), ["text Hi.", "finished Stop"]);
}

#[test]
fn what_is_broken_fails_and_what_is_strange_does_not() {
    let malformed = "failed Malformed: event is not the expected JSON";
    for broken in [
        "{\"type\":\"response.completed\"",
        "\"response.completed\"",
        "{\"type\":\"response.completed\"}",
        "{\"type\":\"response.output_item.done\",\"item\":7}",
        "{\"type\":\"response.output_item.done\"}",
    ] {
        assert_eq!(read_body(&format!("data: {broken}\n\n")), [malformed], "{broken}");
    }
    for strange in [
        json!({}),
        json!({"type": null, "error": null, "item": null}),
        json!({"type": "response.new", "item": 7, "response": [], "annotation": "?",
               "delta": {"a": [1]}, "output_index": "?", "error": {"code": "x"}}),
        json!({"type": "response.output_text.delta", "delta": null}),
        json!({"type": "response.function_call_arguments.delta", "delta": "nobody's"}),
        added(0, json!({"type": "new", "content": 7, "summary": 7})),
    ] {
        assert_eq!(read(&[strange.clone(), completed()]), ["finished Stop"], "{strange}");
    }
}

#[test]
fn more_calls_than_anyone_makes_are_refused() {
    let events: Vec<_> =
        (0..300).map(|index| added(index, call(&format!("c{index}"), ""))).collect();
    let lines = read(&events);
    assert_eq!(lines.len(), 257);
    assert_eq!(lines.last().map(String::as_str), Some("failed Malformed: too many tool calls"));
}

#[test]
fn reasoning_without_end_takes_bounded_room() {
    let mut events: Vec<_> = (0..100)
        .map(|index| done(index, json!({"type": "reasoning", "id": format!("rs_{index}")})))
        .collect();
    events.push(done(100, call("a", "{}")));
    events.push(completed());
    let lines = read(&events);
    let state = lines.iter().find(|line| line.starts_with("call 0 state")).expect("a state");
    assert_eq!(state.matches("rs_").count(), 16);
    assert!(state.contains("\"rs_99\"]"), "{state}");
}
