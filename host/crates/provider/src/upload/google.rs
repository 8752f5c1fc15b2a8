//! Google's Files API: a resumable upload in two requests, `DELETE /v1beta/files/{id}`. Google keeps
//! files for 48 hours whatever it is asked.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{
    Body, Method, Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;
use url::Url;

use super::{
    FileContent, FileStorage, NewFile, StorageError, StoredFile,
    client::{Key, StorageClient},
    is_plain_id,
};

const PROTOCOL: HeaderName = HeaderName::from_static("x-goog-upload-protocol");
const COMMAND: HeaderName = HeaderName::from_static("x-goog-upload-command");
const OFFSET: HeaderName = HeaderName::from_static("x-goog-upload-offset");
const HEADER_LENGTH: HeaderName = HeaderName::from_static("x-goog-upload-header-content-length");
const HEADER_TYPE: HeaderName = HeaderName::from_static("x-goog-upload-header-content-type");
const UPLOAD_URL: HeaderName = HeaderName::from_static("x-goog-upload-url");

/// Characters of a display name at most.
const DISPLAY_NAME: usize = 512;
/// Bytes of a file's address at most.
const ADDRESS_BYTES: usize = 512;
/// Pause between two looks at a file that is being processed, as videos are.
const PAUSE: Duration = Duration::from_secs(1);
/// Looks at a file that is being processed.
const LOOKS: u32 = 90;

pub(super) struct GoogleFiles(pub(super) StorageClient);

/// The answer to a finished upload.
#[derive(Deserialize)]
struct Answer {
    file: File,
}

/// The part of a `File` that counts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    /// `files/…`.
    name: String,
    uri: String,
    /// A number, as a string.
    size_bytes: Option<String>,
    expiration_time: Option<Timestamp>,
    #[serde(default)]
    state: State,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    Processing,
    Failed,
    #[default]
    #[serde(other)]
    Active,
}

#[async_trait]
impl FileStorage for GoogleFiles {
    fn endpoint(&self) -> String {
        self.upload_address().into()
    }

    fn needs_size(&self) -> bool {
        true
    }

    async fn store(
        &self,
        file: &NewFile,
        content: FileContent,
    ) -> Result<StoredFile, StorageError> {
        let Some(size) = file.size else {
            return Err(StorageError::SizeUnknown { provider: self.0.provider() });
        };
        let address = self.start(file, size).await?;
        let headers = HeaderMap::from_iter([
            (COMMAND, HeaderValue::from_static("upload, finalize")),
            (OFFSET, HeaderValue::from_static("0")),
            (CONTENT_LENGTH, HeaderValue::from(size)),
        ]);
        // The address holds the permission to upload this one file; the key isn't needed.
        let body = Body::wrap_stream(content);
        let response = self.0.upload(address, headers, body, Key::Omitted).await?;
        let Answer { file } = self.0.json(response).await?;
        if self.id(&file.name).is_none() || !is_address(&file.uri) {
            return Err(self.unintelligible());
        }
        match self.processed(file).await {
            Ok(file) => Ok(stored(file)),
            Err((name, error)) => {
                if let Err(error) = self.delete(&name).await {
                    tracing::warn!(%error, "a file that failed could not be deleted");
                }
                Err(error)
            }
        }
    }

    async fn delete(&self, name: &str) -> Result<(), StorageError> {
        match self.id(name) {
            Some(id) => self.0.delete(self.0.below(&["files", id]), HeaderMap::new()).await,
            None => Ok(()),
        }
    }
}

impl GoogleFiles {
    /// `/upload` stands in front of the version: `/upload/v1beta/files`.
    fn upload_address(&self) -> Url {
        let mut segments: Vec<&str> = self.0.base_segments().collect();
        segments.insert(segments.len().saturating_sub(1), "upload");
        segments.push("files");
        self.0.address(segments)
    }

    /// Announces a file; gives the address that its content goes to.
    async fn start(&self, file: &NewFile, size: u64) -> Result<Url, StorageError> {
        let headers = HeaderMap::from_iter([
            (PROTOCOL, HeaderValue::from_static("resumable")),
            (COMMAND, HeaderValue::from_static("start")),
            (HEADER_LENGTH, HeaderValue::from(size)),
            (HEADER_TYPE, HeaderValue::from_static(file.media_type)),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        let name: String = file.filename.chars().take(DISPLAY_NAME).collect();
        let body = json!({"file": {"display_name": name}}).to_string();
        let response = self.0.ask(Method::POST, self.upload_address(), headers, body).await?;
        let address = upload_url(&response).ok_or_else(|| self.unintelligible())?;
        self.0.own_address(address)
    }

    /// Waits until a file can be used. On failure, the name of the file and why.
    async fn processed(&self, mut file: File) -> Result<File, (String, StorageError)> {
        let failed = || StorageError::NotProcessed { provider: self.0.provider() };
        for _ in 0..LOOKS {
            match file.state {
                State::Active => return Ok(file),
                State::Failed => return Err((file.name, failed())),
                State::Processing => sleep(PAUSE).await,
            }
            match self.look(&file.name).await {
                Ok(found) => file.state = found.state,
                Err(error) => return Err((file.name, error)),
            }
        }
        Err((file.name, failed()))
    }

    async fn look(&self, name: &str) -> Result<File, StorageError> {
        let id = self.id(name).ok_or_else(|| self.unintelligible())?;
        let url = self.0.below(&["files", id]);
        let response = self.0.ask(Method::GET, url, HeaderMap::new(), Body::default()).await?;
        self.0.json(response).await
    }

    fn id<'a>(&self, name: &'a str) -> Option<&'a str> {
        name.strip_prefix("files/").filter(|id| is_plain_id(id))
    }

    fn unintelligible(&self) -> StorageError {
        StorageError::Unintelligible { provider: self.0.provider() }
    }
}

fn upload_url(response: &Response) -> Option<&str> {
    response.headers().get(UPLOAD_URL)?.to_str().ok()
}

/// The address of a file, which goes back to Google in requests for answers and nowhere else.
fn is_address(uri: &str) -> bool {
    uri.len() <= ADDRESS_BYTES
        && Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

fn stored(file: File) -> StoredFile {
    StoredFile {
        reference: file.uri,
        name: file.name,
        size: file.size_bytes.and_then(|size| size.parse().ok()),
        expires_at: file.expiration_time,
    }
}
