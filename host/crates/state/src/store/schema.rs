//! The tables and their versions. Versions only go forward.

use sqlx::{Connection, SqliteConnection};

use super::SealedRecord;

/// One script per version, the first being version 1.
const SCRIPTS: [&str; 2] = [include_str!("schema_1.sql"), include_str!("schema_2.sql")];

/// Latest version that this build knows.
pub(crate) const LATEST: i64 = SCRIPTS.len() as i64;

/// The version of the tables. None: there are none.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<Option<i64>, sqlx::Error> {
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE name = 'palisade_schema'")
            .fetch_one(&mut *connection)
            .await?;
    if tables == 0 {
        return Ok(None);
    }
    sqlx::query_scalar("SELECT max(version) FROM palisade_schema").fetch_one(connection).await
}

/// Brings the tables to the latest version and stores the installation's sealed record, all in one
/// transaction: a database is either set up completely or not touched. Two processes that start at
/// the same time do it once.
pub(super) async fn prepare(
    connection: &mut SqliteConnection,
    root: Option<&SealedRecord>,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let present = version(&mut transaction).await?;
    if present.is_none() {
        sqlx::query("CREATE TABLE palisade_schema (version INTEGER NOT NULL PRIMARY KEY)")
            .execute(&mut *transaction)
            .await?;
    }
    let present = present.unwrap_or(0);
    for (version, script) in (1..).zip(SCRIPTS).filter(|(version, _)| *version > present) {
        sqlx::raw_sql(script).execute(&mut *transaction).await?;
        sqlx::query("INSERT INTO palisade_schema (version) VALUES (?)")
            .bind(version)
            .execute(&mut *transaction)
            .await?;
    }
    if present == 0
        && let Some(root) = root
    {
        root.insert(&mut transaction).await?;
    }
    transaction.commit().await
}
