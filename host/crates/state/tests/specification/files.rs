//! A file id counts for one user of one workspace, and only as it was signed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use palisade_state::{FileClaims, FileHolder, FileRefusal, MAX_FILE_TOKEN_BYTES};
use serde_json::{Value, json};

use crate::Installation;

const ALICE: FileHolder<'_> = FileHolder { user: "alice", workspace: "main" };
const EXPIRY: i64 = 1_800_000_000_000;

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(EXPIRY + milliseconds).expect("in range")
}

fn claims() -> FileClaims {
    FileClaims {
        user: "alice".into(),
        workspace: "main".into(),
        provider: "openai".into(),
        reference: "file-123".into(),
        name: "file-123".into(),
        media_type: "application/pdf".into(),
        filename: "Über \"uns\".pdf".into(),
        size: 4096,
        expires_at: EXPIRY,
    }
}

#[tokio::test]
async fn an_id_says_what_was_signed_until_the_file_expires() {
    let installation = Installation::new();
    let state = installation.open().await;
    let token = state.files().issue(&claims()).expect("a token");
    assert!(token.starts_with("plf1."), "{token}");
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    assert_eq!(state.files().verify(&token, ALICE, at(-1)), Ok(claims()));
    let expired = FileRefusal::Expired(Box::new(claims()));
    assert_eq!(state.files().verify(&token, ALICE, at(0)), Err(expired));
    state.close().await.expect("closed");
    let again = installation.open().await;
    assert_eq!(again.files().verify(&token, ALICE, at(-1)), Ok(claims()), "after a restart");
}

#[tokio::test]
async fn nobody_else_can_use_an_id() {
    let installation = Installation::new();
    let state = installation.open().await;
    let token = state.files().issue(&claims()).expect("a token");
    for holder in [
        FileHolder { user: "bob", ..ALICE },
        FileHolder { workspace: "other", ..ALICE },
        FileHolder { user: "", ..ALICE },
        FileHolder { user: "main", workspace: "alice" },
    ] {
        // Not even that the file has expired is told.
        for now in [at(-1), at(1)] {
            let refused = state.files().verify(&token, holder, now);
            assert_eq!(refused, Err(FileRefusal::Invalid), "{holder:?}");
        }
    }
    let other = Installation::new();
    let refused = other.open().await.files().verify(&token, ALICE, at(-1));
    assert_eq!(refused, Err(FileRefusal::Invalid), "of another installation");
}

#[tokio::test]
async fn no_field_can_be_altered() {
    let installation = Installation::new();
    let state = installation.open().await;
    let token = state.files().issue(&claims()).expect("a token");
    let parts: Vec<&str> = token.split('.').collect();
    let [prefix, payload, signature] = parts[..] else { panic!("three parts: {token}") };
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let decoded: Value = serde_json::from_slice(&decoded).expect("JSON");
    let fields: Vec<&String> = decoded.as_object().expect("an object").keys().collect();
    assert_eq!(fields.len(), 9, "{fields:?}");
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    for field in fields {
        let mut altered = decoded.clone();
        altered[field] = match &altered[field] {
            Value::String(text) => json!(format!("{text}x")),
            number => json!(number.as_i64().expect("a number") + 1),
        };
        let altered = format!("{prefix}.{}.{signature}", encode(&altered));
        // A user who changes the user gets no further by being that user.
        for user in ["alice", "alicex"] {
            let holder = FileHolder { user, ..ALICE };
            let refused = state.files().verify(&altered, holder, at(-1));
            assert_eq!(refused, Err(FileRefusal::Invalid), "{field}");
        }
    }
    let long = "A".repeat(MAX_FILE_TOKEN_BYTES);
    for altered in [
        String::new(),
        "plf1.".into(),
        "plf1..".into(),
        format!("plf1.{payload}"),
        format!("plf1.{payload}."),
        format!("plf2.{payload}.{signature}"),
        format!("plf1.{payload}.{}", &signature[1..]),
        format!("plf1.{payload}.{signature}A"),
        format!("plf1.{payload}={signature}"),
        format!("plf1.{payload}.{}", "A".repeat(43)),
        format!(" {token}"),
        format!("{token}\n"),
        format!("plf1.{long}.{signature}"),
    ] {
        let refused = state.files().verify(&altered, ALICE, at(-1));
        assert_eq!(refused, Err(FileRefusal::Invalid), "{altered}");
    }
}

#[tokio::test]
async fn claims_that_are_too_long_get_no_id() {
    let installation = Installation::new();
    let state = installation.open().await;
    let long = FileClaims { reference: "r".repeat(MAX_FILE_TOKEN_BYTES), ..claims() };
    assert_eq!(state.files().issue(&long), None);
}
