//! How Gemini's answers end and what they carry, beyond the scenarios of all formats.

use serde_json::json;

use super::gemini::{LAST_SIGNATURE, SIGNATURE, endpoint, event, refusal, stream, text, thought};
use crate::fake::*;

fn host() -> FakeHost {
    let mut host = FakeHost::new();
    host.endpoint = endpoint();
    host
}

fn answers(events: &[serde_json::Value]) -> FakeHost {
    host().answers_bytes(stream(events).as_bytes(), &[])
}

/// The last chunk of a turn that gets this answer.
#[track_caller]
fn last_chunk(host: &FakeHost) -> serde_json::Value {
    host.transcript(ask("Hi"));
    host.chunks().pop().expect("a chunk")
}

#[test]
fn a_blocked_prompt_is_told() {
    for reason in ["SAFETY", "PROHIBITED_CONTENT", "OTHER", "A_NEW_ONE"] {
        let blocked = json!({
            "promptFeedback": {"blockReason": reason},
            "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
        });
        let chunk = last_chunk(&answers(&[blocked]));
        assert_eq!(chunk["type"], "error", "{reason}");
        assert!(chunk["errorText"].as_str().unwrap_or_default().contains("content filter"));
    }
}

#[test]
fn a_call_that_is_broken_is_no_silent_end() {
    for reason in ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"] {
        let host = answers(&[json!({"candidates": [{
            "content": {}, "finishReason": reason, "finishMessage": "print(sk-secret)",
        }]})]);
        let transcript = host.transcript(ask("Hi"));
        assert!(transcript.contains(&format!("finishReason={reason}")), "{transcript}");
        assert!(!transcript.contains("sk-secret"), "{transcript}");
        let chunk = host.chunks().pop().expect("a chunk");
        assert_eq!(chunk["type"], "error");
        assert!(chunk["errorText"].as_str().unwrap_or_default().contains("use a tool"));
    }
}

#[test]
fn every_reason_to_stop_has_its_end() {
    for (reason, expected) in [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content-filter"),
        ("RECITATION", "content-filter"),
        ("PROHIBITED_CONTENT", "content-filter"),
        ("BLOCKLIST", "content-filter"),
        ("SPII", "content-filter"),
        ("LANGUAGE", "other"),
        ("OTHER", "other"),
        ("A_NEW_ONE", "other"),
    ] {
        let host = answers(&[event(json!([{"text": "Well"}]), Some(reason), 1)]);
        host.transcript(ask("Hi"));
        let chunks = host.chunks();
        let finish = chunks.iter().find(|chunk| chunk["type"] == "finish").expect("a finish");
        assert_eq!(finish["finishReason"], expected, "{reason}");
    }
    for reason in ["MALFORMED_RESPONSE", "FINISH_REASON_UNSPECIFIED"] {
        let answer = answers(&[event(json!([{"text": "Well"}]), Some(reason), 1)]);
        assert_eq!(last_chunk(&answer)["type"], "error", "{reason}");
    }
}

#[test]
fn what_follows_the_finish_reason_is_still_read() {
    let mut late = event(json!([{"text": "lo"}]), None, 2);
    late["usageMetadata"]["thoughtsTokenCount"] = 40.into();
    late["usageMetadata"]["toolUsePromptTokenCount"] = 5.into();
    let host = answers(&[event(json!([{"text": "Hel"}]), Some("STOP"), 1), late]);
    insta::assert_snapshot!(host.transcript(ask("Hi")));
}

#[test]
fn pages_are_cited_once_and_other_data_is_left_out() {
    let mut grounded = event(json!([{"text": "It rains."}]), Some("STOP"), 3);
    let chunks = json!([
        {"web": {"uri": "https://weather.example/", "title": "Weather"}},
        {"web": {"uri": "https://weather.example/", "title": "Again"}},
        {"web": {"uri": "javascript:alert(1)", "title": "No page"}},
        {"retrievedContext": {"uri": "gs://bucket/object"}},
    ]);
    grounded["candidates"][0]["groundingMetadata"] = json!({"groundingChunks": chunks});
    grounded["candidates"][0]["citationMetadata"] = json!({"citationSources": [
        {"startIndex": 0, "endIndex": 9, "uri": "https://book.example/", "license": ""},
    ]});
    let host = answers(&[
        event(json!([{"inlineData": {"mimeType": "image/png", "data": "iVBORw0="}}]), None, 1),
        event(json!([{"executableCode": {"language": "PYTHON", "code": "1"}}]), None, 1),
        grounded,
    ]);
    insta::assert_snapshot!(host.transcript(ask("Rain?")));
}

#[test]
fn calls_may_leave_out_their_arguments() {
    let host = answers(&[event(
        json!([
            {"functionCall": {"name": "schema"}},
            {"functionCall": {"name": "schema", "args": null}},
            {"functionCall": {"name": "schema", "args": {}}},
        ]),
        Some("STOP"),
        3,
    )])
    .answers_bytes(stream(&[event(json!([{"text": "Done."}]), Some("STOP"), 1)]).as_bytes(), &[]);
    host.transcript(ask("Which collections?"));
    let inputs: Vec<_> = host
        .chunks()
        .into_iter()
        .filter(|chunk| chunk["type"] == "tool-input-available")
        .map(|chunk| chunk["input"].clone())
        .collect();
    assert_eq!(inputs, [json!({}), json!({}), json!({})]);
}

/// Without `alt=sse`, and from some gateways, everything is a list.
#[test]
fn an_error_in_a_list_is_read() {
    let body = json!([{"error": {
        "code": 503, "message": "The model is overloaded. sk-secret", "status": "UNAVAILABLE",
    }}]);
    let host = host().answers_bytes(body.to_string().as_bytes(), &[]);
    let chunk = last_chunk(&host);
    assert!(chunk["errorText"].as_str().unwrap_or_default().contains("overloaded"), "{chunk}");

    let refusal = refusal(403, "PERMISSION_DENIED", "No.", json!([]));
    let host = self::host().responds(FakeResponse {
        status: refusal.status,
        headers: std::collections::BTreeMap::new(),
        pieces: std::cell::RefCell::new([format!("[{}]", refusal.body).into_bytes()].into()),
        end: None,
    });
    let transcript = host.transcript(ask("Hi"));
    assert!(transcript.contains("status=PERMISSION_DENIED"), "{transcript}");
    assert!(transcript.contains("key of this project"), "{transcript}");
}

/// A signature belongs to one part of the many that a text streams in.
#[test]
fn signatures_go_back_on_the_parts_that_they_came_on() {
    let first = host().answers_bytes(
        stream(&[
            thought("Hm."),
            event(json!([{"text": "Well, ", "thoughtSignature": SIGNATURE}]), None, 1),
            text("that is "),
            text("all."),
            event(json!([{"text": "", "thoughtSignature": LAST_SIGNATURE}]), Some("STOP"), 4),
        ])
        .as_bytes(),
        &[],
    );
    insta::assert_snapshot!(first.transcript(ask("Hi")));
    let again = host().answers_bytes(
        stream(&[event(json!([{"text": "Bye."}]), Some("STOP"), 1)]).as_bytes(),
        &[],
    );
    again.transcript(request(vec![user("Hi"), assistant(folded(&first.chunks())), user("Bye")]));
    assert_eq!(
        again.request(0)["contents"][1],
        json!({"role": "model", "parts": [
            {"text": "Well, ", "thoughtSignature": SIGNATURE},
            {"text": "that is all."},
            {"text": "", "thoughtSignature": LAST_SIGNATURE},
        ]})
    );
}
