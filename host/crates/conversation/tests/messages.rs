//! Which conversations are accepted, as the AI SDK's own validation has it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a test's helper fails the test"
)]

use palisade_conversation::{ChatRequest, Message, Part, ToolPart, ToolState};
use serde_json::{Value, json};

fn parse(body: &Value) -> Result<ChatRequest, String> {
    ChatRequest::parse(body.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn parse_message(message: Value) -> Result<Message, String> {
    parse(&json!({"messages": [message]}))
        .map(|request| request.messages.into_iter().next().expect("one message"))
}

fn parse_part(part: Value) -> Result<Part, String> {
    parse_message(json!({"id": "1", "role": "assistant", "parts": [part]}))
        .map(|message| message.parts.into_iter().next().expect("one part"))
}

/// A tool part in a state, with more keys.
fn tool(state: &str, more: Value) -> Value {
    let mut part = json!({"type": "tool-items", "toolCallId": "c1", "state": state, "input": {}});
    let keys = more.as_object().expect("an object").clone();
    part.as_object_mut().expect("an object").extend(keys);
    part
}

fn tool_part(part: Value) -> ToolPart {
    match parse_part(part).expect("accepted") {
        Part::Tool(tool) => tool,
        other => panic!("not a tool part: {other:?}"),
    }
}

macro_rules! messages {
    ($($verdict:ident $name:ident: $message:tt)+) => {
        mod message { $(
            #[test]
            fn $name() {
                let result = super::parse_message(serde_json::json!($message));
                messages!(@ $verdict $name result);
            }
        )+ }
    };
    (@ accepts $name:ident $result:ident) => { $result.expect("accepted"); };
    (@ rejects $name:ident $result:ident) => {
        insta::assert_snapshot!(stringify!($name), $result.expect_err("rejected"));
    };
}

macro_rules! parts {
    ($($verdict:ident $name:ident: $part:expr;)+) => {
        mod part {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let result = parse_part($part);
                    messages!(@ $verdict $name result);
                }
            )+
        }
    };
}

