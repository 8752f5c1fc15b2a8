//! Settings documents.

use sqlx::FromRow;

use super::Store;
use crate::StateError;

/// A stored settings document.
#[derive(FromRow)]
pub(crate) struct SettingsRecord {
    pub(crate) revision: i64,
    /// JSON.
    pub(crate) value: String,
    /// Milliseconds since 1970.
    pub(crate) updated_at: i64,
    pub(crate) updated_by: String,
}

impl Store {
    /// The settings of a workspace.
    pub(crate) async fn settings(
        &self,
        workspace: &str,
    ) -> Result<Option<SettingsRecord>, StateError> {
        sqlx::query_as(
            "SELECT revision, value, updated_at, updated_by FROM palisade_settings \
             WHERE workspace = ?",
        )
        .bind(workspace)
        .fetch_optional(&self.readers)
        .await
        .map_err(StateError::database("read the settings"))
    }

    /// Replaces the settings if they are at `expected` (0: there are none). Whether they were.
    pub(crate) async fn put_settings(
        &self,
        workspace: &str,
        expected: i64,
        record: &SettingsRecord,
    ) -> Result<bool, StateError> {
        let statement = if expected == 0 {
            sqlx::query(
                "INSERT INTO palisade_settings (value, revision, updated_at, updated_by, workspace) \
                 VALUES (?, ?, ?, ?, ?) ON CONFLICT (workspace) DO NOTHING",
            )
        } else {
            sqlx::query(
                "UPDATE palisade_settings SET value = ?, revision = ?, updated_at = ?, \
                 updated_by = ? WHERE workspace = ? AND revision = ?",
            )
        };
        let statement = statement
            .bind(&record.value)
            .bind(record.revision)
            .bind(record.updated_at)
            .bind(&record.updated_by)
            .bind(workspace);
        let statement = if expected == 0 { statement } else { statement.bind(expected) };
        statement
            .execute(&self.durable)
            .await
            .map(|done| done.rows_affected() == 1)
            .map_err(StateError::database("store the settings"))
    }
}
