//! Answers without tools.

use serde_json::json;

use crate::fake::*;

#[test]
fn text_streams_and_usage_follows_the_finish() {
    let host = FakeHost::new().answers(&[
        delta(json!({"role": "assistant", "content": ""})),
        text("Hel"),
        text("lo\n"),
        finish("stop"),
        json!({"choices": [], "usage": {
            "prompt_tokens": 12, "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 8},
        }}),
    ]);
    insta::assert_snapshot!(host.transcript(ask("Hi")));
}

#[test]
fn what_arrives_together_is_shown_together_and_nothing_waits_for_more() {
    let events = [
        delta(json!({"reasoning_content": "Let me "})),
        delta(json!({"reasoning_content": "think."})),
        text("Ha"),
        text("lf "),
        text("past"),
        call(0, "c1", "ask_user", &json!({"question": "Sure?"})),
        finish("tool_calls"),
    ];
    let body = stream(&events);
    let ends: Vec<_> = body.match_indices("\n\n").map(|(place, _)| place + 2).collect();
    let [together, apart] = [Vec::new(), ends].map(|cuts| {
        let host = FakeHost::new().answers_bytes(body.as_bytes(), &cuts);
        (host.transcript(ask("When?")), host.emitted.get())
    });
    assert_eq!(together.0, apart.0);
    assert_eq!(together.1 + 3, apart.1, "{}", apart.0);
}

#[test]
fn reasoning_is_a_block_of_its_own() {
    let host = FakeHost::new().answers(&[
        delta(json!({"reasoning_content": "Let me "})),
        delta(json!({"reasoning_content": "think."})),
        text("Four."),
        finish("stop"),
    ]);
    insta::assert_snapshot!(host.transcript(ask("2+2?")));
}

#[test]
fn a_refusal_is_shown_as_text() {
    let host = FakeHost::new().answers(&[
        delta(json!({"refusal": "I can't "})),
        delta(json!({"refusal": "help with that."})),
        finish("content_filter"),
    ]);
    insta::assert_snapshot!(host.transcript(ask("…")));
}

#[test]
fn the_providers_reason_to_finish_is_told() {
    for (reason, expected) in [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content-filter"),
        ("tool_calls", "stop"),
        ("end_turn", "stop"),
        ("strange", "other"),
    ] {
        let transcript =
            FakeHost::new().answers(&[text("Text."), finish(reason)]).transcript(ask("Hi"));
        let expected = format!("{{\"finishReason\":\"{expected}\",\"type\":\"finish\"}}");
        assert!(transcript.ends_with(&expected), "{reason}: {transcript}");
    }
}
