//! The tools of one turn.

use serde_json::value::RawValue;

use super::arguments;
use super::builtin::BUILTINS;
use crate::conversation::OfferedTool;
use crate::types::ClientTool;

/// A tool that the model may call in this turn.
#[derive(Debug)]
pub(crate) struct Tool {
    offered: OfferedTool,
    /// Whether the client runs it.
    pub(crate) client_side: bool,
}

/// The tools of one turn, in the order in which the model sees them.
#[derive(Debug, Default)]
pub(crate) struct Toolset {
    tools: Vec<Tool>,
}

impl Toolset {
    /// The built-in tools that the host permits, then those of the client. The name of a tool that
    /// the host runs means that tool alone; a client may bring its own form of one that it runs.
    pub(crate) fn new(permitted: &[String], client_tools: &[ClientTool]) -> Self {
        let mut set = Self::default();
        let brought = |name: &str| client_tools.iter().any(|tool| tool.name == name);
        for builtin in BUILTINS {
            let replaced = builtin.client_side && brought(builtin.name);
            if !replaced && permitted.iter().any(|name| name == builtin.name) {
                set.add(
                    builtin.name,
                    builtin.description,
                    builtin.input_schema,
                    builtin.client_side,
                );
            }
        }
        for tool in client_tools {
            let taken =
                BUILTINS.iter().any(|builtin| builtin.name == tool.name && !builtin.client_side);
            if !taken && set.find(&tool.name).is_none() {
                set.add(&tool.name, &tool.description, &tool.input_schema, true);
            }
        }
        set
    }

    fn add(&mut self, name: &str, description: &str, input_schema: &str, client_side: bool) {
        let Ok(input_schema) = RawValue::from_string(input_schema.into()) else {
            return;
        };
        let offered =
            OfferedTool { name: name.into(), description: description.into(), input_schema };
        self.tools.push(Tool { offered, client_side });
    }

    /// The tool of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.offered.name == name)
    }

    /// What the model is told.
    pub(crate) fn offered(&self) -> Vec<OfferedTool> {
        self.tools.iter().map(|tool| tool.offered.clone()).collect()
    }

    /// The text for a call of a tool that there isn't.
    pub(crate) fn unknown(&self, name: &str) -> String {
        let names: Vec<_> = self.tools.iter().map(|tool| tool.offered.name.as_str()).collect();
        if names.is_empty() {
            return format!("There is no tool {name:?}, and no other tool in this conversation.");
        }
        format!("There is no tool {name:?}. Available tools: {}.", names.join(", "))
    }
}

impl Tool {
    /// The arguments that a model wrote, as the text of a JSON object that fits the tool's schema.
    ///
    /// # Errors
    /// What is wrong, where, and what was expected: for the model, which tries again, and the user.
    pub(crate) fn check(&self, written: &str) -> Result<String, String> {
        arguments::check(&self.offered.name, self.offered.input_schema.get(), written)
            .map_err(|error| format!("Invalid arguments for {}: {error}", self.offered.name))
    }
}
