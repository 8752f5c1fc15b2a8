//! Events for bodies.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::format;
use crate::failure::Failure;
use crate::format::{Event, TokenCount, WireFormat};

/// The events for a body, one line each.
fn read(events: &[Value]) -> Vec<String> {
    let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    read_body(&body)
}

fn read_body(body: &str) -> Vec<String> {
    let mut reader = format(true, &[]).reader();
    let mut lines = Vec::new();
    let mut on_event = |event: Event<'_>| lines.push(line(event));
    reader.feed(body.as_bytes(), &mut on_event);
    if !reader.is_complete() {
        reader.end(&mut on_event);
    }
    assert!(reader.is_complete());
    lines
}

fn line(event: Event<'_>) -> String {
    let state = |state: Option<String>| state.unwrap_or_else(|| "-".into());
    match event {
        Event::Text(text) => format!("text {text}"),
        Event::TextEnded { state: kept } => format!("text ended {}", state(kept)),
        Event::Refusal(text) => format!("refusal {text}"),
        Event::Reasoning { place, text } => format!("{place} {text}"),
        Event::ReasoningEnded { place, state: kept } => format!("{place} ended {}", state(kept)),
        Event::CallStarted { call, id, name } => {
            format!("call {call} {} {name}", id.unwrap_or("-".into()))
        }
        Event::CallArguments { call, text } => format!("call {call} < {text}"),
        Event::CallState { call, state } => format!("call {call} state {state}"),
        Event::Source { url, title } => format!("source {url} {}", title.unwrap_or("-".into())),
        Event::Usage(count) => format!("usage {count:?}"),
        Event::Finished(reason) => {
            format!("finished {}", format!("{reason:?}").trim_start_matches("FinishReason::"))
        }
        Event::Paused => "paused".into(),
        Event::Failed { failure, detail } => format!("failed {failure:?}: {detail}"),
    }
}

fn about(kind: &str, index: usize, more: Value) -> Value {
    let mut event = json!({"type": format!("response.{kind}"), "output_index": index});
    for (name, value) in more.as_object().expect("an object") {
        event[name] = value.clone();
    }
    event
}

fn added(index: usize, item: Value) -> Value {
    about("output_item.added", index, json!({"item": item}))
}

fn done(index: usize, item: Value) -> Value {
    about("output_item.done", index, json!({"item": item}))
}

fn completed() -> Value {
    json!({"type": "response.completed", "response": {"status": "completed"}})
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "f",
           "arguments": arguments, "status": "completed"})
}

#[test]
fn pieces_are_borrowed_from_the_body() {
    let mut reader = format(true, &[]).reader();
    let mut seen = 0;
    for (kind, delta) in [
        ("output_text.delta", "text"),
        ("refusal.delta", "refusal"),
        ("reasoning_summary_text.delta", "reasoning"),
        ("function_call_arguments.delta", "arguments"),
    ] {
        let item = added(1, call("a", ""));
        let event = about(kind, 1, json!({"delta": delta, "item_id": "x", "logprobs": []}));
        let body = format!("data: {item}\n\ndata: {event}\n\n");
        reader.feed(body.as_bytes(), &mut |event| match event {
            Event::Text(text)
            | Event::Refusal(text)
            | Event::Reasoning { text, .. }
            | Event::CallArguments { text, .. } => {
                assert!(matches!(text, Cow::Borrowed(text) if text == delta));
                seen += 1;
            }
            _ => {}
        });
    }
    assert_eq!(seen, 4);
}

#[test]
fn the_parts_of_a_summary_are_paragraphs_of_one_block() {
    let delta = |part: u32, text: &str| {
        about("reasoning_summary_text.delta", 0, json!({"summary_index": part, "delta": text}))
    };
    let item = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA\u{2028}=",
                      "summary": [{"type": "summary_text", "text": "**One** a"},
                                  {"type": "summary_text", "text": "**Two**"}]});
    let events = read(&[
        added(0, json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "g"})),
        delta(0, "**One**"),
        delta(0, " a"),
        delta(1, "**Two**"),
        done(0, item),
        about("reasoning_summary_text.delta", 1, json!({"summary_index": 0, "delta": "Next"})),
        done(
            1,
            json!({"type": "reasoning", "id": "rs_2", "encrypted_content": "h",
                       "summary": null, "status": null}),
        ),
        completed(),
    ]);
    assert_eq!(
        events,
        [
            "reasoning **One**",
            "reasoning  a",
            "reasoning \n\n**Two**",
            "reasoning ended {\"id\":\"rs_1\",\"encrypted_content\":\"gAAA\u{2028}=\",\"summary\":\
             [{\"text\":\"**One** a\",\"type\":\"summary_text\"},\
             {\"text\":\"**Two**\",\"type\":\"summary_text\"}]}",
            "reasoning Next",
            "reasoning ended {\"id\":\"rs_2\",\"encrypted_content\":\"h\",\"summary\":[]}",
            "finished Stop",
        ]
    );
}

