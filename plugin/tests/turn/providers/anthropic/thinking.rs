//! Thinking in all its forms: what the user sees of it, and what goes back.

use palisade_plugin::types::*;
use serde_json::{Value, json};

use super::super::wire::Wire;
use super::{Anthropic, host_of, messages_of, stream, text, thinking, tool_use};
use crate::fake::*;

const READ: &str = "{\"action\":\"read\",\"collection\":\"articles\"}";

fn redacted(data: &str) -> Vec<Value> {
    vec![json!({"type": "redacted_thinking", "data": data})]
}

/// A turn of several steps, and the conversation that the browser posts with the next question.
fn turn_and_next(steps: &[String]) -> (FakeHost, Value) {
    let mut host = host_of(&["thinking-adaptive"]);
    for step in steps {
        host = host.answers_bytes(step.as_bytes(), &[]);
    }
    host.transcript(ask("Which articles?"));
    let next = host_of(&["thinking-adaptive"]).answers_bytes(Anthropic.text().as_bytes(), &[]);
    let posted = folded(&host.chunks());
    next.transcript(request(vec![user("Which articles?"), assistant(posted), user("And?")]));
    let messages = messages_of(&next, 0);
    (host, messages)
}

#[test]
fn redacted_thinking_is_empty_on_the_screen_and_goes_back_in_its_place() {
    let blocks = [
        thinking(&["I look."], "signature-1"),
        redacted("secret-1"),
        redacted("secret-2"),
        tool_use("toolu_1", "items", &["", READ]),
    ];
    let (host, posted) = turn_and_next(&[stream(&blocks, "tool_use"), Anthropic.text()]);
    let shown: Vec<_> = host
        .chunks()
        .into_iter()
        .filter(|chunk| chunk["type"].as_str().is_some_and(|it| it.starts_with("reasoning")))
        .collect();
    let kept = |place: &str, state: Value| {
        json!({"palisade": {
            "provider": "anthropic", "model": "claude-opus-5-5", "place": place, "state": state,
        }})
    };
    let hidden = |data: &str| kept("redacted_thinking", json!({"data": data}));
    assert_eq!(
        json!(shown),
        json!([
            {"type": "reasoning-start", "id": "reasoning-0"},
            {"type": "reasoning-delta", "id": "reasoning-0", "delta": "I look."},
            {"type": "reasoning-end", "id": "reasoning-0",
             "providerMetadata": kept("thinking", json!({"signature": "signature-1"}))},
            {"type": "reasoning-start", "id": "reasoning-1"},
            {"type": "reasoning-end", "id": "reasoning-1", "providerMetadata": hidden("secret-1")},
            {"type": "reasoning-start", "id": "reasoning-2"},
            {"type": "reasoning-end", "id": "reasoning-2", "providerMetadata": hidden("secret-2")},
        ])
    );
    let expected = json!([
        {"type": "thinking", "thinking": "I look.", "signature": "signature-1"},
        {"type": "redacted_thinking", "data": "secret-1"},
        {"type": "redacted_thinking", "data": "secret-2"},
        {"type": "tool_use", "id": "toolu_1", "name": "items",
         "input": {"action": "read", "collection": "articles"}},
    ]);
    assert_eq!(messages_of(&host, 1)[1]["content"], expected);
    assert_eq!(posted[1]["content"], expected);
}

#[test]
fn thinking_that_is_not_shown_goes_back_too() {
    let blocks = [thinking(&[], "signature-1"), tool_use("toolu_1", "items", &["", READ])];
    let (host, posted) = turn_and_next(&[stream(&blocks, "tool_use"), Anthropic.text()]);
    let expected = json!({"type": "thinking", "thinking": "", "signature": "signature-1"});
    assert_eq!(messages_of(&host, 1)[1]["content"][0], expected);
    assert_eq!(posted[1]["content"][0], expected);
    let deltas = host.chunks().into_iter().filter(|it| it["type"] == "reasoning-delta").count();
    assert_eq!(deltas, 0);
}

#[test]
fn thinking_between_calls_keeps_its_order() {
    let first = [
        thinking(&["First ", "look."], "signature-1"),
        text(&["I look."]),
        thinking(&["And the schema."], "signature-2"),
        tool_use("toolu_1", "schema", &[""]),
    ];
    let second =
        [thinking(&["Now the items."], "signature-3"), tool_use("toolu_2", "items", &["", READ])];
    let third = [thinking(&["Enough."], "signature-4"), text(&["Two."])];
    let (host, posted) = turn_and_next(&[
        stream(&first, "tool_use"),
        stream(&second, "tool_use"),
        stream(&third, "end_turn"),
    ]);
    insta::assert_json_snapshot!(messages_of(&host, 2));
    insta::assert_json_snapshot!(posted);
}

#[test]
fn a_model_with_a_budget_gets_one() {
    let ask_of = |capabilities: &[&str], max_output_tokens| {
        let mut host = host_of(capabilities).answers_bytes(Anthropic.text().as_bytes(), &[]);
        host.endpoint.max_output_tokens = max_output_tokens;
        host.transcript(ask("Hi"));
        let request = host.request(0);
        assert_eq!(request.get("temperature"), None);
        (request["max_tokens"].clone(), request["thinking"].clone())
    };
    let budget = |tokens| json!({"type": "enabled", "budget_tokens": tokens});
    let room = ["images", "thinking-budget"];
    assert_eq!(ask_of(&room, Some(6_000)), (json!(6_000), budget(3_000)));
    assert_eq!(ask_of(&room, Some(1_500)), (json!(1_500), Value::Null));
    assert_eq!(ask_of(&["images"], Some(6_000)), (json!(6_000), Value::Null));
    assert_eq!(ask_of(&[], None), (json!(8_192), Value::Null));
}

/// The API refuses a budget where the answer that goes on didn't begin with thinking.
#[test]
fn an_answer_that_another_model_began_goes_on_without_a_budget() {
    let call = tool("toolu_1", "items", ToolState::ApprovalResponded, &delete_article());
    let reasoning = TextPart {
        text: "Of another model.".into(),
        provider_metadata: Some(
            json!({"palisade": {
                "provider": "anthropic", "model": "claude-other", "place": "thinking",
                "state": {"signature": "signature-1"},
            }})
            .to_string(),
        ),
    };
    let parts = vec![Part::StepStart, Part::Reasoning(reasoning), Part::Tool(call)];
    let host = host_of(&["thinking-budget"]).answers_bytes(Anthropic.text().as_bytes(), &[]);
    host.transcript(request(vec![user("Delete article 1."), assistant(parts)]));
    assert_eq!(host.request(0).get("thinking"), None);
    assert_eq!(messages_of(&host, 0)[1]["content"][0]["type"], "tool_use");
}
