//! Settings of the workspace that shape turns: what the configuration says, and what an administrator
//! changed at run time, which wins except where the configuration locks it.

use std::collections::BTreeMap;

use palisade_policy::{ApprovalMode, ToolCeiling};
use palisade_state::{Settings, State, StateError};
use palisade_tools::Grants;
use serde::{Deserialize, Serialize};

/// Provider calls that one turn may make at most, whatever is configured.
pub const MAXIMUM_STEPS: u32 = 50;
/// Bytes of a system prompt at most.
pub const MAXIMUM_SYSTEM_PROMPT_BYTES: usize = 64 * 1024;
/// Bytes of one tool result that go to the model at most.
pub const TOOL_RESULT_BYTES: u32 = 48 * 1024;

/// What an administrator changed at run time. An absent value is the configuration's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSettings {
    /// Which calls ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<ApprovalMode>,
    /// Provider calls per turn, 1 to [`MAXIMUM_STEPS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// Replaces the built-in system prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Allowed models by provider id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed_models: BTreeMap<String, Vec<String>>,
    /// Ceilings by tool name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ceilings: BTreeMap<String, ToolCeiling>,
    /// Collection of the project that holds prompts for people to choose from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts_collection: Option<String>,
}

/// The configuration's part of the settings.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredSettings {
    /// Which calls ask.
    pub approvals: ApprovalMode,
    /// Provider calls per turn.
    pub max_steps: u32,
    /// Replaces the built-in system prompt.
    pub system_prompt: Option<String>,
    /// Whether the workspace's settings are locked against changes at run time.
    pub workspace_locked: bool,
    /// Allowed models by provider id, and whether they are locked.
    pub providers: BTreeMap<String, ConfiguredModels>,
}

/// The configured models of a provider.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredModels {
    /// Allowed models; empty: none.
    pub allowed: Vec<String>,
    /// Whether an administrator may not change them at run time.
    pub locked: bool,
}

/// The settings that apply.
#[derive(Debug, Clone, Default)]
pub struct EffectiveSettings {
    /// Which calls ask.
    pub approvals: ApprovalMode,
    /// Provider calls per turn.
    pub max_steps: u32,
    /// Replaces the built-in system prompt.
    pub system_prompt: Option<String>,
    /// Allowed models by provider id.
    pub allowed_models: BTreeMap<String, Vec<String>>,
    /// Ceilings by tool name.
    pub ceilings: BTreeMap<String, ToolCeiling>,
    /// Collection of the project that holds prompts for people to choose from.
    pub prompts_collection: Option<String>,
}

impl EffectiveSettings {
    /// The allowed models of a provider; none for a provider that isn't configured.
    pub fn models_of(&self, provider: &str) -> &[String] {
        self.allowed_models.get(provider).map_or(&[], Vec::as_slice)
    }

    /// Joins what is configured and what is stored.
    pub fn join(configured: &ConfiguredSettings, stored: StoredSettings) -> Self {
        let unlocked = !configured.workspace_locked;
        let allowed_models = configured
            .providers
            .iter()
            .map(|(id, models)| {
                let allowed = match stored.allowed_models.get(id) {
                    Some(allowed) if !models.locked => allowed,
                    _ => &models.allowed,
                };
                (id.clone(), allowed.clone())
            })
            .collect();
        Self {
            approvals: stored.approvals.filter(|_| unlocked).unwrap_or(configured.approvals),
            max_steps: stored.max_steps.filter(|_| unlocked).unwrap_or(configured.max_steps),
            system_prompt: stored
                .system_prompt
                .filter(|_| unlocked)
                .or_else(|| configured.system_prompt.clone()),
            allowed_models,
            ceilings: stored.ceilings,
            prompts_collection: stored.prompts_collection,
        }
    }

    /// Reads what is stored for a workspace and joins it with what is configured.
    ///
    /// Errors: those of the state; a document that this version can't read is
    /// [`StateError::Damaged`].
    pub async fn load(
        state: &State,
        workspace: &str,
        configured: &ConfiguredSettings,
    ) -> Result<Self, StateError> {
        let (_, stored) = StoredSettings::load(state, workspace).await?;
        Ok(Self::join(configured, stored))
    }

    /// The same, the providers that a key is set for, and the revision of the tools' grants.
    ///
    /// Errors: as [`EffectiveSettings::load`].
    pub async fn load_for_turn(
        state: &State,
        workspace: &str,
        configured: &ConfiguredSettings,
    ) -> Result<(Self, Vec<String>, u64), StateError> {
        let record = state.settings_for_turn(workspace, &Grants::document(workspace)).await?;
        let (_, stored) = StoredSettings::read(workspace, record.settings)?;
        Ok((Self::join(configured, stored), record.keyed, record.other_revision))
    }
}

impl StoredSettings {
    /// What is stored for a workspace, with its revision (0: nothing yet).
    pub async fn load(state: &State, workspace: &str) -> Result<(u64, Self), StateError> {
        Self::read(workspace, state.settings(workspace).await?)
    }

    fn read(workspace: &str, document: Option<Settings>) -> Result<(u64, Self), StateError> {
        match document {
            None => Ok((0, Self::default())),
            Some(document) => {
                let stored = serde_json::from_value(document.value).map_err(|error| {
                    StateError::Damaged {
                        what: format!("The settings of workspace \"{workspace}\" ({error})"),
                        remedy: "Restore a backup, or run the version that stored them.",
                    }
                })?;
                Ok((document.revision, stored))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(locked: bool) -> ConfiguredSettings {
        let models = ConfiguredModels { allowed: vec!["small".into()], locked };
        ConfiguredSettings {
            approvals: ApprovalMode::All,
            max_steps: 10,
            system_prompt: None,
            workspace_locked: locked,
            providers: [("openai".to_owned(), models)].into(),
        }
    }

    fn stored() -> StoredSettings {
        StoredSettings {
            approvals: Some(ApprovalMode::Writes),
            max_steps: Some(20),
            system_prompt: Some("Be brief.".into()),
            allowed_models: [
                ("openai".to_owned(), vec!["large".to_owned()]),
                ("gone".to_owned(), vec!["x".to_owned()]),
            ]
            .into(),
            ..StoredSettings::default()
        }
    }

    #[test]
    fn what_an_administrator_changed_wins() {
        let settings = EffectiveSettings::join(&configured(false), stored());
        assert_eq!(settings.approvals, ApprovalMode::Writes);
        assert_eq!(settings.max_steps, 20);
        assert_eq!(settings.system_prompt.as_deref(), Some("Be brief."));
        assert_eq!(settings.allowed_models["openai"], ["large"]);
        assert!(!settings.allowed_models.contains_key("gone"), "only configured providers count");
    }

    #[test]
    fn what_the_configuration_locks_stays() {
        let settings = EffectiveSettings::join(&configured(true), stored());
        assert_eq!(settings.approvals, ApprovalMode::All);
        assert_eq!(settings.max_steps, 10);
        assert_eq!(settings.system_prompt, None);
        assert_eq!(settings.allowed_models["openai"], ["small"]);
    }
}
