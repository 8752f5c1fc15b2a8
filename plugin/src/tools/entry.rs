//! A tool that the host runs, as models are told of it: built in, or of a component.

use std::borrow::Cow;

use super::builtin::Builtin;
use super::rules::{self, Rules};
use crate::types::PluginTool;

/// A tool that the host runs.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(super) name: Cow<'static, str>,
    /// What it is for.
    pub(super) summary: Cow<'static, str>,
    /// How it is used.
    pub(super) instructions: Cow<'static, str>,
    /// Words that people say when they mean it.
    pub(super) keywords: &'static str,
    /// JSON Schema of the arguments.
    pub(super) input_schema: Cow<'static, str>,
    /// What the schema can't say.
    pub(super) rules: Rules,
}

impl Entry {
    /// All that a model is told where it sees the tool at once.
    pub(super) fn description(&self) -> String {
        match self.instructions.is_empty() {
            true => self.summary.clone().into_owned(),
            false => format!("{}\n{}", self.summary, self.instructions),
        }
    }
}

impl From<&'static Builtin> for Entry {
    fn from(builtin: &'static Builtin) -> Self {
        Self {
            name: builtin.name.into(),
            summary: builtin.text.summary.into(),
            instructions: builtin.text.instructions.into(),
            keywords: builtin.text.keywords,
            input_schema: builtin.input_schema.into(),
            rules: builtin.rules,
        }
    }
}

impl From<PluginTool> for Entry {
    fn from(tool: PluginTool) -> Self {
        Self {
            name: tool.name.into(),
            summary: tool.description.into(),
            instructions: tool.instructions.unwrap_or_default().into(),
            keywords: "",
            input_schema: tool.input_schema.into(),
            rules: rules::NONE,
        }
    }
}
