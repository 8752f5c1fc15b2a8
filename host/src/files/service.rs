//! Takes files for one workspace's providers, and deletes them.

use std::{fmt, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::BytesMut;
use jiff::Timestamp;
use palisade_data::{Caller, DataError};
use palisade_project::Project;
use palisade_provider::{FILE_LIFETIME, StoredFile};
use palisade_state::{
    FileClaims, FileHolder, FileRefusal, LedgerEntry, LedgerKind, State, StateError,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};
use tokio_util::task::TaskTracker;

use super::{
    FileError, MAXIMUM_FILE_BYTES,
    content::{ClientForm, Content},
    form::{PartHead, boundary},
    kind::FileKind,
    target::{self, Target},
    transfer,
};
use crate::turn::TurnService;

/// Files on their way at a time.
const UPLOADS_AT_ONCE: usize = 64;
/// Time for a file, from the first byte to the answer.
const UPLOAD_WITHIN: Duration = Duration::from_secs(15 * 60);
/// Bytes of a file that are kept until the form says which provider it is for.
const KEPT_BYTES: usize = 1024 * 1024;
/// Bytes of a file name at most.
const FILENAME_BYTES: usize = 255;

/// A file that a caller wants to be given to a provider.
pub enum FileRequest {
    /// One that the caller sends.
    Form(FormRequest),
    /// One of the project's files.
    Asset {
        /// Provider id.
        provider: String,
        /// Id of the file in the project (UUID).
        asset: String,
    },
}

/// A form with a file.
pub struct FormRequest {
    /// The form.
    pub body: Body,
    /// `Content-Type`, which names the form's boundary.
    pub content_type: String,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// Provider id, where the address says it.
    pub provider: Option<String>,
    /// Bytes of the file, where the address says it.
    pub size: Option<u64>,
}

/// A file that was given to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// What the host knows about the file.
    pub claims: FileClaims,
    /// The signed id of the file.
    pub id: String,
}

/// Takes files and deletes them. Cheap to clone.
#[derive(Clone)]
pub struct FileService {
    parts: Arc<Parts>,
}

struct Parts {
    workspace: String,
    state: State,
    project: Project,
    turns: TurnService,
    /// Uploads that run or are being put on record.
    running: TaskTracker,
    places: Arc<Semaphore>,
}

impl fmt::Debug for FileService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FileService")
            .field("workspace", &self.parts.workspace)
            .finish_non_exhaustive()
    }
}

impl FileService {
    /// Joins the parts that an upload needs.
    pub fn new(workspace: String, state: State, project: Project, turns: TurnService) -> Self {
        let running = TaskTracker::new();
        let places = Arc::new(Semaphore::new(UPLOADS_AT_ONCE));
        Self { parts: Arc::new(Parts { workspace, state, project, turns, running, places }) }
    }

    /// Waits until no upload runs and all are on record. Nobody may start one any more.
    pub async fn finish(&self) {
        self.parts.running.close();
        self.parts.running.wait().await;
    }

    /// Gives a file to a provider.
    ///
    /// It runs in a task of its own: a caller who leaves stops it in good order. What was stored by
    /// then is deleted, and on record.
    pub async fn upload(
        &self,
        caller: Caller,
        request: FileRequest,
    ) -> Result<UploadedFile, FileError> {
        let user = invited(&caller)?.to_owned();
        let place = Arc::clone(&self.parts.places).try_acquire_owned();
        let place = place.map_err(|_| FileError::Busy)?;
        let (reply, answer) = oneshot::channel();
        let service = self.clone();
        self.parts.running.spawn(async move {
            service.run(&caller, user, request, reply).await;
            drop(place);
        });
        answer.await.map_err(DataError::internal)?
    }

    /// Deletes one of the caller's files at its provider.
    pub async fn delete(&self, caller: &Caller, id: &str) -> Result<(), FileError> {
        let user = invited(caller)?;
        let holder = FileHolder { user, workspace: &self.parts.workspace };
        let claims = match self.parts.state.files().verify(id, holder, Timestamp::now()) {
            Ok(claims) => claims,
            // The provider has deleted it by itself.
            Err(FileRefusal::Expired(_)) => return Ok(()),
            Err(FileRefusal::Invalid) => {
                self.refused(user, "A file id that is not the user's").await?;
                return Err(FileError::Forbidden);
            }
        };
        let target = self.target(&claims.provider).await?;
        let deleted = target.storage.delete(&claims.name).await;
        let outcome = match &deleted {
            Ok(()) => "ok".to_owned(),
            Err(error) => error.code(),
        };
        let row = LedgerEntry { outcome, ..self.deletion(user, &target, "asked for") };
        self.parts.state.ledger().append(row).await?;
        deleted.map_err(|error| FileError::Provider { provider: claims.provider, error })
    }

