//! What `search` answers.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::ranking::ranked;
use crate::tools::entry::Entry;

/// Tools that one query finds at most.
const MAX_FOUND: usize = 5;

/// Tools by their names, in full.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    results: Vec<Detail<'a>>,
    /// Said where a name is none of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    available_tool_names: Option<Vec<&'a str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a RawValue,
    instructions: &'a str,
}

/// The answer to arguments of `search` that fit, as JSON, out of the tools that the caller may use.
pub(in crate::tools) fn answer(tools: &[Entry], arguments: &Value) -> String {
    match arguments.get("query").and_then(Value::as_str) {
        Some(query) => found(tools, query).to_string(),
        None => details(tools, arguments),
    }
}

fn found(tools: &[Entry], query: &str) -> Value {
    let results: Vec<_> = ranked(tools, query)
        .into_iter()
        .take(MAX_FOUND)
        .map(|tool| json!({"name": tool.name, "description": tool.summary}))
        .collect();
    if results.is_empty() {
        let hint = "Nothing fits these words. Try other ones, or ask for the details of a tool by its \
                    name with `names`.";
        return json!({"results": [], "availableToolNames": names(tools), "hint": hint});
    }
    json!({ "results": results })
}

fn details(tools: &[Entry], arguments: &Value) -> String {
    let mut asked: Vec<&str> = Vec::new();
    let posted = arguments.get("names").and_then(Value::as_array).into_iter().flatten();
    for name in posted.filter_map(Value::as_str).map(str::trim) {
        if !asked.contains(&name) {
            asked.push(name);
        }
    }
    let results: Vec<_> = asked
        .iter()
        .filter_map(|name| {
            let tool = tools.iter().find(|tool| tool.name == *name)?;
            Some(Detail {
                name: &tool.name,
                description: &tool.summary,
                input_schema: serde_json::from_str(&tool.input_schema).ok()?,
                instructions: &tool.instructions,
            })
        })
        .collect();
    let available_tool_names = (results.len() < asked.len()).then(|| names(tools));
    // Texts and raw JSON can't fail to serialise.
    serde_json::to_string(&Details { results, available_tool_names }).unwrap_or_default()
}

fn names(tools: &[Entry]) -> Vec<&str> {
    tools.iter().map(|tool| &*tool.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::builtin::BUILTINS;

    fn tools() -> Vec<Entry> {
        let named = BUILTINS.iter().filter(|tool| ["items", "files"].contains(&tool.name));
        named.map(Entry::from).collect()
    }

    fn answered(arguments: &Value) -> Value {
        serde_json::from_str(&answer(&tools(), arguments)).expect("JSON")
    }

    #[test]
    fn a_tool_that_the_caller_may_not_use_is_left_out_like_one_that_does_not_exist() {
        let invisible = answered(&json!({"names": ["flows", "items"]}));
        let unknown = answered(&json!({"names": ["no-such-tool", "items"]}));
        assert_eq!(invisible, unknown);
        assert_eq!(invisible["availableToolNames"], json!(["items", "files"]));
        assert_eq!(invisible["results"][0]["name"], "items");
        let query = answered(&json!({"query": "automation workflow"}));
        assert_eq!(query["results"], json!([]));
        assert_eq!(query["availableToolNames"], json!(["items", "files"]));
        assert!(query["hint"].is_string());
    }

    #[test]
    fn details_hold_all_that_a_call_needs() {
        let details = answered(&json!({"names": ["files", "files"]}));
        assert_eq!(details.get("availableToolNames"), None);
        let results = details["results"].as_array().expect("a list");
        assert_eq!(results.len(), 1, "each once");
        assert_eq!(results[0]["inputSchema"]["properties"]["keys"]["type"], "array");
        assert!(
            results[0]["instructions"].as_str().is_some_and(|text| text.contains("- import: "))
        );
    }

    #[test]
    fn a_query_finds_names_and_descriptions_alone() {
        let found = answered(&json!({"query": "upload image"}));
        let first = found["results"][0].as_object().expect("an object");
        assert_eq!(first.keys().collect::<Vec<_>>(), ["description", "name"]);
        assert_eq!(first["name"], "files");
    }
}
