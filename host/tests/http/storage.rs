//! A provider's file storage that remembers what it was left with.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use futures_util::StreamExt;
use http::StatusCode;
use serde_json::json;
use tokio::{net::TcpListener, time::sleep};

/// How the storage answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mood {
    #[default]
    Well,
    /// With an error status, after the whole file.
    Refusing(u16),
    /// With an error status, before the file.
    Hasty(u16),
    /// With another size than the file has.
    Forgetful,
    /// After a while.
    Slow(Duration),
}

#[derive(Debug, Default)]
struct Inside {
    mood: Mood,
    files: BTreeMap<String, Vec<u8>>,
    begun: usize,
    broken: usize,
    deleted: usize,
}

/// A storage in OpenAI's terms, on loopback. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    authority: String,
    inside: Arc<Mutex<Inside>>,
}

impl Storage {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let authority = listener.local_addr().expect("an address").to_string();
        let storage = Self { authority, inside: Arc::default() };
        let router = Router::new()
            .route("/v1/files", post(store))
            .route("/v1/files/{id}", delete(remove))
            .layer(DefaultBodyLimit::disable())
            .with_state(storage.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        storage
    }

    /// Providers for a configuration: one with this storage, one without a key, one without models,
    /// and the exception for the address.
    pub(crate) fn configuration(&self) -> String {
        let Self { authority, .. } = self;
        let provider = |id: &str, models: &str| {
            format!(
                "[[providers]]\nid = \"{id}\"\nkind = \"openai\"\n\
                 base_url = \"http://{authority}/v1\"\nallowed_models = {models}\n"
            )
        };
        format!(
            "{}{}{}[[providers]]\nid = \"local\"\nkind = \"openai-compatible\"\n\
             base_url = \"http://{authority}/v1\"\nallowed_models = [\"m\"]\n\
             [egress]\nallow_private = [\"{authority}\"]\n",
            provider("store", "[\"m\"]"),
            provider("keyless", "[\"m\"]"),
            provider("idle", "[]"),
        )
    }

    fn with<T>(&self, read: impl FnOnce(&mut Inside) -> T) -> T {
        read(&mut self.inside.lock().expect("no panic"))
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.with(|inside| inside.mood = mood);
    }

    /// The contents that are in the storage.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        self.with(|inside| inside.files.values().cloned().collect())
    }

    /// Uploads that were begun, those of them that broke off, and deletions.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        self.with(|inside| (inside.begun, inside.broken, inside.deleted))
    }
}

async fn store(State(storage): State<Storage>, body: Body) -> Response {
    let mood = storage.with(|inside| {
        inside.begun += 1;
        inside.mood
    });
    if let Mood::Hasty(status) = mood {
        return (StatusCode::from_u16(status).expect("a status"), "prose").into_response();
    }
    let mut form = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        match piece {
            Ok(piece) => form.extend_from_slice(&piece),
            Err(_) => {
                storage.with(|inside| inside.broken += 1);
                return StatusCode::BAD_REQUEST.into_response();
            }
        }
    }
    if let Mood::Refusing(status) = mood {
        return (StatusCode::from_u16(status).expect("a status"), "prose").into_response();
    }
    let content = last_part(&form).to_vec();
    let bytes = content.len() + usize::from(mood == Mood::Forgetful);
    let id = storage.with(|inside| {
        let id = format!("file-{}", inside.begun);
        inside.files.insert(id.clone(), content);
        id
    });
    if let Mood::Slow(pause) = mood {
        sleep(pause).await;
    }
    Json(json!({"id": id, "object": "file", "bytes": bytes})).into_response()
}

async fn remove(State(storage): State<Storage>, Path(id): Path<String>) -> StatusCode {
    storage.with(|inside| {
        inside.deleted += 1;
        match inside.files.remove(&id) {
            Some(_) => StatusCode::OK,
            None => StatusCode::NOT_FOUND,
        }
    })
}

/// The content of the last part of a form.
fn last_part(form: &[u8]) -> &[u8] {
    let find = |haystack: &[u8], needle: &[u8]| {
        haystack.windows(needle.len()).position(|window| window == needle)
    };
    let marker = b"filename=\"";
    let file = find(form, marker).expect("a file");
    let start = file + find(&form[file..], b"\r\n\r\n").expect("a head") + 4;
    let boundary = find(form, b"\r\n").expect("a boundary");
    let end = form.len() - (boundary + b"\r\n--\r\n".len());
    &form[start..end]
}
