//! Settings of a workspace: one JSON document with a revision.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    State, StateError,
    keys::{KEY_PURPOSE, check_workspace},
    store::SettingsRecord,
};

/// Bytes of a settings document as JSON at most.
pub const MAX_SETTINGS_BYTES: usize = 1024 * 1024;

/// A settings document as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// 1 for the first document, one more with each change.
    pub revision: u64,
    /// The document. Its shape is the caller's.
    pub value: Value,
    /// When it was stored.
    pub updated_at: Timestamp,
    /// Directus user id of who stored it.
    pub updated_by: String,
}

/// What a turn asks before it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnSettingsRecord {
    /// The settings of the workspace. None: nobody stored any.
    pub settings: Option<Settings>,
    /// Providers that a key is set for.
    pub keyed: Vec<String>,
    /// Revision of the other document; 0: there is none.
    pub other_revision: u64,
}

impl State {
    /// The settings of a workspace. None: nobody stored any.
    ///
    /// Errors: [`StateError::Database`], [`StateError::Damaged`].
    pub async fn settings(&self, workspace: &str) -> Result<Option<Settings>, StateError> {
        let record = self.store().settings(workspace).await?;
        record.map(|record| settings(workspace, record)).transpose()
    }

    /// The settings of a workspace, the providers that a key is set for, and the revision of another
    /// document (0: there is none): all that a turn asks before it starts, in one look at the
    /// database.
    ///
    /// Errors: [`StateError::Database`], [`StateError::Damaged`].
    pub async fn settings_for_turn(
        &self,
        workspace: &str,
        other: &str,
    ) -> Result<TurnSettingsRecord, StateError> {
        let (record, names, revision) =
            self.store().settings_and_names(workspace, KEY_PURPOSE, other).await?;
        Ok(TurnSettingsRecord {
            settings: record.map(|record| settings(workspace, record)).transpose()?,
            keyed: serde_json::from_str(&names).map_err(|_| damaged(workspace))?,
            other_revision: u64::try_from(revision).map_err(|_| damaged(other))?,
        })
    }

    /// Stores the settings of a workspace, if those that are there still have `expected_revision`
    /// (0: there are none yet). The new revision.
    ///
    /// Errors: [`StateError::SettingsConflict`] when somebody else was faster,
    /// [`StateError::SettingsTooLarge`] beyond [`MAX_SETTINGS_BYTES`], [`StateError::InvalidName`],
    /// [`StateError::Database`].
    pub async fn put_settings(
        &self,
        workspace: &str,
        expected_revision: u64,
        value: &Value,
        actor: &str,
    ) -> Result<u64, StateError> {
        check_workspace(workspace)?;
        let text = value.to_string();
        if text.len() > MAX_SETTINGS_BYTES {
            return Err(StateError::SettingsTooLarge {
                bytes: text.len(),
                limit: MAX_SETTINGS_BYTES,
            });
        }
        // A revision that no document can have is simply not the present one.
        let stored = match i64::try_from(expected_revision) {
            Ok(expected) if expected < i64::MAX => {
                let record = SettingsRecord {
                    revision: expected + 1,
                    value: text,
                    updated_at: Timestamp::now().as_millisecond(),
                    updated_by: actor.to_owned(),
                };
                self.store().put_settings(workspace, expected, &record).await?
            }
            _ => false,
        };
        if stored {
            return Ok(expected_revision + 1);
        }
        let current = self.settings(workspace).await?.map_or(0, |settings| settings.revision);
        Err(StateError::SettingsConflict { current })
    }
}

fn settings(workspace: &str, record: SettingsRecord) -> Result<Settings, StateError> {
    Ok(Settings {
        revision: u64::try_from(record.revision).map_err(|_| damaged(workspace))?,
        value: serde_json::from_str(&record.value).map_err(|_| damaged(workspace))?,
        updated_at: Timestamp::from_millisecond(record.updated_at)
            .map_err(|_| damaged(workspace))?,
        updated_by: record.updated_by,
    })
}

fn damaged(workspace: &str) -> StateError {
    StateError::Damaged {
        what: format!("The settings document of workspace \"{workspace}\""),
        remedy: "Restore a backup of the database.",
    }
}
