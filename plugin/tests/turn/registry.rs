//! The registry mode: the model reaches the tools through `search`, `execute` and `schema`.

use palisade_plugin::types::*;
use serde_json::{Value, json};

use crate::fake::*;

/// A host that offers the registry, with an answer of the provider that calls these tools.
fn registry(calls: &[(&str, Value)]) -> FakeHost {
    let mut host = FakeHost::new();
    host.settings.tool_mode = ToolMode::Registry;
    host.settings.tool_result_bytes = 20_000;
    if calls.is_empty() {
        return host;
    }
    let ids = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
    let numbered = calls.iter().zip(ids).zip(0..);
    let mut events: Vec<_> =
        numbered.map(|(((name, input), id), index)| call(index, id, name, input)).collect();
    events.push(finish("tool_calls"));
    host.answers(&events)
}

fn then_done(host: FakeHost) -> FakeHost {
    host.answers(&[text("Done."), finish("stop")])
}

fn execute(name: &str, input: Value) -> (&'static str, Value) {
    ("execute", json!({"name": name, "input": input}))
}

/// Content of the results that the model reads in its second request.
fn results(host: &FakeHost) -> Vec<String> {
    let body = host.request(1);
    let messages = body["messages"].as_array().expect("a list");
    let tools = messages.iter().filter(|message| message["role"] == "tool");
    tools.map(|message| message["content"].as_str().expect("text").to_owned()).collect()
}

fn offered(host: &FakeHost) -> Vec<String> {
    let body = host.request(0);
    let tools = body["tools"].as_array().cloned().unwrap_or_default();
    tools.iter().map(|tool| tool["function"]["name"].as_str().expect("a name").into()).collect()
}

