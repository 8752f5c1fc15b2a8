//! Provider keys are sealed at rest, bound to their row, and never read back masked wrong.

use palisade_state::StateError;
use secrecy::ExposeSecret;
use sqlx::{Row, SqliteConnection};

use crate::Installation;

const OPENAI: &str = "sk-proj-7Qv2mZk9XwLr4TnBc8Yd1Hf6Js3Pg5Ua0Ee";
const ANTHROPIC: &str = "ant-api03-mK2xVb7Nq9RtZc4Wy8Lp6Hs1Gd3Fj5";

async fn with_two_keys() -> (Installation, palisade_state::State) {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "openai", OPENAI.into(), "alice").await.expect("set");
    state.set_key("main", "anthropic", ANTHROPIC.into(), "bob").await.expect("set");
    (installation, state)
}

async fn read(state: &palisade_state::State, provider: &str) -> Option<String> {
    let key = state.key("main", provider).await.expect("read");
    key.map(|key| key.expose_secret().to_owned())
}

#[tokio::test]
async fn a_key_is_set_replaced_and_deleted() {
    let (_installation, state) = with_two_keys().await;
    assert_eq!(read(&state, "openai").await.as_deref(), Some(OPENAI));
    assert_eq!(read(&state, "anthropic").await.as_deref(), Some(ANTHROPIC));
    assert_eq!(read(&state, "google").await, None);

    let info = state
        .set_key("main", "openai", "  sk-another-key-0123456789\n".into(), "carol")
        .await
        .expect("replaced");
    assert_eq!(info.masked, "sk-…6789");
    assert_eq!(read(&state, "openai").await.as_deref(), Some("sk-another-key-0123456789"));

    assert!(state.delete_key("main", "openai").await.expect("deleted"));
    assert!(!state.delete_key("main", "openai").await.expect("gone already"));
    assert_eq!(read(&state, "openai").await, None);
    assert_eq!(read(&state, "anthropic").await.as_deref(), Some(ANTHROPIC));
}

#[tokio::test]
async fn keys_are_listed_masked_and_by_workspace() {
    let (_installation, state) = with_two_keys().await;
    state.set_key("other", "openai", "short".into(), "dave").await.expect("set");
    let key_id = state.key_id().await.expect("key id");
    let listed = state.list_keys("main").await.expect("listed");
    let shown: Vec<_> = listed
        .iter()
        .map(|key| (key.provider.as_str(), key.masked.as_str(), key.updated_by.as_str()))
        .collect();
    assert_eq!(shown, [("anthropic", "ant…3Fj5", "bob"), ("openai", "sk-…a0Ee", "alice")]);
    assert!(listed.iter().all(|key| key.key_id == key_id));
    let listed = state.list_keys("other").await.expect("listed");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].masked, "…");
    assert!(state.list_keys("third").await.expect("listed").is_empty());
    assert!(state.key("third", "openai").await.expect("read").is_none());
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_and_the_old_one_stays() {
    let (_installation, state) = with_two_keys().await;
    for key in ["", "   ", "two words", "line\nbreak"] {
        let error = state.set_key("main", "openai", key.into(), "u").await.expect_err("refused");
        assert!(matches!(error, StateError::InvalidKey(_)), "{error}");
    }
    for (workspace, provider) in [("", "openai"), ("main", ""), ("main", "a\nb")] {
        let error =
            state.set_key(workspace, provider, OPENAI.into(), "u").await.expect_err("refused");
        assert!(matches!(error, StateError::InvalidName { .. }), "{error}");
    }
    assert_eq!(read(&state, "openai").await.as_deref(), Some(OPENAI));
}

/// Whether any 8 bytes in a row of the secret are in the content.
fn holds_a_piece(content: &[u8], secret: &str) -> bool {
    let pieces: std::collections::HashSet<&[u8]> = secret.as_bytes().windows(8).collect();
    content.windows(8).any(|window| pieces.contains(window))
}

#[tokio::test]
async fn no_file_holds_an_8_byte_piece_of_a_key() {
    let (installation, state) = with_two_keys().await;
    state.list_keys("main").await.expect("listed");
    for when in ["while the host runs", "after it closed"] {
        let files = installation.files();
        assert!(files.iter().any(|(name, _)| name == "palisade.db"));
        for (name, content) in &files {
            assert!(!holds_a_piece(content, OPENAI), "{name} {when}");
            assert!(!holds_a_piece(content, ANTHROPIC), "{name} {when}");
        }
        state.close().await.ok();
    }
    assert!(holds_a_piece(format!("xx{}xx", &OPENAI[5..13]).as_bytes(), OPENAI));
}

