//! The built-in tools.

mod texts;

pub(crate) use texts::Text;

use super::entry::Entry;
use super::rules::{self, Rules};
use crate::types::ToolDefinition;

/// A built-in tool.
#[derive(Debug)]
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) text: Text,
    /// JSON Schema of the arguments.
    pub(crate) input_schema: &'static str,
    /// What the schema can't say.
    pub(crate) rules: Rules,
    /// Whether the client runs it.
    pub(crate) client_side: bool,
}

/// A tool that the host runs.
const fn hosted(
    name: &'static str,
    text: Text,
    input_schema: &'static str,
    rules: Rules,
) -> Builtin {
    Builtin { name, text, input_schema, rules, client_side: false }
}

/// All built-in tools. Providers cache prompts by prefix, so the order stays.
pub(crate) static BUILTINS: [Builtin; 12] = [
    hosted("schema", texts::SCHEMA, include_str!("schema.json"), rules::SCHEMA),
    hosted("items", texts::ITEMS, include_str!("items.json"), rules::ITEMS),
    hosted("files", texts::FILES, include_str!("files.json"), rules::FILES),
    hosted("folders", texts::FOLDERS, include_str!("folders.json"), rules::ROWS),
    hosted(ASSETS, texts::ASSETS, include_str!("assets.json"), rules::NONE),
    hosted("trigger-flow", texts::TRIGGER_FLOW, include_str!("trigger-flow.json"), rules::NONE),
    hosted("flows", texts::FLOWS, include_str!("flows.json"), rules::ROWS),
    hosted("operations", texts::OPERATIONS, include_str!("operations.json"), rules::ROWS),
    hosted("collections", texts::COLLECTIONS, include_str!("collections.json"), rules::COLLECTIONS),
    hosted("fields", texts::FIELDS, include_str!("fields.json"), rules::FIELDS),
    hosted("relations", texts::RELATIONS, include_str!("relations.json"), rules::RELATIONS),
    Builtin {
        name: "ask_user",
        text: texts::ASK_USER,
        input_schema: include_str!("ask_user.json"),
        rules: rules::NONE,
        client_side: true,
    },
];

/// The tool for models that look and listen.
pub(crate) const ASSETS: &str = "assets";

/// The definitions of all built-in tools, in a stable order.
pub fn definitions() -> Vec<ToolDefinition> {
    BUILTINS
        .iter()
        .map(|tool| ToolDefinition {
            name: tool.name.into(),
            description: Entry::from(tool).description(),
            input_schema: tool.input_schema.into(),
            client_side: tool.client_side,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_schemas_of_objects_in_a_stable_order() {
        let tools = definitions();
        let names: Vec<_> = tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "schema",
                "items",
                "files",
                "folders",
                "assets",
                "trigger-flow",
                "flows",
                "operations",
                "collections",
                "fields",
                "relations",
                "ask_user"
            ]
        );
        for tool in &tools {
            let schema = serde_json::from_str(&tool.input_schema).expect("JSON");
            jsonschema::draft7::meta::validate(&schema).expect("a schema");
            assert_eq!(schema["type"], "object", "{}", tool.name);
            assert_eq!(schema["additionalProperties"], false, "{}", tool.name);
            assert!(!tool.input_schema.ends_with('\n') && tool.description.len() > 100);
        }
        assert!(tools.iter().all(|tool| tool.client_side == (tool.name == "ask_user")));
    }

    #[test]
    fn every_action_is_explained_and_every_loss_is_told() {
        for tool in &BUILTINS {
            let schema: serde_json::Value = serde_json::from_str(tool.input_schema).expect("JSON");
            let actions = schema["properties"]["action"]["enum"].as_array().cloned();
            for action in actions.unwrap_or_default() {
                let action = action.as_str().expect("a name");
                let told = tool.text.instructions.contains(&format!("- {action}: "));
                assert!(told, "{} {action}", tool.name);
                let warned = action != "delete" || tool.text.instructions.contains("be undone");
                assert!(warned, "{}", tool.name);
            }
        }
    }
}
