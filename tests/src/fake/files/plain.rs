//! The storages of OpenAI and Anthropic: one form with the file.

use std::sync::Arc;

use axum::{Json, body::Body, extract::State, response::Response};
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use super::{
    Storage, StoredFile,
    multipart::{self, FilePart, Form},
    store::NewFile,
};
use crate::fake::{
    error::ApiError,
    protocol::{anthropic::Anthropic, header_text, openai::OpenAi},
    server::{Shared, refuse, send},
};

/// Seconds of an hour, which a file is kept at least.
const HOUR: u64 = 60 * 60;

/// Seconds of a day.
const DAY: u64 = 24 * HOUR;

/// What a file at OpenAI may be for.
const PURPOSES: &[&str] = &["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];

/// The header that selects Anthropic's older shape of a file.
const BETA: &str = "files-api-2025-04-14";

impl Storage for OpenAi {
    const NAME: &'static str = "openai";

    fn file(file: &StoredFile, _: &HeaderMap, _: &str) -> Value {
        json!({
            "object": "file",
            "id": file.id,
            "purpose": file.purpose,
            "filename": file.filename,
            "bytes": file.bytes,
            "created_at": file.created_at,
            "expires_at": file.expires_at,
            "status": "processed",
            "status_details": null,
        })
    }

    fn deleted(id: &str) -> Value {
        json!({"object": "file", "id": id, "deleted": true})
    }

    fn unknown(id: &str) -> ApiError {
        ApiError::not_found(format!("No such File object: {id}")).param("id")
    }
}

impl Storage for Anthropic {
    const NAME: &'static str = "anthropic";

    fn file(file: &StoredFile, headers: &HeaderMap, _: &str) -> Value {
        let mut body = json!({
            "type": "file",
            "id": file.id,
            "filename": file.filename,
            "mime_type": file.mime_type,
            "size_bytes": file.bytes,
            "created_at": timestamp(file.created_at),
            "downloadable": false,
        });
        if !header_text(headers, "anthropic-beta").is_some_and(|beta| beta.contains(BETA)) {
            body["expires_at"] = file.expires_at.map(timestamp).into();
        }
        body
    }

    fn deleted(id: &str) -> Value {
        json!({"id": id, "type": "file_deleted"})
    }

    fn unknown(id: &str) -> ApiError {
        ApiError::not_found(format!("File not found: {id}"))
    }
}

/// A time as text, UTC.
pub(super) fn timestamp(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(String::new, |time| time.to_string())
}

/// A storage that takes forms.
trait FormStorage: Storage {
    /// How its ids begin.
    const PREFIX: &'static str;

    /// What a form asks for besides its file: purpose, and seconds until the file expires.
    fn wishes(form: &Form) -> Result<(Option<String>, Option<u64>), ApiError>;
}

impl FormStorage for OpenAi {
    const PREFIX: &'static str = "file-";

    fn wishes(form: &Form) -> Result<(Option<String>, Option<u64>), ApiError> {
        let text = |name: &str| form.texts.get(name).map(String::as_str);
        let purpose = text("purpose").ok_or_else(|| {
            ApiError::invalid("'purpose' is a required property").param("purpose")
        })?;
        if !PURPOSES.contains(&purpose) {
            let message = format!("'{purpose}' is not one of {PURPOSES:?} - 'purpose'");
            return Err(ApiError::invalid(message).param("purpose"));
        }
        let expires_in = match (text("expires_after[anchor]"), text("expires_after[seconds]")) {
            (None, None) => None,
            (Some("created_at"), Some(seconds)) => {
                Some(between(seconds, HOUR, 30 * DAY, "expires_after.seconds")?)
            }
            _ => {
                return Err(ApiError::invalid(
                    "Invalid 'expires_after': expected the anchor 'created_at' and seconds.",
                )
                .param("expires_after"));
            }
        };
        Ok((Some(purpose.to_owned()), expires_in))
    }
}

impl FormStorage for Anthropic {
    const PREFIX: &'static str = "file_";

    fn wishes(form: &Form) -> Result<(Option<String>, Option<u64>), ApiError> {
        let seconds = form.texts.get("expires_in_seconds");
        let seconds = seconds.map(|seconds| between(seconds, HOUR, 90 * DAY, "expires_in_seconds"));
        Ok((None, seconds.transpose()?))
    }
}

fn between(text: &str, least: u64, most: u64, name: &str) -> Result<u64, ApiError> {
    text.parse().ok().filter(|seconds| (least..=most).contains(seconds)).ok_or_else(|| {
        ApiError::invalid(format!("{name}: expected a whole number from {least} to {most}"))
            .param(name)
    })
}

/// Handles an upload to one of the two.
pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if headers.contains_key("anthropic-version") {
        take::<Anthropic>(&shared, &method, &uri, &headers, body).await
    } else {
        take::<OpenAi>(&shared, &method, &uri, &headers, body).await
    }
}

async fn take<S: FormStorage>(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let watch = shared.begin(method, uri, headers, Value::Null);
    if let Err(error) = shared.authorised::<S>(headers, uri) {
        return refuse::<S>(shared, watch, error);
    }
    let content_type = header_text(headers, "content-type").unwrap_or_default();
    let stored = match multipart::read(content_type, body).await {
        Ok(form) => {
            shared.records.body(watch.number(), recorded(&form));
            store::<S>(shared, form)
        }
        Err(message) => Err(ApiError::invalid(message)),
    };
    match stored {
        Ok(file) => send::<S>(shared, watch, Json(S::file(&file, headers, uri.path()))),
        Err(error) => refuse::<S>(shared, watch, error),
    }
}

/// What the record has of a form.
fn recorded(form: &Form) -> Value {
    let files = form.files.iter().map(|(name, file)| {
        let file = json!({
            "filename": file.filename, "content_type": file.content_type, "bytes": file.bytes,
        });
        (name.clone(), file)
    });
    let texts = form.texts.iter().map(|(name, text)| (name.clone(), text.as_str().into()));
    texts.chain(files).collect::<serde_json::Map<_, _>>().into()
}

fn store<S: FormStorage>(shared: &Shared, form: Form) -> Result<StoredFile, ApiError> {
    let (purpose, expires_in) = S::wishes(&form)?;
    let Some(FilePart { filename, content_type, bytes }) = form.files.get("file").cloned() else {
        return Err(ApiError::invalid("file: Field required").param("file"));
    };
    if bytes == 0 {
        return Err(ApiError::invalid("File is empty.").param("file"));
    }
    let new = NewFile {
        filename,
        mime_type: content_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        bytes,
        purpose,
        expires_in,
        processing: 0,
    };
    Ok(shared.files.add(S::NAME, S::PREFIX, new))
}
