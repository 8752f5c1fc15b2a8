//! What can go wrong, in words that say what to do.

use std::{error::Error as StdError, io, path::PathBuf};

use thiserror::Error;

/// An error of the state store.
///
/// The text is for the person who runs the host: it names paths and key ids, never key material.
/// What lies beneath (the database's or the operating system's own error) is the source, for the log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// The configured master key file is not there.
    #[error(
        "There is no master key file at {path}. Put back the file that this installation was set \
         up with, or create one for a new installation: 32 random bytes in base64, mode 0600."
    )]
    KeyFileMissing {
        /// The file.
        path: PathBuf,
    },
    /// The master key file is a directory, a device, a pipe, …
    #[error("The master key file {path} is not a regular file. Name the file that holds the key.")]
    KeyFileNotRegular {
        /// What was named.
        path: PathBuf,
    },
    /// Others than the owner may read or write the master key file.
    #[error(
        "The master key file {path} is open to other users (mode {mode:04o}). Run: chmod 600 {path}"
    )]
    KeyFilePermissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The operating system refused to read the master key file.
    #[error("The master key file {path} cannot be read: {source}.")]
    KeyFileUnreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The operating system refused to write a master key file.
    #[error("The master key file {path} cannot be written: {source}.")]
    KeyFileUnwritable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A master key file is never overwritten.
    #[error("{path} exists already. A master key file is never overwritten; choose another path.")]
    KeyFileExists {
        /// The file.
        path: PathBuf,
    },
    /// The text is not a master key.
    #[error(
        "The master key in {origin} is malformed: it has to be 32 bytes in base64 (44 characters)."
    )]
    KeyMalformed {
        /// Where the text came from: a path or the name of an environment variable.
        origin: String,
    },
    /// The environment holds no master key.
    #[error(
        "PALISADE_MASTER_KEY is empty. Set it to the master key of this installation: 32 bytes in \
         base64."
    )]
    KeyEnvironmentMissing,
    /// The database was sealed with a master key that the key source doesn't have.
    #[error(
        "The master key (id {found}) is not the one that the database was sealed with (id \
         {expected}). Nothing was changed. Configure the right key, or the database that belongs to \
         this key."
    )]
    WrongMasterKey {
        /// Id of the key that the database needs.
        expected: String,
        /// Id of the key that was given; several are separated by commas.
        found: String,
    },
    /// The new master key is the present one.
    #[error("The new master key is the one in use already. Create another one to rotate to.")]
    RotationSameKey,
    /// With keys from the environment, all hosts must hold the new key before the rotation.
    #[error(
        "The new master key is not in this host's environment. Set PALISADE_MASTER_KEY to the new \
         key and PALISADE_MASTER_KEY_PREVIOUS to the present one on every host, restart them, then \
         rotate again."
    )]
    RotationEnvironment,
    /// Another process is rotating the same master key file.
    #[error("Another process is rotating the master key in {path}. Try again when it is done.")]
    RotationBusy {
        /// Directory of the key file.
        path: PathBuf,
    },
    /// `database_url` is not one that this host can use.
    #[error("database_url is not usable: {0}.")]
    DatabaseUrl(String),
    /// The file is not an SQLite database.
    #[error("{path} is not an SQLite database. Check database_url, or restore a backup.")]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The directory or file of the database cannot be created.
    #[error(
        "The database file {path} cannot be created: {source}. Check that its directory exists \
         and is writable."
    )]
    DatabaseFile {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A newer version of Palisade changed the database's tables.
    #[error(
        "The database was written by a newer version of Palisade (schema {found}; this version \
         knows {known}). Use that version, or restore an older backup."
    )]
    NewerSchema {
        /// Version in the database.
        found: i64,
        /// Latest version that this build knows.
        known: i64,
    },
    /// A row contradicts what was written: it was moved, edited or damaged.
    #[error("{what} was changed outside of Palisade or is damaged. {remedy}")]
    Damaged {
        /// What is damaged, for instance `The key of provider "openai"`.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A provider key that cannot be one.
    #[error("The key is not usable: {0}.")]
    InvalidKey(&'static str),
    /// A name (workspace, provider) that cannot be one.
    #[error(
        "The {what} \"{name}\" is not usable: it has to have 1 to {limit} bytes and no control \
         characters."
    )]
    InvalidName {
        /// `workspace` or `provider`.
        what: &'static str,
        /// The name, cut to a printable length.
        name: String,
        /// Bytes at most.
        limit: usize,
    },
    /// Somebody else changed the settings meanwhile.
    #[error(
        "The settings were changed meanwhile (they are at revision {current}). Load them again and \
         repeat the change."
    )]
    SettingsConflict {
        /// The revision that is stored; 0 where there are none.
        current: u64,
    },
    /// The settings document is too large.
    #[error("The settings have {bytes} bytes; at most {limit} are kept.")]
    SettingsTooLarge {
        /// Size as JSON.
        bytes: usize,
        /// Bytes at most.
        limit: usize,
    },
    /// The ledger's queue stayed full or its rows could not be written.
    #[error(
        "The ledger cannot be written, so nothing that has to be on record may happen. Check the \
         disk space and the permissions of the database."
    )]
    LedgerUnavailable,
    /// A ledger export could not be written to its destination.
    #[error("The ledger export could not be written: {0}.")]
    Export(#[source] io::Error),
    /// A page cursor that this ledger didn't give.
    #[error("The ledger cursor is malformed. Use the one that came with the page before.")]
    Cursor,
    /// The operating system gave no random bytes.
    #[error("The operating system's random source failed. Nothing was stored.")]
    Random,
    /// The database refused or failed.
    #[error(
        "The state database failed to {action}. Check that its file is readable and writable \
         and that the disk is not full."
    )]
    Database {
        /// What was being done.
        action: &'static str,
        /// The database's error.
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl StateError {
    /// For `map_err`: a database error while doing `action`.
    pub(crate) fn database<E>(action: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        move |source| Self::Database { action, source: source.into() }
    }
}