#[tokio::test]
async fn a_replaced_or_deleted_key_leaves_no_ciphertext_behind() {
    let (installation, state) = with_two_keys().await;
    let mut sql = installation.sql().await;
    let before: Vec<u8> =
        sqlx::query_scalar("SELECT ciphertext FROM palisade_sealed WHERE name = 'openai'")
            .fetch_one(&mut sql)
            .await
            .expect("ciphertext");
    drop(sql);
    let stored = |files: Vec<(String, Vec<u8>)>| {
        files.iter().any(|(_, content)| content.windows(16).any(|window| window == &before[..16]))
    };
    assert!(stored(installation.files()));
    state.delete_key("main", "openai").await.expect("deleted");
    state.close().await.expect("closed");
    assert!(!stored(installation.files()));
}

#[tokio::test]
async fn ciphertexts_that_change_places_do_not_open() {
    let (installation, state) = with_two_keys().await;
    let mut sql = installation.sql().await;
    let snapshot = "CREATE TEMP TABLE original AS SELECT * FROM palisade_sealed";
    sqlx::query(snapshot).execute(&mut sql).await.expect("copied");
    let take = |columns: &str, from: &str| {
        let assignments: Vec<_> = columns
            .split(", ")
            .map(|column| {
                format!("{column} = (SELECT {column} FROM original WHERE original.name = {from})")
            })
            .collect();
        let assignments = assignments.join(", ");
        format!("UPDATE palisade_sealed SET {assignments} WHERE name IN ('openai', 'anthropic')")
    };
    let other = "CASE palisade_sealed.name WHEN 'openai' THEN 'anthropic' ELSE 'openai' END";
    for columns in ["ciphertext", "ciphertext, nonce", "ciphertext, nonce, salt", "salt", "nonce"] {
        execute(&mut sql, &take(columns, other)).await;
        for provider in ["openai", "anthropic"] {
            let error = state.key("main", provider).await.expect_err(columns);
            assert!(matches!(error, StateError::Damaged { .. }), "{columns}: {error}");
            assert!(error.to_string().contains(provider), "{error}");
        }
        state.list_keys("main").await.expect_err("not listed either");
        execute(&mut sql, &take(columns, "palisade_sealed.name")).await;
        assert_eq!(read(&state, "openai").await.as_deref(), Some(OPENAI), "{columns} put back");
    }
}

#[tokio::test]
async fn a_record_that_is_moved_or_relabelled_does_not_open() {
    for (change, workspace, provider) in [
        ("workspace = 'other'", "other", "openai"),
        ("name = 'google'", "main", "google"),
        ("record = 'another'", "main", "openai"),
        ("ciphertext = substr(ciphertext, 2)", "main", "openai"),
        ("nonce = x'00'", "main", "openai"),
    ] {
        let (installation, state) = with_two_keys().await;
        let statement = format!("UPDATE palisade_sealed SET {change} WHERE name = 'openai'");
        execute(&mut installation.sql().await, &statement).await;
        let error = state.key(workspace, provider).await.expect_err(change);
        assert!(matches!(error, StateError::Damaged { .. }), "{change}: {error}");
    }
    let (installation, state) = with_two_keys().await;
    let statement = "UPDATE palisade_sealed SET key_id = '0000000000000000' WHERE name = 'openai'";
    execute(&mut installation.sql().await, statement).await;
    let error = state.key("main", "openai").await.expect_err("refused");
    assert!(matches!(error, StateError::WrongMasterKey { .. }), "{error}");
}

#[tokio::test]
async fn the_same_key_set_twice_is_sealed_differently() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.set_key("main", "first", OPENAI.into(), "u").await.expect("set");
    state.set_key("main", "second", OPENAI.into(), "u").await.expect("set");
    let rows = sqlx::query(
        "SELECT salt, nonce, ciphertext FROM palisade_sealed WHERE purpose = 'provider-key'",
    )
    .fetch_all(&mut installation.sql().await)
    .await
    .expect("rows");
    for column in ["salt", "nonce", "ciphertext"] {
        let values: Vec<Vec<u8>> = rows.iter().map(|row| row.get(column)).collect();
        assert_eq!(values.len(), 2);
        assert_ne!(values[0], values[1], "{column}");
    }
}

#[tokio::test]
async fn secrets_are_not_printed() {
    let (_installation, state) = with_two_keys().await;
    let key = state.key("main", "openai").await.expect("read").expect("set");
    for text in
        [format!("{key:?}"), format!("{state:?}"), format!("{:?}", state.list_keys("main").await)]
    {
        assert!(!holds_a_piece(text.as_bytes(), OPENAI), "{text}");
    }
}

async fn execute(sql: &mut SqliteConnection, statement: &str) {
    let changed = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(sql).await.expect("edited");
    assert!(changed.rows_affected() > 0, "{statement}");
}
