//! Anthropic Messages, with a model that decides for itself how much it thinks.

mod files;
mod output;
mod stops;
mod thinking;

use palisade_plugin::types::Endpoint;
use serde_json::{Value, json};

use super::wire::{Called, Refusal, Wire};
use crate::fake::FakeHost;

/// The real API, as its documentation and SDKs have it.
pub(crate) struct Anthropic;

/// An event as the API frames it.
fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().expect("a type"))
}

/// A whole stream around blocks. A ping comes after the beginning of the first.
fn stream(blocks: &[Vec<Value>], stop_reason: &str) -> String {
    let message = json!({
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant",
        "model": "claude-opus-5-5", "content": [], "container": null, "diagnostics": null,
        "stop_reason": null, "stop_sequence": null, "stop_details": null,
        "usage": {
            "input_tokens": 4, "cache_read_input_tokens": 8, "cache_creation_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 1, "service_tier": "standard", "inference_geo": "eu",
        },
    });
    let mut events = vec![json!({"type": "message_start", "message": message})];
    for (index, block) in blocks.iter().enumerate() {
        let mut pieces = block.iter();
        let start = pieces.next().expect("the beginning of a block");
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        if index == 0 {
            events.push(json!({"type": "ping"}));
        }
        events.extend(
            pieces.map(|it| json!({"type": "content_block_delta", "index": index, "delta": it})),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({
        "type": "message_delta",
        "delta": {
            "stop_reason": stop_reason, "stop_sequence": null, "stop_details": null,
            "container": null,
        },
        "usage": {
            "input_tokens": 4, "cache_read_input_tokens": 8, "cache_creation_input_tokens": 0,
            "output_tokens": 3, "output_tokens_details": {"thinking_tokens": 0},
            "server_tool_use": null,
        },
    }));
    events.push(json!({"type": "message_stop"}));
    events.iter().map(event).collect()
}

fn text(pieces: &[&str]) -> Vec<Value> {
    let start = json!({"type": "text", "text": "", "citations": null});
    let deltas = pieces.iter().map(|text| json!({"type": "text_delta", "text": text}));
    [start].into_iter().chain(deltas).collect()
}

fn thinking(pieces: &[&str], signature: &str) -> Vec<Value> {
    let start = json!({"type": "thinking", "thinking": "", "signature": ""});
    let deltas = pieces.iter().map(|text| json!({"type": "thinking_delta", "thinking": text}));
    let end = json!({"type": "signature_delta", "signature": signature});
    [start].into_iter().chain(deltas).chain([end]).collect()
}

fn tool_use(id: &str, name: &str, pieces: &[&str]) -> Vec<Value> {
    let start = json!({
        "type": "tool_use", "id": id, "name": name, "input": {}, "caller": {"type": "direct"},
    });
    let deltas =
        pieces.iter().map(|json| json!({"type": "input_json_delta", "partial_json": json}));
    [start].into_iter().chain(deltas).collect()
}

fn called(call: &Called) -> Vec<Value> {
    let arguments = call.arguments.to_string();
    let (first, second) = arguments.split_at(arguments.len() / 2);
    tool_use(call.id, call.name, &["", first, second])
}

fn refusal(status: u16, kind: &str, message: &str) -> Refusal {
    let message = format!("{message} Prose of the provider, with sk-secret in it.");
    let body = json!({
        "type": "error", "error": {"type": kind, "message": message, "details": null},
        "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
    });
    let headers = vec![("request-id", "req_011CSHoEeqs5C35K2UUqR7Fy")];
    Refusal { status, headers, body: body.to_string() }
}

/// A host whose model can do these things, and no more than is said here.
fn host_of(capabilities: &[&str]) -> FakeHost {
    let mut host = FakeHost::new();
    host.endpoint = Anthropic.endpoint();
    host.endpoint.capabilities = capabilities.iter().map(ToString::to_string).collect();
    host
}

/// The messages of a request, without its marks for the cache.
fn messages_of(host: &FakeHost, request: usize) -> Value {
    let mut messages = host.request(request)["messages"].take();
    for message in messages.as_array_mut().expect("a list") {
        for block in message["content"].as_array_mut().expect("a list") {
            block.as_object_mut().expect("an object").remove("cache_control");
        }
    }
    messages
}

impl Wire for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: "anthropic".into(),
            kind: "anthropic".into(),
            model: "claude-opus-5-5".into(),
            reasoning: true,
            max_output_tokens: Some(32_000),
            context_tokens: Some(200_000),
            capabilities: ["images", "documents", "structured-output", "thinking-adaptive"]
                .map(String::from)
                .into(),
        }
    }

    fn text(&self) -> String {
        stream(&[text(&["Hel", "lo ", "there."])], "end_turn")
    }

    fn reasoning(&self) -> String {
        let thought = thinking(&["Let me ", "think."], "EqQBCgIYAhIM1gbcDa9GJwZA2b3h");
        stream(&[thought, text(&["Four."])], "end_turn")
    }

    fn reasoned_calls(&self, calls: &[Called]) -> String {
        let thought = thinking(&["I look."], "EqQBCgIYAhIM1gbcDa9GJwZA2b3h");
        let blocks: Vec<_> = [thought].into_iter().chain(calls.iter().map(called)).collect();
        stream(&blocks, "tool_use")
    }

    fn calls(&self, calls: &[Called]) -> String {
        let blocks: Vec<_> = calls.iter().map(called).collect();
        stream(&blocks, "tool_use")
    }

    /// The API's classifiers stop an answer without a word.
    fn refusal(&self) -> String {
        stream(&[], "refusal")
    }

    fn length(&self) -> String {
        stream(&[text(&["This is as far as"])], "max_tokens")
    }

    fn large(&self, large: &str) -> String {
        stream(&[text(&[large])], "end_turn")
    }

    fn error_event(&self) -> String {
        event(&json!({
            "type": "error",
            "error": {"type": "overloaded_error", "message": "sk-secret", "details": null},
            "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy",
        }))
    }

    fn unknown_event(&self) -> String {
        event(&json!({"type": "future_thing", "delta": "a text", "index": {}, "message": [1]}))
    }

    fn context_too_long(&self) -> Refusal {
        let message = "prompt is too long: 200251 tokens > 200000 maximum";
        refusal(400, "invalid_request_error", message)
    }

    fn unauthorised(&self) -> Refusal {
        refusal(401, "authentication_error", "invalid x-api-key")
    }

    fn rate_limited(&self) -> Vec<(&'static str, Refusal)> {
        [
            ("without_a_hint", vec![]),
            ("seconds", vec![("retry-after", "7")]),
            ("date", vec![("retry-after", "Sun, 22 Nov 2026 00:00:09 GMT")]),
            ("milliseconds", vec![("retry-after-ms", "250"), ("retry-after", "9")]),
            ("should_not", vec![("x-should-retry", "false")]),
        ]
        .into_iter()
        .map(|(name, headers)| {
            let refusal = refusal(429, "rate_limit_error", "This request would exceed your limit.");
            (name, Refusal { headers, ..refusal })
        })
        .collect()
    }

    fn overloaded(&self) -> Refusal {
        refusal(529, "overloaded_error", "Overloaded")
    }
}
