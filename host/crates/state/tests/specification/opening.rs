//! A state opens with the right master key alone, and refuses without changing anything.

use std::{fs, os::unix::fs::PermissionsExt};

use palisade_state::{KeySource, MasterKey, State, StateError};
use sqlx::Connection;

use crate::Installation;

fn key_text(byte: u8) -> String {
    let digits = ["A", "B", "C", "D"];
    format!("{}A=", digits[byte as usize % 4].repeat(42))
}

fn environment(current: &str, previous: Option<&str>) -> KeySource {
    KeySource::Environment { current: current.into(), previous: previous.map(Into::into) }
}

#[tokio::test]
async fn a_missing_master_key_creates_nothing() {
    let installation = Installation::without_key();
    let error = State::open(&installation.database_url(), installation.source())
        .await
        .expect_err("refused");
    assert!(matches!(error, StateError::KeyFileMissing { .. }), "{error}");
    let error = State::open(&installation.database_url(), environment("", None))
        .await
        .expect_err("refused");
    assert!(matches!(error, StateError::KeyEnvironmentMissing), "{error}");
    assert!(installation.files().is_empty());
}

#[tokio::test]
async fn a_malformed_master_key_creates_nothing() {
    let installation = Installation::without_key();
    for (current, previous) in [("short", None), (key_text(0).as_str(), Some("short"))] {
        let error = State::open(&installation.database_url(), environment(current, previous))
            .await
            .expect_err("refused");
        assert!(matches!(error, StateError::KeyMalformed { .. }), "{error}");
    }
    fs::write(installation.key_file(), "c2hvcnQ=\n").expect("written");
    fs::set_permissions(installation.key_file(), fs::Permissions::from_mode(0o600)).expect("mode");
    State::open(&installation.database_url(), installation.source()).await.expect_err("refused");
    assert_eq!(installation.files().len(), 1);
}

#[tokio::test]
async fn the_first_opening_creates_a_database_for_the_owner_alone() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "openai", "sk-0123456789abcdefghij".into(), "u").await.expect("set");
    for entry in fs::read_dir(installation.path()).expect("directory") {
        let entry = entry.expect("entry");
        let mode = entry.metadata().expect("metadata").permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
    state.close().await.expect("closed");
}

#[tokio::test]
async fn another_master_key_is_refused_and_no_byte_changes() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "openai", "sk-0123456789abcdefghij".into(), "u").await.expect("set");
    let right = state.key_id().await.expect("key id");
    state.close().await.expect("closed");

    let wrong = MasterKey::from_base64(&key_text(1), "test").expect("key").key_id();
    let before = installation.files();
    for _ in 0..2 {
        let error = State::open(&installation.database_url(), environment(&key_text(1), None))
            .await
            .expect_err("refused");
        let StateError::WrongMasterKey { expected, found } = &error else { panic!("{error}") };
        assert_eq!((expected, found), (&right, &wrong));
        assert_eq!(installation.files(), before);
    }
}

#[tokio::test]
async fn another_master_key_is_refused_beside_a_running_host_and_no_byte_changes() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "openai", "sk-0123456789abcdefghij".into(), "u").await.expect("set");
    let before = installation.files();
    assert!(before.iter().any(|(name, log)| name.ends_with("-wal") && !log.is_empty()));
    let error = State::open(&installation.database_url(), environment(&key_text(1), None))
        .await
        .expect_err("refused");
    assert!(matches!(error, StateError::WrongMasterKey { .. }), "{error}");
    assert_eq!(installation.files(), before);
    assert!(state.key("main", "openai").await.expect("read").is_some());
}

#[tokio::test]
async fn another_master_key_is_refused_after_a_crash_and_no_byte_changes() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "openai", "sk-0123456789abcdefghij".into(), "u").await.expect("set");
    // A crash leaves the write-ahead log behind, which a copy of the running database's files has.
    let crashed = Installation::without_key();
    for (name, content) in installation.files() {
        fs::write(crashed.path().join(name), content).expect("copied");
    }
    fs::set_permissions(crashed.key_file(), fs::Permissions::from_mode(0o600)).expect("mode");
    let before = crashed.files();
    let error = State::open(&crashed.database_url(), environment(&key_text(1), None))
        .await
        .expect_err("refused");
    assert!(matches!(error, StateError::WrongMasterKey { .. }), "{error}");
    assert_eq!(crashed.files(), before);

    let recovered = crashed.open().await;
    assert!(recovered.key("main", "openai").await.expect("read").is_some());
}

