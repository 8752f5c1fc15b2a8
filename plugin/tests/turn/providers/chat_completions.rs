//! Chat Completions, as a compatible server that reasons writes it.

use palisade_plugin::types::Endpoint;
use serde_json::{Value, json};

use super::wire::{Called, Refusal, Wire};
use crate::fake::{self, delta, finish};

/// A server that speaks Chat Completions.
pub(crate) struct ChatCompletions;

fn refusal(status: u16, kind: &str, code: &str) -> Refusal {
    let message = "Prose of the provider, with sk-secret in it.";
    let body = json!({"error": {"message": message, "type": kind, "code": code}}).to_string();
    Refusal { status, headers: Vec::new(), body }
}

fn pieces(calls: &[Called]) -> impl Iterator<Item = Value> {
    calls.iter().enumerate().flat_map(|(index, call)| {
        let arguments = call.arguments.to_string();
        let (first, second) = arguments.split_at(arguments.len() / 2);
        [
            delta(json!({"tool_calls": [{
                "index": index, "id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": first},
            }]})),
            delta(json!({"tool_calls": [{
                "index": index, "function": {"arguments": second},
            }]})),
        ]
    })
}

impl Wire for ChatCompletions {
    fn name(&self) -> &'static str {
        "openai_compatible"
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: "acme".into(),
            kind: "openai-compatible".into(),
            model: "acme-1".into(),
            reasoning: true,
            max_output_tokens: Some(4_096),
            context_tokens: Some(128_000),
            capabilities: vec!["images".into()],
        }
    }

    fn text(&self) -> String {
        fake::stream(&[
            delta(json!({"role": "assistant", "content": ""})),
            fake::text("Hel"),
            fake::text("lo "),
            fake::text("there."),
            finish("stop"),
            json!({"choices": [], "usage": {
                "prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 8},
            }}),
        ])
    }

    fn reasoning(&self) -> String {
        fake::stream(&[
            delta(json!({"reasoning_content": "Let me "})),
            delta(json!({"reasoning_content": "think."})),
            fake::text("Four."),
            finish("stop"),
        ])
    }

    fn reasoned_calls(&self, calls: &[Called]) -> String {
        let reasoning = delta(json!({"reasoning_content": "I look."}));
        let events: Vec<_> =
            [reasoning].into_iter().chain(pieces(calls)).chain([finish("tool_calls")]).collect();
        fake::stream(&events)
    }

    fn calls(&self, calls: &[Called]) -> String {
        let events: Vec<_> = pieces(calls).chain([finish("tool_calls")]).collect();
        fake::stream(&events)
    }

    fn refusal(&self) -> String {
        fake::stream(&[
            delta(json!({"refusal": "I can't "})),
            delta(json!({"refusal": "help with that."})),
            finish("stop"),
        ])
    }

    fn length(&self) -> String {
        fake::stream(&[fake::text("This is as far as"), finish("length")])
    }

    fn large(&self, text: &str) -> String {
        fake::stream(&[fake::text(text), finish("stop")])
    }

    fn error_event(&self) -> String {
        let error = json!({"error": {
            "message": "sk-secret", "type": "server_error", "code": "overloaded",
        }});
        format!("data: {error}\n\n")
    }

    fn unknown_event(&self) -> String {
        "data: {\"object\":\"future.thing\",\"payload\":[1]}\n\n".into()
    }

    fn context_too_long(&self) -> Refusal {
        refusal(400, "invalid_request_error", "context_length_exceeded")
    }

    fn unauthorised(&self) -> Refusal {
        refusal(401, "invalid_request_error", "invalid_api_key")
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
            (name, Refusal { headers, ..refusal(429, "rate_limit_error", "rate_limit_exceeded") })
        })
        .collect()
    }

    fn overloaded(&self) -> Refusal {
        refusal(503, "server_error", "overloaded")
    }
}
