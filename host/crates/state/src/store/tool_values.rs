//! What tool components store for themselves.

use sqlx::{Connection, Row};

use super::Store;
use crate::StateError;

/// Whose values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToolValues<'a> {
    pub(crate) workspace: &'a str,
    pub(crate) component: &'a str,
}

impl Store {
    /// A value.
    pub(crate) async fn tool_value(
        &self,
        of: ToolValues<'_>,
        key: &str,
    ) -> Result<Option<Vec<u8>>, StateError> {
        sqlx::query_scalar(
            "SELECT value FROM palisade_tool_values WHERE workspace = ? AND component = ? \
             AND key = ?",
        )
        .bind(of.workspace)
        .bind(of.component)
        .bind(key)
        .fetch_optional(&self.readers)
        .await
        .map_err(StateError::database("read a value of a tool"))
    }

    /// Sets a value, if with it there are at most `keys` values of at most `bytes` bytes in all, keys
    /// included. Whether there were.
    pub(crate) async fn put_tool_value(
        &self,
        of: ToolValues<'_>,
        key: &str,
        value: &[u8],
        now: i64,
        (keys, bytes): (i64, i64),
    ) -> Result<bool, StateError> {
        let failed = StateError::database::<sqlx::Error>("store a value of a tool");
        let put = async {
            let mut connection = self.durable.acquire().await?;
            // Counted and written in one transaction: calls that run at the same time share a quota.
            let mut change = connection.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::query(
                "INSERT INTO palisade_tool_values (workspace, component, key, value, updated_at) \
                 VALUES (?, ?, ?, ?, ?) ON CONFLICT (workspace, component, key) DO UPDATE SET \
                 value = excluded.value, updated_at = excluded.updated_at",
            )
            .bind(of.workspace)
            .bind(of.component)
            .bind(key)
            .bind(value)
            .bind(now)
            .execute(&mut *change)
            .await?;
            let row = sqlx::query(
                "SELECT count(*) AS keys, coalesce(sum(length(value) + \
                 length(CAST(key AS BLOB))), 0) AS bytes FROM palisade_tool_values \
                 WHERE workspace = ? AND component = ?",
            )
            .bind(of.workspace)
            .bind(of.component)
            .fetch_one(&mut *change)
            .await?;
            let fits =
                row.try_get::<i64, _>("keys")? <= keys && row.try_get::<i64, _>("bytes")? <= bytes;
            if fits {
                change.commit().await?;
            } else {
                change.rollback().await?;
            }
            Ok(fits)
        };
        put.await.map_err(failed)
    }

    /// Removes a value.
    pub(crate) async fn delete_tool_value(
        &self,
        of: ToolValues<'_>,
        key: &str,
    ) -> Result<(), StateError> {
        sqlx::query(
            "DELETE FROM palisade_tool_values WHERE workspace = ? AND component = ? AND key = ?",
        )
        .bind(of.workspace)
        .bind(of.component)
        .bind(key)
        .execute(&self.durable)
        .await
        .map(drop)
        .map_err(StateError::database("remove a value of a tool"))
    }

    /// Removes all values of a component.
    pub(crate) async fn clear_tool_values(&self, of: ToolValues<'_>) -> Result<(), StateError> {
        sqlx::query("DELETE FROM palisade_tool_values WHERE workspace = ? AND component = ?")
            .bind(of.workspace)
            .bind(of.component)
            .execute(&self.durable)
            .await
            .map(drop)
            .map_err(StateError::database("remove the values of a tool"))
    }

    /// Keys that begin with `prefix`, in order, `limit` at most.
    pub(crate) async fn tool_keys(
        &self,
        of: ToolValues<'_>,
        prefix: &str,
        limit: i64,
    ) -> Result<Vec<String>, StateError> {
        sqlx::query_scalar(
            "SELECT key FROM palisade_tool_values WHERE workspace = ? AND component = ? \
             AND substr(key, 1, length(?3)) = ?3 ORDER BY key LIMIT ?4",
        )
        .bind(of.workspace)
        .bind(of.component)
        .bind(prefix)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(StateError::database("list the keys of a tool"))
    }
}
