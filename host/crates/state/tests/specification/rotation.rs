//! The master key is rotated while hosts serve, and a crash at any point loses nothing.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use palisade_state::{KeySource, MasterKey, State, StateError};
use secrecy::ExposeSecret;

use crate::Installation;

const KEY: &str = "sk-proj-7Qv2mZk9XwLr4TnBc8Yd1Hf6Js3Pg5Ua0Ee";

async fn read(state: &State) -> String {
    let key = state.key("main", "openai").await.expect("readable").expect("set");
    key.expose_secret().to_owned()
}

async fn with_key() -> (Installation, State) {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "openai", KEY.into(), "alice").await.expect("set");
    (installation, state)
}

/// The text of a key file for a new key, and the key.
fn new_key_text() -> (String, MasterKey) {
    let installation = Installation::new();
    let text = fs::read_to_string(installation.key_file()).expect("text");
    (text, MasterKey::read_file(&installation.key_file()).expect("key"))
}

fn put(path: &std::path::Path, text: &str) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("mode");
}

#[tokio::test]
async fn a_rotation_re_seals_everything_and_keeps_what_was_sealed() {
    let (installation, state) = with_key().await;
    let (before, derived) = (state.key_id().await.expect("id"), state.derive("sessions"));
    let set_at = state.list_keys("main").await.expect("listed")[0].updated_at;
    let new = MasterKey::generate().expect("key");
    state.rotate_master(new.clone()).await.expect("rotated");

    assert_ne!(before, new.key_id());
    assert_eq!(state.key_id().await.expect("id"), new.key_id());
    assert_eq!(read(&state).await, KEY);
    let listed = state.list_keys("main").await.expect("listed");
    assert_eq!((listed[0].key_id.as_str(), listed[0].updated_at), (new.key_id().as_str(), set_at));
    assert!(!installation.next_key_file().exists());
    let file = MasterKey::read_file(&installation.key_file()).expect("read");
    assert_eq!(file.key_id(), new.key_id());

    let ids: Vec<String> = sqlx::query_scalar("SELECT DISTINCT key_id FROM palisade_sealed")
        .fetch_all(&mut installation.sql().await)
        .await
        .expect("ids");
    assert_eq!(ids, [new.key_id()]);

    state.close().await.expect("closed");
    let again = installation.open().await;
    assert_eq!(read(&again).await, KEY);
    assert_eq!(again.derive("sessions"), derived);
}

