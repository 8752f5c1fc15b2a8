//! The tools of one turn.

use serde_json::value::RawValue;

use super::builtin::{ASSETS, BUILTINS};
use super::entry::Entry;
use super::rules::{self, Rules};
use super::{arguments, registry};
use crate::conversation::OfferedTool;
use crate::types::{ClientTool, PluginTool, ToolMode};

/// Who runs a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// The host.
    Host,
    /// The client.
    Client,
    /// Nobody else: [`Toolset::search`] has the answer.
    Search,
}

/// A tool that the model may call in this turn.
#[derive(Debug)]
struct Tool {
    offered: OfferedTool,
    rules: Rules,
    runs: Runs,
}

/// The tools of one turn, in the order in which the model sees them.
#[derive(Debug, Default)]
pub(crate) struct Toolset {
    tools: Vec<Tool>,
    /// What `execute` runs, where the tools are in the registry.
    inner: Option<Registry>,
}

/// The tools that are reached through the registry.
#[derive(Debug)]
struct Registry {
    entries: Vec<Entry>,
    /// Whether those of components are among them. They are asked for when the model first looks.
    whole: bool,
}

impl Toolset {
    /// The built-in tools that the host permits, each by itself or through the registry, then those
    /// of components (`plugins` is asked for them in the direct mode alone), then those of the client.
    /// The name of a tool that the host runs means that tool alone; a client may bring
    /// its own form of one that it runs. Images and sounds are only for a model that takes such.
    pub(crate) fn new(
        mode: ToolMode,
        looks_or_listens: bool,
        permitted: &[String],
        plugins: impl FnOnce() -> Vec<PluginTool>,
        client_tools: &[ClientTool],
    ) -> Self {
        let mut set = Self::default();
        let usable = BUILTINS.iter().filter(|builtin| {
            permitted.iter().any(|name| name == builtin.name)
                && (builtin.name != ASSETS || looks_or_listens)
        });
        match mode {
            ToolMode::Direct => {
                let brought = |name: &str| client_tools.iter().any(|tool| tool.name == name);
                for builtin in usable.filter(|it| !it.client_side || !brought(it.name)) {
                    let runs = if builtin.client_side { Runs::Client } else { Runs::Host };
                    set.add_entry(&builtin.into(), runs);
                }
                for plugin in plugins() {
                    set.add_entry(&plugin.into(), Runs::Host);
                }
            }
            ToolMode::Registry => {
                set.add_registry(usable.filter(|it| !it.client_side).map(Entry::from).collect());
            }
        }
        for tool in client_tools {
            let taken =
                BUILTINS.iter().any(|builtin| builtin.name == tool.name && !builtin.client_side);
            if !taken && !set.has(&tool.name) {
                let (description, schema) = (&tool.description, &tool.input_schema);
                set.add(&tool.name, description, schema, rules::NONE, Runs::Client);
            }
        }
        set
    }

    /// The tools through which the others are reached, and the one that is worth a place beside them:
    /// nearly every task begins with it.
    fn add_registry(&mut self, entries: Vec<Entry>) {
        let search = (registry::SEARCH_DESCRIPTION, registry::SEARCH_SCHEMA);
        let execute = (registry::EXECUTE_DESCRIPTION, registry::EXECUTE_SCHEMA);
        self.add(registry::SEARCH, search.0, search.1, rules::SEARCH, Runs::Search);
        self.add(registry::EXECUTE, execute.0, execute.1, rules::NONE, Runs::Host);
        if let Some(schema) = entries.iter().find(|entry| entry.name == SCHEMA) {
            self.add_entry(schema, Runs::Host);
        }
        self.inner = Some(Registry { entries, whole: false });
    }

    /// Whether a call of a tool needs to know the tools of components, which weren't asked for yet.
    pub(crate) fn misses_plugins(&self, name: &str) -> bool {
        let is_of_registry = name == registry::SEARCH || name == registry::EXECUTE;
        is_of_registry && self.inner.as_ref().is_some_and(|inner| !inner.whole)
    }

    /// Adds the tools of components to the registry.
    pub(crate) fn add_plugins(&mut self, plugins: Vec<PluginTool>) {
        if let Some(inner) = &mut self.inner {
            inner.entries.extend(plugins.into_iter().map(Entry::from));
            inner.whole = true;
        }
    }

    fn add_entry(&mut self, entry: &Entry, runs: Runs) {
        self.add(&entry.name, &entry.description(), &entry.input_schema, entry.rules, runs);
    }

    fn add(&mut self, name: &str, description: &str, schema: &str, rules: Rules, runs: Runs) {
        let Ok(input_schema) = RawValue::from_string(schema.into()) else {
            return;
        };
        let offered =
            OfferedTool { name: name.into(), description: description.into(), input_schema };
        self.tools.push(Tool { offered, rules, runs });
    }

    fn find(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.offered.name == name)
    }

    /// Whether the model may call a tool of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether the client runs the tool of this name.
    pub(crate) fn is_of_client(&self, name: &str) -> bool {
        self.find(name).is_some_and(|tool| tool.runs == Runs::Client)
    }

    /// What the model is told.
    pub(crate) fn offered(&self) -> Vec<OfferedTool> {
        self.tools.iter().map(|tool| tool.offered.clone()).collect()
    }

    /// Who runs the tool of a name, and the arguments that a model wrote for it, as the text of a JSON
    /// object that fits the tool.
    ///
    /// # Errors
    /// That there is no such tool, or what is wrong, where, and what was expected: for the model, which
    /// tries again, and the user.
    pub(crate) fn check(&self, name: &str, written: &str) -> Result<(Runs, String), String> {
        let tool = self.find(name).ok_or_else(|| self.unknown(name))?;
        if let Some(inner) = &self.inner
            && name == registry::EXECUTE
        {
            return Ok((
                tool.runs,
                registry::check_execute(&inner.entries, |name| self.has(name), written)?,
            ));
        }
        let fitting = arguments::check(tool.offered.input_schema.get(), tool.rules, written)
            .map_err(|error| format!("Invalid arguments for {name}: {error}"))?;
        Ok((tool.runs, fitting.into_text(written)))
    }

    /// The answer to a call of `search` with arguments that fit, as JSON.
    pub(crate) fn search(&self, arguments: &str) -> String {
        let inner = self.inner.as_ref().map_or(&[][..], |inner| &inner.entries);
        registry::answer(inner, &serde_json::from_str(arguments).unwrap_or_default())
    }

    /// The text for a call of a tool that there isn't.
    fn unknown(&self, name: &str) -> String {
        let mut inner = self.inner.iter().flat_map(|inner| &inner.entries);
        if inner.any(|entry| entry.name == name) {
            return format!(
                "{name:?} is not called by itself: call {} with {{\"name\":{name:?},\"input\":{{…}}}}.",
                registry::EXECUTE
            );
        }
        let names: Vec<_> = self.tools.iter().map(|tool| tool.offered.name.as_str()).collect();
        if names.is_empty() {
            return format!("There is no tool {name:?}, and no other tool in this conversation.");
        }
        format!("There is no tool {name:?}. Available tools: {}.", names.join(", "))
    }
}

/// The tool that stands beside the registry.
const SCHEMA: &str = "schema";
