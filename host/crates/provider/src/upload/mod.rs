//! Files on their way into a provider's storage, and out of it again.
//!
//! A [`FileStorage`] is one provider's. What is stored streams through it: no implementation holds
//! more of a file than the piece that it is sending. Whatever goes wrong before the whole content was
//! handed over leaves nothing at the provider: the request is broken off, and a provider stores no
//! file whose request never ended.

mod anthropic;
mod client;
mod error;
mod form;
mod google;
mod openai;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use thiserror::Error;

pub use error::StorageError;
pub use form::{FormFile, form_with_file};

use crate::{EgressClient, KeyLookup, ProviderError, ProviderKind, ProviderSettings};
use client::StorageClient;

/// How long a file stays at the provider: what Google keeps it anyway, and what the others are asked
/// for. The others would keep it for ever otherwise.
pub const FILE_LIFETIME: Duration = Duration::from_secs(48 * 60 * 60);

/// A file that is to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Name, for the provider. No control characters.
    pub filename: String,
    /// IANA media type.
    pub media_type: &'static str,
    /// Bytes, where they are known. The content has to be exactly as long then.
    pub size: Option<u64>,
}

/// Shows what kind of file it is, never what it is called.
impl fmt::Debug for NewFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewFile")
            .field("media_type", &self.media_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// The content of a file broke off, or must not be stored after all. The request to the provider is
/// broken off with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the content of the file broke off")]
pub struct ContentBroken;

/// The content of a file, in pieces.
pub type FileContent = BoxStream<'static, Result<Bytes, ContentBroken>>;

/// A file in a provider's storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// What a request names the file by: its id, or its address at the provider.
    pub reference: String,
    /// What the storage calls the file, for [`FileStorage::delete`].
    pub name: String,
    /// Bytes that the provider says it has.
    pub size: Option<u64>,
    /// When the provider forgets the file, where it says so.
    pub expires_at: Option<Timestamp>,
}

/// The file storage of one provider.
#[async_trait]
pub trait FileStorage: Send + Sync {
    /// Where files go: scheme, host, port and path, for the ledger.
    fn endpoint(&self) -> String;

    /// Whether [`NewFile::size`] has to be known.
    fn needs_size(&self) -> bool;

    /// Stores a file. Returns when the provider has it and can use it.
    ///
    /// Dropping the future breaks the request off. Limits on time are the caller's, who knows how
    /// fast the content can come.
    async fn store(&self, file: &NewFile, content: FileContent)
    -> Result<StoredFile, StorageError>;

    /// Deletes a file by its [`StoredFile::name`]. One that isn't there any more is as good.
    async fn delete(&self, name: &str) -> Result<(), StorageError>;
}

/// The file storage of a provider; none if its kind has no such thing.
///
/// Errors: those of an [`HttpTransport`](crate::HttpTransport).
pub fn file_storage(
    settings: ProviderSettings,
    egress: EgressClient,
    keys: Arc<dyn KeyLookup>,
) -> Result<Option<Arc<dyn FileStorage>>, ProviderError> {
    let kind = settings.kind;
    if matches!(kind, ProviderKind::OpenAiCompatible | ProviderKind::Demo) {
        return Ok(None);
    }
    let client = StorageClient::new(settings, egress, keys)?;
    Ok(match kind {
        ProviderKind::OpenAi => Some(Arc::new(openai::OpenAiFiles(client))),
        ProviderKind::Anthropic => Some(Arc::new(anthropic::AnthropicFiles(client))),
        ProviderKind::Google => Some(Arc::new(google::GoogleFiles(client))),
        ProviderKind::OpenAiCompatible | ProviderKind::Demo => None,
    })
}

/// Whether a text can be one segment of a path: `[A-Za-z0-9_-]`, 1 to 256 of them. Ids come from a
/// provider's answer and go into addresses.
fn is_plain_id(id: &str) -> bool {
    (1..=256).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_from_an_answer_is_one_segment_of_a_path() {
        for id in ["file-abc123", "file_011CNha8iCJcU1wXNR6q4V8w", "abc-123", &"a".repeat(256)] {
            assert!(is_plain_id(id), "{id}");
        }
        for id in ["", ".", "..", "a/b", "a?b", "a#b", "a%2fb", "a b", "ä", &"a".repeat(257)] {
            assert!(!is_plain_id(id), "{id}");
        }
    }
}
