//! Images and sounds for a model to look at or listen to.

use base64::{Engine, prelude::BASE64_STANDARD};
use palisade_data::{Caller, DataError, Media, Outcome};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use crate::{Directus, link, rest::Request};

/// Bytes of an asset at most, so that its base64 has at most 4 MiB.
const ASSET_BYTES: usize = 3 * 1024 * 1024;
/// Pixels of a side at most. Directus makes a larger image smaller; models see no more anyway.
const SIDE: u32 = 1_024;

const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const SOUNDS: [&str; 4] = ["audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav"];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    filename_download: Option<String>,
    #[serde(rename = "type", default)]
    media_type: Option<String>,
    #[serde(default)]
    width: Option<u32>,
    #[serde(default)]
    height: Option<u32>,
}

/// A file with its content.
pub struct DirectusFile {
    /// IANA media type.
    pub media_type: String,
    /// Bytes, where Directus says.
    pub length: Option<u64>,
    /// Name to save it under.
    pub filename: String,
    /// The content as it arrives.
    pub content: Box<dyn AsyncRead + Send + Unpin>,
}

impl Directus {
    /// A file that the caller may read.
    ///
    /// Errors: [`DataError`] of Directus; [`DataError::Forbidden`] also for one that doesn't exist.
    pub async fn file(&self, caller: &Caller, id: &str) -> Result<DirectusFile, DataError> {
        let row = Request::read(["files", id]).parameter("fields", "id,type,filename_download");
        let row = self.rest.data(caller.into(), row).await?;
        let file: File = serde_json::from_value(row).map_err(DataError::internal)?;
        let request = Request::read(["assets", id]);
        let (length, content) = self.rest.stream(caller.into(), request).await?;
        Ok(DirectusFile {
            media_type: file.media_type.unwrap_or_else(|| "application/octet-stream".into()),
            length,
            filename: file.filename_download.unwrap_or_else(|| id.to_owned()),
            content: Box::new(StreamReader::new(content)),
        })
    }

    pub(crate) async fn read_asset(&self, caller: &Caller, id: &str) -> Result<Outcome, DataError> {
        let row = Request::read(["files", id]).parameter("fields", "id,title,type,width,height");
        let row = self.rest.data(caller.into(), row).await?;
        let file: File = serde_json::from_value(row).map_err(DataError::internal)?;
        let media_type = file.media_type.unwrap_or_default();
        let is_image = IMAGES.contains(&media_type.as_str());
        if !is_image && !SOUNDS.contains(&media_type.as_str()) {
            return Err(DataError::Refused {
                status: 415,
                code: "UNSUPPORTED_MEDIA_TYPE".into(),
                message: "Only images (JPEG, PNG, GIF, WebP) and sounds (MP3, WAV) can be looked \
                          at or listened to."
                    .into(),
            });
        }
        let mut request = Request::read(["assets", id]);
        let large = |side: Option<u32>| side.is_some_and(|side| side > SIDE);
        if is_image && (large(file.width) || large(file.height)) {
            request = request
                .parameter("width", SIDE.to_string())
                .parameter("height", SIDE.to_string())
                .parameter("fit", "inside")
                .parameter("withoutEnlargement", "true");
        }
        let (headers, content) = self.rest.bytes(caller.into(), request, ASSET_BYTES).await?;
        // The transformation may have changed the format.
        let served = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let served = served.and_then(|value| value.split(';').next()).map(str::trim);
        let served = served.filter(|served| IMAGES.contains(served)).unwrap_or(&media_type);
        Ok(Outcome {
            data: json!([{
                "id": id,
                "title": file.title,
                "type": served,
                "bytes": content.len(),
            }]),
            items: 1,
            collections: vec!["directus_files".into()],
            fields: vec!["directus_files.content".into()],
            link: link::item(&self.studio, "directus_files", &id.into()),
            media: Some(Media {
                media_type: served.to_owned(),
                base64: BASE64_STANDARD.encode(&content),
            }),
        })
    }
}
