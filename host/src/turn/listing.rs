//! What a caller may choose from.

use palisade_data::Caller;
use palisade_policy::{BuiltInTool, Effect, ToolMode};
use palisade_sandbox::ToolDefinition;
use serde_json::value::RawValue;

use super::{TurnService, TurnStartError, service::invited};
use crate::models::ModelFacts;

/// A model that a caller may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedModel {
    /// Provider id.
    pub provider: String,
    /// What is known about the model.
    pub facts: ModelFacts,
}

/// A tool that a caller may call.
#[derive(Debug, Clone)]
pub struct ListedTool {
    /// Name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input_schema: Box<RawValue>,
    /// Whether no call of it changes anything.
    pub read_only: bool,
    /// Whether a call of it may overwrite or remove data.
    pub destructive: bool,
    /// Whether a call of it may reach beyond the project.
    pub open_world: bool,
    /// The administrator's ceiling for this caller; `ask` where none is set.
    pub ceiling: ToolMode,
    /// Whether the client runs it.
    pub client_side: bool,
    /// The component that it is of; none: built in.
    pub component: Option<String>,
    /// Name for people, where the tool has one.
    pub title: Option<String>,
}

impl TurnService {
    /// The models that a caller may use.
    pub async fn models_for(&self, caller: &Caller) -> Result<Vec<ListedModel>, TurnStartError> {
        invited(caller)?;
        let settings = self.settings().await?;
        let listed = self.parts.providers.iter().flat_map(|provider| {
            settings.models_of(&provider.config.id).iter().map(|model| ListedModel {
                provider: provider.config.id.clone(),
                facts: provider.config.model_facts(model),
            })
        });
        Ok(listed.collect())
    }

    /// The tools that a caller may call.
    pub async fn tools_for(&self, caller: &Caller) -> Result<Vec<ListedTool>, TurnStartError> {
        invited(caller)?;
        let (settings, plugins) = self.settings_and_plugins().await?;
        let rules = self.rules(&settings, caller);
        let visible = self.callable_tools().filter(|tool| rules.is_visible(&tool.name));
        let built_in = visible.map(|definition| {
            let effect = BuiltInTool::from_name(&definition.name)
                .map_or(Effect::READ, BuiltInTool::strongest_effect);
            // What the client runs asks its user by itself.
            let unset = if definition.client_side { ToolMode::Always } else { ToolMode::Ask };
            ListedTool {
                name: definition.name.clone(),
                description: definition.description.clone(),
                input_schema: definition.input_schema.clone(),
                read_only: effect.read_only,
                destructive: effect.destructive,
                open_world: effect.open_world,
                ceiling: rules.ceiling(&definition.name).unwrap_or(unset),
                client_side: definition.client_side,
                component: None,
                title: None,
            }
        });
        let added = plugins.iter().filter(|(name, _)| rules.is_visible(name));
        let added = added.map(|(name, tool)| ListedTool {
            name: name.to_owned(),
            description: tool.description.description.clone(),
            input_schema: (*tool.input_schema).to_owned(),
            read_only: tool.effect.read_only,
            destructive: tool.effect.destructive,
            open_world: tool.effect.open_world,
            ceiling: rules.ceiling(name).unwrap_or(ToolMode::Ask),
            client_side: false,
            component: Some(tool.component_name.clone()),
            title: Some(tool.description.title.clone()),
        });
        Ok(built_in.chain(added).collect())
    }

    /// The component's tools that somebody can run: the host, or the client.
    pub(super) fn callable_tools(&self) -> impl Iterator<Item = &ToolDefinition> {
        let definitions = self.parts.sandbox.tools().iter();
        definitions.filter(|tool| tool.client_side || BuiltInTool::from_name(&tool.name).is_some())
    }
}