#[tokio::test]
async fn the_old_key_opens_nothing_after_a_rotation() {
    let (installation, state) = with_key().await;
    let old = fs::read_to_string(installation.key_file()).expect("text");
    state.rotate_master(MasterKey::generate().expect("key")).await.expect("rotated");
    state.close().await.expect("closed");
    let source = KeySource::Environment { current: old.as_str().into(), previous: None };
    let error = State::open(&installation.database_url(), source).await.expect_err("refused");
    assert!(matches!(error, StateError::WrongMasterKey { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reading_and_no_writing_fails_while_another_host_rotates() {
    let (installation, rotating) = with_key().await;
    let serving = installation.open().await;
    let done = Arc::new(AtomicBool::new(false));
    let reads = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..4)
        .map(|number| {
            let (state, done, reads) = (serving.clone(), Arc::clone(&done), Arc::clone(&reads));
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(read(&state).await, KEY);
                    if number == 0 {
                        state
                            .set_key("main", "google", "written-during-rotation".into(), "u")
                            .await
                            .expect("set");
                    } else {
                        state.list_keys("main").await.expect("listed");
                    }
                    reads.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for _ in 0..10 {
        let seen = reads.load(Ordering::Relaxed);
        rotating.rotate_master(MasterKey::generate().expect("key")).await.expect("rotated");
        while reads.load(Ordering::Relaxed) < seen + 4 && workers.iter().all(|w| !w.is_finished()) {
            tokio::task::yield_now().await;
        }
    }
    done.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.expect("no failed read or write");
    }
    let google = serving.key("main", "google").await.expect("readable").expect("set");
    assert_eq!(google.expose_secret(), "written-during-rotation");
    let again = installation.open().await;
    assert_eq!(read(&again).await, KEY);
}

#[tokio::test]
async fn a_crash_before_the_commit_leaves_the_old_key_in_force() {
    let (installation, state) = with_key().await;
    let old = state.key_id().await.expect("id");
    state.close().await.expect("closed");
    for left_over in [new_key_text().0.as_str(), "cut sho"] {
        put(&installation.next_key_file(), left_over);
        let state = installation.open().await;
        assert_eq!(read(&state).await, KEY);
        assert_eq!(state.key_id().await.expect("id"), old);
        let file = MasterKey::read_file(&installation.key_file()).expect("read");
        assert_eq!(file.key_id(), old);
        state.close().await.expect("closed");
    }
    // The next rotation isn't stopped by what is left over.
    let state = installation.open().await;
    let new = MasterKey::generate().expect("key");
    state.rotate_master(new.clone()).await.expect("rotated");
    assert_eq!(state.key_id().await.expect("id"), new.key_id());
    assert!(!installation.next_key_file().exists());
}

/// The files as they are when the host crashes between commit and rename.
async fn crashed_before_rename() -> (Installation, State, MasterKey) {
    let (installation, state) = with_key().await;
    let old = fs::read_to_string(installation.key_file()).expect("text");
    let new = MasterKey::generate().expect("key");
    let serving = installation.open().await;
    state.rotate_master(new.clone()).await.expect("rotated");
    state.close().await.expect("closed");
    fs::rename(installation.key_file(), installation.next_key_file()).expect("undone");
    put(&installation.key_file(), &old);
    (installation, serving, new)
}

#[tokio::test]
async fn a_crash_before_the_rename_is_repaired_by_the_next_opening() {
    let (installation, serving, new) = crashed_before_rename().await;
    drop(serving);
    let state = installation.open().await;
    assert_eq!(read(&state).await, KEY);
    assert!(!installation.next_key_file().exists());
    let file = MasterKey::read_file(&installation.key_file()).expect("read");
    assert_eq!(file.key_id(), new.key_id());
}

#[tokio::test]
async fn a_crash_before_the_rename_is_repaired_by_a_serving_host() {
    let (installation, serving, new) = crashed_before_rename().await;
    assert_eq!(read(&serving).await, KEY);
    assert!(!installation.next_key_file().exists());
    let file = MasterKey::read_file(&installation.key_file()).expect("read");
    assert_eq!(file.key_id(), new.key_id());
}

#[tokio::test]
async fn a_crash_before_the_rename_does_not_lose_the_key_to_the_next_rotation() {
    let (installation, serving, _) = crashed_before_rename().await;
    let newest = MasterKey::generate().expect("key");
    serving.rotate_master(newest.clone()).await.expect("rotated");
    assert_eq!(read(&serving).await, KEY);
    let file = MasterKey::read_file(&installation.key_file()).expect("read");
    assert_eq!(file.key_id(), newest.key_id());
}

#[tokio::test]
async fn a_record_that_does_not_open_stops_the_rotation_and_nothing_changes() {
    let (installation, state) = with_key().await;
    state.set_key("main", "google", "another-key-0123456789".into(), "u").await.expect("set");
    sqlx::query("UPDATE palisade_sealed SET ciphertext = zeroblob(40) WHERE name = 'google'")
        .execute(&mut installation.sql().await)
        .await
        .expect("edited");
    let before = state.key_id().await.expect("id");
    let error =
        state.rotate_master(MasterKey::generate().expect("key")).await.expect_err("refused");
    assert!(error.to_string().contains("google"), "{error}");
    assert_eq!(state.key_id().await.expect("id"), before);
    assert_eq!(read(&state).await, KEY);
    assert!(!installation.next_key_file().exists());
}

#[tokio::test]
async fn rotating_to_the_present_key_is_refused() {
    let (installation, state) = with_key().await;
    let present = MasterKey::read_file(&installation.key_file()).expect("read");
    let error = state.rotate_master(present).await.expect_err("refused");
    assert!(matches!(error, StateError::RotationSameKey), "{error}");
    assert!(!installation.next_key_file().exists());
}

#[tokio::test]
async fn with_keys_from_the_environment_every_host_gets_the_new_key_first() {
    let installation = Installation::without_key();
    let url = installation.database_url();
    let ((old_text, _), (new_text, new)) = (new_key_text(), new_key_text());
    let source = |current: &str, previous: Option<&str>| KeySource::Environment {
        current: current.into(),
        previous: previous.map(Into::into),
    };
    let state = State::open(&url, source(&old_text, None)).await.expect("opens");
    state.set_key("main", "openai", KEY.into(), "alice").await.expect("set");
    let error = state.rotate_master(new.clone()).await.expect_err("refused");
    assert!(matches!(error, StateError::RotationEnvironment), "{error}");
    assert!(error.to_string().contains("PALISADE_MASTER_KEY_PREVIOUS"), "{error}");
    state.close().await.expect("closed");

    let rotating = State::open(&url, source(&new_text, Some(&old_text))).await.expect("opens");
    let serving = State::open(&url, source(&new_text, Some(&old_text))).await.expect("opens");
    assert_eq!(read(&serving).await, KEY);
    rotating.rotate_master(new.clone()).await.expect("rotated");
    assert_eq!(read(&serving).await, KEY);
    let after = State::open(&url, source(&new_text, None)).await.expect("opens");
    assert_eq!(read(&after).await, KEY);
    State::open(&url, source(&old_text, None)).await.expect_err("refused");
}

#[tokio::test]
async fn a_host_without_the_new_key_says_which_one_it_needs() {
    let (installation, state) = with_key().await;
    let elsewhere = Installation::without_key();
    fs::copy(installation.key_file(), elsewhere.key_file()).expect("copied");
    let other = State::open(&installation.database_url(), elsewhere.source()).await.expect("opens");
    let new = MasterKey::generate().expect("key");
    state.rotate_master(new.clone()).await.expect("rotated");
    let error = other.key("main", "openai").await.expect_err("refused");
    assert!(error.to_string().contains(&new.key_id()), "{error}");
    // A key set with the old master key could never be opened again.
    let error = other.set_key("main", "google", KEY.into(), "u").await.expect_err("refused");
    assert!(matches!(error, StateError::WrongMasterKey { .. }), "{error}");
    fs::copy(installation.key_file(), elsewhere.key_file()).expect("copied");
    assert_eq!(read(&other).await, KEY);
}

#[tokio::test]
async fn two_rotations_of_one_file_do_not_mix_and_readers_do_not_wait_for_them() {
    let (installation, state) = with_key().await;
    let before = state.key_id().await.expect("id");
    // What a process that is rotating holds.
    let lock = fs::File::open(installation.path()).expect("directory");
    lock.lock().expect("locked");
    let error =
        state.rotate_master(MasterKey::generate().expect("key")).await.expect_err("refused");
    assert!(matches!(error, StateError::RotationBusy { .. }), "{error}");
    assert_eq!(read(&state).await, KEY);
    assert_eq!(state.key_id().await.expect("id"), before);
    assert!(!installation.next_key_file().exists());
    drop(lock);
    state.rotate_master(MasterKey::generate().expect("key")).await.expect("rotated");
}
