//! Puts the items of a SQLite file back as they were, keys that come next included.
//!
//! Items alone: who may do what is only ever changed through the API.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, Connection, Executor, Row, SqliteConnection, sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;

use crate::{error::ParityError, model::COLLECTIONS};

/// A copy of all items beside an open database.
pub(crate) struct Snapshot {
    connection: SqliteConnection,
    version: i64,
    _folder: TempDir,
}

impl Snapshot {
    /// Copies the items of a database file.
    pub(crate) async fn take(database: &Path) -> Result<Self, ParityError> {
        let folder = tempfile::tempdir()?;
        let options = SqliteConnectOptions::new()
            .filename(database)
            .create_if_missing(false)
            .foreign_keys(false)
            .pragma("synchronous", "off")
            .busy_timeout(std::time::Duration::from_secs(20));
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let copy = folder.path().join("copy.db");
        // An empty file is an empty database; attaching creates none.
        std::fs::write(&copy, [])?;
        sqlx::query("attach database ?1 as copy")
            .bind(copy.display().to_string())
            .execute(&mut connection)
            .await?;
        let mut script =
            "create table copy.counters as select * from main.sqlite_sequence;".to_owned();
        for collection in COLLECTIONS {
            let name = collection.name;
            script += &format!("create table copy.{name} as select * from main.{name};");
        }
        connection.execute(AssertSqlSafe(script)).await?;
        let mut snapshot = Self { connection, version: 0, _folder: folder };
        snapshot.version = snapshot.current().await?;
        Ok(snapshot)
    }

    /// Moves with each commit of another connection.
    async fn current(&mut self) -> Result<i64, ParityError> {
        let row = self.connection.fetch_one("pragma main.data_version").await?;
        Ok(row.try_get(0)?)
    }

    /// Collections whose items differ from the copy, if somebody has written at all.
    pub(crate) async fn changed(&mut self) -> Result<Vec<&'static str>, ParityError> {
        if self.current().await? == self.version {
            return Ok(Vec::new());
        }
        let mut changed = Vec::new();
        for collection in COLLECTIONS {
            let name = collection.name;
            let differs = format!(
                "select exists (select * from main.{name} except select * from copy.{name}) \
                 or exists (select * from copy.{name} except select * from main.{name})"
            );
            let row = self.connection.fetch_one(AssertSqlSafe(differs)).await?;
            if row.try_get(0)? {
                changed.push(name);
            }
        }
        Ok(changed)
    }

    /// Puts these collections back, and all counters of keys.
    pub(crate) async fn restore(&mut self, changed: &[&str]) -> Result<(), ParityError> {
        if self.current().await? == self.version {
            return Ok(());
        }
        let mut script = "begin immediate;".to_owned();
        for name in changed {
            script += &format!(
                "delete from main.{name}; insert into main.{name} select * from copy.{name};"
            );
        }
        // What was created and deleted again has used up a key, too.
        script += "update main.sqlite_sequence set seq = (select seq from copy.counters c where \
                   c.name = main.sqlite_sequence.name) where name in (select name from copy.counters \
                   where name not like 'directus%'); commit;";
        self.connection.execute(AssertSqlSafe(script)).await?;
        self.version = self.current().await?;
        Ok(())
    }
}
