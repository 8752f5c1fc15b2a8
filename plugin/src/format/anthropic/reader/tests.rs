use serde_json::{Value, json};

use super::*;
use crate::format::{EventReader, TokenCount};

/// What a stream of these events gives, with the end of the body after it.
fn read_with(answer: MessageAnswer, events: &[Value]) -> Vec<String> {
    let stream: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let mut reader = MessagesReader::new(answer);
    let mut seen = Vec::new();
    reader.feed(stream.as_bytes(), &mut |event| seen.push(format!("{event:?}")));
    reader.end(&mut |event| seen.push(format!("{event:?}")));
    seen
}

fn read(events: &[Value]) -> Vec<String> {
    read_with(MessageAnswer::default(), events)
}

fn debug(events: &[Event<'_>]) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}

fn start(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn ended(reason: &str) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason}}),
        json!({"type": "message_stop"}),
    ]
}

fn call_start(index: u64) -> Value {
    start(index, json!({"type": "tool_use", "id": "toolu_1", "name": "items", "input": {}}))
}

fn started<'a>(call: usize) -> Event<'a> {
    Event::CallStarted { call, id: Some("toolu_1".into()), name: "items".into() }
}

#[test]
fn thinking_ends_with_its_signature() {
    let thinking = json!({"type": "thinking", "thinking": "", "signature": ""});
    let events = [
        start(0, thinking.clone()),
        delta(0, json!({"type": "thinking_delta", "thinking": "Hm."})),
        delta(0, json!({"type": "signature_delta", "signature": "a\"b"})),
        stop(0),
        // Thinking that isn't shown has nothing but a signature.
        start(1, thinking.clone()),
        delta(1, json!({"type": "thinking_delta", "thinking": ""})),
        delta(1, json!({"type": "signature_delta", "signature": "c"})),
        stop(1),
        start(2, json!({"type": "redacted_thinking", "data": "d"})),
        stop(2),
        // The end of the message ends what is open.
        start(3, thinking),
        delta(3, json!({"type": "signature_delta", "signature": "e"})),
    ];
    let ended_with =
        |place, state: &str| Event::ReasoningEnded { place, state: Some(state.into()) };
    assert_eq!(
        read(&[&events[..], &ended("end_turn")].concat()),
        debug(&[
            Event::Reasoning { place: "thinking", text: "Hm.".into() },
            ended_with("thinking", r#"{"signature":"a\"b"}"#),
            ended_with("thinking", r#"{"signature":"c"}"#),
            ended_with("redacted_thinking", r#"{"data":"d"}"#),
            Event::Finished(FinishReason::Stop),
            ended_with("thinking", r#"{"signature":"e"}"#),
        ])
    );
}

#[test]
fn arguments_come_in_pieces_whole_or_not_at_all() {
    let piece =
        |index, json: &str| delta(index, json!({"type": "input_json_delta", "partial_json": json}));
    let whole = json!({"type": "tool_use", "id": "toolu_1", "name": "items", "input": {"a": 1}});
    let events = [
        call_start(0),
        piece(0, ""),
        piece(0, "{\"a\""),
        piece(0, ":1}"),
        stop(0),
        call_start(1),
        stop(1),
        start(2, whole),
        stop(2),
    ];
    let arguments = |call, text: &'static str| Event::CallArguments { call, text: text.into() };
    assert_eq!(
        read(&[&events[..], &ended("tool_use")].concat()),
        debug(&[
            started(0),
            arguments(0, "{\"a\""),
            arguments(0, ":1}"),
            started(1),
            started(2),
            arguments(2, "{\"a\":1}"),
            Event::Finished(FinishReason::ToolCalls),
        ])
    );
}

#[test]
fn a_forced_call_is_the_answer() {
    let forced = |events: &[Value]| {
        read_with(MessageAnswer::new(true), &[events, &ended("tool_use")].concat())
    };
    let piece = |json: &str| delta(1, json!({"type": "input_json_delta", "partial_json": json}));
    let events = [
        start(0, json!({"type": "text", "text": "Here you are: "})),
        delta(0, json!({"type": "text_delta", "text": "soon."})),
        stop(0),
        call_start(1),
        piece("{\"a\""),
        piece(":1}"),
        stop(1),
        call_start(2),
        delta(2, json!({"type": "input_json_delta", "partial_json": "{\"b\":1}"})),
        stop(2),
    ];
    let finished = Event::Finished(FinishReason::Stop);
    assert_eq!(
        forced(&events),
        debug(&[Event::Text("{\"a\"".into()), Event::Text(":1}".into()), finished.clone()])
    );
    assert_eq!(forced(&[call_start(0), stop(0)]), debug(&[Event::Text("{}".into()), finished]));
}

#[test]
fn pages_are_cited_once_and_documents_have_no_address() {
    let cited =
        |citation: Value| delta(0, json!({"type": "citations_delta", "citation": citation}));
    let page = json!({
        "type": "web_search_result_location", "url": "https://a.example/", "title": "A",
        "cited_text": "…", "encrypted_index": "…",
    });
    let events = [
        start(0, json!({"type": "text", "text": "", "citations": []})),
        delta(0, json!({"type": "text_delta", "text": "So."})),
        cited(page.clone()),
        cited(page),
        cited(
            json!({"type": "search_result_location", "source": "http://b.example/", "title": null}),
        ),
        cited(json!({"type": "search_result_location", "source": "file:///etc/passwd"})),
        cited(json!({"type": "page_location", "document_index": 0, "document_title": "D"})),
        stop(0),
    ];
    assert_eq!(
        read(&[&events[..], &ended("end_turn")].concat()),
        debug(&[
            Event::Text("So.".into()),
            Event::Source { url: "https://a.example/".into(), title: Some("A".into()) },
            Event::Source { url: "http://b.example/".into(), title: None },
            Event::TextEnded { state: None },
            Event::Finished(FinishReason::Stop),
        ])
    );
}

#[test]
fn stop_reasons() {
    for (reason, expected) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("tool_use", FinishReason::ToolCalls),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("refusal", FinishReason::ContentFilter),
        ("future_reason", FinishReason::Other),
    ] {
        assert_eq!(read(&ended(reason)), debug(&[Event::Finished(expected)]), "{reason}");
    }
    let paused = [Event::Paused, Event::Finished(FinishReason::Stop)];
    assert_eq!(read(&ended("pause_turn")), debug(&paused));
}

#[test]
fn input_counts_what_the_cache_read_and_wrote_and_the_last_count_counts() {
    let events = [
        json!({"type": "message_start", "message": {"usage": {
            "input_tokens": 5, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 200,
            "output_tokens": 1,
        }}}),
        json!({"type": "message_delta", "delta": {"stop_reason": null}, "usage": {
            "input_tokens": 6, "cache_read_input_tokens": null, "output_tokens": 40,
            "output_tokens_details": {"thinking_tokens": 7},
        }}),
        json!({"type": "message_delta", "delta": {}, "usage": {"output_tokens": 50}}),
    ];
    let count = |input, output, reasoning| {
        let (cached, cache_written) = (30, 200);
        Event::Usage(TokenCount { input, output, cached, cache_written, reasoning })
    };
    assert_eq!(
        read(&[&events[..], &ended("end_turn")].concat()),
        debug(&[
            count(235, 1, 0),
            count(236, 40, 7),
            count(236, 50, 7),
            Event::Finished(FinishReason::Stop),
        ])
    );
}

#[test]
fn what_nobody_knows_is_skipped() {
    let events = [
        json!({"type": "ping"}),
        json!({"type": "future", "index": [], "delta": 1, "content_block": "x", "usage": true}),
        json!({"no": "type"}),
        start(0, json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search"})),
        delta(0, json!({"type": "input_json_delta", "partial_json": "{}"})),
        stop(0),
        start(1, json!({"type": "web_search_tool_result", "content": [{"url": "x"}]})),
        stop(1),
        start(2, json!({"type": "future_block", "text": "no text"})),
        delta(2, json!({"type": "text_delta", "text": "no text"})),
        stop(2),
        start(3, json!({"type": "text", "text": "Begun."})),
        delta(3, json!({"type": "future_delta", "text": "no text"})),
        stop(3),
    ];
    assert_eq!(
        read(&[&events[..], &ended("end_turn")].concat()),
        debug(&[
            Event::Text("Begun.".into()),
            Event::TextEnded { state: None },
            Event::Finished(FinishReason::Stop),
        ])
    );
}

#[test]
fn failures_are_told() {
    let failed = |events: &[Value]| read(events).pop().expect("an event");
    let error = |kind: &str| json!({"type": "error", "error": {"type": kind, "message": "…"}});
    for (kind, expected) in [
        ("overloaded_error", "Overloaded"),
        ("api_error", "Unavailable"),
        ("rate_limit_error", "RateLimit"),
        ("timeout_error", "TimedOut"),
        ("request_too_large", "ContextTooLong"),
    ] {
        let said = failed(&[error(kind)]);
        let wanted =
            format!("Failed {{ failure: {expected}, detail: \"error event type={kind}\" }}");
        assert_eq!(said, wanted);
    }
    assert!(failed(&[json!({"type": "error"})]).contains("Unavailable"));
    assert!(failed(&[json!({"type": "message_start"})]).contains("Cut"));
    assert!(failed(&[json!("text")]).contains("Malformed"));
    let calls: Vec<_> = (0..=MAX_CALLS as u64).map(call_start).collect();
    assert!(failed(&calls).contains("too many tool calls"));
    let stopped = [json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})];
    assert_eq!(read(&stopped), debug(&[Event::Finished(FinishReason::Stop)]), "nothing is lost");
}
