//! What servers that speak Chat Completions do beyond or against the specification.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fake::*;

/// The chunks of an answer to one question, without what the host was asked.
fn chunks(body: &str, cuts: &[usize]) -> Vec<String> {
    let mut host = FakeHost::new().answers_bytes(body.as_bytes(), cuts);
    host.settings.max_steps = 1;
    let transcript = host.transcript(ask("Hi"));
    transcript.lines().filter(|line| line.starts_with('{')).map(String::from).collect()
}

fn answer_text(body: &str) -> String {
    chunks(body, &[])
        .iter()
        .filter_map(|chunk| {
            let chunk: Value = serde_json::from_str(chunk).expect("JSON");
            (chunk["type"] == "text-delta")
                .then(|| chunk["delta"].as_str().unwrap_or("").to_owned())
        })
        .collect()
}

#[test]
fn line_ends_comments_and_missing_ends() {
    let event = text("Hi.").to_string();
    let end = finish("stop").to_string();
    for body in [
        format!("data: {event}\r\n\r\ndata: {end}\r\n\r\ndata: [DONE]\r\n\r\n"),
        format!(": connected\n\ndata:{event}\n\n: ping\n\ndata:{end}\n\ndata:[DONE]\n\n"),
        format!("data: {event}\n\ndata: {end}\n\n"),
        format!("data: {event}\n\ndata: {end}"),
        format!("data: {event}\n\ndata: [DONE]\n\n"),
        format!("event: message\nid: 1\ndata: {event}\n\ndata: {end}\n\ndata: [DONE] \n\n"),
        format!("data: {event}\n\ndata: \n\ndata: {end}\n\ndata: [DONE]\n\ndata: {event}\n\n"),
    ] {
        assert_eq!(answer_text(&body), "Hi.", "{body:?}");
    }
}

#[test]
fn empty_null_and_unknown_fields() {
    let nothing = json!({"choices": [{"index": 0, "delta": {
        "content": null, "refusal": null, "reasoning": null, "reasoning_content": null,
        "role": null, "tool_calls": null, "audio": {}}, "finish_reason": null, "logprobs": null}],
        "usage": null, "error": null, "object": null, "x_groq": {"id": 1}});
    let body = stream(&[
        json!({"choices": [], "prompt_filter_results": [{}]}),
        json!({"choices": null}),
        json!({}),
        json!({"choices": [{"delta": null}]}),
        json!({"choices": [null]}),
        nothing,
        text("Hi."),
        finish(""),
        finish("stop"),
    ]);
    assert_eq!(answer_text(&body), "Hi.");
}

#[test]
fn content_in_parts() {
    let body = stream(&[
        delta(
            json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}),
        ),
        delta(json!({"content": [{"type": "text", "text": "Hi."}]})),
        finish("stop"),
    ]);
    assert_eq!(answer_text(&body), "Hi.");
}

#[test]
fn reasoning_in_both_fields_is_told_once() {
    let body = stream(&[
        delta(json!({"reasoning": "Hm.", "reasoning_content": "Hm."})),
        text("Hi."),
        finish("stop"),
    ]);
    let told = chunks(&body, &[]).iter().filter(|chunk| chunk.contains("reasoning-delta")).count();
    assert_eq!(told, 1);
}

#[test]
fn usage_wherever_it_comes() {
    let counts = json!({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9,
                        "prompt_tokens_details": null, "completion_tokens_details": {}});
    let mut with_last_choice = finish("stop");
    with_last_choice["usage"] = counts.clone();
    let mut within_choice = finish("stop");
    within_choice["choices"][0]["usage"] = counts.clone();
    let mut running = text("i.");
    running["usage"] = json!({"prompt_tokens": 7, "completion_tokens": 1});
    for events in [
        vec![text("Hi."), with_last_choice],
        vec![text("Hi."), within_choice],
        vec![text("H"), running, finish("stop"), json!({"usage": counts})],
    ] {
        let last = chunks(&stream(&events), &[]).pop().expect("a chunk");
        assert_eq!(
            last,
            r#"{"data":{"inputTokens":7,"outputTokens":2,"totalTokens":9},"type":"data-usage"}"#
        );
    }
    let none = chunks(&stream(&[text("Hi."), finish("stop")]), &[]).pop().expect("a chunk");
    assert!(none.contains("finish"), "usage that nobody counted is not made up: {none}");
}

