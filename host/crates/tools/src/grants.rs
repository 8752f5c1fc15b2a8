//! All grants of a workspace: one document with a revision, beside the workspace's settings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use palisade_state::{Settings, State, StateError};
use serde::{Deserialize, Serialize};

use crate::{Grant, Pin, Plugin, ToolsError};

/// How often a change starts over because another one was faster.
const ATTEMPTS: u32 = 5;

/// What was granted to a component, when and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredGrant {
    /// What the administrator looked at.
    pub pin: Pin,
    /// What was granted.
    pub grant: Grant,
    /// When.
    pub granted_at: Timestamp,
    /// Directus user id of who granted it.
    pub granted_by: String,
}

/// The grants of a workspace by component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// Revision of the document; 0: there is none.
    pub revision: u64,
    /// Grants by name of the component.
    pub by_name: BTreeMap<String, StoredGrant>,
}

impl Grants {
    /// The name under which a workspace's grants are kept. No workspace has it, because a workspace's
    /// id has no slash.
    pub fn document(workspace: &str) -> String {
        format!("{workspace}/tools")
    }

    /// The grants of a workspace.
    ///
    /// Errors: those of the state.
    pub async fn load(state: &State, workspace: &str) -> Result<Self, StateError> {
        Self::read(workspace, state.settings(&Self::document(workspace)).await?)
    }

    pub(crate) fn read(workspace: &str, document: Option<Settings>) -> Result<Self, StateError> {
        let Some(document) = document else { return Ok(Self::default()) };
        let by_name =
            serde_json::from_value(document.value).map_err(|error| StateError::Damaged {
                what: format!("The tools' grants of workspace \"{workspace}\" ({error})"),
                remedy: "Restore a backup, or run the version that stored them.",
            })?;
        Ok(Self { revision: document.revision, by_name })
    }

    /// Grants a component what `grant` says, in place of what it had. `seen` is the digest
    /// of the component that the administrator looked at; another one that lies there is refused.
    ///
    /// Errors: [`ToolsError::Broken`], [`ToolsError::Changed`], [`ToolsError::Grant`], those of the
    /// state.
    pub async fn grant(
        state: &State,
        workspace: &str,
        plugin: &Plugin,
        grant: Grant,
        seen: Option<&str>,
        actor: &str,
    ) -> Result<Self, ToolsError> {
        let loaded = plugin.loaded.as_ref().map_err(|reason| ToolsError::Broken {
            name: plugin.name.clone(),
            reason: reason.clone(),
        })?;
        if seen.is_some_and(|seen| seen != loaded.pin.component) {
            return Err(ToolsError::Changed(plugin.name.clone()));
        }
        grant.check(&loaded.manifest)?;
        let stored = StoredGrant {
            pin: loaded.pin.clone(),
            grant,
            granted_at: Timestamp::now(),
            granted_by: actor.to_owned(),
        };
        let (grants, _) = change(state, workspace, actor, |grants| {
            grants.insert(plugin.name.clone(), stored.clone())
        })
        .await?;
        Ok(grants)
    }

    /// Takes away what was granted to a component. Whether there was anything.
    ///
    /// Errors: those of the state.
    pub async fn revoke(
        state: &State,
        workspace: &str,
        name: &str,
        actor: &str,
    ) -> Result<bool, StateError> {
        if !Self::load(state, workspace).await?.by_name.contains_key(name) {
            return Ok(false);
        }
        let (_, removed) = change(state, workspace, actor, |grants| grants.remove(name)).await?;
        Ok(removed.is_some())
    }
}

/// Changes the document, again where somebody else was faster.
async fn change<T>(
    state: &State,
    workspace: &str,
    actor: &str,
    edit: impl Fn(&mut BTreeMap<String, StoredGrant>) -> T,
) -> Result<(Grants, T), StateError> {
    let document = Grants::document(workspace);
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let mut grants = Grants::load(state, workspace).await?;
        let edited = edit(&mut grants.by_name);
        // Maps with string keys always have a JSON value.
        let value = serde_json::to_value(&grants.by_name).unwrap_or_default();
        match state.put_settings(&document, grants.revision, &value, actor).await {
            Ok(revision) => return Ok((Grants { revision, ..grants }, edited)),
            Err(StateError::SettingsConflict { .. }) if attempts > 0 => {}
            Err(error) => return Err(error),
        }
    }
}
