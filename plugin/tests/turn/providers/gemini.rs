//! Gemini, as Google's API writes it: CRLF, usage in every event, no last event of its own, calls
//! without ids but for those of the newest models.

use palisade_plugin::types::Endpoint;
use serde_json::{Value, json};

use super::wire::{Called, Refusal, Wire};

/// Google's API.
pub(crate) struct Gemini;

/// Signatures are bytes in base64.
pub(super) const SIGNATURE: &str = "EpQCCpECAb4+9vQ/c2lnbmF0dXJlLWE=";
pub(super) const LAST_SIGNATURE: &str = "EpQCCpECAb4+9vQ/c2lnbmF0dXJlLWI=";

pub(super) fn stream(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\r\n\r\n")).collect()
}

/// An event with parts, and with the end where there is one.
pub(super) fn event(parts: Value, finish: Option<&str>, output: u64) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = finish.into();
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": 12, "cachedContentTokenCount": 8, "candidatesTokenCount": output,
            "totalTokenCount": 12 + output,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 12}],
        },
        "modelVersion": "gemini-3-pro",
        "responseId": "x7cOaeuZJ5",
    })
}

pub(super) fn text(text: &str) -> Value {
    event(json!([{"text": text}]), None, 1)
}

pub(super) fn thought(text: &str) -> Value {
    event(json!([{"text": text, "thought": true}]), None, 0)
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint {
        provider: "google".into(),
        kind: "google".into(),
        model: "gemini-3-pro".into(),
        reasoning: true,
        max_output_tokens: Some(8_192),
        context_tokens: Some(1_048_576),
        capabilities: ["images", "documents", "thinking-level"].map(String::from).into(),
    }
}

pub(super) fn refusal(code: u16, status: &str, message: &str, details: Value) -> Refusal {
    let message = format!("{message} (sk-secret)");
    let body = json!({"error": {
        "code": code, "message": message, "status": status, "details": details,
    }});
    Refusal { status: code, headers: Vec::new(), body: body.to_string() }
}

fn quota_failure(delay: Option<&str>) -> Value {
    let violation = json!({
        "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
        "quotaId": "GenerateRequestsPerMinutePerProjectPerModel", "quotaValue": "15",
    });
    let mut details = vec![json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation],
    })];
    details.extend(delay.map(
        |delay| json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}),
    ));
    json!(details)
}

impl Wire for Gemini {
    fn name(&self) -> &'static str {
        "google"
    }

    fn endpoint(&self) -> Endpoint {
        endpoint()
    }

    fn text(&self) -> String {
        stream(&[
            text("Hel"),
            text("lo "),
            event(json!([{"text": "there."}]), None, 3),
            event(json!([{"text": ""}]), Some("STOP"), 3),
        ])
    }

    fn reasoning(&self) -> String {
        stream(&[
            thought("Let me "),
            thought("think."),
            text("Four."),
            event(json!([{"text": "", "thoughtSignature": LAST_SIGNATURE}]), Some("STOP"), 1),
        ])
    }

    fn reasoned_calls(&self, calls: &[Called]) -> String {
        let mut parts: Vec<_> = calls
            .iter()
            .map(|call| {
                let call = json!({"id": call.id, "name": call.name, "args": call.arguments});
                json!({"functionCall": call})
            })
            .collect();
        parts[0]["thoughtSignature"] = SIGNATURE.into();
        stream(&[thought("I look."), event(json!(parts), Some("STOP"), 20)])
    }

    fn calls(&self, calls: &[Called]) -> String {
        let mut events: Vec<_> = calls
            .iter()
            .map(|call| {
                let call = json!({"name": call.name, "args": call.arguments});
                event(json!([{"functionCall": call}]), None, 20)
            })
            .collect();
        events[0]["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = SIGNATURE.into();
        events.push(event(json!([{"text": ""}]), Some("STOP"), 20));
        stream(&events)
    }

    fn refusal(&self) -> String {
        stream(&[json!({
            "candidates": [{"finishReason": "SAFETY", "index": 0, "safetyRatings": [
                {"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": true},
            ]}],
            "usageMetadata": {"promptTokenCount": 12, "totalTokenCount": 12},
            "modelVersion": "gemini-3-pro",
        })])
    }

    fn length(&self) -> String {
        stream(&[event(json!([{"text": "This is as far as"}]), Some("MAX_TOKENS"), 5)])
    }

    fn large(&self, text: &str) -> String {
        stream(&[event(json!([{"text": text}]), Some("STOP"), 9_000)])
    }

    fn error_event(&self) -> String {
        stream(&[json!({"error": {
            "code": 503, "message": "The model is overloaded. sk-secret", "status": "UNAVAILABLE",
        }})])
    }

    fn unknown_event(&self) -> String {
        stream(&[json!({"futureThing": {"payload": [1]}, "responseId": "x7cOaeuZJ5"})])
    }

    fn context_too_long(&self) -> Refusal {
        let message = "The input token count (1048999) exceeds the maximum number of tokens \
                       allowed (1048576).";
        refusal(400, "INVALID_ARGUMENT", message, json!([]))
    }

    fn unauthorised(&self) -> Refusal {
        let reason = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
            "domain": "googleapis.com", "metadata": {"service": "generativelanguage.googleapis.com"},
        }]);
        refusal(400, "INVALID_ARGUMENT", "API key not valid.", reason)
    }

    fn rate_limited(&self) -> Vec<(&'static str, Refusal)> {
        let message =
            "You exceeded your current quota, please check your plan and billing details.";
        [("without_a_hint", None), ("retry_info", Some("7.25s"))]
            .into_iter()
            .map(|(name, delay)| {
                (name, refusal(429, "RESOURCE_EXHAUSTED", message, quota_failure(delay)))
            })
            .collect()
    }

    fn overloaded(&self) -> Refusal {
        refusal(503, "UNAVAILABLE", "The model is overloaded.", json!([]))
    }
}
