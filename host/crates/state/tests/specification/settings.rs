//! Settings are one document per workspace; a change that would undo somebody else's is refused.

use palisade_state::{MAX_SETTINGS_BYTES, StateError};
use serde_json::json;

use crate::Installation;

#[tokio::test]
async fn settings_are_stored_by_revision() {
    let installation = Installation::new();
    let state = installation.open().await;
    assert_eq!(state.settings("main").await.expect("read"), None);
    let first = json!({"approvals": "all", "max_steps": 10});
    assert_eq!(state.put_settings("main", 0, &first, "alice").await.expect("stored"), 1);
    let second = json!({"approvals": "writes", "max_steps": 10});
    assert_eq!(state.put_settings("main", 1, &second, "bob").await.expect("stored"), 2);
    let settings = state.settings("main").await.expect("read").expect("stored");
    assert_eq!((settings.revision, settings.value), (2, second));
    assert_eq!(settings.updated_by, "bob");
    assert_eq!(state.settings("other").await.expect("read"), None);
}

#[tokio::test]
async fn a_change_of_an_older_revision_is_refused() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.put_settings("main", 0, &json!({"a": 1}), "alice").await.expect("stored");
    for stale in [0, 2, u64::MAX, i64::MAX as u64] {
        let error =
            state.put_settings("main", stale, &json!({"a": 2}), "bob").await.expect_err("refused");
        assert!(matches!(error, StateError::SettingsConflict { current: 1 }), "{error}");
    }
    let error =
        state.put_settings("other", 1, &json!({}), "bob").await.expect_err("nothing to change");
    assert!(matches!(error, StateError::SettingsConflict { current: 0 }), "{error}");
    let settings = state.settings("main").await.expect("read").expect("stored");
    assert_eq!(settings.value, json!({"a": 1}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_at_the_same_time_one_wins() {
    let installation = Installation::new();
    let states = [installation.open().await, installation.open().await];
    states[0].put_settings("main", 0, &json!(0), "u").await.expect("stored");
    let changes: Vec<_> = (0..10)
        .map(|number| {
            let state = states[number % 2].clone();
            tokio::spawn(async move { state.put_settings("main", 1, &json!(number), "u").await })
        })
        .collect();
    let mut won = 0;
    for change in changes {
        match change.await.expect("no panic") {
            Ok(revision) => {
                assert_eq!(revision, 2);
                won += 1;
            }
            Err(StateError::SettingsConflict { current: 2 }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let installation = Installation::new();
    let state = installation.open().await;
    let large = json!("x".repeat(MAX_SETTINGS_BYTES));
    let error = state.put_settings("main", 0, &large, "u").await.expect_err("refused");
    assert!(matches!(error, StateError::SettingsTooLarge { .. }), "{error}");
    let error = state.put_settings("", 0, &json!({}), "u").await.expect_err("refused");
    assert!(matches!(error, StateError::InvalidName { .. }), "{error}");
    assert_eq!(state.settings("main").await.expect("read"), None);
}
