//! Conversations that outgrow the model's context.

use std::cell::RefCell;
use std::collections::VecDeque;

use palisade_plugin::Failure;
use palisade_plugin::types::*;
use serde_json::{Value, json};

use crate::fake::*;

/// A model that reads 4,000 tokens and writes 500 of them.
fn small() -> FakeHost {
    let mut host = FakeHost::new();
    host.settings.system_prompt = Some("Be brief.".into());
    host.permitted = vec!["schema"];
    host.endpoint.context_tokens = Some(4_000);
    host.endpoint.max_output_tokens = Some(500);
    host
}

fn answered(host: FakeHost) -> FakeHost {
    host.answers(&[text("Yes."), finish("stop")])
}

fn too_long() -> FakeResponse {
    let body = json!({"error": {"message": "Prose.", "code": "context_length_exceeded"}});
    FakeResponse {
        status: 400,
        headers: [("content-type", "application/json".to_owned())].into(),
        pieces: RefCell::new(VecDeque::from([body.to_string().into_bytes()])),
        end: None,
    }
}

fn usage_part(data: Value) -> Part {
    Part::Other(json!({"type": "data-usage", "data": data}).to_string())
}

/// So many questions of `bytes`, each answered, and a last one.
fn long(questions: usize, bytes: usize) -> Vec<Message> {
    let mut messages = Vec::new();
    for number in 0..questions {
        messages.push(user(&format!("{number} {}", "q".repeat(bytes))));
        messages.push(assistant(vec![Part::StepStart, said(&format!("Answer {number}."))]));
    }
    messages.push(user("And now?"));
    messages
}

fn told(host: &FakeHost) -> Vec<Value> {
    host.chunks()
        .into_iter()
        .filter(|chunk| chunk["type"] == "data-context")
        .map(|mut chunk| chunk["data"]["droppedMessages"].take())
        .collect()
}

/// The beginnings of the messages of a request, without the system prompt.
fn sent(host: &FakeHost, index: usize) -> Vec<String> {
    let body = host.request(index);
    let messages = body["messages"].as_array().expect("a list");
    let said = messages[1..].iter().map(|message| message["content"].as_str().unwrap_or("-"));
    said.map(|text| text.rsplit("\n\n").next().unwrap_or_default().chars().take(9).collect())
        .collect()
}

