//! Tools of components beside the built-in ones.

use palisade_plugin::types::*;
use serde_json::{Value, json};

use crate::fake::*;

fn score() -> PluginTool {
    PluginTool {
        name: "readability__score".into(),
        description: "Scores how easily a text reads.".into(),
        instructions: Some("Give the collection and the field.".into()),
        input_schema: json!({
            "type": "object",
            "properties": {"collection": {"type": "string"}},
            "required": ["collection"],
            "additionalProperties": false
        })
        .to_string(),
    }
}

fn host(mode: ToolMode, calls: &[(&str, Value)]) -> FakeHost {
    let mut host = FakeHost::new();
    host.settings.tool_mode = mode;
    host.settings.tool_result_bytes = 20_000;
    host.plugins = vec![score()];
    host.results.insert("readability__score", Ok(r#"{"content":[]}"#.into()));
    let events: Vec<_> = calls
        .iter()
        .zip(["c1", "c2", "c3"])
        .zip(0..)
        .map(|(((name, input), id), index)| call(index, id, name, input))
        .chain([finish("tool_calls")])
        .collect();
    host.answers(&events).answers(&[text("Done."), finish("stop")])
}

fn results(host: &FakeHost) -> Vec<String> {
    let body = host.request(1);
    let messages = body["messages"].as_array().expect("a list");
    let tools = messages.iter().filter(|message| message["role"] == "tool");
    tools.map(|message| message["content"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn arguments_that_do_not_fit_the_components_schema_go_back_to_the_model() {
    let call = ("readability__score", json!({"collection": 1, "sudo": true}));
    let host = host(ToolMode::Direct, &[call]);
    let transcript = host.transcript(ask("Score."));
    assert!(!transcript.contains("→ authorise"), "{transcript}");
    assert!(results(&host)[0].contains("`sudo`: not known here"), "{:?}", results(&host));
}

#[test]
fn a_component_tool_stands_beside_the_built_in_ones() {
    let host = host(ToolMode::Direct, &[("readability__score", json!({"collection": "a"}))]);
    let transcript = host.transcript(ask("Score."));
    assert!(transcript.contains("→ authorise"), "{transcript}");
    let body = host.request(0);
    let tools = body["tools"].as_array().expect("a list");
    let named = |name: &str| tools.iter().find(|tool| tool["function"]["name"] == name);
    let tool = &named("readability__score").expect("the tool")["function"];
    let told = "Scores how easily a text reads.\nGive the collection and the field.";
    assert_eq!(tool["description"], told);
    assert!(named("items").is_some());
    assert_eq!(results(&host), [r#"{"content":[]}"#]);
}

#[test]
fn the_registry_asks_for_component_tools_when_the_model_looks() {
    let input = json!({"name": "readability__score", "input": {"collection": "a"}});
    let calls = [("search", json!({"query": "score a text"})), ("execute", input)];
    let host = host(ToolMode::Registry, &calls);
    let transcript = host.transcript(ask("Score."));
    assert!(transcript.contains("→ authorise"), "{transcript}");
    assert_eq!(host.plugin_questions.get(), 1);
    let results = results(&host);
    assert!(results[0].contains("readability__score"), "{results:?}");
    assert_eq!(results[1], r#"{"content":[]}"#);
    let offered = host.request(0)["tools"].to_string();
    assert!(!offered.contains("readability"), "{offered}");
}

#[test]
fn a_turn_through_the_registry_that_uses_none_asks_for_none() {
    let mut host = FakeHost::new().answers(&[text("Hello."), finish("stop")]);
    host.settings.tool_mode = ToolMode::Registry;
    host.plugins = vec![score()];
    host.transcript(ask("Hello."));
    assert_eq!(host.plugin_questions.get(), 0);
}
