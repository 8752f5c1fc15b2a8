//! Events for bodies: what a response says before it ends.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::{about, added, call, completed, done, format, read};
use crate::Conversation;
use crate::format::{Event, WireFormat};

#[test]
fn pieces_are_borrowed_from_the_body() {
    let mut reader = format(true, &[]).reader(&Conversation::default());
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
