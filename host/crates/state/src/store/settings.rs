//! Settings documents.

use palisade_lookup::params;
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

const SETTINGS_AND_NAMES: &str = "\
    SELECT (SELECT json_group_array(name) FROM palisade_sealed WHERE workspace = ?1 \
    AND purpose = ?2) AS names, \
    coalesce((SELECT revision FROM palisade_settings WHERE workspace = ?3), 0) AS other, \
    s.revision, s.value, s.updated_at, s.updated_by \
    FROM (SELECT 1) LEFT JOIN palisade_settings s ON s.workspace = ?1";

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

    /// The settings of a workspace, the names of its sealed records of a purpose, and the revision of
    /// another document, in one look.
    pub(crate) async fn settings_and_names(
        &self,
        workspace: &str,
        purpose: &str,
        other: &str,
    ) -> Result<(Option<SettingsRecord>, String, i64), StateError> {
        self.lookups
            .ask(|connection| {
                connection.prepare_cached(SETTINGS_AND_NAMES)?.query_row(
                    params![workspace, purpose, other],
                    |row| {
                        let revision: Option<i64> = row.get("revision")?;
                        let settings = match revision {
                            Some(revision) => Some(SettingsRecord {
                                revision,
                                value: row.get("value")?,
                                updated_at: row.get("updated_at")?,
                                updated_by: row.get("updated_by")?,
                            }),
                            None => None,
                        };
                        Ok((settings, row.get("names")?, row.get("other")?))
                    },
                )
            })
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
