//! Takes files for one workspace's providers, and deletes them.

use std::{fmt, sync::Arc, time::Duration};

use axum::body::Body;
use jiff::Timestamp;
use palisade_data::{Caller, DataError};
use palisade_provider::StoredFile;
use palisade_state::{
    FileClaims, FileHolder, FileRefusal, LedgerEntry, LedgerKind, State, StateError,
};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};
use tokio_util::task::TaskTracker;

use super::{
    FileError,
    record::Sent,
    target::{self, Target},
    transfer,
};
use crate::{backend::Backend, turn::TurnService};

/// Files on their way at a time.
const UPLOADS_AT_ONCE: usize = 64;
/// Time for a file, from the first byte to the answer.
const UPLOAD_WITHIN: Duration = Duration::from_secs(15 * 60);

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
    pub(super) parts: Arc<Parts>,
}

pub(super) struct Parts {
    pub(super) workspace: String,
    pub(super) state: State,
    pub(super) backend: Backend,
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
    pub fn new(workspace: String, state: State, backend: Backend, turns: TurnService) -> Self {
        let running = TaskTracker::new();
        let places = Arc::new(Semaphore::new(UPLOADS_AT_ONCE));
        Self { parts: Arc::new(Parts { workspace, state, backend, turns, running, places }) }
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

    /// The provider of an id, if it may be given a file now.
    pub(super) async fn target(&self, provider: &str) -> Result<Target, FileError> {
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

    async fn refused(&self, user: &str, reason: &str) -> Result<(), StateError> {
        let row = LedgerEntry {
            outcome: "FORBIDDEN".into(),
            reason: Some(reason.to_owned()),
            ..self.row(LedgerKind::Refusal, user)
        };
        self.parts.state.ledger().append(row).await
    }
}

/// The id of a user who may use the assistant.
fn invited(caller: &Caller) -> Result<&str, FileError> {
    caller.accountability.app_user().ok_or(FileError::Forbidden)
}
