//! Answers of a fixed shape: the same text reaches the caller however the model was held to it.

use palisade_plugin::format::{self, Event};
use palisade_plugin::{Conversation, OutputShape, UserPart};
use serde_json::{Value, json};

use super::{host_of, stream, text, tool_use};

fn conversation() -> Conversation {
    let schema = json!({
        "type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"],
        "additionalProperties": false,
    });
    let schema = serde_json::from_str(&schema.to_string()).expect("JSON");
    let mut conversation = Conversation {
        system: "Answer in JSON.".into(),
        output: Some(OutputShape { schema, max_tokens: None }),
        ..Conversation::default()
    };
    conversation.push_user(vec![UserPart::Text("A title, please.".into())]);
    conversation
}

/// What was sent, and the answer's text with the other events.
fn run(capabilities: &[&str], answer: &str) -> (Value, String, Vec<String>) {
    run_with(&conversation(), capabilities, answer)
}

fn run_with(
    conversation: &Conversation,
    capabilities: &[&str],
    answer: &str,
) -> (Value, String, Vec<String>) {
    let format = format::of_kind(&host_of(capabilities).endpoint);
    let request = format.request(conversation).expect("a request");
    let mut reader = format.reader(conversation);
    let (mut text, mut others) = (String::new(), Vec::new());
    let mut on_event = |event: Event<'_>| match event {
        Event::Text(more) => text.push_str(&more),
        other => others.push(format!("{other:?}")),
    };
    reader.feed(answer.as_bytes(), &mut on_event);
    reader.end(&mut on_event);
    others.retain(|event| !event.starts_with("Usage"));
    (serde_json::from_str(&request.body).expect("JSON"), text, others)
}

#[test]
fn a_model_that_can_is_held_to_the_schema() {
    let answer = stream(&[text(&["{\"title\":", "\"A\"}"])], "end_turn");
    let (sent, text, others) = run(&["structured-output", "thinking-adaptive"], &answer);
    insta::assert_json_snapshot!(sent);
    assert_eq!(text, "{\"title\":\"A\"}");
    assert_eq!(others, ["TextEnded { state: None }", "Finished(FinishReason::Stop)"]);
}

#[test]
fn any_other_calls_a_tool_with_its_answer() {
    let call = tool_use("toolu_1", "answer", &["", "{\"title\":", "\"A\"}"]);
    let answer = stream(&[text(&["Here:"]), call], "tool_use");
    let (sent, text, others) = run(&["thinking-budget"], &answer);
    insta::assert_json_snapshot!(sent);
    assert_eq!(text, "{\"title\":\"A\"}");
    assert_eq!(others, ["Finished(FinishReason::Stop)"]);
}

/// Structured outputs take no recursion, a tool does.
#[test]
fn a_recursive_shape_is_forced_of_every_model() {
    let mut conversation = conversation();
    let schema = json!({
        "type": "object", "additionalProperties": false,
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}}},
    });
    let raw = serde_json::from_str(&schema.to_string()).expect("JSON");
    conversation.output = Some(OutputShape { schema: raw, max_tokens: None });
    let answer = stream(&[tool_use("toolu_1", "answer", &["", "{}"])], "tool_use");
    let (sent, text, _) = run_with(&conversation, &["structured-output"], &answer);
    assert_eq!(sent["tools"][0]["input_schema"], schema);
    assert_eq!(sent.get("output_config"), None);
    assert_eq!(text, "{}");
}

#[test]
fn an_answer_that_was_cut_or_refused_says_so() {
    let cut = stream(&[tool_use("toolu_1", "answer", &["", "{\"title\":"])], "max_tokens");
    let (_, text, others) = run(&[], &cut);
    assert_eq!(text, "{\"title\":");
    assert_eq!(others, ["Finished(FinishReason::Length)"]);
    let (_, text, others) = run(&[], &stream(&[], "refusal"));
    assert_eq!((text.as_str(), others), ("", vec!["Finished(FinishReason::ContentFilter)".into()]));
}
