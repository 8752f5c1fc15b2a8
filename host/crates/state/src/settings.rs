//! Settings of a workspace: one JSON document with a revision.

use jiff::Timestamp;
use serde_json::Value;

use crate::{State, StateError, keys::check_workspace, store::SettingsRecord};

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

impl State {
    /// The settings of a workspace. None: nobody stored any.
    ///
    /// Errors: [`StateError::Database`], [`StateError::Damaged`].
    pub async fn settings(&self, workspace: &str) -> Result<Option<Settings>, StateError> {
        let Some(record) = self.store().settings(workspace).await? else {
            return Ok(None);
        };
        let damaged = || StateError::Damaged {
            what: format!("The settings document of workspace \"{workspace}\""),
            remedy: "Restore a backup of the database.",
        };
        Ok(Some(Settings {
            revision: u64::try_from(record.revision).map_err(|_| damaged())?,
            value: serde_json::from_str(&record.value).map_err(|_| damaged())?,
            updated_at: Timestamp::from_millisecond(record.updated_at).map_err(|_| damaged())?,
            updated_by: record.updated_by,
        }))
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
