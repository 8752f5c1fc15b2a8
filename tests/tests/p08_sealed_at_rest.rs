//! P8: keys are sealed. A wrong or missing master key is a clear refusal to start that changes
//! nothing, and the master key can be rotated while hosts serve, whatever becomes of the rotation.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use palisade_tests::{
    fake::{FakeOptions, FakeProvider},
    host::{Folder, FolderOptions, Host, Person, Role, eventually, question},
    pieces::Pieces,
};

/// Keys that have no piece in common with each other or with any word.
const FIRST_KEY: &str = "sk-Wq4Zt9Xk2Jm7Rb5Vc8Hn3Gd6Lf1Ps0";
const SECOND_KEY: &str = "sk-Yu6Ei3Oa9Cw5Bx2Mv8Kz4Qj7Td1Hr0";

/// A provider that takes any key, and a folder with the first one.
async fn prepare() -> (FakeProvider, Folder) {
    let options = FakeOptions { key: None, ..FakeOptions::default() };
    let provider = FakeProvider::start(options).await.expect("a provider");
    let key = Some(FIRST_KEY.to_owned());
    let options = FolderOptions { key, ..FolderOptions::default() };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    (provider, folder)
}

/// Every file below a folder, by its path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            // A side file of a database that is open may go at any moment.
            found.insert(path.clone(), fs::read(&path).unwrap_or_default());
        }
    }
    found
}

/// Each form in which a secret could stand in a file: as it is, and in base64 behind 0 to 2 bytes.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let encoded = (0..3).map(|before| {
        let text = STANDARD.encode([vec![b'-'; before], secret.to_vec()].concat());
        // The characters that depend on the neighbours are left out.
        text.trim_end_matches('=').as_bytes()[4..text.len() - 4].to_vec()
    });
    encoded.chain([secret.to_vec()]).collect()
}

/// A file with a new master key, which holds this byte 32 times over, scrambled.
fn key_file(folder: &Folder, number: u8) -> PathBuf {
    let path = folder.path().join(format!("new-{number}.key"));
    let bytes: Vec<u8> =
        (0..32).map(|index: u8| (index ^ number).wrapping_mul(151) ^ 0x5a).collect();
    fs::write(&path, format!("{}\n", STANDARD.encode(bytes))).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
    path
}

/// Whether a turn is answered, with this key on the wire.
async fn answers(host: &Host, provider: &FakeProvider, key: &str) -> Result<(), String> {
    let body = question("scenario:hello", "Hello");
    let answer =
        host.chat(Person::of(Role::Editor), &body).await.map_err(|error| error.to_string())?;
    let last = provider.requests().pop().expect("a request");
    let sent = last.headers.get("authorization").cloned().unwrap_or_default();
    if answer.said() == "Hello from the fake provider." && sent == format!("Bearer {key}") {
        return Ok(());
    }
    Err(format!("{sent}: {}", answer.text))
}

/// Runs a command to its end, whatever that is.
async fn run(folder: &Folder, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = folder.palisade().expect("a binary");
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    command.output().await.expect("the command ran")
}

#[tokio::test]
async fn a_key_is_readable_in_no_file() {
    let (provider, folder) = prepare().await;
    let first_master = fs::read_to_string(folder.data_dir().join("master.key")).expect("a key");
    let host = folder.serve().await.expect("a host");
    answers(&host, &provider, FIRST_KEY).await.expect("the first key");
    folder.command(&["keys", "set", "fake"], &format!("{SECOND_KEY}\n")).await.expect("set");
    answers(&host, &provider, SECOND_KEY).await.expect("the second key");
    let new = key_file(&folder, 1);
    let rotate = ["keys", "rotate-master", "--new-key-file", new.to_str().expect("a path")];
    folder.command(&rotate, "").await.expect("rotated");
    answers(&host, &provider, SECOND_KEY).await.expect("after the rotation");

    let second_master = fs::read_to_string(&new).expect("a key");
    let masters = [first_master.trim(), second_master.trim()];
    let master_bytes = masters.map(|text| STANDARD.decode(text).expect("base64"));
    let secrets =
        [FIRST_KEY, SECOND_KEY].into_iter().chain(masters).map(|text| text.as_bytes().to_vec());
    let pieces = Pieces::of(secrets.chain(master_bytes).flat_map(|secret| forms(&secret)));
    let key_of_host = folder.data_dir().join("master.key");
    let scanned = files(&folder.data_dir());
    assert!(pieces.find(&scanned[&key_of_host]).is_some(), "the search finds what is there");
    assert!(scanned.len() >= 4, "{:?}", scanned.keys());
    for (path, bytes) in scanned.into_iter().filter(|(path, _)| *path != key_of_host) {
        assert_eq!(pieces.find(&bytes), None, "a piece of a secret in {}", path.display());
    }
}

