//! Tool calls within a turn.

use palisade_plugin::types::*;
use serde_json::json;

use crate::fake::*;

#[test]
fn parallel_calls_run_together_before_the_step_ends() {
    let host = FakeHost::new()
        .answers(&[
            text("Looking."),
            call(0, "c1", "schema", &json!({})),
            call(1, "c2", "items", &read_articles()),
            finish("tool_calls"),
            usage(10, 5),
        ])
        .answers(&[text("There is one."), finish("stop"), usage(30, 7)]);
    insta::assert_snapshot!(host.transcript(ask("What is there?")));
    insta::assert_json_snapshot!(host.request(1)["messages"].as_array().expect("a list")[1..]);
}

#[test]
fn a_call_that_needs_approval_ends_the_turn_and_the_others_run() {
    let host = FakeHost::new().rule("c2", Rule::Ask).answers(&[
        call(0, "c1", "items", &read_articles()),
        call(1, "c2", "items", &delete_article()),
        finish("tool_calls"),
    ]);
    insta::assert_snapshot!(host.transcript(ask("Delete article 1.")));
}

#[test]
fn a_refused_call_is_an_error_that_the_model_reads() {
    let host = FakeHost::new()
        .rule("items", Rule::Refuse("TOOL_DISABLED", "This tool is disabled."))
        .answers(&[call(0, "c1", "items", &read_articles()), finish("tool_calls")])
        .answers(&[text("I may not."), finish("stop")]);
    insta::assert_snapshot!(host.transcript(ask("Read.")));
}

#[test]
fn a_failed_operation_is_an_error_that_the_model_reads() {
    let host = FakeHost::new()
        .result("items", Err(error(ErrorKind::Denied, "FORBIDDEN", "You don't have permission.")))
        .answers(&[call(0, "c1", "items", &read_articles()), finish("tool_calls")])
        .answers(&[text("I may not."), finish("stop")]);
    insta::assert_snapshot!(host.transcript(ask("Read.")));
    assert_eq!(
        host.request(1)["messages"][3],
        json!({"role": "tool", "tool_call_id": "c1", "content": "FORBIDDEN: You don't have permission."})
    );
}

#[test]
fn unusable_arguments_and_unknown_tools_go_back_to_the_model() {
    let bad = json!({"action": "read", "collection": "articles", "query": {"limit": "many"}});
    let host = FakeHost::new()
        .answers(&[
            call(0, "c1", "items", &bad),
            call(1, "c2", "drop_table", &json!({"name": "articles"})),
            delta(json!({"tool_calls": [{"index": 2, "id": "c3", "function": {
                "name": "schema", "arguments": "{\"keys\":"}}]})),
            finish("tool_calls"),
        ])
        .answers(&[text("I was wrong."), finish("stop")]);
    insta::assert_snapshot!(host.transcript(ask("Read.")));
    insta::assert_json_snapshot!(host.request(1)["messages"].as_array().expect("a list")[2..]);
}

#[test]
fn forgiven_arguments_are_the_same_for_the_host_and_the_screen() {
    let call = json!({"action": "read", "collection": "articles", "query": "{\"limit\": 1}"});
    let host = FakeHost::new()
        .rule("items", Rule::Ask)
        .answers(&[crate::fake::call(0, "c1", "items", &call), finish("tool_calls")]);
    let transcript = host.transcript(ask("Read."));
    let meant = r#"{"action":"read","collection":"articles","query":{"limit":1}}"#;
    assert!(transcript.contains(&format!("→ authorise c1 items {meant}")), "{transcript}");
    assert!(transcript.contains(&format!("\"input\":{meant}")), "{transcript}");
}

#[test]
fn a_tool_of_the_client_ends_the_turn() {
    let host = FakeHost::new().answers(&[
        call(0, "c1", "read-form", &json!({"field": "title"})),
        call(1, "c2", "schema", &json!({})),
        finish("tool_calls"),
    ]);
    let mut request = ask("What is in the form?");
    request.client_tools.push(ClientTool {
        name: "read-form".into(),
        description: "Reads the form.".into(),
        input_schema: json!({"type": "object", "properties": {"field": {"type": "string"}}})
            .to_string(),
    });
    insta::assert_snapshot!(host.transcript(request));
    assert_eq!(host.request(0)["tools"][3]["function"]["name"], "read-form");
}

