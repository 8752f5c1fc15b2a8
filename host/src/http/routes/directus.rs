//! Reads of a running Directus that the host's page makes. They are passed on with the caller's own
//! credential: Directus decides what they give.

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use crate::{
    app::App,
    backend::Backend,
    http::{
        HttpError,
        auth::AppUser,
        parameters::{PathParameters, PlainRead},
    },
};

/// What the page reads, and nothing else of Directus's API.
const READS: [&str; 11] = [
    "/users/me",
    "/policies/me/globals",
    "/permissions/me",
    "/collections",
    "/fields",
    "/fields/{collection}",
    "/items/{collection}",
    "/items/{collection}/{id}",
    "/files",
    "/roles",
    "/users",
];

/// The reads, for users of the assistant alone.
pub(super) fn routes() -> Router<App> {
    READS
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, get(read)))
        .route("/assets/{id}", get(asset))
}

async fn read(
    State(app): State<App>,
    AppUser(caller): AppUser,
    PlainRead { path, query }: PlainRead,
) -> Result<Json<Value>, HttpError> {
    let Backend::Directus(directus) = &app.backend else { return Err(HttpError::forbidden()) };
    Ok(Json(json!({ "data": directus.plain_read(&caller, &path, &query).await? })))
}

/// `GET /assets/{id}`: a file, to be saved or shown as an image.
async fn asset(
    State(app): State<App>,
    AppUser(caller): AppUser,
    PathParameters([id]): PathParameters<1>,
) -> Result<Response, HttpError> {
    let file = app.backend.file(&caller, &id).await?;
    let mut response = Body::from_stream(ReaderStream::new(file.content)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    if let Some(length) = file.length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let Ok(media_type) = HeaderValue::from_str(&file.media_type) {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    Ok(response)
}
