//! Anthropic's Files API: `POST /v1/files` with a form, `DELETE /v1/files/{id}`. It needs no beta
//! header; one would select another shape of the answer.

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::{
    FILE_LIFETIME, FileContent, FileStorage, NewFile, StorageError, StoredFile,
    client::{Key, StorageClient},
    form, is_plain_id,
};

const VERSION: (HeaderName, HeaderValue) =
    (HeaderName::from_static("anthropic-version"), HeaderValue::from_static("2026-10-21"));

pub(super) struct AnthropicFiles(pub(super) StorageClient);

/// The part of a file's metadata that counts.
#[derive(Deserialize)]
struct Answer {
    id: String,
    size_bytes: Option<u64>,
    expires_at: Option<Timestamp>,
}

#[async_trait]
impl FileStorage for AnthropicFiles {
    fn endpoint(&self) -> String {
        self.0.below(&["v1", "files"]).into()
    }

    fn needs_size(&self) -> bool {
        false
    }

    async fn store(
        &self,
        file: &NewFile,
        content: FileContent,
    ) -> Result<StoredFile, StorageError> {
        let seconds = FILE_LIFETIME.as_secs().to_string();
        let (mut headers, body) =
            form::form_with_file(&[("expires_in_seconds", &seconds)], file.into(), content);
        headers.extend([VERSION]);
        let url = self.0.below(&["v1", "files"]);
        let response = self.0.upload(url, headers, body, Key::Attached).await?;
        let answer: Answer = self.0.json(response).await?;
        if !is_plain_id(&answer.id) {
            return Err(StorageError::Unintelligible { provider: self.0.provider() });
        }
        Ok(StoredFile {
            reference: answer.id.clone(),
            name: answer.id,
            size: answer.size_bytes,
            expires_at: answer.expires_at,
        })
    }

    async fn delete(&self, name: &str) -> Result<(), StorageError> {
        if !is_plain_id(name) {
            return Ok(());
        }
        let headers = HeaderMap::from_iter([VERSION]);
        self.0.delete(self.0.below(&["v1", "files", name]), headers).await
    }
}
