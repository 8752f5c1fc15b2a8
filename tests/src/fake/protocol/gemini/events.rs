//! A scripted message as chunks, and as a whole answer.

use serde_json::{Map, Value, json};

use super::{GeminiAsked, signatures, signs};
use crate::fake::{
    calls::{Call, calls},
    message::{MessageAnswer, Text, TokenCounts},
    quirks::UsagePlace,
};

/// How an answer ends: the reason, and what the service says of it.
struct Finish<'a> {
    reason: &'a str,
    message: Option<String>,
}

/// The chunks of a streamed answer.
pub(super) fn chunks(answer: &MessageAnswer, asked: &GeminiAsked, number: u64) -> Vec<Value> {
    let finish = finish(answer);
    if answer.refusal.is_some() {
        return vec![blocked(answer, asked, number)];
    }
    let parts = parts(answer, asked, number);
    let counts = counted(answer, asked);
    let mut chunks = Vec::new();
    let last = parts.len().saturating_sub(1);
    for (index, part) in parts.into_iter().enumerate() {
        let finish = finish.as_ref().filter(|_| index == last);
        chunks.push(chunk(counts, asked, number, json!([part]), finish));
    }
    chunks
}

/// The body of an answer that isn't streamed.
pub(super) fn whole(answer: &MessageAnswer, asked: &GeminiAsked, number: u64) -> Value {
    if answer.refusal.is_some() {
        return blocked(answer, asked, number);
    }
    let mut joined: Vec<Value> = Vec::new();
    for part in parts(answer, asked, number) {
        match joined.last_mut() {
            Some(last) if joins(last, &part) => {
                let text = format!("{}{}", text(last), text(&part));
                last["text"] = text.into();
                if !part["thoughtSignature"].is_null() {
                    last["thoughtSignature"] = part["thoughtSignature"].clone();
                }
            }
            _ => joined.push(part),
        }
    }
    chunk(counted(answer, asked), asked, number, joined.into(), finish(answer).as_ref())
}

fn text(part: &Value) -> &str {
    part["text"].as_str().unwrap_or_default()
}

/// Whether two parts are pieces of one text.
fn joins(last: &Value, part: &Value) -> bool {
    last["text"].is_string() && part["text"].is_string() && last["thought"] == part["thought"]
}

/// The parts of an answer, texts in pieces.
fn parts(answer: &MessageAnswer, asked: &GeminiAsked, number: u64) -> Vec<Value> {
    let mut parts = Vec::new();
    if let Some(reasoning) = answer.reasoning.as_ref().filter(|_| asked.details.thoughts) {
        let pieces = reasoning.shown().into_iter();
        parts.extend(pieces.map(|piece| json!({"text": piece, "thought": true})));
    }
    let pieces = answer.text.as_ref().map(Text::pieces).unwrap_or_default();
    parts.extend(pieces.into_iter().map(|piece| json!({"text": piece})));
    let signed = signs(&asked.model);
    let calls = calls(answer, &format!("call_{number}"));
    for (place, call) in calls.iter().enumerate() {
        let Some(arguments) = arguments(call) else { continue };
        let mut part = json!({"functionCall": {"name": call.name, "args": arguments}});
        if signed {
            part["functionCall"]["id"] = call.id.as_str().into();
        }
        if signed && place == 0 {
            part["thoughtSignature"] = signatures::of_call(number, &call.name).into();
        }
        parts.push(part);
    }
    let ends_with_call = parts.last().is_some_and(|part| part["functionCall"].is_object());
    if !ends_with_call {
        // The end of a text comes by itself, with the signature of what was thought.
        let mut end = json!({"text": ""});
        if signed && answer.reasoning.is_some() {
            end["thoughtSignature"] = signatures::of_text(number).into();
        }
        parts.push(end);
    }
    parts
}

/// The arguments of a call; none where they are no object, which the service never sends.
fn arguments(call: &Call) -> Option<Value> {
    if call.arguments.is_empty() {
        return Some(Map::new().into());
    }
    serde_json::from_str::<Map<String, Value>>(&call.arguments).ok().map(Value::from)
}

fn finish(answer: &MessageAnswer) -> Option<Finish<'_>> {
    let broken = calls(answer, "call").into_iter().find(|call| arguments(call).is_none());
    if let Some(call) = broken {
        let message = format!("Malformed function call: {}({})", call.name, call.arguments);
        return Some(Finish { reason: "MALFORMED_FUNCTION_CALL", message: Some(message) });
    }
    let reason = match answer.finish_reason.as_deref() {
        Some("none") => return None,
        None | Some("stop" | "tool_calls") => "STOP",
        Some("length") => "MAX_TOKENS",
        Some("content_filter") => "SAFETY",
        Some("error") => "MALFORMED_RESPONSE",
        Some(reason) => reason,
    };
    Some(Finish { reason, message: None })
}

fn chunk(
    counts: Option<TokenCounts>,
    asked: &GeminiAsked,
    number: u64,
    parts: Value,
    finish: Option<&Finish<'_>>,
) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.reason.into();
        if let Some(message) = &finish.message {
            candidate["finishMessage"] = message.as_str().into();
        }
    }
    let mut chunk = json!({"candidates": [candidate]});
    closing(&mut chunk, counts, asked, number, finish.is_some());
    chunk
}

/// The chunk of a prompt that the service doesn't answer: it has no candidates.
fn blocked(answer: &MessageAnswer, asked: &GeminiAsked, number: u64) -> Value {
    let mut chunk = json!({"promptFeedback": {
        "blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": answer.refusal,
    }});
    closing(&mut chunk, counted(answer, asked), asked, number, false);
    chunk
}

/// What stands at the end of each chunk. Output is counted in the last one alone.
fn closing(
    chunk: &mut Value,
    counts: Option<TokenCounts>,
    asked: &GeminiAsked,
    number: u64,
    last: bool,
) {
    if let Some(counts) = counts {
        chunk["usageMetadata"] = usage(counts, last);
    }
    chunk["modelVersion"] = asked.model.as_str().into();
    chunk["responseId"] = format!("response-{number}").into();
}

/// What usage tells, counted once for all chunks; none where it is left out.
fn counted(answer: &MessageAnswer, asked: &GeminiAsked) -> Option<TokenCounts> {
    (answer.usage != UsagePlace::Never).then(|| answer.counts(asked.words))
}

fn usage(counts: TokenCounts, last: bool) -> Value {
    let mut usage = json!({
        "promptTokenCount": counts.prompt,
        "totalTokenCount": counts.prompt,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": counts.prompt}],
    });
    if counts.cached > 0 {
        usage["cachedContentTokenCount"] = counts.cached.into();
    }
    if last {
        usage["candidatesTokenCount"] = counts.completion.saturating_sub(counts.reasoning).into();
        usage["totalTokenCount"] = counts.prompt.saturating_add(counts.completion).into();
        if counts.reasoning > 0 {
            usage["thoughtsTokenCount"] = counts.reasoning.into();
        }
    }
    usage
}