#[test]
fn tool_calls_though_the_server_says_stop() {
    let host = FakeHost::new()
        .answers(&[call(0, "c1", "schema", &json!({})), finish("stop")])
        .answers(&[text("Done."), finish("stop")]);
    assert!(host.transcript(ask("Hi")).contains("→ execute c1"));
}

/// What the host is asked to authorise when these events make up a step.
fn authorised(events: &[Value]) -> Vec<String> {
    let host = FakeHost::new().answers(events).answers(&[text("Done."), finish("stop")]);
    let transcript = host.transcript(ask("Hi"));
    let lines = transcript.lines().filter_map(|line| line.strip_prefix("→ authorise "));
    lines.map(String::from).collect()
}

/// A piece of a call, exactly as a server writes it.
fn piece(call: Value) -> Value {
    delta(json!({ "tool_calls": [call] }))
}

fn read() -> String {
    read_articles().to_string()
}

#[test]
fn a_whole_call_in_one_delta() {
    let whole = call(0, "c1", "items", &read_articles());
    assert_eq!(authorised(&[whole, finish("tool_calls")]), [format!("c1 items {}", read())]);
}

#[test]
fn parallel_calls_all_numbered_0() {
    let calls = [
        call(0, "call_a", "schema", &json!({})),
        call(0, "call_b", "items", &read_articles()),
        finish("tool_calls"),
    ];
    let expected = ["call_a schema {}".to_owned(), format!("call_b items {}", read())];
    assert_eq!(authorised(&calls), expected);
}

#[test]
fn calls_without_an_index() {
    let arguments = read();
    let (first, second) = arguments.split_at(9);
    let calls = [
        piece(json!({"id": "a", "function": {"name": "schema", "arguments": "{}"}})),
        piece(json!({"id": "b", "function": {"name": "items", "arguments": first}})),
        piece(json!({"id": "b", "function": {"arguments": second}})),
        finish("tool_calls"),
    ];
    assert_eq!(authorised(&calls), ["a schema {}".to_owned(), format!("b items {}", read())]);
}

#[test]
fn id_and_name_in_each_delta() {
    let arguments = read();
    let (first, second) = arguments.split_at(9);
    let say = |arguments: &str| {
        piece(json!({"index": 0, "id": "a", "function": {"name": "items", "arguments": arguments}}))
    };
    let calls = [say(""), say(first), say(second), finish("tool_calls")];
    assert_eq!(authorised(&calls), [format!("a items {}", read())]);
}

#[test]
fn the_id_null_goes_on_with_the_call() {
    let calls = [
        piece(json!({"index": 0, "id": "a", "function": {"name": "schema", "arguments": "{"}})),
        piece(json!({"index": 0, "id": "null", "function": {"arguments": "}"}})),
        finish("tool_calls"),
    ];
    assert_eq!(authorised(&calls), ["a schema {}"]);
}

#[test]
fn the_same_id_for_two_calls() {
    let calls = [
        call(0, "a", "schema", &json!({})),
        call(1, "a", "items", &read_articles()),
        finish("tool_calls"),
    ];
    let own = format!("call_019977_1 items {}", read());
    assert_eq!(authorised(&calls), ["a schema {}".to_owned(), own]);
}

#[test]
fn a_call_without_id_or_arguments() {
    let calls = [
        piece(json!({"function": {"name": "schema", "arguments": ""}})),
        piece(json!({"index": 1, "id": null, "function": {"name": "schema"}})),
        finish("tool_calls"),
    ];
    assert_eq!(authorised(&calls), ["call_019977_1 schema {}", "call_019977_2 schema {}"]);
}

