//! Master key files: strict to read, atomic to write, and the `.next` file of a rotation.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::sleep;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::MasterKey;
use crate::StateError;

/// More than any key file has; keeps a wrong path from being read into memory.
const MAX_FILE_BYTES: u64 = 1024;
/// How long a rotation waits for another process to finish with the same file.
const LOCK_ATTEMPTS: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Reads a key file.
pub(super) fn read(path: &Path) -> Result<MasterKey, StateError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => StateError::KeyFileMissing { path: path.to_owned() },
        _ => StateError::KeyFileUnreadable { path: path.to_owned(), source },
    };
    // Looked at before opening, because opening a pipe would wait for its writer, and again on the
    // open file, because only that is certainly the file that is read.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(StateError::KeyFileNotRegular { path: path.to_owned() });
    }
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(StateError::KeyFileNotRegular { path: path.to_owned() });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(StateError::KeyFilePermissions { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE_BYTES as usize));
    file.take(MAX_FILE_BYTES).read_to_end(&mut text).map_err(failed)?;
    let origin = path.display().to_string();
    let text = std::str::from_utf8(&text)
        .map_err(|_| StateError::KeyMalformed { origin: origin.clone() })?;
    MasterKey::from_base64(text, &origin)
}

/// Creates a key file that must not exist yet.
pub(super) fn create(path: &Path, key: &MasterKey) -> Result<(), StateError> {
    let temporary = with_suffix(path, &format!(".{}", Uuid::new_v4()));
    write_new(&temporary, key, None)?;
    // A link, unlike a rename, fails where the name is taken.
    let linked = fs::hard_link(&temporary, path);
    let removed = fs::remove_file(&temporary);
    match linked {
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
            return Err(StateError::KeyFileExists { path: path.to_owned() });
        }
        result => result.and(removed).map_err(|source| unwritable(path, source))?,
    }
    sync_directory(path)
}

/// Writes a file of mode 0600 that must not exist, down to the disk. With `like`, it belongs to the
/// same user and group as that file: an administrator may rotate what a service user has to read.
fn write_new(path: &Path, key: &MasterKey, like: Option<&Path>) -> Result<(), StateError> {
    let failed = |source| unwritable(path, source);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    if let Some(like) = like {
        let (wanted, own) = (fs::metadata(like).map_err(failed)?, file.metadata().map_err(failed)?);
        if (wanted.uid(), wanted.gid()) != (own.uid(), own.gid()) {
            fchown(&file, Some(wanted.uid()), Some(wanted.gid())).map_err(failed)?;
        }
    }
    file.write_all(key.to_file_text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

fn unwritable(path: &Path, source: io::Error) -> StateError {
    StateError::KeyFileUnwritable { path: path.to_owned(), source }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a rename or link itself survive a crash.
fn sync_directory(path: &Path) -> Result<(), StateError> {
    File::open(directory(path))
        .and_then(|directory| directory.sync_all())
        .map_err(|source| unwritable(path, source))
}

/// A master key file with its `.next` file beside it.
///
/// A rotation writes the new key to `.next`, commits the re-sealed database, then renames `.next`
/// onto the file. After a crash at any point, one of the two files holds the database's key.
pub(crate) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file behind `path`, symbolic links resolved so that a rename replaces the file itself.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()) }
    }

    fn next_path(&self) -> PathBuf {
        with_suffix(&self.path, ".next")
    }

    /// The key in the file, and the one in `.next` where there is one.
    ///
    /// `.next` is read first: when a rename happens between the two reads, the file then holds what
    /// `.next` held. The other way round, the new key could be missed in both.
    pub(crate) fn read_all(&self) -> Result<Vec<MasterKey>, StateError> {
        let next = self.read_next()?;
        let mut keys = vec![read(&self.path)?];
        keys.extend(next);
        Ok(keys)
    }

    /// Whether there is a `.next`, so that a rotation is under way or was cut short.
    pub(crate) fn has_next(&self) -> bool {
        self.next_path().exists()
    }

    fn read_next(&self) -> Result<Option<MasterKey>, StateError> {
        match read(&self.next_path()) {
            Ok(key) => Ok(Some(key)),
            // Malformed: a crash cut the write short, before anything was sealed with that key.
            Err(StateError::KeyFileMissing { .. } | StateError::KeyMalformed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps other processes from changing the pair of files while the guard lives.
    pub(crate) async fn lock(&self) -> Result<KeyFileLock<'_>, StateError> {
        for _ in 0..LOCK_ATTEMPTS {
            if let Some(lock) = self.try_lock()? {
                return Ok(lock);
            }
            sleep(LOCK_PAUSE).await;
        }
        Err(StateError::RotationBusy { path: directory(&self.path).to_owned() })
    }

    /// As [`KeyFile::lock`], or none where another process holds the lock.
    pub(crate) fn try_lock(&self) -> Result<Option<KeyFileLock<'_>>, StateError> {
        let failed = |source| unwritable(&self.path, source);
        let directory = File::open(directory(&self.path)).map_err(failed)?;
        match directory.try_lock() {
            Ok(()) => Ok(Some(KeyFileLock { file: self, _directory: directory })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The right to change a key file and its `.next`.
pub(crate) struct KeyFileLock<'file> {
    file: &'file KeyFile,
    /// The lock lasts as long as this handle is open.
    _directory: File,
}

impl KeyFileLock<'_> {
    /// Writes `.next`, over a left-over of a rotation that never committed.
    pub(crate) fn write_next(&self, key: &MasterKey) -> Result<(), StateError> {
        let next = self.file.next_path();
        self.remove_next()?;
        write_new(&next, key, Some(&self.file.path))?;
        sync_directory(&next)
    }

    /// Removes `.next`, where there is one.
    pub(crate) fn remove_next(&self) -> Result<(), StateError> {
        let next = self.file.next_path();
        match fs::remove_file(&next) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(unwritable(&next, source))
            }
            _ => Ok(()),
        }
    }

    /// Renames `.next` onto the file where it holds the key that the database is sealed with. The id
    /// of that key has to be read under this lock: an older one could bring an older key back.
    pub(crate) fn finish(&self, database_key_id: &str) -> Result<(), StateError> {
        let next = self.file.read_next()?;
        if next.is_none_or(|key| key.key_id() != database_key_id) {
            return Ok(());
        }
        fs::rename(self.file.next_path(), &self.file.path)
            .map_err(|source| unwritable(&self.file.path, source))?;
        sync_directory(&self.file.path)
    }
}
