//! The response object and its output items, as they are when they are complete.

use serde_json::{Value, json};

use super::{ResponsesAsked, reasoning};
use crate::fake::{
    calls::calls,
    message::{MessageAnswer, Text},
    protocol::now,
    quirks::UsagePlace,
};

/// How a response ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is still in progress.
    Open,
    /// `completed`.
    Completed,
    /// `incomplete`, with the reason.
    Incomplete(&'static str),
    /// `failed`.
    Failed,
}

impl End {
    /// Status of the response.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Open => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
            Self::Failed => "failed",
        }
    }
}

/// How the response of an answer ends.
pub(super) fn end(answer: &MessageAnswer) -> End {
    match answer.finish_reason.as_deref() {
        Some("length") => End::Incomplete("max_output_tokens"),
        Some("content_filter") => End::Incomplete("content_filter"),
        Some("error") => End::Failed,
        _ => End::Completed,
    }
}

/// The response object. Its output is there once it has ended.
pub(super) fn response(
    answer: &MessageAnswer,
    asked: &ResponsesAsked,
    number: u64,
    end: End,
) -> Value {
    let ended = end != End::Open;
    let mut response = json!({
        "id": format!("resp_{number}"),
        "object": "response",
        "created_at": now(),
        "status": end.status(),
        "background": false,
        "completed_at": if end == End::Completed { json!(now()) } else { Value::Null },
        "error": null,
        "incomplete_details": null,
        "model": asked.model,
        "output": if ended { output(answer, asked, number) } else { Vec::new() },
        "usage": null,
    });
    if let (Some(response), Some(echoed)) =
        (response.as_object_mut(), asked.details.echoed.as_object())
    {
        response.extend(echoed.clone());
    }
    match end {
        End::Incomplete(reason) => response["incomplete_details"] = json!({"reason": reason}),
        End::Failed => {
            response["error"] = json!({
                "code": "server_error",
                "message": "An error occurred while processing your request.",
            });
        }
        End::Open | End::Completed => {}
    }
    if ended && end != End::Failed && answer.usage != UsagePlace::Never {
        response["usage"] = usage(answer, asked);
    }
    response
}

/// All output items: reasoning, the message, the function calls.
pub(super) fn output(answer: &MessageAnswer, asked: &ResponsesAsked, number: u64) -> Vec<Value> {
    // The items that an answer's reasoning leads to have ids that say so.
    let reasoned = answer.reasoning.is_some();
    let mut items = Vec::new();
    if let Some(text) = answer.reasoning_text() {
        items.push(reasoning::item(&text, asked, number));
    }
    let status = match end(answer) {
        End::Completed | End::Open => "completed",
        End::Incomplete(_) | End::Failed => "incomplete",
    };
    let content = content(answer);
    if !content.is_empty() {
        items.push(json!({
            "id": reasoning::item_id("msg", number, reasoned, 0),
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }));
    }
    for (place, call) in calls(answer, &format!("call_{number}")).into_iter().enumerate() {
        items.push(json!({
            "id": reasoning::item_id("fc", number, reasoned, place),
            "type": "function_call",
            "status": status,
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
        }));
    }
    items
}

fn content(answer: &MessageAnswer) -> Vec<Value> {
    let text = answer.text.as_ref().map(Text::pieces).map(|pieces| {
        json!({
            "type": "output_text", "text": pieces.concat(), "annotations": [], "logprobs": [],
        })
    });
    let refusal =
        answer.refusal.as_ref().map(|refusal| json!({"type": "refusal", "refusal": refusal}));
    text.into_iter().chain(refusal).collect()
}

fn usage(answer: &MessageAnswer, asked: &ResponsesAsked) -> Value {
    let counts = answer.counts(asked.words);
    json!({
        "input_tokens": counts.prompt,
        "input_tokens_details": {"cached_tokens": counts.cached, "cache_write_tokens": 0},
        "output_tokens": counts.completion,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning},
        "total_tokens": counts.prompt.saturating_add(counts.completion),
    })
}