#[test]
fn no_usage_at_all_and_usage_that_is_null_everywhere() {
    let mut null = text("Hi.");
    null["usage"] = Value::Null;
    let mut end = finish("stop");
    end["usage"] = Value::Null;
    let chunks = chunks(&stream(&[null, end]), &[]);
    assert!(!chunks.iter().any(|chunk| chunk.contains("data-usage")), "{chunks:?}");
}

#[test]
fn a_gateways_page_with_an_error_status() {
    let page = || FakeResponse {
        status: 502,
        headers: [("content-type", "text/html".to_owned())].into(),
        pieces: std::cell::RefCell::new([b"<html>Bad gateway</html>".to_vec()].into()),
        end: None,
    };
    let host = FakeHost::new()
        .responds(page())
        .responds(page())
        .answers(&[text("Here again."), finish("stop")]);
    let transcript = host.transcript(ask("Hi"));
    assert!(transcript.contains("Here again.") && !transcript.contains("gateway"), "{transcript}");
}

#[test]
fn reasoning_goes_back_in_the_field_that_it_came_in() {
    for field in ["reasoning", "reasoning_content"] {
        let host = FakeHost::new()
            .answers(&[
                delta(json!({ field: "I look." })),
                call(0, "c1", "schema", &json!({})),
                finish("tool_calls"),
            ])
            .answers(&[text("Done."), finish("stop")]);
        host.transcript(ask("Hi"));
        assert_eq!(host.request(1)["messages"][2][field], "I look.");
    }
}

#[test]
fn a_call_without_a_name_is_an_error_for_the_model() {
    let host = FakeHost::new()
        .answers(&[
            delta(
                json!({"tool_calls": [{"index": 0, "id": "c1", "function": {"arguments": "{}"}}]}),
            ),
            finish("tool_calls"),
        ])
        .answers(&[text("Sorry."), finish("stop")]);
    let transcript = host.transcript(ask("Hi"));
    assert!(transcript.contains("There is no tool \\\"unknown\\\""), "{transcript}");
}

/// An answer with everything in it.
fn rich_answer() -> String {
    let mut body = String::from(": hello\r\n\r\n");
    for event in [
        delta(json!({"role": "assistant", "content": null})),
        delta(json!({"reasoning": "Überlegen … \u{1F914}"})),
        text("Grüße,\n\"Welt\" \\ \u{1F600}"),
        delta(json!({"tool_calls": [{"index": 0, "id": "c1", "function": {
            "name": "ask_user", "arguments": "{\"question\":"}}]})),
        delta(json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"Wörter?\"}"}}]})),
        call(1, "c2", "nothing", &json!({"ü": 1})),
        finish("tool_calls"),
        usage(3, 4),
    ] {
        body.push_str(&format!("data: {event}\r\n\r\n"));
    }
    body.push_str("data: [DONE]\r\n\r\n");
    body
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_split_of_the_bytes_gives_the_same_chunks(cuts in prop::collection::vec(0..1600usize, 0..12)) {
        let body = rich_answer();
        prop_assert_eq!(chunks(&body, &cuts), chunks(&body, &[]));
    }

    #[test]
    fn no_bytes_break_the_reader(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        mutations in prop::collection::vec((0..1600usize, any::<u8>()), 0..4),
    ) {
        let mut body = rich_answer().into_bytes();
        for (place, byte) in mutations {
            if let Some(slot) = body.get_mut(place) {
                *slot = byte;
            }
        }
        for body in [bytes, body] {
            let mut host = FakeHost::new().answers_bytes(&body, &[]);
            host.settings.max_steps = 1;
            host.transcript(ask("Hi"));
        }
    }
}

#[test]
fn every_single_byte_alone_gives_the_same_chunks() {
    let body = rich_answer();
    let cuts: Vec<_> = (1..body.len()).collect();
    assert_eq!(chunks(&body, &cuts), chunks(&body, &[]));
}