#[test]
fn reasoning_that_is_not_shown_has_a_state_if_it_can_go_back() {
    let long = "x".repeat(65);
    for (item, expected) in [
        (
            json!({"id": "rs_1", "encrypted_content": "g", "summary": []}),
            r#"{"id":"rs_1","encrypted_content":"g","summary":[]}"#,
        ),
        (json!({"id": "rs_1", "encrypted_content": null, "summary": []}), "-"),
        (json!({"id": "rs_1", "encrypted_content": "", "content": [], "summary": []}), "-"),
        (json!({"id": "rs_1", "encrypted_content": "g", "status": "incomplete"}), "-"),
        (json!({"id": "", "encrypted_content": "g"}), "-"),
        (json!({"id": long, "encrypted_content": "g"}), "-"),
        (json!({"encrypted_content": "g"}), "-"),
    ] {
        let mut item = item;
        item["type"] = "reasoning".into();
        assert_eq!(read(&[done(0, item), completed()])[0], format!("reasoning ended {expected}"));
    }
}

#[test]
fn open_reasoning_goes_back_as_text() {
    let content = json!([{"type": "reasoning_text", "text": "Hm."}]);
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [], "content": content});
    let state = format!("reasoning ended {{\"id\":\"rs_1\",\"summary\":[],\"content\":{content}}}");
    let delta = about("reasoning_text.delta", 0, json!({"content_index": 0, "delta": "Hm."}));
    for events in
        [vec![delta, done(0, item.clone()), completed()], vec![done(0, item), completed()]]
    {
        assert_eq!(read(&events), ["reasoning Hm.", &state, "finished Stop"]);
    }
}

#[test]
fn each_item_knows_the_reasoning_that_led_to_it() {
    let reasoning = |id: &str| json!({"type": "reasoning", "id": id, "summary": []});
    let message = |id: &str, phase: &str| {
        json!({"type": "message", "id": id, "status": "completed", "phase": phase,
               "content": [{"type": "output_text", "text": "…"}]})
    };
    let events = read(&[
        done(0, message("msg_1", "commentary")),
        done(1, reasoning("rs_1")),
        done(2, reasoning("rs_2")),
        done(3, message("msg_2", "commentary")),
        done(4, call("a", "{}")),
        done(5, reasoning("rs_3")),
        done(6, json!({"type": "web_search_call", "id": "ws_1", "content": 7})),
        done(7, reasoning("rs_4")),
        done(8, call("b", "{}")),
        completed(),
    ]);
    let states: Vec<_> = events.iter().filter(|line| line.contains("{\"id\"")).collect();
    assert_eq!(
        states,
        [
            r#"text ended {"id":"msg_1","phase":"commentary"}"#,
            r#"text ended {"id":"msg_2","after":["rs_1","rs_2"],"phase":"commentary"}"#,
            r#"call 0 state {"id":"fc_a","after":["rs_1","rs_2"]}"#,
            r#"call 1 state {"id":"fc_b","after":["rs_4"]}"#,
        ]
    );
}

