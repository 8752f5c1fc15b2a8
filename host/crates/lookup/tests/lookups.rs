//! Look-ups see what was committed, write nothing, and wait without holding a thread.
#![expect(clippy::expect_used, reason = "a broken fixture is a failed test")]

use std::{path::PathBuf, time::Duration};

use palisade_lookup::{LookupError, Lookups, rusqlite::Connection};
use tempfile::TempDir;

struct Database {
    _folder: TempDir,
    path: PathBuf,
    writer: Connection,
    lookups: Lookups,
}

fn database() -> Database {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("some.db");
    let writer = Connection::open(&path).expect("a database");
    writer
        .execute_batch("pragma journal_mode = wal; create table t (v); insert into t values (1)")
        .expect("a table");
    let lookups = Lookups::new(&path);
    Database { _folder: folder, path, writer, lookups }
}

async fn value(lookups: &Lookups) -> Result<i64, LookupError> {
    lookups
        .ask(|connection| {
            connection.prepare_cached("select v from t")?.query_row([], |row| row.get(0))
        })
        .await
}

#[tokio::test]
async fn each_look_up_sees_what_was_committed_before() {
    let database = database();
    assert_eq!(value(&database.lookups).await.expect("a value"), 1);
    database.writer.execute_batch("begin; update t set v = 2").expect("an update");
    assert_eq!(value(&database.lookups).await.expect("no waiting for a writer"), 1);
    database.writer.execute_batch("commit").expect("a commit");
    assert_eq!(value(&database.lookups).await.expect("a value"), 2);
}

#[tokio::test]
async fn no_look_up_writes_or_makes_a_file() {
    let database = database();
    for statement in ["update t set v = 3", "create table u (v)", "pragma user_version = 7"] {
        let written = database.lookups.ask(|connection| connection.execute_batch(statement)).await;
        assert!(written.is_err(), "{statement}");
    }
    assert_eq!(value(&database.lookups).await.expect("a value"), 1);
    let elsewhere = database.path.with_file_name("missing.db");
    assert!(value(&Lookups::new(&elsewhere)).await.is_err());
    assert!(!elsewhere.exists());
}

#[tokio::test]
async fn a_locked_database_is_asked_again_and_the_thread_is_free_meanwhile() {
    let database = database();
    let lock = "pragma locking_mode = exclusive; begin immediate; update t set v = 4; commit";
    // Without a write-ahead log, a writer keeps readers out.
    database.writer.execute_batch("pragma journal_mode = delete").expect("a mode");
    database.writer.execute_batch(lock).expect("a lock");
    let waiting = tokio::spawn({
        let lookups = database.lookups.clone();
        async move { value(&lookups).await }
    });
    // The runtime has this one thread: a look-up that held it would never let this be over.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    drop(database.writer);
    assert_eq!(waiting.await.expect("a task").expect("a value"), 4);
}

#[tokio::test]
async fn nothing_is_asked_after_the_end() {
    let database = database();
    value(&database.lookups).await.expect("a value");
    database.lookups.clone().close();
    assert!(matches!(value(&database.lookups).await, Err(LookupError::Closed)));
    // The last connection leaves one file.
    database.writer.close().expect("closed");
    assert!(!database.path.with_file_name("some.db-wal").exists());
}