#[tokio::test]
async fn without_the_right_master_key_nothing_starts_and_nothing_changes() {
    let (provider, folder) = prepare().await;
    let key_path = folder.data_dir().join("master.key");
    let right = fs::read_to_string(&key_path).expect("a master key");
    let wrong = fs::read_to_string(key_file(&folder, 7)).expect("another key");
    let put = |text: &str, mode: u32| {
        fs::write(&key_path, text).expect("written");
        fs::set_permissions(&key_path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let commands: [&[&str]; 5] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["keys", "list"],
        &["keys", "delete", "fake"],
        &["ledger", "export"],
        &["chat", "--user", Person::of(Role::Editor).email, "Hello"],
    ];
    let none: &[(&str, &str)] = &[];
    let from_environment = [("PALISADE_MASTER_KEY", wrong.trim())];
    for (case, text, mode, environment, message) in [
        (
            "another key",
            wrong.as_str(),
            0o600,
            none,
            "is not the one that the database was sealed with",
        ),
        (
            "another key in the environment",
            &right,
            0o600,
            &from_environment[..],
            "is not the one that",
        ),
        ("no key", "", 0o600, none, "There is no master key file at"),
        (
            "a malformed key",
            "c2hvcnQ=\n",
            0o600,
            none,
            "is malformed: it has to be 32 bytes in base64",
        ),
        ("a key that others can read", &right, 0o644, none, "is open to other users (mode 0644)"),
    ] {
        put(text, mode);
        if text.is_empty() {
            fs::remove_file(&key_path).expect("removed");
        }
        let before = files(folder.path());
        for arguments in commands {
            let output = run(&folder, arguments, environment).await;
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{case}, {arguments:?}: {said}");
            assert!(said.contains(message), "{case}, {arguments:?}: {said}");
            assert_eq!(output.stdout, b"", "{case}, {arguments:?}");
            assert!(files(folder.path()) == before, "{case}, {arguments:?}: a file changed");
        }
    }
    put(&right, 0o600);
    let host = folder.serve().await.expect("the right key still opens everything");
    answers(&host, &provider, FIRST_KEY).await.expect("a turn");
}

#[tokio::test]
async fn hosts_serve_while_the_master_key_is_rotated() {
    let (provider, folder) = prepare().await;
    let host = folder.serve().await.expect("a host");
    let replica = folder.serve().await.expect("another host");
    let rotations = async {
        for number in 1..=4 {
            let new = key_file(&folder, number);
            let rotate = ["keys", "rotate-master", "--new-key-file", new.to_str().expect("a path")];
            folder.command(&rotate, "").await.expect("rotated");
        }
    };
    let turns = async {
        for turn in 0..40 {
            let host = if turn % 2 == 0 { &host } else { &replica };
            answers(host, &provider, FIRST_KEY)
                .await
                .unwrap_or_else(|error| panic!("{turn}: {error}"));
        }
    };
    tokio::join!(rotations, turns);
    answers(&replica, &provider, FIRST_KEY).await.expect("afterwards");
    let now = fs::read_to_string(folder.data_dir().join("master.key")).expect("a key");
    let last = fs::read_to_string(folder.path().join("new-4.key")).expect("a key");
    assert_eq!(now.trim(), last.trim());
}

#[tokio::test]
async fn a_rotation_that_is_killed_locks_nobody_out() {
    let (provider, folder) = prepare().await;
    let host = folder.serve().await.expect("a host");
    for number in 0..12_u8 {
        let new = key_file(&folder, 100 + number);
        let mut rotation = folder.palisade().expect("a binary");
        rotation.args(["keys", "rotate-master", "--new-key-file"]).arg(&new);
        let mut rotation = rotation.stdin(Stdio::null()).spawn().expect("a process");
        // From before its first step to after its last.
        tokio::time::sleep(Duration::from_millis(u64::from(number) * 8)).await;
        rotation.kill().await.expect("killed");

        answers(&host, &provider, FIRST_KEY)
            .await
            .unwrap_or_else(|error| panic!("{number}: {error}"));
        let listed = folder.command(&["keys", "list"], "").await;
        assert!(listed.expect("a list").contains("sk-…1Ps0"), "{number}");
    }
    // A fresh host opens it too, and the next rotation goes through.
    let new = key_file(&folder, 200);
    let rotate = ["keys", "rotate-master", "--new-key-file", new.to_str().expect("a path")];
    let rotated = async || match folder.command(&rotate, "").await {
        Ok(said) => Ok(Some(said)),
        // The lock of a process that was just killed.
        Err(error) if error.to_string().contains("Another process is rotating") => Ok(None),
        Err(error) => Err(io::Error::other(error)),
    };
    eventually("the master key is rotated", rotated).await.expect("rotated");
    answers(&host, &provider, FIRST_KEY).await.expect("the old host");
    let fresh = folder.serve().await.expect("a fresh host");
    answers(&fresh, &provider, FIRST_KEY).await.expect("a fresh host");
}