#[test]
fn text_that_came_in_no_pieces() {
    let item = json!({"type": "message", "id": "msg_1", "status": "completed", "content": [
        {"type": "output_text", "text": "Hi.", "annotations": null},
        {"type": "output_text", "text": ""},
    ]});
    let piece = about("output_text.delta", 0, json!({"delta": "Hi."}));
    for events in
        [vec![done(0, item.clone()), completed()], vec![piece, done(0, item), completed()]]
    {
        assert_eq!(read(&events), ["text Hi.", r#"text ended {"id":"msg_1"}"#, "finished Stop"]);
    }
    let refusal = json!({"type": "message", "id": "msg_1", "content": [
        {"type": "refusal", "refusal": "No."}]});
    assert_eq!(
        read(&[done(0, refusal), completed()]),
        ["refusal No.", "text ended -", "finished Stop"]
    );
    let nothing = json!({"type": "message", "id": "msg_1", "content": []});
    assert_eq!(read(&[done(0, nothing), completed()]), ["text ended -", "finished Stop"]);
}

#[test]
fn arguments_are_whole_whatever_came_of_them_before() {
    let begun = || added(0, call("a", ""));
    let piece = |text: &str| {
        about("function_call_arguments.delta", 0, json!({"item_id": "fc_a", "delta": text}))
    };
    let whole = || about("function_call_arguments.done", 0, json!({"arguments": "{\"x\":1}"}));
    let last = || done(0, call("a", "{\"x\":1}"));
    for events in [
        vec![begun(), piece("{\"x\""), piece(":1}"), whole(), last()],
        vec![begun(), whole(), last()],
        vec![begun(), last()],
        vec![begun(), piece("{\"x\""), last()],
        vec![begun(), piece("{\"x\""), whole()],
        vec![begun(), piece("{\"x\":1}")],
        vec![last()],
        vec![begun(), last(), last()],
        vec![added(0, json!({"type": "function_call", "call_id": "a"})), last()],
    ] {
        let mut with_end = events.clone();
        with_end.push(completed());
        let lines = read(&with_end);
        let arguments: String =
            lines.iter().filter_map(|line| line.strip_prefix("call 0 < ")).collect();
        assert_eq!(lines[0], "call 0 a f");
        assert_eq!(arguments, "{\"x\":1}", "{events:?}");
        assert_eq!(lines.last().map(String::as_str), Some("finished ToolCalls"));
    }
}

#[test]
fn what_was_given_out_stands_where_the_end_says_something_else() {
    let events = [
        added(0, call("a", "")),
        about("function_call_arguments.delta", 0, json!({"delta": "{\"x\":1}"})),
        done(0, call("a", "{\"x\": 1}")),
        completed(),
    ];
    let lines = read(&events);
    assert_eq!(lines.iter().filter(|line| line.starts_with("call 0 <")).count(), 1);
}

#[test]
fn pieces_of_parallel_calls_find_their_call() {
    let piece = |index: Value, id: Value, text: &str| {
        json!({"type": "response.function_call_arguments.delta", "output_index": index,
               "item_id": id, "delta": text})
    };
    let lines = read(&[
        added(1, call("a", "")),
        added(2, call("b", "")),
        piece(json!(1), json!("another id"), "1"),
        piece(json!(2), json!(null), "2"),
        piece(json!(null), json!("fc_a"), "3"),
        piece(json!(null), json!(null), "4"),
        piece(json!(9), json!("fc_a"), "nobody's"),
        completed(),
    ]);
    assert_eq!(lines[2..6], ["call 0 < 1", "call 1 < 2", "call 0 < 3", "call 1 < 4"]);
    assert_eq!(lines.len(), 7);
}

#[test]
fn pages_are_cited_once_and_nothing_else_is() {
    let page = |url: &str| {
        json!({"type": "url_citation", "url": url, "title": "A page",
                                  "start_index": 0, "end_index": 2})
    };
    let told = |annotation: Value| {
        about("output_text.annotation.added", 0, json!({"annotation": annotation}))
    };
    let lines = read(&[
        about("output_text.delta", 0, json!({"delta": "Hi."})),
        told(page("https://a.example/")),
        told(page("https://a.example/")),
        told(page("javascript:alert(1)")),
        told(json!({"type": "file_citation", "file_id": "file-1", "url": "https://b.example/"})),
        told(Value::Null),
        done(
            0,
            json!({"type": "message", "id": "msg_1", "content": [
                {"type": "output_text", "text": "Hi.", "annotations": [
                    page("https://a.example/"),
                    {"type": "url_citation", "url": "http://c.example/", "title": null},
                    {"type": "container_file_citation", "file_id": "f"},
                ]},
            ]}),
        ),
        completed(),
    ]);
    assert_eq!(
        lines[1..],
        [
            "source https://a.example/ A page",
            "source http://c.example/ -",
            r#"text ended {"id":"msg_1"}"#,
            "finished Stop",
        ]
    );
}

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
    assert_eq!(read(&[text.clone()]), ["text Hi.", cut]);
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
    assert_eq!(
        lines.last().map(String::as_str),
        Some(&*format!("failed {:?}: too many tool calls", Failure::Malformed))
    );
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
