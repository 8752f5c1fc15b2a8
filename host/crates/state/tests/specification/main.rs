//! What the state store promises, as executable sentences.

#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]
#![expect(clippy::disallowed_methods, reason = "tests compare secrets with what they stored")]

mod approvals;
mod arguments;
mod files;
mod key_file;
mod ledger;
mod ledger_reading;
mod opening;
mod rotation;
mod sealed_keys;
mod settings;
mod tool_values;

use std::{
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use palisade_state::{KeySource, MasterKey, State};
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// A data directory of its own, with a master key file.
pub(crate) struct Installation {
    directory: TempDir,
}

impl Installation {
    pub(crate) fn new() -> Self {
        let installation = Self::without_key();
        MasterKey::create_file(&installation.key_file()).expect("key file created");
        installation
    }

    pub(crate) fn without_key() -> Self {
        Self { directory: TempDir::new().expect("temporary directory") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.path().join("master.key")
    }

    pub(crate) fn next_key_file(&self) -> PathBuf {
        self.path().join("master.key.next")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("palisade.db")
    }

    pub(crate) fn database_url(&self) -> String {
        format!("sqlite://{}", self.database().display())
    }

    pub(crate) fn source(&self) -> KeySource {
        KeySource::File(self.key_file())
    }

    pub(crate) async fn open(&self) -> State {
        State::open(&self.database_url(), self.source()).await.expect("state opens")
    }

    /// Edits the database behind the state's back.
    pub(crate) async fn sql(&self) -> SqliteConnection {
        SqliteConnectOptions::from_str(&self.database_url())
            .expect("URL")
            .connect()
            .await
            .expect("database opens")
    }

    /// Name and content of every file in the data directory, but for SQLite's shared memory, which
    /// holds locks and an index and no data.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(self.path())
            .expect("directory")
            .map(|entry| entry.expect("entry").path())
            .filter(|path| !path.to_string_lossy().ends_with("-shm"))
            .map(|path| {
                let name = path.file_name().expect("name").to_string_lossy().into_owned();
                (name, fs::read(&path).expect("readable"))
            })
            .collect();
        files.sort();
        files
    }
}
