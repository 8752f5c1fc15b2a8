//! File storage of the three services. Bytes are counted and thrown away; what is there and what was
//! deleted is on record.

mod google;
mod multipart;
mod plain;
mod store;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, Method, Uri};
use serde_json::Value;

use super::{
    protocol::{Service, anthropic::Anthropic, gemini::Gemini, openai::OpenAi},
    server::{Shared, refuse, send},
};

pub(super) use store::FileStore;
pub use store::StoredFile;

/// The routes of all file storages. Those of OpenAI and Anthropic are the same, and Google has them under
/// its first version too: the headers tell which service is meant.
pub(super) fn router() -> Router<Arc<Shared>> {
    let file = get(one).delete(one);
    Router::new()
        .route("/v1/files", post(plain::upload))
        .route("/v1/files/{id}", file.clone())
        .route("/v1beta/files/{id}", file)
        .route("/upload/v1/files", post(google::upload))
        .route("/upload/v1beta/files", post(google::upload))
}

/// What a storage writes of its files.
trait Storage: Service {
    /// What [`StoredFile::service`] says.
    const NAME: &'static str;

    /// A file. `at` is the address that the request came to.
    fn file(file: &StoredFile, headers: &HeaderMap, at: &str) -> Value;

    /// The answer to a deletion.
    fn deleted(id: &str) -> Value;

    /// The error for a file that isn't there, or was deleted.
    fn unknown(id: &str) -> super::error::ApiError;
}

async fn one(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key("x-goog-api-key") || uri.path().starts_with("/v1beta/") {
        handle::<Gemini>(&shared, &id, &method, &uri, &headers)
    } else if headers.contains_key("anthropic-version") {
        handle::<Anthropic>(&shared, &id, &method, &uri, &headers)
    } else {
        handle::<OpenAi>(&shared, &id, &method, &uri, &headers)
    }
}

fn handle<S: Storage>(
    shared: &Shared,
    id: &str,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let watch = shared.begin(method, uri, headers, Value::Null);
    let answer = shared.authorised::<S>(headers, uri).and_then(|()| {
        let file = if method == Method::DELETE {
            shared.files.delete(S::NAME, id).map(|()| S::deleted(id))
        } else {
            shared.files.look(S::NAME, id).map(|file| S::file(&file, headers, uri.path()))
        };
        file.ok_or_else(|| S::unknown(id))
    });
    match answer {
        Ok(body) => send::<S>(shared, watch, axum::Json(body)),
        Err(error) => refuse::<S>(shared, watch, error),
    }
}
