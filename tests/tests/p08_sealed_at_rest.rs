//! P8: a wrong or missing master key is a clear refusal to start, and nothing is overwritten. The
//! master key is rotated while hosts serve.
//!
//! The seal itself is tested where it is made, in the crate `palisade-state`.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use palisade_tests::{
    fake::{FakeOptions, FakeProvider},
    host::{Folder, FolderOptions, Person, Role, question},
};

const COMMANDS: [&[&str]; 3] = [&["serve"], &["keys", "list"], &["keys", "set", "fake"]];

/// What is in the files of a folder, the key file left out.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    files
        .filter(|path| path.is_file() && !path.ends_with("master.key"))
        .map(|path| (path.clone(), fs::read(path).expect("a file")))
        .collect()
}

async fn prepared() -> (FakeProvider, Folder) {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let folder = Folder::prepare(&provider, &FolderOptions::default()).await.expect("a folder");
    (provider, folder)
}

/// Another master key, made by the program itself.
async fn another_key(provider: &FakeProvider) -> Vec<u8> {
    let folder = Folder::empty(provider, &FolderOptions::default()).expect("a folder");
    folder.command(&["keys", "create-master"], "").await.expect("a key");
    fs::read(folder.data_dir().join("master.key")).expect("a key")
}

#[tokio::test]
async fn a_wrong_missing_or_open_key_is_refused_and_nothing_changes() {
    let (provider, folder) = prepared().await;
    let key_file = folder.data_dir().join("master.key");
    let right = fs::read(&key_file).expect("a key");
    let mut short = right.clone();
    short.truncate(20);
    let wrong = another_key(&provider).await;
    let before = contents(&folder.data_dir());
    for (case, key, mode) in [
        ("another key", Some(wrong), 0o600),
        ("a short key", Some(short), 0o600),
        ("no key in the file", Some(Vec::new()), 0o600),
        ("no base64", Some(b"****************************************\n".to_vec()), 0o600),
        ("no file", None, 0o600),
        ("a file that all may read", Some(right.clone()), 0o644),
    ] {
        drop(fs::remove_file(&key_file));
        if let Some(key) = &key {
            fs::write(&key_file, key).expect("a key");
            fs::set_permissions(&key_file, fs::Permissions::from_mode(mode)).expect("a mode");
        }
        for command in COMMANDS {
            let Err(error) = folder.command(command, "sk-another-key-0123456789\n").await else {
                panic!("{case}: {command:?} went through");
            };
            let error = error.to_string();
            assert!(error.contains("master key"), "{case}: {error}");
            assert!(!error.contains("panicked"), "{case}: {error}");
        }
        let after = contents(&folder.data_dir());
        let differs = before.iter().find(|(path, bytes)| after.get(*path) != Some(bytes));
        assert!(differs.is_none(), "{case} changed {:?}", differs.map(|(path, _)| path));
    }
    fs::write(&key_file, right).expect("a key");
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).expect("a mode");
    let host = folder.serve().await.expect("the right key opens it again");
    let body = question("scenario:hello", "Hi");
    let answer = host.chat(Person::of(Role::Editor), &body).await.expect("an answer");
    assert_eq!(answer.said(), "Hello from the fake provider.");
}

#[tokio::test]
async fn without_a_key_no_database_is_made() {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let folder = Folder::empty(&provider, &FolderOptions::default()).expect("a folder");
    for command in COMMANDS {
        assert!(folder.command(command, "sk-a-key-0123456789\n").await.is_err(), "{command:?}");
    }
    assert!(contents(&folder.data_dir()).is_empty(), "{:?}", contents(&folder.data_dir()).keys());
}

#[tokio::test]
async fn a_key_file_is_for_its_owner_alone_and_never_replaced() {
    let (_provider, folder) = prepared().await;
    let key_file = folder.data_dir().join("master.key");
    let mode = fs::metadata(&key_file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for file in ["palisade.db", "project.db"] {
        let mode = fs::metadata(folder.data_dir().join(file)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file} is open to others");
    }
    let before = fs::read(&key_file).expect("a key");
    assert!(folder.command(&["keys", "create-master"], "").await.is_err());
    assert_eq!(fs::read(&key_file).expect("a key"), before);
}

#[tokio::test]
async fn the_master_key_is_rotated_while_a_host_serves() {
    let (provider, folder) = prepared().await;
    let host = folder.serve().await.expect("a host");
    let old = fs::read(folder.data_dir().join("master.key")).expect("a key");
    let new_file = folder.path().join("new.key");
    fs::write(&new_file, another_key(&provider).await).expect("a key");
    fs::set_permissions(&new_file, fs::Permissions::from_mode(0o600)).expect("a mode");
    let new_file = new_file.to_str().expect("a path");

    let body = question("scenario:hello", "Hi");
    let editor = Person::of(Role::Editor);
    let rotating = async {
        folder.command(&["keys", "rotate-master", "--new-key-file", new_file], "").await
    };
    let serving = async {
        for number in 0..40 {
            let answer = host.chat(editor, &body).await.expect("an answer");
            assert_eq!(answer.said(), "Hello from the fake provider.", "turn {number}");
        }
    };
    let (rotated, ()) = tokio::join!(rotating, serving);
    rotated.expect("a rotation");
    let keys = provider.requests();
    let expected = format!("Bearer {}", FakeOptions::KEY);
    assert!(keys.iter().all(|request| request.headers["authorization"] == expected));

    let answer = host.chat(editor, &body).await.expect("an answer");
    assert_eq!(answer.said(), "Hello from the fake provider.", "after the rotation");
    drop(host);
    folder.serve().await.expect("a host with the new key");
    let key_file = folder.data_dir().join("master.key");
    fs::write(&key_file, old).expect("a key");
    assert!(folder.serve().await.is_err(), "the old key still opens the state");
}