    /// Uploads, puts it on record and answers; undoes it where nobody hears the answer.
    async fn run(
        &self,
        caller: &Caller,
        user: String,
        request: FileRequest,
        reply: oneshot::Sender<Result<UploadedFile, FileError>>,
    ) {
        let mut sent = Sent::default();
        let attempt = timeout(UPLOAD_WITHIN, self.attempt(caller, &user, request, &mut sent));
        let result = attempt
            .await
            .unwrap_or_else(|_| Err(FileError::Broken("the file did not arrive in time")));
        let Some(target) = sent.target.take() else {
            // Nothing left the host: nothing was given to a provider.
            if let Err(FileError::Data(DataError::Forbidden(_)) | FileError::ProviderNotAllowed) =
                &result
                && let Err(error) = self.refused(&user, "A file for a provider").await
            {
                tracing::error!(%error, "a refusal could not be put on record");
            }
            drop(reply.send(result.map(|(uploaded, _)| uploaded)));
            return;
        };
        let row = self.upload_row(&user, &target, &sent, result.as_ref().err());
        let recorded = self.parts.state.ledger().append(row).await;
        match (result, recorded) {
            (Err(error), _) => drop(reply.send(Err(error))),
            (Ok((uploaded, stored)), Ok(())) => {
                if reply.send(Ok(uploaded)).is_err() {
                    self.undo(&user, &target, &stored, "the caller left").await;
                }
            }
            // What can't be put on record must not be used.
            (Ok((_, stored)), Err(error)) => {
                self.undo(&user, &target, &stored, "the ledger failed").await;
                drop(reply.send(Err(error.into())));
            }
        }
    }

    async fn attempt(
        &self,
        caller: &Caller,
        user: &str,
        request: FileRequest,
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        match request {
            FileRequest::Asset { provider, asset } => {
                let target = self.target(&provider).await?;
                let asset = self.parts.project.asset(caller, &asset).await?;
                let kind = kind(Some(&asset.content_type))?;
                let mut content = Content::asset(asset.content);
                let opened = transfer::open(&mut content, kind, Some(asset.length)).await?;
                sent.collections = vec!["directus_files".into()];
                self.store(user, target, &asset.filename, opened, &mut content, sent).await
            }
            FileRequest::Form(request) => {
                let boundary = boundary(&request.content_type)
                    .ok_or_else(|| FileError::invalid("the form has no boundary"))?;
                let mut form = ClientForm::new(request.body, &boundary, request.content_length);
                let said = (request.provider, request.size);
                let result = self.attempt_form(user, &mut form, said, sent).await;
                if result.is_err() {
                    form.drain().await;
                }
                result
            }
        }
    }

    async fn attempt_form(
        &self,
        user: &str,
        form: &mut ClientForm,
        (mut provider, said_size): (Option<String>, Option<u64>),
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        let head = loop {
            let head = form.part().await?.ok_or_else(FileError::no_file)?;
            if head.filename.is_some() {
                break head;
            }
            let value = form.field(&head).await?;
            if head.name == "provider"
                && provider.replace(value.clone()).is_some_and(|before| before != value)
            {
                return Err(FileError::invalid("Two providers are named for one file"));
            }
        };
        let kind = kind(head.media_type.as_deref())?;
        let Some(provider) = provider else {
            return self.provider_last(user, form, &head, kind, sent).await;
        };
        let target = self.target(&provider).await?;
        let size = said_size.or_else(|| form.expected_length());
        let mut content = Content::Form { form, provider: &provider };
        let opened = transfer::open(&mut content, kind, size).await?;
        self.store(user, target, filename(&head), opened, &mut content, sent).await
    }

    /// Data Studio names the provider behind the file. A small file is kept until then. A larger one
    /// is read past, and the client is asked to send the form once more, to an address that says what
    /// is known now: a file rests nowhere, and goes to no provider that nobody named.
    async fn provider_last(
        &self,
        user: &str,
        form: &mut ClientForm,
        head: &PartHead,
        kind: FileKind,
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        let mut kept = BytesMut::new();
        let mut size = 0;
        while let Some(piece) = form.piece().await? {
            size += piece.len() as u64;
            if size > MAXIMUM_FILE_BYTES {
                return Err(FileError::too_large());
            }
            if size <= KEPT_BYTES as u64 {
                kept.extend_from_slice(&piece);
            } else {
                kept = BytesMut::new();
            }
        }
        let provider =
            form.rest().await?.ok_or_else(|| FileError::invalid("No provider specified"))?;
        let target = self.target(&provider).await?;
        if size > KEPT_BYTES as u64 {
            return Err(FileError::SendAgain { provider, size });
        }
        let mut content = Content::Kept(Some(kept.freeze()));
        let opened = transfer::open(&mut content, kind, Some(size)).await?;
        self.store(user, target, filename(head), opened, &mut content, sent).await
    }

