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
        let mut script = "create table copy.counters as select * from main.sqlite_sequence;".to_owned();
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

    pub(crate) async fn changed(&mut self) -> Result<bool, ParityError> {
        Ok(self.current().await? != self.version)
    }

    pub(crate) async fn restore(&mut self) -> Result<bool, ParityError> {
        if !self.changed().await? {
            return Ok(false);
        }
        let mut script = "begin immediate;".to_owned();
        for collection in COLLECTIONS {
            let name = collection.name;
            script += &format!(
                "delete from main.{name}; insert into main.{name} select * from copy.{name};"
            );
            script += &format!(
                "update main.sqlite_sequence set seq = (select seq from copy.counters where \
                 name = '{name}') where name = '{name}';"
            );
        }
        script += "commit;";
        self.connection.execute(AssertSqlSafe(script)).await?;
        self.version = self.current().await?;
        Ok(true)
    }
}
