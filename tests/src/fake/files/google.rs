//! Google's storage: an upload is opened first, then its bytes are sent to an address of its own.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};

use super::{
    Storage, StoredFile,
    plain::timestamp,
    store::{NewFile, Session},
};
use crate::fake::{
    error::ApiError,
    protocol::{gemini::Gemini, header_text},
    server::{Shared, refuse, send},
};

/// Seconds until a file expires: 48 hours.
const LIFETIME: u64 = 48 * 60 * 60;

/// Looks at a video that find it in processing.
const VIDEO_LOOKS: u32 = 1;

/// Bytes of the description that opens an upload.
const DESCRIPTION_LIMIT: usize = 64 * 1024;

const STATUS: &str = "x-goog-upload-status";

impl Storage for Gemini {
    const NAME: &'static str = "google";

    fn file(file: &StoredFile, headers: &HeaderMap, at: &str) -> Value {
        let version = if at.contains("/v1beta/") { "v1beta" } else { "v1" };
        let uri = format!("{}/{version}/files/{}", origin(headers), file.id);
        json!({
            "name": format!("files/{}", file.id),
            "displayName": file.filename,
            "mimeType": file.mime_type,
            "sizeBytes": file.bytes.to_string(),
            "createTime": timestamp(file.created_at),
            "updateTime": timestamp(file.created_at),
            "expirationTime": file.expires_at.map(timestamp),
            "uri": uri,
            "state": if file.processing > 0 { "PROCESSING" } else { "ACTIVE" },
            "source": "UPLOADED",
        })
    }

    fn deleted(_: &str) -> Value {
        json!({})
    }

    fn unknown(id: &str) -> ApiError {
        ApiError::new(
            StatusCode::FORBIDDEN,
            format!("You do not have permission to access the File {id} or it may not exist."),
        )
    }
}

fn origin(headers: &HeaderMap) -> String {
    format!("http://{}", header_text(headers, "host").unwrap_or_default())
}

/// Handles both requests of an upload: the second has the id that the first was given.
pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let watch = shared.begin(&method, &uri, &headers, Value::Null);
    let query = uri.query().unwrap_or_default();
    let session = query.split('&').find_map(|pair| pair.strip_prefix("upload_id="));
    let answer = match session {
        Some(id) => receive(&shared, id, &uri, &headers, body).await,
        None => open(&shared, watch.number(), &uri, &headers, body).await,
    };
    match answer {
        Ok(response) => send::<Gemini>(&shared, watch, response),
        Err(error) => refuse::<Gemini>(&shared, watch, error),
    }
}

async fn open(
    shared: &Shared,
    number: u64,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    shared.authorised::<Gemini>(headers, uri)?;
    let header = |name: &str| header_text(headers, name);
    if header("x-goog-upload-protocol") != Some("resumable")
        || header("x-goog-upload-command") != Some("start")
    {
        return Err(ApiError::invalid(
            "An upload begins with X-Goog-Upload-Protocol: resumable and X-Goog-Upload-Command: \
             start.",
        ));
    }
    let length = header("x-goog-upload-header-content-length");
    let announced = length
        .map(|length| length.parse().map_err(|_| ApiError::invalid("Invalid content length.")))
        .transpose()?;
    let bytes = axum::body::to_bytes(body, DESCRIPTION_LIMIT)
        .await
        .map_err(|_| ApiError::invalid("The description of the file is too long."))?;
    let description = if bytes.is_empty() {
        json!({})
    } else {
        serde_json::from_slice::<Value>(&bytes)
            .map_err(|_| ApiError::invalid("Invalid JSON payload received."))?
    };
    shared.records.body(number, description.clone());
    let file = &description["file"];
    let text = |names: [&str; 2]| names.into_iter().find_map(|name| file[name].as_str());
    let mime_type = header("x-goog-upload-header-content-type")
        .or_else(|| text(["mimeType", "mime_type"]))
        .ok_or_else(|| ApiError::invalid("The media type of the file is missing."))?;
    let filename = text(["displayName", "display_name"]).unwrap_or_default();
    let id = shared.files.open(Session {
        file: NewFile {
            filename: filename.to_owned(),
            mime_type: mime_type.to_owned(),
            processing: if mime_type.starts_with("video/") { VIDEO_LOOKS } else { 0 },
            expires_in: Some(LIFETIME),
            ..NewFile::default()
        },
        announced,
    });
    let url = format!("{}{}?upload_id={id}&upload_protocol=resumable", origin(headers), uri.path());
    Ok([(STATUS, "active".to_owned()), ("x-goog-upload-url", url)].into_response())
}

async fn receive(
    shared: &Shared,
    id: &str,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let command = header_text(headers, "x-goog-upload-command").unwrap_or_default();
    let commands = command.split(',').map(str::trim).collect::<Vec<_>>();
    let offset = header_text(headers, "x-goog-upload-offset");
    let offset = offset.and_then(|offset| offset.parse().ok());
    let unknown = || ApiError::not_found("There is no such upload.");
    if commands == ["cancel"] {
        shared.files.close(id).ok_or_else(unknown)?;
        return Ok([(STATUS, "cancelled")].into_response());
    }
    if commands.contains(&"upload") {
        let offset = offset.ok_or_else(|| ApiError::invalid("X-Goog-Upload-Offset is missing."))?;
        let bytes = count(body).await?;
        let received = shared.files.receive(id, offset, bytes).ok_or_else(unknown)?;
        received.map_err(|stands| {
            ApiError::invalid(format!("The upload stands at {stands}, not at {offset}."))
        })?;
    }
    if !commands.contains(&"finalize") {
        return Ok([(STATUS, "active")].into_response());
    }
    let Session { file, announced } = shared.files.close(id).ok_or_else(unknown)?;
    if announced.is_some_and(|announced| announced != file.bytes) {
        return Err(ApiError::invalid(format!(
            "The upload has {} bytes, which is not what was announced.",
            file.bytes
        )));
    }
    let stored = shared.files.add(Gemini::NAME, "f", file);
    let body = Json(json!({"file": Gemini::file(&stored, headers, uri.path())}));
    Ok(([(STATUS, "final")], body).into_response())
}

/// Counts the bytes of a body.
async fn count(body: Body) -> Result<u64, ApiError> {
    let mut stream = body.into_data_stream();
    let mut count = 0;
    while let Some(bytes) = stream.next().await {
        count += bytes.map_err(|_| ApiError::invalid("The upload broke off."))?.len() as u64;
    }
    Ok(count)
}
