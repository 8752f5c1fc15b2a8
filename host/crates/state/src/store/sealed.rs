//! Sealed records.

use palisade_lookup::{OptionalExtension, Row, rusqlite};
use sqlx::{FromRow, Sqlite, SqliteConnection, Transaction};

use super::Store;
use crate::{StateError, seal::Place};

/// Workspace, purpose and name of the installation's own record.
pub(crate) const ROOT: Place<'static> =
    Place { workspace: "", purpose: "installation", name: "secret", record: "" };

const BY_NAME: &str =
    "SELECT * FROM palisade_sealed WHERE workspace = ? AND purpose = ? AND name = ?";

/// One sealed value with the row that it is bound to.
#[derive(Clone, FromRow)]
pub(crate) struct SealedRecord {
    pub(crate) workspace: String,
    pub(crate) purpose: String,
    pub(crate) name: String,
    /// Record id (UUID), new with each value that is set.
    pub(crate) record: String,
    /// Id of the master key that it is sealed under.
    pub(crate) key_id: String,
    pub(crate) salt: Vec<u8>,
    pub(crate) nonce: Vec<u8>,
    /// Ciphertext and tag.
    pub(crate) ciphertext: Vec<u8>,
    /// Milliseconds since 1970.
    pub(crate) updated_at: i64,
    /// User id.
    pub(crate) updated_by: String,
}

impl SealedRecord {
    /// The row that the record is in.
    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            workspace: &self.workspace,
            purpose: &self.purpose,
            name: &self.name,
            record: &self.record,
        }
    }

    /// The installation's own record.
    pub(super) async fn root(
        connection: &mut SqliteConnection,
    ) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as(BY_NAME)
            .bind(ROOT.workspace)
            .bind(ROOT.purpose)
            .bind(ROOT.name)
            .fetch_optional(connection)
            .await
    }

    /// A row of [`BY_NAME`].
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            workspace: row.get("workspace")?,
            purpose: row.get("purpose")?,
            name: row.get("name")?,
            record: row.get("record")?,
            key_id: row.get("key_id")?,
            salt: row.get("salt")?,
            nonce: row.get("nonce")?,
            ciphertext: row.get("ciphertext")?,
            updated_at: row.get("updated_at")?,
            updated_by: row.get("updated_by")?,
        })
    }

    /// Inserts the record, in place of one with the same workspace, purpose and name.
    pub(super) async fn insert(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO palisade_sealed (workspace, purpose, name, record, key_id, salt, nonce, \
             ciphertext, updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (workspace, purpose, name) DO UPDATE SET record = excluded.record, \
             key_id = excluded.key_id, salt = excluded.salt, nonce = excluded.nonce, \
             ciphertext = excluded.ciphertext, updated_at = excluded.updated_at, \
             updated_by = excluded.updated_by",
        )
        .bind(&self.workspace)
        .bind(&self.purpose)
        .bind(&self.name)
        .bind(&self.record)
        .bind(&self.key_id)
        .bind(&self.salt)
        .bind(&self.nonce)
        .bind(&self.ciphertext)
        .bind(self.updated_at)
        .bind(&self.updated_by)
        .execute(connection)
        .await
        .map(drop)
    }
}

impl Store {
    /// The installation's own record.
    pub(crate) async fn root(&self) -> Result<Option<SealedRecord>, StateError> {
        let read = async {
            let mut connection = self.readers.acquire().await?;
            SealedRecord::root(&mut connection).await
        };
        read.await.map_err(StateError::database("read the installation's secret"))
    }

    /// One sealed record.
    pub(crate) async fn sealed(
        &self,
        workspace: &str,
        purpose: &str,
        name: &str,
    ) -> Result<Option<SealedRecord>, StateError> {
        self.lookups
            .ask(|connection| {
                connection
                    .prepare_cached(BY_NAME)?
                    .query_row([workspace, purpose, name], SealedRecord::read)
                    .optional()
            })
            .await
            .map_err(StateError::database("read a sealed key"))
    }

    /// All sealed records of a purpose, by name.
    pub(crate) async fn sealed_of(
        &self,
        workspace: &str,
        purpose: &str,
    ) -> Result<Vec<SealedRecord>, StateError> {
        sqlx::query_as(
            "SELECT * FROM palisade_sealed WHERE workspace = ? AND purpose = ? ORDER BY name",
        )
        .bind(workspace)
        .bind(purpose)
        .fetch_all(&self.readers)
        .await
        .map_err(StateError::database("list the sealed keys"))
    }

    /// Deletes a sealed record. Whether there was one.
    pub(crate) async fn delete_sealed(
        &self,
        workspace: &str,
        purpose: &str,
        name: &str,
    ) -> Result<bool, StateError> {
        sqlx::query("DELETE FROM palisade_sealed WHERE workspace = ? AND purpose = ? AND name = ?")
            .bind(workspace)
            .bind(purpose)
            .bind(name)
            .execute(&self.durable)
            .await
            .map(|done| done.rows_affected() > 0)
            .map_err(StateError::database("delete a sealed key"))
    }

    /// Begins a change of sealed records. No other process can change any until it ends.
    pub(crate) async fn change_sealed(&self) -> Result<SealedChange, StateError> {
        let transaction = self
            .durable
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(StateError::database("begin a change of the sealed keys"))?;
        Ok(SealedChange(transaction))
    }
}

/// A change of sealed records in one transaction. Dropped without a commit, nothing has changed.
pub(crate) struct SealedChange(Transaction<'static, Sqlite>);

impl SealedChange {
    /// Id of the master key that the database is sealed with.
    pub(crate) async fn key_id(&mut self) -> Result<Option<String>, StateError> {
        SealedRecord::root(&mut self.0)
            .await
            .map(|root| root.map(|root| root.key_id))
            .map_err(StateError::database("read the installation's secret"))
    }

    /// All sealed records of all workspaces.
    pub(crate) async fn all(&mut self) -> Result<Vec<SealedRecord>, StateError> {
        sqlx::query_as("SELECT * FROM palisade_sealed")
            .fetch_all(&mut *self.0)
            .await
            .map_err(StateError::database("read the sealed keys"))
    }

    /// Puts a record in place of the one with its workspace, purpose and name.
    pub(crate) async fn put(&mut self, record: &SealedRecord) -> Result<(), StateError> {
        record.insert(&mut self.0).await.map_err(StateError::database("store a sealed key"))
    }

    /// Makes the change real.
    pub(crate) async fn commit(self) -> Result<(), StateError> {
        self.0.commit().await.map_err(StateError::database("store the sealed keys"))
    }
}
