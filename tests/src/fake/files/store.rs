//! What was uploaded, and what became of it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::fake::protocol::now;

/// A file that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Id, which is unique for all services.
    pub id: String,
    /// `openai`, `anthropic` or `google`.
    pub service: String,
    /// Name that it was uploaded with.
    pub filename: String,
    /// Media type that it was uploaded with.
    pub mime_type: String,
    /// Size in bytes.
    pub bytes: u64,
    /// What it is for, where the service asks.
    pub purpose: Option<String>,
    /// When it came, in seconds since 1970.
    pub created_at: u64,
    /// When it would expire, in seconds since 1970.
    pub expires_at: Option<u64>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Looks at it that still find it in processing.
    #[serde(skip)]
    pub(super) processing: u32,
}

/// What is known of a file before it has an id.
#[derive(Debug, Clone, Default)]
pub(super) struct NewFile {
    pub(super) filename: String,
    pub(super) mime_type: String,
    pub(super) bytes: u64,
    pub(super) purpose: Option<String>,
    /// Seconds until it expires.
    pub(super) expires_in: Option<u64>,
    pub(super) processing: u32,
}

/// An upload that has begun.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) file: NewFile,
    /// Bytes that were announced.
    pub(super) announced: Option<u64>,
}

/// All files of a provider.
#[derive(Default)]
pub(in crate::fake) struct FileStore {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    count: u64,
    files: Vec<StoredFile>,
    sessions: BTreeMap<String, Session>,
}

impl FileStore {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a file under an id that begins with `prefix`.
    pub(super) fn add(&self, service: &str, prefix: &str, new: NewFile) -> StoredFile {
        let mut kept = self.lock();
        kept.count += 1;
        let created_at = now();
        let file = StoredFile {
            id: format!("{prefix}{:012}", kept.count),
            service: service.to_owned(),
            filename: new.filename,
            mime_type: new.mime_type,
            bytes: new.bytes,
            purpose: new.purpose,
            created_at,
            expires_at: new.expires_in.map(|seconds| created_at.saturating_add(seconds)),
            deleted: false,
            processing: new.processing,
        };
        kept.files.push(file.clone());
        file
    }

    /// A file as a client finds it, unless it was deleted. Looking brings its processing on.
    pub(super) fn look(&self, service: &str, id: &str) -> Option<StoredFile> {
        let mut kept = self.lock();
        let file = kept.files.iter_mut().find(|file| is(file, service, id))?;
        let found = file.clone();
        file.processing = file.processing.saturating_sub(1);
        Some(found)
    }

    /// Deletes a file; none if there is no such file.
    pub(super) fn delete(&self, service: &str, id: &str) -> Option<()> {
        let mut kept = self.lock();
        kept.files.iter_mut().find(|file| is(file, service, id))?.deleted = true;
        Some(())
    }

    /// Begins an upload and gives its id.
    pub(super) fn open(&self, session: Session) -> String {
        let mut kept = self.lock();
        kept.count += 1;
        let id = format!("upload-{}", kept.count);
        kept.sessions.insert(id.clone(), session);
        id
    }

    /// Counts the bytes of an upload, which must begin where it stands. The error is where that is.
    pub(super) fn receive(&self, id: &str, offset: u64, bytes: u64) -> Option<Result<u64, u64>> {
        let mut kept = self.lock();
        let session = kept.sessions.get_mut(id)?;
        if offset != session.file.bytes {
            return Some(Err(session.file.bytes));
        }
        session.file.bytes += bytes;
        Some(Ok(session.file.bytes))
    }

    /// Ends an upload.
    pub(super) fn close(&self, id: &str) -> Option<Session> {
        self.lock().sessions.remove(id)
    }

    /// What a model sees of a file, unless it was deleted.
    pub(in crate::fake) fn describe(&self, id: &str) -> Option<String> {
        let kept = self.lock();
        let file = kept.files.iter().find(|file| file.id == id && !file.deleted)?;
        Some(format!("{} ({}, {} bytes)", file.filename, file.mime_type, file.bytes))
    }

    /// All files that ever were, oldest first.
    pub(in crate::fake) fn all(&self) -> Vec<StoredFile> {
        self.lock().files.clone()
    }
}

fn is(file: &StoredFile, service: &str, id: &str) -> bool {
    file.service == service && file.id == id && !file.deleted
}
