//! The embedded project's reads, in the shapes that Directus's own SDK expects.

use axum::{
    Json, Router,
    body::Body,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use crate::{
    app::App,
    http::{
        HttpError,
        auth::Anyone,
        embedded::Embedded,
        parameters::{ItemQuery, PathParameters},
    },
};

/// Bytes of a file that are read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// The reads of the embedded project.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/users/me", get(users_me))
        .route("/policies/me/globals", get(policies_me_globals))
        .route("/permissions/me", get(permissions_me))
        .route("/collections", get(collections))
        .route("/fields", get(all_fields))
        .route("/fields/{collection}", get(fields))
        .route("/items/{collection}", get(items))
        .route("/items/{collection}/{id}", get(item))
        .route("/files", get(files))
        .route("/roles", get(roles))
        .route("/users", get(users))
        .route("/assets/{id}", get(asset))
}

type Answer = Result<Json<Value>, HttpError>;

fn answer(data: Value) -> Answer {
    Ok(Json(json!({ "data": data })))
}

/// `GET /users/me`.
async fn users_me(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.users_me(&caller, &query).await?)
}

/// `GET /policies/me/globals`.
async fn policies_me_globals(Embedded(project): Embedded, Anyone(caller): Anyone) -> Answer {
    answer(project.policies_me_globals(&caller).await?)
}

/// `GET /permissions/me`.
async fn permissions_me(Embedded(project): Embedded, Anyone(caller): Anyone) -> Answer {
    answer(project.permissions_me(&caller).await?)
}

/// `GET /collections`.
async fn collections(Embedded(project): Embedded, Anyone(caller): Anyone) -> Answer {
    answer(project.collections(&caller).await?)
}

/// `GET /fields`.
async fn all_fields(Embedded(project): Embedded, Anyone(caller): Anyone) -> Answer {
    answer(project.fields(&caller, None).await?)
}

/// `GET /fields/{collection}`.
async fn fields(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    PathParameters([collection]): PathParameters<1>,
) -> Answer {
    answer(project.fields(&caller, Some(&collection)).await?)
}

/// `GET /items/{collection}`.
async fn items(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    PathParameters([collection]): PathParameters<1>,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.items(&caller, &collection, &query).await?)
}

/// `GET /items/{collection}/{id}`.
async fn item(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    PathParameters([collection, key]): PathParameters<2>,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.item(&caller, &collection, &key, &query).await?)
}

/// `GET /files`.
async fn files(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.files(&caller, &query).await?)
}

/// `GET /roles`.
async fn roles(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.roles(&caller, &query).await?)
}

/// `GET /users`.
async fn users(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.users(&caller, &query).await?)
}

/// `GET /assets/{id}`.
async fn asset(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    PathParameters([id]): PathParameters<1>,
) -> Result<Response, HttpError> {
    let asset = project.asset(&caller, &id).await?;
    let disposition = asset.content_disposition();
    let content = ReaderStream::with_capacity(asset.content, CHUNK_BYTES);
    let mut response = Body::from_stream(content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(asset.length));
    for (name, value) in
        [(header::CONTENT_TYPE, &asset.content_type), (header::CONTENT_DISPOSITION, &disposition)]
    {
        // Both were made of visible ASCII characters; a file that got around that is sent bare.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}