#[tokio::test]
async fn inspecting_changes_nothing() {
    let installation = Installation::new();
    let url = installation.database_url();
    let inspection = State::inspect(&url, installation.source()).await.expect("inspected");
    assert!(!inspection.exists);
    assert_eq!(installation.files().len(), 1);

    let state = installation.open().await;
    let key_id = state.key_id().await.expect("key id");
    assert_eq!(inspection.key_id, key_id);
    state.close().await.expect("closed");
    let before = installation.files();
    let inspection = State::inspect(&url, installation.source()).await.expect("inspected");
    assert!(inspection.exists);
    assert_eq!((inspection.key_id, inspection.schema), (key_id, 2));
    State::inspect(&url, environment(&key_text(1), None)).await.expect_err("refused");
    assert_eq!(installation.files(), before);
}

#[tokio::test]
async fn what_is_not_a_usable_database_is_refused() {
    let installation = Installation::new();
    for (url, hint) in [
        ("palisade.db", "sqlite://"),
        ("postgres://user:hunter2@host/db", "\"postgres\""),
        ("sqlite::memory:", "memory"),
        ("sqlite://", "file"),
        ("sqlite://palisade.db?mode=rwc", "?"),
    ] {
        let error = State::open(url, installation.source()).await.expect_err(url);
        assert!(matches!(error, StateError::DatabaseUrl(_)), "{url}: {error}");
        assert!(error.to_string().contains(hint), "{url}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    fs::write(installation.database(), "this is a text file, not a database".repeat(50))
        .expect("written");
    let before = installation.files();
    let error = State::open(&installation.database_url(), installation.source())
        .await
        .expect_err("refused");
    assert!(matches!(error, StateError::NotADatabase { .. }), "{error}");
    assert_eq!(installation.files(), before);

    let nowhere = format!("sqlite://{}/missing/palisade.db", installation.path().display());
    let error = State::open(&nowhere, installation.source()).await.expect_err("refused");
    assert!(matches!(error, StateError::DatabaseFile { .. }), "{error}");
}

#[tokio::test]
async fn a_newer_or_damaged_database_is_refused_and_no_byte_changes() {
    for (statement, newer) in [
        ("INSERT INTO palisade_schema (version) VALUES (3)", true),
        ("DELETE FROM palisade_sealed", false),
        ("UPDATE palisade_sealed SET ciphertext = zeroblob(48)", false),
        ("UPDATE palisade_sealed SET record = 'another'", false),
    ] {
        let installation = Installation::new();
        installation.open().await.close().await.expect("closed");
        let mut sql = installation.sql().await;
        sqlx::query(statement).execute(&mut sql).await.expect("edited");
        sql.close().await.expect("closed");
        let before = installation.files();
        let error = State::open(&installation.database_url(), installation.source())
            .await
            .expect_err("refused");
        match error {
            StateError::NewerSchema { found: 3, known: 2 } => assert!(newer),
            StateError::Damaged { .. } => assert!(!newer),
            other => panic!("{statement}: {other}"),
        }
        assert_eq!(installation.files(), before, "{statement}");
    }
}

#[tokio::test]
async fn an_older_database_is_brought_up_to_date_and_keeps_what_it_holds() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "openai", "sk-a-key-of-some-length".into(), "me").await.expect("set");
    state.close().await.expect("closed");
    let mut sql = installation.sql().await;
    for statement in
        ["DROP TABLE palisade_tool_values", "DELETE FROM palisade_schema WHERE version = 2"]
    {
        sqlx::query(statement).execute(&mut sql).await.expect("as it was before");
    }
    sql.close().await.expect("closed");
    let state = installation.open().await;
    assert_eq!(state.list_keys("main").await.expect("keys").len(), 1);
    assert_eq!(state.tool_keys("main", "a", "").await.expect("keys"), [""; 0]);
}

#[tokio::test]
async fn what_is_derived_is_the_same_for_all_hosts_and_differs_by_label_and_installation() {
    let installation = Installation::new();
    let (first, second) = (installation.open().await, installation.open().await);
    assert_eq!(first.derive("sessions"), second.derive("sessions"));
    assert_ne!(first.derive("sessions"), first.derive("images"));
    let elsewhere = Installation::new();
    assert_ne!(first.derive("sessions"), elsewhere.open().await.derive("sessions"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hosts_that_start_together_on_nothing_share_one_installation() {
    let installation = Installation::new();
    let url = installation.database_url();
    let opened: Vec<_> = (0..8)
        .map(|_| {
            let (url, source) = (url.clone(), installation.source());
            tokio::spawn(async move { State::open(&url, source).await })
        })
        .collect();
    let mut secrets = Vec::new();
    for state in opened {
        let state = state.await.expect("no panic").expect("opens");
        secrets.push(state.derive("sessions"));
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 1);
}
