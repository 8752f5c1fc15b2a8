//! A scripted message as the events of a stream, and as a whole answer.

use serde_json::{Map, Value, json};

use super::{AnthropicAsked, thinking};
use crate::fake::{
    calls::{Call, calls},
    framing::Event,
    message::{MessageAnswer, Reasoning},
    quirks::UsagePlace,
};

/// A content block and the deltas that it comes in.
struct Block {
    /// As it is when it is complete.
    whole: Value,
    /// As it is when it opens.
    opening: Value,
    deltas: Vec<Value>,
}

/// The events of a streamed answer.
pub(super) fn events(answer: &MessageAnswer, asked: &AnthropicAsked, number: u64) -> Vec<Event> {
    let mut events = Vec::new();
    let mut push = |name: &'static str, fields: Value, counted: bool| {
        let mut data = json!({"type": name});
        if let (Some(data), Value::Object(fields)) = (data.as_object_mut(), fields) {
            data.extend(fields);
        }
        events.push(Event { name: Some(name), data: data.to_string(), counted });
    };
    let mut usage = usage(answer, asked);
    let output = usage["output_tokens"].take();
    usage["output_tokens"] = 1.into();
    push(
        "message_start",
        json!({"message": message(asked, number, &[], Value::Null, usage)}),
        false,
    );
    for (index, block) in blocks(answer, asked, number).into_iter().enumerate() {
        let opening = json!({"index": index, "content_block": block.opening});
        push("content_block_start", opening, false);
        if index == 0 {
            push("ping", json!({}), false);
        }
        for delta in block.deltas {
            push("content_block_delta", json!({"index": index, "delta": delta}), true);
        }
        push("content_block_stop", json!({"index": index}), false);
    }
    if let Some(reason) = stop_reason(answer) {
        let mut fields = json!({"delta": {
            "stop_reason": reason, "stop_sequence": null, "stop_details": stop_details(answer),
            "container": null,
        }});
        if answer.usage != UsagePlace::Never {
            fields["usage"] = final_usage(answer, asked, &output);
        }
        push("message_delta", fields, false);
        push("message_stop", json!({}), false);
    } else if answer.finish_reason.as_deref() == Some("error") {
        let error = json!({"type": "api_error", "message": "Internal server error"});
        push("error", json!({"error": error, "request_id": format!("req_{number}")}), false);
    }
    events
}

/// The body of an answer that isn't streamed.
pub(super) fn whole(answer: &MessageAnswer, asked: &AnthropicAsked, number: u64) -> Value {
    let blocks = blocks(answer, asked, number);
    let content = blocks.into_iter().map(|block| block.whole).collect::<Vec<_>>();
    let mut message = message(asked, number, &content, stop_details(answer), usage(answer, asked));
    message["stop_reason"] = stop_reason(answer).into();
    message
}

fn message(
    asked: &AnthropicAsked,
    number: u64,
    content: &[Value],
    stop_details: Value,
    usage: Value,
) -> Value {
    json!({
        "id": format!("msg_{number}"),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": null,
        "stop_sequence": null,
        "stop_details": stop_details,
        "container": null,
        "diagnostics": null,
        "usage": usage,
    })
}

fn blocks(answer: &MessageAnswer, asked: &AnthropicAsked, number: u64) -> Vec<Block> {
    let mut blocks = Vec::new();
    let thought = asked.details.thinking && answer.reasoning.is_some();
    if let Some(reasoning) = answer.reasoning.as_ref().filter(|_| thought) {
        blocks.push(thinking_block(reasoning, asked.details.shown, number));
    }
    if let Some(text) = &answer.text {
        let pieces = text.pieces();
        blocks.push(Block {
            deltas: pieces
                .iter()
                .map(|piece| json!({"type": "text_delta", "text": piece}))
                .collect(),
            opening: json!({"type": "text", "text": "", "citations": null}),
            whole: json!({"type": "text", "text": pieces.concat(), "citations": null}),
        });
    }
    let calls = calls(answer, &thinking::call_prefix(number, thought));
    blocks.extend(calls.iter().map(|call| call_block(call, answer)));
    blocks
}

fn thinking_block(reasoning: &Reasoning, shown: bool, number: u64) -> Block {
    if reasoning.redacted {
        let whole = json!({"type": "redacted_thinking", "data": thinking::redacted(number)});
        return Block { opening: whole.clone(), whole, deltas: Vec::new() };
    }
    let pieces = if shown { reasoning.shown() } else { Vec::new() };
    let text = pieces.concat();
    let signature = thinking::signature(number, &text);
    let deltas = pieces.iter().map(|piece| json!({"type": "thinking_delta", "thinking": piece}));
    let last = json!({"type": "signature_delta", "signature": signature});
    Block {
        deltas: deltas.chain([last]).collect(),
        opening: json!({"type": "thinking", "thinking": "", "signature": ""}),
        whole: json!({"type": "thinking", "thinking": text, "signature": signature}),
    }
}

fn call_block(call: &Call, answer: &MessageAnswer) -> Block {
    let pieces = call.pieces(answer).into_iter();
    let opening = json!({
        "type": "tool_use", "id": call.id, "name": call.name, "input": {},
        "caller": {"type": "direct"},
    });
    let mut whole = opening.clone();
    // What isn't JSON can't stand in a whole answer; the service would not send it either.
    whole["input"] = serde_json::from_str(&call.arguments).unwrap_or_else(|_| Map::new().into());
    Block {
        whole,
        opening,
        deltas: pieces
            .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
            .collect(),
    }
}

fn stop_reason(answer: &MessageAnswer) -> Option<&str> {
    let tools = !answer.tool_calls.is_empty();
    match answer.finish_reason.as_deref() {
        Some("none" | "error") => None,
        Some("length") => Some("max_tokens"),
        Some("content_filter") => Some("refusal"),
        Some("stop") => Some("end_turn"),
        Some("tool_calls") => Some("tool_use"),
        Some(reason) => Some(reason),
        None if answer.refusal.is_some() => Some("refusal"),
        None => Some(if tools { "tool_use" } else { "end_turn" }),
    }
}

fn stop_details(answer: &MessageAnswer) -> Value {
    if stop_reason(answer) != Some("refusal") {
        return Value::Null;
    }
    json!({"type": "refusal", "category": null, "explanation": answer.refusal})
}

fn usage(answer: &MessageAnswer, asked: &AnthropicAsked) -> Value {
    let counts = answer.counts(asked.words);
    json!({
        "input_tokens": counts.prompt.saturating_sub(counts.cached),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": counts.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": counts.completion,
        "output_tokens_details": {"thinking_tokens": counts.reasoning},
        "server_tool_use": null,
        "service_tier": "standard",
        "speed": null,
        "inference_geo": null,
    })
}

/// Usage at the end of a stream.
fn final_usage(answer: &MessageAnswer, asked: &AnthropicAsked, output: &Value) -> Value {
    let usage = usage(answer, asked);
    json!({
        "input_tokens": usage["input_tokens"],
        "cache_creation_input_tokens": usage["cache_creation_input_tokens"],
        "cache_read_input_tokens": usage["cache_read_input_tokens"],
        "output_tokens": output,
        "output_tokens_details": usage["output_tokens_details"],
        "server_tool_use": null,
    })
}