#[test]
fn old_turns_go_and_the_user_is_told_once_before_the_first_step() {
    let host = answered(small());
    let transcript = host.transcript(request(long(6, 3_600)));
    let lines: Vec<_> = transcript.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            r#"{"type":"start"}"#,
            r#"{"data":{"droppedMessages":8},"id":"context","type":"data-context"}"#,
            "→ send chat/completions",
        ]
    );
    assert_eq!(told(&host), [8]);
    assert_eq!(sent(&host, 0), ["4 qqqqqqq", "Answer 4.", "5 qqqqqqq", "Answer 5.", "And now?"]);
    let body = host.request(0);
    assert_eq!(body["messages"][0]["role"], "system");
    assert!(body["messages"][1]["content"].as_str().is_some_and(|text| text.contains("left out")));
    assert_eq!(body["tools"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_file_that_was_attached_stays() {
    let mut messages = long(6, 3_000);
    messages[0].parts.push(Part::File(FilePart {
        media_type: "image/png".into(),
        url: String::new(),
        stored: Some("file-1".into()),
        filename: Some("a.png".into()),
        provider_metadata: None,
    }));
    let mut host = answered(small());
    host.endpoint.context_tokens = Some(9_000);
    host.transcript(request(messages));
    let first = host.request(0)["messages"][1].to_string();
    assert!(first.contains("These files were attached") && first.contains("a.png"), "{first}");
}

#[test]
fn the_providers_own_count_decides() {
    let with_usage = |data: Value| {
        let mut messages = long(6, 3_000);
        messages[11].parts.push(usage_part(data));
        let host = answered(small());
        host.transcript(request(messages));
        told(&host)
    };
    // By bytes it would be 6,000.
    assert_eq!(with_usage(json!({"inputTokens": 2_500, "outputTokens": 10})), Vec::<Value>::new());
    assert_eq!(with_usage(json!({"inputTokens": 3_900, "outputTokens": 10})), [4]);
    // Sums over steps say nothing about the last one.
    let summed = json!({"inputTokens": 9_000, "outputTokens": 90, "contextTokens": 2_000});
    assert_eq!(with_usage(summed), Vec::<Value>::new());
    assert_eq!(with_usage(json!("nonsense")), [6]);
}

#[test]
fn what_came_after_the_count_is_added_to_it() {
    let with_count = |tokens: u64, dropped_before: u64| {
        let mut messages = long(3, 100);
        let mut asked = tool("c1", "ask_user", ToolState::OutputAvailable, &json!({}));
        asked.output = Some(json!("r".repeat(180)).to_string());
        let context = json!({"type": "data-context", "data": {"droppedMessages": dropped_before}});
        messages.push(assistant(vec![
            Part::Other(context.to_string()),
            Part::StepStart,
            Part::Tool(asked),
            usage_part(json!({"inputTokens": tokens, "outputTokens": 0})),
        ]));
        let host = answered(small());
        host.transcript(request(messages));
        !told(&host).is_empty()
    };
    // There is room for 3,433; the result may have 68.
    assert!(!with_count(3_350, 0));
    assert!(with_count(3_400, 0), "the result that the client posted");
    assert!(with_count(3_350, 4), "the messages that the provider didn't read");
}

#[test]
fn what_a_tool_returned_may_push_old_turns_out_within_a_turn() {
    let mut host = small()
        .answers(&[call(0, "c1", "schema", &json!({})), finish("tool_calls"), usage(3_000, 20)])
        .answers(&[text("Done."), finish("stop")])
        .result("schema", Ok(&json!("r".repeat(900)).to_string()));
    host.settings.tool_result_bytes = 900;
    host.transcript(request(long(3, 2_600)));
    assert_eq!(told(&host), [2]);
    assert_eq!(sent(&host, 0).len(), 7);
    assert_eq!(sent(&host, 1)[..2], ["1 qqqqqqq", "Answer 1."]);
    assert_eq!(sent(&host, 1).len(), 7, "the call and its result are there");
}

#[test]
fn a_provider_that_finds_it_too_long_is_asked_once_more_with_half() {
    let host = answered(FakeHost::new().responds(too_long()));
    let transcript = host.transcript(request(long(4, 10)));
    assert_eq!(told(&host), [4]);
    assert_eq!(sent(&host, 1), ["2 qqqqqqq", "Answer 2.", "3 qqqqqqq", "Answer 3.", "And now?"]);
    assert!(!transcript.contains("data-retry"), "{transcript}");

    let host = FakeHost::new().responds(too_long()).responds(too_long());
    host.transcript(request(long(4, 10)));
    let last = host.chunks().pop().expect("a chunk");
    assert_eq!(last["errorText"], Failure::ContextTooLong.text());
}

#[test]
fn it_may_say_so_in_its_stream_as_long_as_nothing_was_shown() {
    let error = json!({"error": {"message": "maximum context length", "code": 400}});
    let host = answered(FakeHost::new().answers(std::slice::from_ref(&error)));
    host.transcript(request(long(2, 10)));
    assert_eq!(told(&host), [2]);
    let host = FakeHost::new().answers(&[text("We"), error]);
    host.transcript(request(long(2, 10)));
    assert_eq!(told(&host), Vec::<Value>::new());
}

#[test]
fn a_request_beyond_the_hosts_limit_is_made_smaller() {
    let host = answered(FakeHost::new());
    host.transcript(request(long(3, 1_500_000)));
    assert_eq!(told(&host), [4]);
    assert_eq!(sent(&host, 0), ["2 qqqqqqq", "Answer 2.", "And now?"]);
}

#[test]
fn results_of_a_step_have_a_quarter_of_the_context_together() {
    let mut host = small()
        .answers(&[
            call(0, "c1", "schema", &json!({})),
            call(1, "c2", "schema", &json!({})),
            finish("tool_calls"),
        ])
        .answers(&[text("Done."), finish("stop")])
        .result("schema", Ok(&json!("r".repeat(9_000)).to_string()));
    host.settings.tool_result_bytes = 30_000;
    host.transcript(ask("Hi"));
    let body = host.request(1);
    for place in [3, 4] {
        let content = body["messages"][place]["content"].as_str().expect("a result");
        let (result, told) = content.split_once("\n\n[Truncated").expect("told");
        assert_eq!(result.len(), 1_500, "an eighth of 4,000 tokens");
        assert!(told.contains("Ask for less"));
    }
}
