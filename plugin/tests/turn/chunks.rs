//! Chunks as JSON, and what a browser makes of them.

use palisade_plugin::types::*;
use serde_json::{Value, json};

use crate::fake::{said, tool};

/// A chunk as the browser gets it.
pub(crate) fn chunk_json(chunk: &Chunk) -> Value {
    let parse = |json: &str| serde_json::from_str::<Value>(json).expect("JSON in a chunk");
    let block = |kind: &str, block: &Block| {
        let mut json = json!({"type": kind, "id": block.id});
        if let Some(metadata) = &block.provider_metadata {
            json["providerMetadata"] = parse(metadata);
        }
        json
    };
    let delta =
        |kind: &str, delta: &Delta| json!({"type": kind, "id": delta.id, "delta": delta.text});
    let input = |kind: &str, input: &ToolInput| {
        let mut json = json!({
            "type": kind, "toolCallId": input.tool_call_id, "toolName": input.tool_name,
            "input": parse(&input.input),
        });
        if input.dynamic {
            json["dynamic"] = true.into();
        }
        if let Some(metadata) = &input.provider_metadata {
            json["providerMetadata"] = parse(metadata);
        }
        json
    };
    match chunk {
        Chunk::Start => json!({"type": "start"}),
        Chunk::StartStep => json!({"type": "start-step"}),
        Chunk::TextStart(b) => block("text-start", b),
        Chunk::TextDelta(d) => delta("text-delta", d),
        Chunk::TextEnd(b) => block("text-end", b),
        Chunk::ReasoningStart(b) => block("reasoning-start", b),
        Chunk::ReasoningDelta(d) => delta("reasoning-delta", d),
        Chunk::ReasoningEnd(b) => block("reasoning-end", b),
        Chunk::ToolInputStart(start) => {
            let mut json = json!({
                "type": "tool-input-start", "toolCallId": start.tool_call_id,
                "toolName": start.tool_name,
            });
            if start.dynamic {
                json["dynamic"] = true.into();
            }
            json
        }
        Chunk::ToolInputDelta(d) => {
            json!({"type": "tool-input-delta", "toolCallId": d.id, "inputTextDelta": d.text})
        }
        Chunk::ToolInputAvailable(i) => input("tool-input-available", i),
        Chunk::ToolInputError(e) => {
            let mut json = input("tool-input-error", &e.input);
            json["errorText"] = e.error_text.clone().into();
            json
        }
        Chunk::ToolApprovalRequest(r) => json!({
            "type": "tool-approval-request", "approvalId": r.approval_id,
            "toolCallId": r.tool_call_id,
        }),
        Chunk::ToolOutput(o) => {
            let mut json = json!({
                "type": "tool-output-available", "toolCallId": o.tool_call_id,
                "output": parse(&o.output),
            });
            if o.dynamic {
                json["dynamic"] = true.into();
            }
            json
        }
        Chunk::ToolOutputError(e) => {
            let mut json = json!({
                "type": "tool-output-error", "toolCallId": e.tool_call_id,
                "errorText": e.error_text,
            });
            if e.dynamic {
                json["dynamic"] = true.into();
            }
            json
        }
        Chunk::ToolOutputDenied(id) => json!({"type": "tool-output-denied", "toolCallId": id}),
        Chunk::Data(data) => {
            let mut json =
                json!({"type": format!("data-{}", data.name), "data": parse(&data.value)});
            if let Some(id) = &data.id {
                json["id"] = id.clone().into();
            }
            if data.transient {
                json["transient"] = true.into();
            }
            json
        }
        Chunk::FinishStep => json!({"type": "finish-step"}),
        Chunk::Finish(reason) => {
            let reason = match reason {
                FinishReason::Stop => "stop",
                FinishReason::Length => "length",
                FinishReason::ContentFilter => "content-filter",
                FinishReason::ToolCalls => "tool-calls",
                FinishReason::Error => "error",
                FinishReason::Other => "other",
            };
            json!({"type": "finish", "finishReason": reason})
        }
        Chunk::Error(text) => json!({"type": "error", "errorText": text}),
        Chunk::SourceUrl(source) => {
            let mut json = json!({
                "type": "source-url", "sourceId": source.source_id, "url": source.url,
            });
            if let Some(title) = &source.title {
                json["title"] = title.clone().into();
            }
            json
        }
        Chunk::Other(_) => panic!("never emitted: {chunk:?}"),
    }
}

/// A delta with the one on the last line before it, if they belong together.
pub(crate) fn joined(last: &str, chunk: &Value) -> Option<Value> {
    let name = match chunk["type"].as_str()? {
        "text-delta" | "reasoning-delta" => "delta",
        "tool-input-delta" => "inputTextDelta",
        _ => return None,
    };
    let mut whole: Value = serde_json::from_str(last).ok()?;
    let same = ["type", "id", "toolCallId"].iter().all(|key| whole.get(key) == chunk.get(key));
    let text = format!("{}{}", whole[name].as_str()?, chunk[name].as_str()?);
    whole[name] = text.into();
    same.then_some(whole)
}

/// The parts that a browser makes of chunks, as far as models get to read them.
pub(crate) fn folded(chunks: &[Value]) -> Vec<Part> {
    let text = |chunk: &Value, name: &str| chunk[name].as_str().unwrap_or_default().to_owned();
    let metadata = |chunk: &Value| chunk.get("providerMetadata").map(Value::to_string);
    let mut parts = Vec::new();
    for chunk in chunks {
        let last = parts.last_mut();
        match (chunk["type"].as_str().expect("a type"), last) {
            ("start-step", _) => parts.push(Part::StepStart),
            ("text-start", _) => parts.push(said("")),
            ("reasoning-start", _) => parts
                .push(Part::Reasoning(TextPart { text: String::new(), provider_metadata: None })),
            ("text-delta" | "reasoning-delta", Some(Part::Text(part) | Part::Reasoning(part))) => {
                part.text.push_str(&text(chunk, "delta"));
            }
            ("text-end" | "reasoning-end", Some(Part::Text(part) | Part::Reasoning(part))) => {
                part.provider_metadata = metadata(chunk);
            }
            ("tool-input-available", _) => {
                let mut call = tool(
                    &text(chunk, "toolCallId"),
                    &text(chunk, "toolName"),
                    ToolState::InputAvailable,
                    &chunk["input"],
                );
                call.call_metadata = metadata(chunk);
                parts.push(Part::Tool(call));
            }
            ("tool-output-available", _) => {
                for part in &mut parts {
                    if let Part::Tool(call) = part
                        && call.tool_call_id == chunk["toolCallId"].as_str().unwrap_or_default()
                    {
                        call.state = ToolState::OutputAvailable;
                        call.output = Some(chunk["output"].to_string());
                    }
                }
            }
            _ => {}
        }
    }
    parts
}
