//! What the ledger says about a file on its way: who, where to, how much; never what.

use palisade_state::{LedgerEntry, LedgerKind};

use super::{FileError, FileService, target::Target};

/// What left the host on behalf of an upload.
#[derive(Default)]
pub(super) struct Sent {
    /// The provider, from the moment on that it is called.
    pub(super) target: Option<Target>,
    /// Bytes of the file.
    pub(super) bytes: u64,
    /// What the file is.
    pub(super) media_type: Option<&'static str>,
    /// Collections of the project that were read.
    pub(super) collections: Vec<String>,
}

impl FileService {
    /// A row about something that a user did.
    pub(super) fn row(&self, kind: LedgerKind, user: &str) -> LedgerEntry {
        LedgerEntry {
            user: Some(user.to_owned()),
            ..LedgerEntry::new(self.parts.workspace.clone(), kind)
        }
    }

    /// The row of a file that went to a provider, whole or in part.
    pub(super) fn upload_row(
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

    /// The row of a file that was deleted there.
    pub(super) fn deletion(&self, user: &str, target: &Target, reason: &str) -> LedgerEntry {
        LedgerEntry {
            provider: Some(target.provider.clone()),
            endpoint: Some(target.storage.endpoint()),
            region: target.region.clone(),
            reason: Some(reason.to_owned()),
            ..self.row(LedgerKind::FileDeletion, user)
        }
    }
}