#[test]
fn a_question_to_the_user_ends_the_turn_without_the_hosts_leave() {
    let host = FakeHost::new().answers(&[
        call(0, "c1", "ask_user", &json!({"question": "Which one?", "options": ["a", "b"]})),
        finish("tool_calls"),
    ]);
    let transcript = host.transcript(ask("Change it."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    assert!(
        transcript.ends_with(r#"{"finishReason":"tool-calls","type":"finish"}"#),
        "{transcript}"
    );
}

#[test]
fn a_tool_that_is_not_permitted_is_neither_offered_nor_proposed() {
    let mut host = FakeHost::new()
        .answers(&[call(0, "c1", "items", &read_articles()), finish("tool_calls")])
        .answers(&[text("Sorry."), finish("stop")]);
    host.permitted = vec!["schema"];
    let transcript = host.transcript(ask("Read."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    assert!(transcript.contains("There is no tool \\\"items\\\". Available tools: schema."));
    assert_eq!(host.request(0)["tools"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_clients_tool_can_not_take_a_built_in_name() {
    let mut host = FakeHost::new()
        .answers(&[call(0, "c1", "items", &read_articles()), finish("tool_calls")])
        .answers(&[text("Sorry."), finish("stop")]);
    host.permitted = vec!["schema"];
    let mut request = ask("Read.");
    request.client_tools.push(ClientTool {
        name: "items".into(),
        description: "Not the real one.".into(),
        input_schema: "{}".into(),
    });
    let transcript = host.transcript(request);
    assert!(transcript.contains("There is no tool"), "{transcript}");
}

#[test]
fn a_result_is_cut_for_the_model_and_whole_on_the_screen() {
    let long = format!("[\"{}\"]", "x".repeat(300));
    let host = FakeHost::new()
        .result("items", Ok(&long))
        .answers(&[call(0, "c1", "items", &read_articles()), finish("tool_calls")])
        .answers(&[text("Long."), finish("stop")]);
    let transcript = host.transcript(ask("Read."));
    assert!(transcript.contains(&"x".repeat(300)));
    let content = host.request(1)["messages"][3]["content"].as_str().expect("text").to_owned();
    assert!(content.starts_with(&long[..200]) && !content.contains(&long), "{content}");
    assert!(content.contains("Truncated"), "{content}");
}

#[test]
fn a_turn_at_its_step_limit_says_so_in_a_step_of_its_own() {
    let mut host = FakeHost::new();
    host.settings.max_steps = 2;
    for id in ["c1", "c2"] {
        host =
            host.answers(&[call(0, id, "schema", &json!({})), finish("tool_calls"), usage(1, 1)]);
    }
    insta::assert_snapshot!(host.transcript(ask("Loop.")));
}

#[test]
fn an_id_that_the_provider_uses_again_is_replaced_on_the_screen() {
    let host = FakeHost::new()
        .answers(&[
            call(0, "call_0", "schema", &json!({})),
            call(1, "call_0", "schema", &json!({"keys": ["articles"]})),
            finish("tool_calls"),
        ])
        .answers(&[call(0, "call_0", "schema", &json!({})), finish("tool_calls")])
        .answers(&[text("Done."), finish("stop")]);
    let old = tool("call_0", "schema", ToolState::InputAvailable, &json!({}));
    let conversation = request(vec![user("Hi"), assistant(vec![Part::Tool(old)]), user("Again")]);
    insta::assert_snapshot!(host.transcript(conversation));
    let ids: Vec<String> = host.request(2)["messages"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|message| message["tool_call_id"].as_str().map(String::from))
        .collect();
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
}

#[test]
fn no_more_than_64_calls_of_a_step_run() {
    let mut events: Vec<_> =
        (0..66).map(|index| call(index, &format!("c{index}"), "schema", &json!({}))).collect();
    events.push(finish("tool_calls"));
    let host = FakeHost::new().answers(&events).answers(&[text("Many."), finish("stop")]);
    let transcript = host.transcript(ask("Many."));
    assert_eq!(transcript.matches("→ authorise").count(), 64);
    assert_eq!(transcript.matches("tool-input-error").count(), 2);
}

#[test]
fn arguments_cut_by_the_output_limit_say_so() {
    let cut = delta(json!({"tool_calls": [{"index": 0, "id": "c1", "function": {
        "name": "items", "arguments": "{\"action\":\"crea"}}]}));
    let host = FakeHost::new()
        .answers(&[cut, finish("length")])
        .answers(&[text("Shorter."), finish("stop")]);
    assert!(host.transcript(ask("Write.")).contains("The output limit was reached"));
}