#[test]
fn an_inner_tool_that_is_invisible_is_refused_like_one_that_does_not_exist() {
    let host = then_done(registry(&[
        execute("flows", json!({"action": "read"})),
        execute("wolfs", json!({"action": "read"})),
    ]));
    let transcript = host.transcript(ask("Read."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    let results = results(&host);
    assert_eq!(results[0].replace("flows", "wolfs"), results[1]);
    insta::assert_snapshot!(results[0]);
}

#[test]
fn invalid_input_of_an_inner_tool_goes_back_to_the_model() {
    let host = then_done(registry(&[
        execute("items", json!({"action": "read", "collection": "a", "query": {"limit": "many"}})),
        execute("items", json!({"action": "delete", "collection": "directus_files", "keys": [1]})),
        ("execute", json!({"name": "items"})),
        ("execute", json!({"name": "items", "input": [1]})),
        ("execute", json!({"name": "items", "action": "read", "collection": "a"})),
        ("execute", json!({"input": {}})),
        execute("execute", json!({"name": "items", "input": {}})),
        execute("search", json!({"query": "a"})),
    ]));
    let transcript = host.transcript(ask("Read."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    assert_eq!(transcript.matches("tool-input-error").count(), 8);
    insta::assert_snapshot!(results(&host).join("\n"));
}

#[test]
fn an_inner_tool_is_not_called_by_itself() {
    let host = then_done(registry(&[("items", read_articles()), ("flows", json!({}))]));
    let transcript = host.transcript(ask("Read."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    let unknown = r#"There is no tool "flows". Available tools: search, execute, schema."#;
    let direct =
        r#""items" is not called by itself: call execute with {"name":"items","input":{…}}."#;
    assert_eq!(results(&host), [direct, unknown]);
}

#[test]
fn a_search_that_says_nothing_or_too_much_is_refused() {
    let host = then_done(registry(&[
        ("search", json!({})),
        ("search", json!({"query": "read", "names": ["items"]})),
        ("search", json!({"query": ""})),
    ]));
    host.transcript(ask("Read."));
    insta::assert_snapshot!(results(&host).join("\n"));
}

#[test]
fn the_model_sees_three_tools_and_those_of_the_client() {
    let host = registry(&[]).answers(&[text("Yes."), finish("stop")]);
    let client_tool = |name: &str| ClientTool {
        name: name.into(),
        description: "Of the client.".into(),
        input_schema: json!({"type": "object"}).to_string(),
    };
    let mut request = ask("Hi");
    request.client_tools = ["read-form", "ask_user", "execute", "items"].map(client_tool).into();
    host.transcript(request);
    assert_eq!(offered(&host), ["search", "execute", "schema", "read-form", "ask_user"]);
    let body = host.request(0);
    assert_eq!(body["tools"][4]["function"]["description"], "Of the client.");
    let system = body["messages"][0]["content"].as_str().expect("text");
    assert!(system.contains("How you reach the tools"), "{system}");

    let mut host = registry(&[]).answers(&[text("Yes."), finish("stop")]);
    host.permitted = vec!["items", "ask_user"];
    host.transcript(ask("Hi"));
    assert_eq!(offered(&host), ["search", "execute"], "schema is not permitted");

    let host = FakeHost::new().answers(&[text("Yes."), finish("stop")]);
    host.transcript(ask("Hi"));
    assert!(!host.request(0).to_string().contains("How you reach the tools"));
}

#[test]
fn search_answers_without_the_host() {
    let mut host = then_done(registry(&[
        ("search", json!({"query": "upload an image"})),
        ("search", json!({"names": "assets, folders"})),
        ("search", json!({"query": "xyzzy"})),
    ]));
    host.permitted = vec!["schema", "items", "files", "folders", "assets", "ask_user"];
    insta::assert_snapshot!(host.transcript(ask("Upload.")));
    let results = results(&host);
    assert!(results[0].contains("files") && !results[0].contains("assets\""), "{results:?}");
}

#[test]
fn a_read_runs_at_once() {
    let host = then_done(registry(&[execute("items", read_articles()), ("schema", json!({}))]));
    insta::assert_snapshot!(host.transcript(ask("Read.")));
    insta::assert_json_snapshot!(host.request(1)["messages"].as_array().expect("a list")[2..]);
}

#[test]
fn forgiven_input_is_the_same_for_the_host_and_the_screen() {
    let input = r#"{"action":"read","collection":"articles","query":{"fields":"id,title"}}"#;
    let host = then_done(registry(&[
        ("execute", json!({"name": "items", "input": input})),
        ("execute", json!({"name": "schema"})),
    ]));
    let transcript = host.transcript(ask("Read."));
    let meant = [
        r#"{"input":{"action":"read","collection":"articles","query":{"fields":["id","title"]}},"name":"items"}"#,
        r#"{"input":{},"name":"schema"}"#,
    ];
    for (id, meant) in ["c1", "c2"].iter().zip(meant) {
        assert!(transcript.contains(&format!("→ authorise {id} execute {meant}")), "{transcript}");
        assert!(transcript.contains(&format!("\"input\":{meant}")), "{transcript}");
    }
}

#[test]
fn a_call_that_needs_approval_ends_the_turn_and_goes_on_once_it_is_given() {
    let asking = registry(&[execute("items", delete_article())]).rule("items", Rule::Ask);
    insta::assert_snapshot!("approval_asked", asking.transcript(ask("Delete article 1.")));

    let input = execute("items", delete_article()).1;
    let posted = |answered: ToolPart| {
        request(vec![
            user("Delete article 1."),
            assistant(vec![Part::StepStart, Part::Tool(answered)]),
        ])
    };
    let answered = || tool("c1", "execute", ToolState::ApprovalResponded, &input);
    let approved = then_done(registry(&[]));
    insta::assert_snapshot!("approval_given", approved.transcript(posted(answered())));
    let denied = then_done(registry(&[]).rule("c1", Rule::Refuse("DENIED_BY_USER", "Not that.")));
    insta::assert_snapshot!("approval_denied", denied.transcript(posted(answered())));
    let messages = denied.request(0)["messages"].clone();
    let told = messages[3]["content"].as_str().expect("text");
    assert!(told.contains("declined") && told.ends_with("Not that."), "{told}");
    let waiting = registry(&[]);
    let requested = tool("c1", "execute", ToolState::ApprovalRequested, &input);
    let transcript = waiting.transcript(posted(requested));
    assert!(transcript.ends_with(r#"{"finishReason":"tool-calls","type":"finish"}"#));
}

#[test]
fn a_tool_of_the_client_is_called_by_itself() {
    let mut request = ask("Which?");
    request.client_tools.push(ClientTool {
        name: "ask_user".into(),
        description: "Asks.".into(),
        input_schema: json!({"type": "object"}).to_string(),
    });
    let host = then_done(registry(&[execute("ask_user", json!({}))]));
    host.transcript(request.clone());
    assert_eq!(results(&host), [r#""ask_user" is called by itself, not through execute."#]);
    let host = registry(&[("ask_user", json!({"question": "Which?"}))]);
    let transcript = host.transcript(request);
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    assert!(transcript.ends_with(r#"{"finishReason":"tool-calls","type":"finish"}"#));
}

#[test]
fn outside_of_the_registry_nobody_knows_search_and_execute() {
    let host = FakeHost::new()
        .answers(&[
            call(0, "c1", "execute", &json!({"name": "schema", "input": {}})),
            call(1, "c2", "search", &json!({"query": "read"})),
            finish("tool_calls"),
        ])
        .answers(&[text("Sorry."), finish("stop")]);
    let transcript = host.transcript(ask("Read."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    let unknown =
        |name| format!("There is no tool {name:?}. Available tools: schema, items, ask_user.");
    assert_eq!(results(&host), [unknown("execute"), unknown("search")]);
}
