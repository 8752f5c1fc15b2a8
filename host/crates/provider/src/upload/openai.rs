//! OpenAI's Files API: `POST /v1/files` with a form, `DELETE /v1/files/{id}`.

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::{
    FILE_LIFETIME, FileContent, FileStorage, NewFile, StorageError, StoredFile,
    client::{Key, StorageClient},
    form, is_plain_id,
};

pub(super) struct OpenAiFiles(pub(super) StorageClient);

/// The part of a `file` object that counts.
#[derive(Deserialize)]
struct Answer {
    id: String,
    bytes: Option<u64>,
    /// Seconds since 1970.
    expires_at: Option<i64>,
}

#[async_trait]
impl FileStorage for OpenAiFiles {
    fn endpoint(&self) -> String {
        self.0.below(&["files"]).into()
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
        let fields = [
            ("purpose", "user_data"),
            ("expires_after[anchor]", "created_at"),
            ("expires_after[seconds]", &seconds),
        ];
        let (headers, body) = form::form_with_file(&fields, file.into(), content);
        let url = self.0.below(&["files"]);
        let response = self.0.upload(url, headers, body, Key::Attached).await?;
        let answer: Answer = self.0.json(response).await?;
        if !is_plain_id(&answer.id) {
            return Err(StorageError::Unintelligible { provider: self.0.provider() });
        }
        Ok(StoredFile {
            reference: answer.id.clone(),
            name: answer.id,
            size: answer.bytes,
            expires_at: answer.expires_at.and_then(|seconds| Timestamp::from_second(seconds).ok()),
        })
    }

    async fn delete(&self, name: &str) -> Result<(), StorageError> {
        if !is_plain_id(name) {
            return Ok(());
        }
        self.0.delete(self.0.below(&["files", name]), HeaderMap::new()).await
    }
}