    async fn store(
        &self,
        user: &str,
        target: Target,
        filename: &str,
        opened: transfer::Opened,
        content: &mut Content<'_>,
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        let filename = clean(filename);
        let media_type = opened.kind().media_type();
        sent.media_type = Some(media_type);
        let target = &*sent.target.insert(target);
        let stored = transfer::store(target, &filename, opened, content, &mut sent.bytes).await;
        let (stored, size) = stored?;
        let now = Timestamp::now();
        let expires_at = stored
            .expires_at
            .unwrap_or_else(|| now.saturating_add(FILE_LIFETIME).unwrap_or(Timestamp::MAX));
        let claims = FileClaims {
            user: user.to_owned(),
            workspace: self.parts.workspace.clone(),
            provider: target.provider.clone(),
            reference: stored.reference.clone(),
            name: stored.name.clone(),
            media_type: media_type.to_owned(),
            filename,
            size,
            expires_at: expires_at.as_millisecond(),
        };
        match self.parts.state.files().issue(&claims) {
            Some(id) => Ok((UploadedFile { claims, id }, stored)),
            None => {
                transfer::delete(target, &stored.name).await;
                Err(DataError::internal("a file's address at its provider is too long").into())
            }
        }
    }

    async fn target(&self, provider: &str) -> Result<Target, FileError> {
        let parts = &self.parts;
        let settings = parts.turns.settings().await?;
        target::find(parts.turns.providers(), &settings, &parts.state, &parts.workspace, provider)
            .await
    }

    /// Deletes what nobody can use, and puts it on record.
    async fn undo(&self, user: &str, target: &Target, stored: &StoredFile, reason: &str) {
        transfer::delete(target, &stored.name).await;
        let row = self.deletion(user, target, reason);
        if let Err(error) = self.parts.state.ledger().append(row).await {
            tracing::error!(%error, "the deletion of a file could not be put on record");
        }
    }

    fn row(&self, kind: LedgerKind, user: &str) -> LedgerEntry {
        LedgerEntry {
            user: Some(user.to_owned()),
            ..LedgerEntry::new(self.parts.workspace.clone(), kind)
        }
    }

    fn upload_row(
        &self,
        user: &str,
        target: &Target,
        sent: &Sent,
        error: Option<&FileError>,
    ) -> LedgerEntry {
        LedgerEntry {
            provider: Some(target.provider.clone()),
            endpoint: Some(target.storage.endpoint()),
            region: target.region.clone(),
            collections: sent.collections.clone(),
            items: (!sent.collections.is_empty()).then_some(1),
            bytes_sent: Some(sent.bytes),
            outcome: error.map_or_else(|| "ok".into(), FileError::code),
            reason: sent.media_type.map(str::to_owned),
            ..self.row(LedgerKind::FileUpload, user)
        }
    }

    fn deletion(&self, user: &str, target: &Target, reason: &str) -> LedgerEntry {
        LedgerEntry {
            provider: Some(target.provider.clone()),
            endpoint: Some(target.storage.endpoint()),
            region: target.region.clone(),
            reason: Some(reason.to_owned()),
            ..self.row(LedgerKind::FileDeletion, user)
        }
    }

    async fn refused(&self, user: &str, reason: &str) -> Result<(), StateError> {
        let row = LedgerEntry {
            outcome: "FORBIDDEN".into(),
            reason: Some(reason.to_owned()),
            ..self.row(LedgerKind::Refusal, user)
        };
        self.parts.state.ledger().append(row).await
    }
}

/// What left the host on behalf of an upload.
#[derive(Default)]
struct Sent {
    /// The provider, from the moment on that it is called.
    target: Option<Target>,
    /// Bytes of the file.
    bytes: u64,
    media_type: Option<&'static str>,
    /// Collections of the project that were read.
    collections: Vec<String>,
}

/// The id of a user who may use the assistant.
fn invited(caller: &Caller) -> Result<&str, FileError> {
    caller.accountability.app_user().ok_or(FileError::Forbidden)
}

fn kind(media_type: Option<&str>) -> Result<FileKind, FileError> {
    let declared = media_type.unwrap_or_default();
    if declared.is_empty() {
        return Err(FileError::invalid("The file has no type"));
    }
    declared.parse().map_err(|_| {
        let shown: String = declared.chars().filter(|it| !it.is_control()).take(100).collect();
        FileError::invalid(format!("Unsupported file type: {shown}"))
    })
}

fn filename(head: &PartHead) -> &str {
    head.filename.as_deref().unwrap_or_default()
}

/// A file's own name: without folders and control characters, and of a decent length.
fn clean(name: &str) -> String {
    let own = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = own.chars().filter(|character| !character.is_control()).collect();
    name.truncate(name.floor_char_boundary(FILENAME_BYTES));
    match name.trim() {
        "" => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_plain_name() {
        for (given, expected) in [
            ("report.pdf", "report.pdf"),
            ("C:\\dir\\report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb\0.txt", "ab.txt"),
            ("Grüße 😀.txt", "Grüße 😀.txt"),
            ("", "file"),
            ("folder/", "file"),
            (" ", "file"),
        ] {
            assert_eq!(clean(given), expected, "{given:?}");
        }
        assert_eq!(clean(&"é".repeat(200)).len(), 254);
    }
}
