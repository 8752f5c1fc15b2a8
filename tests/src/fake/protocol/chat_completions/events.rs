//! A scripted message as chunks, and as a whole answer.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{ChatAsked, tool_deltas::tool_deltas};
use crate::fake::{
    calls::calls,
    framing::Event,
    message::{MessageAnswer, Text},
    quirks::UsagePlace,
};

/// The events of a streamed answer.
pub(super) fn events(answer: &MessageAnswer, asked: &ChatAsked, number: u64) -> Vec<Event> {
    let chunks = chunks(answer, asked, number).into_iter();
    chunks.map(|data| Event { name: None, data, counted: true }).collect()
}

/// The body of an answer that isn't streamed.
pub(super) fn whole(answer: &MessageAnswer, request: &ChatAsked, number: u64) -> Value {
    let join = |text: &Text| text.pieces().concat();
    let mut message = json!({
        "role": "assistant",
        "content": answer.text.as_ref().map(join),
        "refusal": answer.refusal,
    });
    if let Some(reasoning) = answer.reasoning.as_ref().filter(|reasoning| !reasoning.redacted) {
        message[reasoning.field.as_str()] = join(&reasoning.text).into();
    }
    let calls = calls(answer, &format!("call_{number}"));
    if !calls.is_empty() {
        message["tool_calls"] = calls
            .iter()
            .map(|call| {
                json!({"id": call.id, "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments}})
            })
            .collect();
    }
    let mut body = json!({
        "id": format!("chatcmpl-{number}"),
        "object": "chat.completion",
        "created": created(),
        "model": request.model,
        "choices": [{
            "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(answer),
        }],
    });
    if answer.usage != UsagePlace::Never {
        body["usage"] = usage(answer, request);
    }
    body
}

/// The chunks of a streamed answer as JSON texts.
fn chunks(answer: &MessageAnswer, request: &ChatAsked, number: u64) -> Vec<String> {
    let mut writer = ChunkWriter::new(answer, request, number);
    if answer.leading_empty_chunk {
        writer.without_choices(None);
    }
    let content = if answer.tool_calls.is_empty() { json!("") } else { Value::Null };
    writer.delta(json!({"role": "assistant", "content": content, "refusal": null}));
    if let Some(reasoning) = &answer.reasoning {
        for piece in reasoning.shown() {
            writer.delta(json!({reasoning.field.as_str(): piece}));
        }
    }
    for piece in answer.text.iter().flat_map(Text::pieces) {
        writer.delta(json!({"content": piece}));
    }
    for piece in answer.refusal.iter().flat_map(|refusal| refusal.split_inclusive(' ')) {
        writer.delta(json!({"refusal": piece}));
    }
    for delta in tool_deltas(answer, number) {
        writer.delta(json!({"tool_calls": [delta]}));
    }
    writer.finish(finish_reason(answer).as_deref());
    if answer.usage == UsagePlace::WhenAsked && request.details.include_usage {
        let usage = usage(answer, request);
        writer.without_choices(Some(&usage));
    }
    writer.chunks
}

fn finish_reason(answer: &MessageAnswer) -> Option<String> {
    match answer.finish_reason.as_deref() {
        Some("none") => None,
        Some(reason) => Some(reason.to_owned()),
        None if answer.tool_calls.is_empty() => Some("stop".to_owned()),
        None => Some("tool_calls".to_owned()),
    }
}

fn usage(answer: &MessageAnswer, request: &ChatAsked) -> Value {
    let counts = answer.counts(request.words);
    json!({
        "prompt_tokens": counts.prompt,
        "completion_tokens": counts.completion,
        "total_tokens": counts.prompt.saturating_add(counts.completion),
        "prompt_tokens_details": {"cached_tokens": counts.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": counts.reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

fn created() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// Writes chunks: the part that all share is serialised once.
struct ChunkWriter<'a> {
    answer: &'a MessageAnswer,
    request: &'a ChatAsked,
    head: String,
    chunks: Vec<String>,
}

impl<'a> ChunkWriter<'a> {
    fn new(answer: &'a MessageAnswer, request: &'a ChatAsked, number: u64) -> Self {
        let mut head = json!({
            "id": format!("chatcmpl-{number}"),
            "object": "chat.completion.chunk",
            "created": created(),
            "model": request.model,
            "service_tier": "default",
            "system_fingerprint": "fp_fake",
        })
        .to_string();
        head.pop();
        Self { answer, request, head, chunks: Vec::new() }
    }

    /// Appends a chunk with a delta.
    fn delta(&mut self, mut delta: Value) {
        if self.answer.null_fields {
            for key in ["role", "content", "refusal", "tool_calls", "function_call"] {
                if delta.get(key).is_none() {
                    delta[key] = Value::Null;
                }
            }
        }
        if self.answer.repeat_role {
            delta["role"] = "assistant".into();
        }
        let usage = match self.answer.usage {
            UsagePlace::EveryChunk => Some(usage(self.answer, self.request)),
            _ => None,
        };
        self.choice(&delta, None, usage.as_ref());
    }

    /// Appends the chunk with the finish reason; without one, nothing.
    fn finish(&mut self, reason: Option<&str>) {
        let usage = match self.answer.usage {
            UsagePlace::EveryChunk | UsagePlace::FinalChoice => {
                Some(usage(self.answer, self.request))
            }
            _ => None,
        };
        if let Some(reason) = reason {
            let delta = if self.answer.null_fields {
                json!({"role": null, "content": null, "tool_calls": null})
            } else {
                json!({})
            };
            self.choice(&delta, Some(reason), usage.as_ref());
        }
    }

    fn choice(&mut self, delta: &Value, reason: Option<&str>, usage: Option<&Value>) {
        let reason = reason.map_or_else(|| "null".to_owned(), |reason| json!(reason).to_string());
        let usage = self.usage_field(usage);
        self.chunks.push(format!(
            "{},\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\
             \"finish_reason\":{reason}}}]{usage}}}",
            self.head
        ));
    }

    /// Appends a chunk without choices.
    fn without_choices(&mut self, usage: Option<&Value>) {
        let usage = self.usage_field(usage);
        self.chunks.push(format!("{},\"choices\":[]{usage}}}", self.head));
    }

    /// The usage of a chunk: the service sends null in all but the last one if usage was asked for.
    fn usage_field(&self, usage: Option<&Value>) -> String {
        match (usage, self.answer.usage) {
            (Some(usage), _) => format!(",\"usage\":{usage}"),
            (None, UsagePlace::NullEverywhere) => ",\"usage\":null".to_owned(),
            (None, UsagePlace::WhenAsked) if self.request.details.include_usage => {
                ",\"usage\":null".to_owned()
            }
            (None, _) => String::new(),
        }
    }
}
