//! All SQL, and nothing but SQL: the rest of the crate sees records.
//!
//! Another database means another implementation of the functions in this module. Whatever needs
//! one transaction is one function here.

mod approvals;
mod connect;
mod ledger;
mod schema;
mod sealed;
mod settings;
mod tool_values;

use std::path::PathBuf;

use palisade_lookup::Lookups;
use sqlx::SqlitePool;

pub(crate) use approvals::Spend;
pub(crate) use connect::{DatabasePath, Inspected};
pub(crate) use ledger::Bounds;
pub(crate) use schema::LATEST as LATEST_SCHEMA;
pub(crate) use sealed::{ROOT, SealedChange, SealedRecord};
pub(crate) use settings::SettingsRecord;
pub(crate) use tool_values::ToolValues;

/// The database, open. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    path: PathBuf,
    /// One connection whose commits reach the disk before they return: SQLite takes one writer at a
    /// time, and queueing for it in the process is fairer than polling the file's lock.
    durable: SqlitePool,
    /// One connection for the ledger's batches, whose commits reach the disk at the next checkpoint
    /// or durable commit.
    relaxed: SqlitePool,
    /// Connections that cannot write.
    readers: SqlitePool,
    /// What each turn asks for.
    lookups: Lookups,
}

impl Store {
    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await.map(drop)
    }

    /// Moves the write-ahead log into the database file and empties it, so that replaced and deleted
    /// ciphertexts don't linger in it. Best effort: with readers at work the log stays
    /// until the next one.
    pub(crate) async fn checkpoint(&self) {
        let done = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.durable).await;
        if let Err(error) = done {
            tracing::debug!(%error, "the write-ahead log could not be emptied");
        }
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        self.lookups.close();
        self.readers.close().await;
        self.relaxed.close().await;
        self.durable.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pragma(pool: &SqlitePool, statement: &'static str) -> String {
        let value: Option<i64> = sqlx::query_scalar(statement).fetch_one(pool).await.ok();
        match value {
            Some(value) => value.to_string(),
            None => sqlx::query_scalar(statement).fetch_one(pool).await.expect(statement),
        }
    }

    #[tokio::test]
    async fn spent_approvals_and_keys_reach_the_disk_before_their_commit_returns() {
        let directory = tempfile::TempDir::new().expect("directory");
        let url = format!("sqlite://{}/palisade.db", directory.path().display());
        let path = DatabasePath::parse(&url).expect("path");
        path.set_up(None).await.expect("set up");
        let store = path.open();
        const FULL: &str = "2";
        const NORMAL: &str = "1";
        assert_eq!(pragma(&store.durable, "PRAGMA synchronous").await, FULL);
        assert_eq!(pragma(&store.relaxed, "PRAGMA synchronous").await, NORMAL);
        for pool in [&store.durable, &store.relaxed, &store.readers] {
            assert_eq!(pragma(pool, "PRAGMA journal_mode").await, "wal");
            assert_eq!(pragma(pool, "PRAGMA secure_delete").await, "1");
        }
        let written = sqlx::query("DELETE FROM palisade_sealed").execute(&store.readers).await;
        assert!(written.is_err(), "a reading connection cannot write");
    }
}