messages! {
    accepts a_user_message: {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    accepts a_system_message: {"id": "1", "role": "system", "parts": [{"type": "text", "text": "Be kind"}]}
    accepts an_empty_id: {"id": "", "role": "user", "parts": [{"type": "text", "text": ""}]}
    accepts metadata_and_unknown_keys: {"id": "1", "role": "user", "metadata": {"a": 1}, "more": [1], "parts": [{"type": "text", "text": "", "more": null}]}
    accepts a_tool_call_in_a_user_message: {"id": "1", "role": "user", "parts": [{"type": "tool-x", "toolCallId": "c", "state": "input-available", "input": 1}]}
    accepts the_parts_before_the_role: {"parts": [{"text": "Hi", "type": "text"}], "role": "user", "id": "1"}
    rejects null: null
    rejects a_string: "hello"
    rejects no_id: {"role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    rejects a_number_as_id: {"id": 1, "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    rejects no_role: {"id": "1", "parts": [{"type": "text", "text": "Hi"}]}
    rejects the_role_tool: {"id": "1", "role": "tool", "parts": [{"type": "text", "text": "Hi"}]}
    rejects no_parts: {"id": "1", "role": "user"}
    rejects null_parts: {"id": "1", "role": "user", "parts": null}
    rejects empty_parts: {"id": "1", "role": "user", "parts": []}
    rejects content_instead_of_parts: {"id": "1", "role": "user", "content": "Hi"}
    rejects a_part_that_is_text: {"id": "1", "role": "user", "parts": ["Hi"]}
    rejects the_same_call_twice: {"id": "1", "role": "assistant", "parts": [
        {"type": "tool-x", "toolCallId": "c", "state": "input-available", "input": {}},
        {"type": "step-start"},
        {"type": "dynamic-tool", "toolName": "y", "toolCallId": "c", "state": "input-available", "input": {}}
    ]}
}

parts! {
    accepts text_that_streams: json!({"type": "text", "text": "Hi", "state": "streaming"});
    accepts text_with_metadata: json!({"type": "text", "text": "Hi", "providerMetadata": {"openai": {"itemId": null}}});
    accepts reasoning: json!({"type": "reasoning", "text": "", "state": "done"});
    accepts a_file: json!({"type": "file", "mediaType": "image/png", "url": "", "filename": "a.png"});
    accepts a_web_source: json!({"type": "source-url", "sourceId": "s", "url": "https://example.com"});
    accepts a_document_source: json!({"type": "source-document", "sourceId": "s", "mediaType": "text/plain", "title": "T"});
    accepts a_step_start: json!({"type": "step-start", "text": 5});
    accepts data: json!({"type": "data-usage", "data": {"inputTokens": 1}});
    accepts data_without_data: json!({"type": "data-usage"});
    accepts a_dynamic_tool: json!({"type": "dynamic-tool", "toolName": "x", "toolCallId": "c", "state": "input-available", "input": null});
    accepts a_tool_with_a_title: tool("input-available", json!({"title": 7}));

    accepts input_streaming_without_input: json!({"type": "tool-items", "toolCallId": "c", "state": "input-streaming"});
    accepts input_available: tool("input-available", json!({}));
    accepts approval_requested: tool("approval-requested", json!({"approval": {"id": "a"}}));
    accepts approval_granted: tool("approval-responded", json!({"approval": {"id": "a", "approved": true}}));
    accepts approval_denied_with_reason: tool("approval-responded", json!({"approval": {"id": "a", "approved": false, "reason": "no"}}));
    accepts output: tool("output-available", json!({"output": null}));
    accepts preliminary_output: tool("output-available", json!({"output": 1, "preliminary": true}));
    accepts approved_output: tool("output-available", json!({"output": 1, "approval": {"id": "a", "approved": true}}));
    accepts an_error: tool("output-error", json!({"errorText": "broken"}));
    accepts an_error_without_input: json!({"type": "tool-items", "toolCallId": "c", "state": "output-error", "errorText": "broken"});
    accepts a_denial: tool("output-denied", json!({"approval": {"id": "a", "approved": false}}));

    rejects no_type: json!({"text": "Hi"});
    rejects an_unknown_type: json!({"type": "image", "image": "x"});
    rejects a_null_type: json!({"type": null});
    rejects text_without_text: json!({"type": "text"});
    rejects text_that_is_a_number: json!({"type": "text", "text": 3});
    rejects text_in_a_wrong_state: json!({"type": "text", "text": "", "state": "open"});
    rejects flat_metadata: json!({"type": "text", "text": "", "providerMetadata": {"itemId": "x"}});
    rejects null_metadata: json!({"type": "text", "text": "", "providerMetadata": null});
    rejects a_file_without_media_type: json!({"type": "file", "url": "x"});
    rejects a_document_without_title: json!({"type": "source-document", "sourceId": "s", "mediaType": "text/plain"});
    rejects a_dynamic_tool_without_name: json!({"type": "dynamic-tool", "toolCallId": "c", "state": "input-available", "input": {}});
    rejects a_call_without_id: json!({"type": "tool-items", "state": "input-available", "input": {}});
    rejects a_call_without_state: json!({"type": "tool-items", "toolCallId": "c", "input": {}});
    rejects the_state_call: tool("call", json!({}));
    rejects the_state_result: tool("result", json!({"output": 1}));
    rejects a_call_in_the_state_done: tool("done", json!({}));
    rejects null_for_provider_executed: tool("input-available", json!({"providerExecuted": null}));
    rejects approval_before_a_request: tool("input-available", json!({"approval": {"id": "a"}}));
    rejects null_approval_before_a_request: tool("input-streaming", json!({"approval": null}));
    rejects a_request_without_approval: tool("approval-requested", json!({}));
    rejects a_request_with_an_answer: tool("approval-requested", json!({"approval": {"id": "a", "approved": true}}));
    rejects a_request_with_a_reason: tool("approval-requested", json!({"approval": {"id": "a", "reason": "x"}}));
    rejects an_answer_without_approval: tool("approval-responded", json!({}));
    rejects an_answer_without_answer: tool("approval-responded", json!({"approval": {"id": "a"}}));
    rejects an_answer_without_id: tool("approval-responded", json!({"approval": {"approved": true}}));
    rejects an_answer_that_is_text: tool("approval-responded", json!({"approval": {"id": "a", "approved": "true"}}));
    rejects a_null_reason: tool("approval-responded", json!({"approval": {"id": "a", "approved": true, "reason": null}}));
    rejects output_that_was_denied: tool("output-available", json!({"output": 1, "approval": {"id": "a", "approved": false}}));
    rejects an_error_that_was_denied: tool("output-error", json!({"errorText": "x", "approval": {"id": "a", "approved": false}}));
    rejects a_denial_that_was_approved: tool("output-denied", json!({"approval": {"id": "a", "approved": true}}));
    rejects a_denial_without_approval: tool("output-denied", json!({}));
    rejects output_with_error_text: tool("output-available", json!({"output": 1, "errorText": "x"}));
    rejects an_error_with_output: tool("output-error", json!({"errorText": "x", "output": 1}));
    rejects an_error_without_text: tool("output-error", json!({}));
    rejects output_before_it_is_available: tool("input-available", json!({"output": null}));
}

#[test]
fn a_tool_is_named_by_what_follows_the_first_prefix() {
    let part = tool_part(json!({"type": "tool-tool-set-form-values-a-b", "toolCallId": "c",
        "state": "input-available", "input": {}}));
    assert_eq!(part.tool_name, "tool-set-form-values-a-b");
    assert!(!part.dynamic);
    let part = tool_part(json!({"type": "dynamic-tool", "toolName": "tool-x", "toolCallId": "c",
        "state": "input-available", "input": {}}));
    assert_eq!(part.tool_name, "tool-x");
    assert!(part.dynamic);
}

#[test]
fn values_stay_as_they_were_posted() {
    let body = br#"{"messages":[{"id":"1","role":"assistant","parts":[{"type":"tool-x",
        "toolCallId":"c","state":"output-available","input":{"b":1.0, "a" : 12345678901234567890},
        "output":[ null ,1e2]}]}]}"#;
    let request = ChatRequest::parse(body).expect("accepted");
    let Some(Part::Tool(part)) = request.messages.first().and_then(|one| one.parts.first()) else {
        panic!("a tool part")
    };
    let raw = |value: &Option<Box<serde_json::value::RawValue>>| {
        value.as_ref().map(|raw| raw.get().to_owned())
    };
    assert_eq!(raw(&part.input).as_deref(), Some(r#"{"b":1.0, "a" : 12345678901234567890}"#));
    assert_eq!(raw(&part.output).as_deref(), Some("[ null ,1e2]"));
}

#[test]
fn an_error_without_input_keeps_the_raw_input() {
    let error = |more: Value| {
        let part = json!({"type": "tool-x", "toolCallId": "c", "state": "output-error",
            "errorText": "x", "rawInput": "{\"broken"});
        let mut part = part;
        part.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        tool_part(part).input.map(|raw| raw.get().to_owned())
    };
    assert_eq!(error(json!({})).as_deref(), Some(r#""{\"broken""#));
    assert_eq!(error(json!({"input": null})).as_deref(), Some("null"));
    assert_eq!(error(json!({"input": {}})).as_deref(), Some("{}"));
    let other = tool_part(json!({"type": "tool-x", "toolCallId": "c", "state": "input-available",
        "rawInput": "x"}));
    assert!(other.input.is_none(), "the raw input of another state means nothing");
}

#[test]
fn the_answer_of_an_approval_is_read() {
    let part = tool_part(tool(
        "approval-responded",
        json!({"approval": {"id": "a", "approved": false, "reason": "not today"}}),
    ));
    assert_eq!(part.state, ToolState::ApprovalResponded);
    let approval = part.approval.expect("an approval");
    assert_eq!(approval.approved, Some(false));
    assert_eq!(approval.reason.as_deref(), Some("not today"));
}

#[test]
fn sources_and_data_serialise_to_what_clients_know() {
    for part in [
        json!({"type": "source-url", "sourceId": "s", "url": "u", "title": "t"}),
        json!({"type": "source-document", "sourceId": "s", "mediaType": "m", "title": "t",
            "providerMetadata": {"openai": {"a": 1}}}),
        json!({"type": "data-usage", "id": "1", "data": {"a": [1, 2]}}),
        json!({"type": "data-usage"}),
    ] {
        let text = match parse_part(part.clone()).expect("accepted") {
            Part::SourceUrl(source) => serde_json::to_string(&source),
            Part::SourceDocument(source) => serde_json::to_string(&source),
            Part::Data(data) => serde_json::to_string(&data),
            other => panic!("{other:?}"),
        };
        let back: Value = serde_json::from_str(&text.expect("text")).expect("JSON");
        assert_eq!(back, part);
    }
}
