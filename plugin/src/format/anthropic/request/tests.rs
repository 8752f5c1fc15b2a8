use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::conversation::{
    AnswerPart, Call, CallResult, Entry, OfferedTool, OutputShape, UserPart,
};

fn endpoint(capabilities: &[&str]) -> Endpoint {
    Endpoint {
        provider: "anthropic".into(),
        kind: "anthropic".into(),
        model: "claude-x".into(),
        reasoning: true,
        max_output_tokens: None,
        context_tokens: None,
        capabilities: capabilities.iter().map(ToString::to_string).collect(),
    }
}

fn sent_to(endpoint: &Endpoint, output: &Output<'_>, conversation: &Conversation) -> Value {
    let body = body(endpoint, output, conversation).expect("a body");
    serde_json::from_str(&body).expect("JSON")
}

fn sent(capabilities: &[&str], conversation: &Conversation) -> Value {
    sent_to(&endpoint(capabilities), &Output::Free, conversation)
}

fn text(text: &str) -> AnswerPart {
    AnswerPart::Text { text: text.into(), state: None }
}

fn thought(place: &str, text: &str, state: Option<&str>) -> AnswerPart {
    let state = state.map(String::from);
    AnswerPart::Reasoning { place: place.into(), text: text.into(), state }
}

fn signed() -> AnswerPart {
    thought("thinking", "Hm.", Some(r#"{"signature":"s"}"#))
}

fn call(id: &str) -> AnswerPart {
    AnswerPart::Call(Call {
        id: id.into(),
        provider_id: None,
        name: "items".into(),
        arguments: "{\"a\": 1}".into(),
        state: None,
    })
}

fn result(call_id: &str, content: &str, failed: bool) -> CallResult {
    CallResult { failed, ..CallResult::succeeded(call_id, content.into()) }
}

fn asked(question: &str) -> Conversation {
    let mut conversation = Conversation::default();
    conversation.push_user(vec![UserPart::Text(question.into())]);
    conversation
}

fn tool(name: &str) -> OfferedTool {
    let input_schema = serde_json::from_str("{\"type\":\"object\"}").expect("a schema");
    OfferedTool { name: name.into(), description: "D".into(), input_schema }
}

fn said(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// The messages without the mark of the last block.
fn messages_of(mut body: Value) -> Value {
    for message in body["messages"].as_array_mut().expect("a list") {
        for block in message["content"].as_array_mut().expect("a list") {
            block.as_object_mut().expect("an object").remove("cache_control");
        }
    }
    body["messages"].take()
}

#[test]
fn results_come_first_and_roles_alternate() {
    let mut conversation = asked("Hi");
    conversation.push_step(
        vec![text("First."), call("c1"), call("c 2")],
        vec![result("c1", "1", false), result("c 2", " ", true)],
    );
    conversation.push_user(vec![UserPart::Text("And?".into()), UserPart::Text(" ".into())]);
    conversation.push_step(vec![text("One.")], Vec::new());
    conversation.push_step(vec![text(" "), text("Two.")], Vec::new());
    conversation.push_user(vec![UserPart::Text("\n".into())]);
    let tool_use = |id: &str| {
        json!({
            "type": "tool_use", "id": id, "name": "items", "input": {"a": 1},
        })
    };
    assert_eq!(
        messages_of(sent(&[], &conversation)),
        json!([
            {"role": "user", "content": [said("Hi")]},
            {"role": "assistant", "content": [said("First."), tool_use("c1"), tool_use("call_1")]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "1"},
                {"type": "tool_result", "tool_use_id": "call_1", "content": "The call failed.",
                 "is_error": true},
                said("And?"),
            ]},
            {"role": "assistant", "content": [said("One."), said("Two.")]},
            {"role": "user", "content": [said("(An empty message.)")]},
        ])
    );
}

#[test]
fn thinking_goes_back_with_proof_alone_and_never_last() {
    let mut conversation = asked("Hi");
    conversation.push_step(
        vec![
            thought("thinking", "No proof.", None),
            thought("reasoning_content", "Of another format.", Some("{}")),
            thought("thinking", "Broken.", Some("{\"signature\":7}")),
            thought("thinking", "", Some(r#"{"signature":"omitted"}"#)),
            thought("redacted_thinking", "", Some(r#"{"data":"secret"}"#)),
            text("Let me see."),
            signed(),
            call("c1"),
        ],
        vec![result("c1", "1", false)],
    );
    // The model was cut off while it thought.
    conversation.push_step(vec![signed()], Vec::new());
    conversation.push_user(vec![UserPart::Text("Well?".into())]);
    let messages = messages_of(sent(&[], &conversation));
    assert_eq!(
        messages[1]["content"],
        json!([
            {"type": "thinking", "thinking": "", "signature": "omitted"},
            {"type": "redacted_thinking", "data": "secret"},
            said("Let me see."),
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "tool_use", "id": "c1", "name": "items", "input": {"a": 1}},
        ])
    );
    assert_eq!(messages[2]["content"][1], said("Well?"));
}

#[test]
fn only_a_paused_answer_is_gone_on_with() {
    let mut conversation = asked("Hi");
    conversation.push_step(vec![text("To be continued \n")], Vec::new());
    let over = messages_of(sent(&[], &conversation));
    assert_eq!(over[2], json!({"role": "user", "content": [said("Please go on.")]}));
    conversation.paused = true;
    let paused = messages_of(sent(&[], &conversation));
    assert_eq!(paused[1]["content"], json!([said("To be continued")]));
    assert_eq!(paused.as_array().map(Vec::len), Some(2));
    let mut conversation = Conversation { paused: true, ..Conversation::default() };
    conversation.push_step(vec![text("Cut.")], Vec::new());
    let cut = messages_of(sent(&[], &conversation));
    assert_eq!(cut[0]["role"], "user");
    assert_eq!(
        body(&endpoint(&[]), &Output::Free, &Conversation::default()),
        Err(Failure::InvalidRequest)
    );
}

#[test]
fn a_budget_is_given_only_to_answers_that_began_with_thinking() {
    let thinking = |conversation: &Conversation| {
        sent(&["thinking-budget"], conversation)["thinking"]["type"].clone()
    };
    let mut conversation = asked("Hi");
    assert_eq!(thinking(&conversation), "enabled");
    conversation.push_step(vec![signed(), call("c1")], vec![result("c1", "1", false)]);
    conversation.push_step(vec![call("c2")], vec![result("c2", "1", false)]);
    assert_eq!(thinking(&conversation), "enabled", "it thought before the first call");
    let mut conversation = asked("Hi");
    conversation.push_step(vec![call("c1")], vec![result("c1", "1", false)]);
    assert_eq!(thinking(&conversation), Value::Null, "another model made the call");
    conversation.push_user(vec![UserPart::Text("Stop. And now?".into())]);
    assert_eq!(thinking(&conversation), "enabled", "a new question");
}

#[test]
fn output_is_bounded() {
    let conversation = asked("Hi");
    assert_eq!(sent(&[], &conversation)["max_tokens"], 8_192);
    assert_eq!(sent(&["thinking-adaptive"], &conversation)["max_tokens"], 16_384);
    let own = Endpoint { max_output_tokens: Some(3_000), ..endpoint(&["thinking-budget"]) };
    let body = sent_to(&own, &Output::Free, &conversation);
    assert_eq!(body["max_tokens"], 3_000);
    assert_eq!(body["thinking"], json!({"type": "enabled", "budget_tokens": 1_500}));
}

#[test]
fn an_answer_of_a_shape_is_asked_for_natively_or_forced() {
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let shape = OutputShape {
        schema: serde_json::from_str(&schema.to_string()).expect("a schema"),
        max_tokens: Some(700),
    };
    let endpoint = endpoint(&["thinking-adaptive", "structured-output"]);
    let native = sent_to(&endpoint, &Output::Native(&shape, shape.schema.clone()), &asked("Hi"));
    let thinking = json!({"type": "adaptive", "display": "summarized"});
    assert_eq!(
        native,
        json!({
            "model": "claude-x", "max_tokens": 700, "stream": true, "thinking": thinking,
            "messages": [{"role": "user", "content": [said("Hi")]}],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
        })
    );
    let forced = sent_to(&endpoint, &Output::Tool(&shape), &asked("Hi"));
    let description = "Gives the answer, whole and in the shape of the arguments.";
    assert_eq!(
        forced,
        json!({
            "model": "claude-x", "max_tokens": 700, "stream": true,
            "thinking": {"type": "disabled"},
            "messages": [{"role": "user", "content": [said("Hi")]}],
            "tools": [{"name": "answer", "description": description, "input_schema": schema}],
            "tool_choice": {"type": "tool", "name": "answer", "disable_parallel_tool_use": true},
        })
    );
}

/// Steps and questions of every kind that a conversation may hold, in any order.
fn conversations() -> impl Strategy<Value = Conversation> {
    let blank_or_not = prop_oneof![Just(""), Just(" \n"), Just("Words."), Just("Words. ")];
    let user_part = blank_or_not.clone().prop_map(|text| UserPart::Text(text.into()));
    let answer_part = prop_oneof![
        blank_or_not.prop_map(text),
        Just(signed()),
        Just(thought("redacted_thinking", "", Some(r#"{"data":"d"}"#))),
        Just(thought("thinking", "No proof.", None)),
        "[a-z ]{1,3}".prop_map(|id| call(&id)),
    ];
    let turn = prop_oneof![
        prop::collection::vec(user_part, 1..4).prop_map(Ok),
        prop::collection::vec(answer_part, 1..5).prop_map(Err),
    ];
    let turns = prop::collection::vec(turn, 1..8);
    (turns, 0..4usize, any::<bool>(), prop_oneof![Just(""), Just("Be kind.")]).prop_map(
        |(turns, tools, paused, system)| {
            let mut conversation = Conversation {
                system: system.into(),
                tools: (0..tools).map(|number| tool(&format!("tool_{number}"))).collect(),
                paused,
                ..Conversation::default()
            };
            let mut number = 0;
            for turn in turns {
                let mut parts = match turn {
                    Ok(parts) => {
                        conversation.push_user(parts);
                        continue;
                    }
                    Err(parts) => parts,
                };
                let mut results = Vec::new();
                for part in &mut parts {
                    if let AnswerPart::Call(call) = part {
                        number += 1;
                        call.id.push_str(&number.to_string());
                        results.push(result(&call.id, "", number % 2 == 0));
                    }
                }
                conversation.push_step(parts, results);
            }
            conversation
        },
    )
}

fn of_type<'a>(message: &'a Value, kind: &str) -> Vec<&'a Value> {
    let content = message["content"].as_array().expect("a list");
    content.iter().filter(|block| block["type"] == kind).collect()
}

proptest! {
    #[test]
    fn every_request_keeps_the_rules(
        conversation in conversations(),
        capability in prop_oneof![Just("images"), Just("thinking-adaptive"), Just("thinking-budget")],
    ) {
        let Ok(body) = body(&endpoint(&[capability]), &Output::Free, &conversation) else {
            // Answers in which nothing can be sent.
            let sendable = |entry: &Entry| !matches!(entry, Entry::Answer(_));
            prop_assert!(!conversation.entries.iter().any(sendable));
            return Ok(());
        };
        prop_assert!(body.matches("\"cache_control\"").count() <= 4);
        let body: Value = serde_json::from_str(&body).expect("JSON");
        let messages = body["messages"].as_array().expect("a list");
        let last = messages.last().expect("a message");
        prop_assert!(last["role"] == "user" || conversation.paused);
        let marked = |block: &Value| block["cache_control"] == json!({"type": "ephemeral"});
        prop_assert!(last["content"].as_array().expect("a list").iter().any(marked));
        for (index, message) in messages.iter().enumerate() {
            prop_assert_eq!(&message["role"], ["user", "assistant"][index % 2]);
            let content = message["content"].as_array().expect("a list");
            let last = content.last().expect("messages are not empty");
            prop_assert!(!last["type"].as_str().expect("a type").contains("thinking"));
            for block in of_type(message, "text") {
                prop_assert!(!block["text"].as_str().expect("text").trim().is_empty());
            }
            let used: Vec<_> =
                of_type(message, "tool_use").iter().map(|block| block["id"].clone()).collect();
            let shape = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            prop_assert!(used.iter().all(|id| id.as_str().is_some_and(shape)));
            let answered: Vec<_> = messages
                .get(index + 1)
                .map(|next| next["content"].as_array().expect("a list"))
                .into_iter()
                .flatten()
                .take(used.len())
                .map(|block| block["tool_use_id"].clone())
                .collect();
            prop_assert_eq!(used, answered);
        }
    }
}
