//! The master key file is strict: what could be wrong with it is refused with what to do about it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use palisade_state::{MasterKey, StateError};

use crate::Installation;

#[test]
fn a_created_file_holds_base64_and_a_newline_and_is_the_owner_s_alone() {
    let installation = Installation::without_key();
    let key = MasterKey::create_file(&installation.key_file()).expect("created");
    let text = fs::read_to_string(installation.key_file()).expect("text");
    assert_eq!(text.len(), 45);
    assert!(text.ends_with("=\n"));
    let mode = fs::metadata(installation.key_file()).expect("metadata").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let read = MasterKey::read_file(&installation.key_file()).expect("read");
    assert_eq!(read.key_id(), key.key_id());
    assert_eq!(installation.files().len(), 1, "no temporary file stays behind");
}

#[test]
fn a_file_is_never_overwritten() {
    let installation = Installation::new();
    let before = installation.files();
    let error = MasterKey::create_file(&installation.key_file()).expect_err("refused");
    assert!(matches!(error, StateError::KeyFileExists { .. }), "{error}");
    assert_eq!(installation.files(), before);
}

#[test]
fn a_file_that_others_may_touch_is_refused_with_the_command_that_helps() {
    let installation = Installation::new();
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666] {
        fs::set_permissions(installation.key_file(), fs::Permissions::from_mode(mode))
            .expect("mode set");
        let error = MasterKey::read_file(&installation.key_file()).expect_err("refused");
        assert!(matches!(error, StateError::KeyFilePermissions { .. }), "{mode:o}: {error}");
        let command = format!("chmod 600 {}", installation.key_file().display());
        assert!(error.to_string().ends_with(&command), "{error}");
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(installation.key_file(), fs::Permissions::from_mode(mode))
            .expect("mode set");
        MasterKey::read_file(&installation.key_file()).expect("accepted");
    }
}

#[test]
fn what_is_not_a_regular_file_is_refused() {
    let installation = Installation::without_key();
    let error = MasterKey::read_file(installation.path()).expect_err("refused");
    assert!(matches!(error, StateError::KeyFileNotRegular { .. }), "{error}");
    let error = MasterKey::read_file("/dev/null".as_ref()).expect_err("refused");
    assert!(matches!(error, StateError::KeyFileNotRegular { .. }), "{error}");
    let error = MasterKey::read_file(&installation.key_file()).expect_err("refused");
    assert!(matches!(error, StateError::KeyFileMissing { .. }), "{error}");
}

#[test]
fn malformed_content_is_refused_without_being_shown() {
    let installation = Installation::new();
    for content in ["", "\n", "c2VjcmV0", "not base64: hunter2hunter2", &"A".repeat(100_000)] {
        fs::write(installation.key_file(), content).expect("written");
        let error = MasterKey::read_file(&installation.key_file()).expect_err("refused");
        assert!(matches!(error, StateError::KeyMalformed { .. }), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    fs::write(installation.key_file(), [0xff, 0xfe]).expect("written");
    let error = MasterKey::read_file(&installation.key_file()).expect_err("refused");
    assert!(matches!(error, StateError::KeyMalformed { .. }), "{error}");
}

#[tokio::test]
async fn a_symbolic_link_may_lead_to_the_file_and_survives_a_rotation() {
    let installation = Installation::new();
    let real = installation.path().join("real.key");
    fs::rename(installation.key_file(), &real).expect("moved");
    symlink(&real, installation.key_file()).expect("linked");
    let state = installation.open().await;
    let new = MasterKey::generate().expect("key");
    state.rotate_master(new.clone()).await.expect("rotated");
    assert!(fs::symlink_metadata(installation.key_file()).expect("metadata").is_symlink());
    assert_eq!(MasterKey::read_file(&real).expect("read").key_id(), new.key_id());
}
