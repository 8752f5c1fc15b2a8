//! What the client posts after an approval, a denial, or a tool of its own.

use palisade_plugin::types::*;
use serde_json::json;

use crate::fake::*;

fn answered(id: &str, approved: bool, reason: Option<&str>) -> Part {
    let mut call = tool(id, "items", ToolState::ApprovalResponded, &delete_article());
    let reason = reason.map(String::from);
    call.approval =
        Some(Approval { id: format!("approval-of-{id}"), approved: Some(approved), reason });
    Part::Tool(call)
}

fn posted(parts: Vec<Part>) -> TurnRequest {
    request(vec![user("Delete article 1."), assistant(parts)])
}

#[test]
fn approved_calls_run_before_the_model_goes_on() {
    let host = FakeHost::new().answers(&[text("Deleted."), finish("stop")]);
    let conversation = posted(vec![
        Part::StepStart,
        said("I'll delete it."),
        answered("c1", true, None),
        answered("c2", true, None),
    ]);
    insta::assert_snapshot!(host.transcript(conversation));
    insta::assert_json_snapshot!(host.request(0)["messages"].as_array().expect("a list")[1..]);
}

#[test]
fn a_denial_is_shown_and_the_model_reads_the_reason() {
    let host = FakeHost::new()
        .rule("c1", Rule::Refuse("DENIED_BY_USER", "Archive it instead."))
        .rule("c2", Rule::Refuse("DENIED_BY_USER", ""))
        .answers(&[text("Archived then?"), finish("stop")]);
    let conversation = posted(vec![
        Part::StepStart,
        answered("c1", false, Some("Archive it instead.")),
        answered("c2", false, None),
        answered("c3", true, None),
    ]);
    insta::assert_snapshot!(host.transcript(conversation));
    insta::assert_json_snapshot!(host.request(0)["messages"].as_array().expect("a list")[3..]);
}

#[test]
fn an_approval_that_the_host_does_not_accept_is_an_error() {
    let host = FakeHost::new()
        .rule("c1", Rule::Refuse("APPROVAL_SPENT", "This approval was used already."))
        .answers(&[text("It was used."), finish("stop")]);
    let transcript = host.transcript(posted(vec![answered("c1", true, None)]));
    insta::assert_snapshot!(transcript);
}

#[test]
fn a_call_that_must_be_approved_again_asks_again() {
    let host = FakeHost::new().rule("c1", Rule::Ask);
    insta::assert_snapshot!(host.transcript(posted(vec![answered("c1", true, None)])));
}

#[test]
fn while_an_answer_is_missing_nothing_runs_and_the_model_is_not_asked() {
    let open = [
        tool("c2", "items", ToolState::ApprovalRequested, &delete_article()),
        tool("c2", "ask_user", ToolState::InputAvailable, &json!({"question": "Which?"})),
    ];
    for open in open {
        let host = FakeHost::new();
        let conversation = posted(vec![answered("c1", true, None), Part::Tool(open)]);
        assert_eq!(
            host.transcript(conversation),
            "{\"type\":\"start\"}\n{\"finishReason\":\"tool-calls\",\"type\":\"finish\"}"
        );
    }
}

#[test]
fn only_the_last_step_of_the_last_message_can_run() {
    let host = FakeHost::new().answers(&[text("Fine."), finish("stop")]);
    let conversation = request(vec![
        user("Delete 1."),
        assistant(vec![Part::StepStart, answered("c1", true, None)]),
        user("Never mind. Delete 2."),
        assistant(vec![
            Part::StepStart,
            answered("c2", true, None),
            Part::StepStart,
            answered("c3", true, None),
        ]),
    ]);
    let transcript = host.transcript(conversation);
    assert_eq!(transcript.matches("→ authorise").count(), 1, "{transcript}");
    assert!(transcript.contains("→ execute c3"), "{transcript}");
    insta::assert_json_snapshot!(host.request(0)["messages"].as_array().expect("a list")[2..]);
}

#[test]
fn calls_left_open_before_a_new_question_were_not_executed() {
    let host = FakeHost::new().answers(&[text("Yes?"), finish("stop")]);
    let mut denied = tool("c4", "items", ToolState::OutputDenied, &delete_article());
    denied.approval.as_mut().expect("an approval").reason = Some("No!".into());
    let states = [
        tool("c1", "items", ToolState::ApprovalRequested, &delete_article()),
        tool("c2", "items", ToolState::ApprovalResponded, &delete_article()),
        tool("c3", "ask_user", ToolState::InputAvailable, &json!({"question": "Which?"})),
        denied,
        tool("c5", "items", ToolState::InputStreaming, &json!({})),
    ];
    let conversation = request(vec![
        user("Delete 1."),
        assistant(states.into_iter().map(Part::Tool).collect()),
        user("Something else."),
    ]);
    let transcript = host.transcript(conversation);
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    insta::assert_json_snapshot!(host.request(0)["messages"].as_array().expect("a list")[2..]);
}

#[test]
fn the_result_of_a_clients_tool_goes_to_the_model() {
    let host = FakeHost::new().answers(&[text("The first."), finish("stop")]);
    let mut call =
        tool("c1", "ask_user", ToolState::OutputAvailable, &json!({"question": "Which?"}));
    call.output = Some("\"The first\"".into());
    let transcript = host.transcript(posted(vec![Part::StepStart, Part::Tool(call)]));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    assert_eq!(
        host.request(0)["messages"][3],
        json!({"role": "tool", "tool_call_id": "c1", "content": "The first"})
    );
}

#[test]
fn reasoning_goes_back_within_its_tool_loop_only() {
    let marked = |model: &str| {
        Part::Reasoning(TextPart {
            text: format!("Thought by {model}."),
            provider_metadata: Some(
                json!({"palisade": {
                    "place": "reasoning_content", "provider": "acme", "model": model}})
                .to_string(),
            ),
        })
    };
    let unmarked = Part::Reasoning(TextPart { text: "Thought.".into(), provider_metadata: None });
    let host = FakeHost::new()
        .answers(&[
            delta(json!({"reasoning": "More."})),
            call(0, "n1", "schema", &json!({})),
            finish("tool_calls"),
        ])
        .answers(&[text("Done."), finish("stop")]);
    let conversation = request(vec![
        user("One"),
        assistant(vec![marked("acme-1"), said("1")]),
        user("Two"),
        assistant(vec![marked("acme-1"), marked("other"), unmarked, answered("c1", true, None)]),
    ]);
    let transcript = host.transcript(conversation);
    assert!(transcript.contains(
        r#""providerMetadata":{"palisade":{"model":"acme-1","place":"reasoning","provider":"acme"}}"#
    ));
    let request = host.request(1);
    let messages = request["messages"].as_array().expect("a list");
    let reasoning: Vec<_> = messages
        .iter()
        .map(|m| m.get("reasoning_content").or(m.get("reasoning")).and_then(|r| r.as_str()))
        .collect();
    assert_eq!(
        reasoning,
        [None, None, None, None, Some("Thought by acme-1."), None, Some("More."), None]
    );
}

#[test]
fn a_posted_call_beyond_the_hosts_limits_is_refused_here() {
    let long = "x".repeat(300);
    let host = FakeHost::new().answers(&[text("No."), finish("stop")]);
    let transcript = host.transcript(posted(vec![answered(&long, true, None)]));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    assert!(transcript.contains("INVALID_PAYLOAD"), "{transcript}");
}
