//! Answers that stop for reasons of their own, and calls without a word.

use serde_json::json;

use super::super::wire::Wire;
use super::{Anthropic, host_of, messages_of, stream, text, tool_use};
use crate::fake::*;

#[test]
fn a_paused_answer_goes_on() {
    let paused = stream(&[text(&["Let me look.\n"])], "pause_turn");
    let host = host_of(&[])
        .answers_bytes(paused.as_bytes(), &[])
        .answers_bytes(paused.as_bytes(), &[])
        .answers_bytes(Anthropic.text().as_bytes(), &[]);
    insta::assert_snapshot!(host.transcript(ask("Hi")));
    let said = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(
        messages_of(&host, 2),
        json!([
            {"role": "user", "content": [said("Hi")]},
            {"role": "assistant", "content": [said("Let me look.\n"), said("Let me look.")]},
        ])
    );
}

/// A finished answer is none to go on with: most models refuse to.
#[test]
fn a_conversation_that_ends_with_an_answer_asks_for_more() {
    let host = host_of(&[]).answers_bytes(Anthropic.text().as_bytes(), &[]);
    host.transcript(request(vec![user("Hi"), assistant(vec![said("Hello.")])]));
    let last = json!({"role": "user", "content": [{"type": "text", "text": "Please go on."}]});
    assert_eq!(messages_of(&host, 0)[2], last);
}

#[test]
fn a_refusal_in_mid_answer_keeps_what_was_said() {
    let refused = stream(&[text(&["First, you"])], "refusal");
    let host = host_of(&[]).answers_bytes(refused.as_bytes(), &[]);
    insta::assert_snapshot!(host.transcript(ask("…")));
}

#[test]
fn a_full_context_is_an_answer_cut_short() {
    let full = stream(&[text(&["As far as"])], "model_context_window_exceeded");
    let host = host_of(&[]).answers_bytes(full.as_bytes(), &[]);
    let transcript = host.transcript(ask("Hi"));
    assert!(transcript.contains(r#"{"finishReason":"length","type":"finish"}"#), "{transcript}");
}

#[test]
fn a_call_without_arguments_runs() {
    let call = stream(&[tool_use("toolu_1", "schema", &[])], "tool_use");
    let host = host_of(&[])
        .answers_bytes(call.as_bytes(), &[])
        .answers_bytes(Anthropic.text().as_bytes(), &[]);
    let transcript = host.transcript(ask("Hi"));
    assert!(transcript.contains("→ authorise toolu_1 schema {}"), "{transcript}");
    assert_eq!(messages_of(&host, 1)[1]["content"][0]["input"], json!({}));
}
