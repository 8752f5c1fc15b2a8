//! The embedded project's reads, in the shapes that Directus's own SDK expects.

use axum::{
    Json,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;

use crate::http::{
    HttpError,
    auth::Anyone,
    embedded::Embedded,
    parameters::{ItemQuery, PathParameters},
};

/// Bytes of a file that are read at a time.
const CHUNK_BYTES: usize = 64 * 1024;

type Answer = Result<Json<Value>, HttpError>;

fn answer(data: Value) -> Answer {
    Ok(Json(json!({ "data": data })))
}

/// `GET /users/me`.
pub(super) async fn users_me(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.users_me(&caller, &query).await?)
}

/// `GET /policies/me/globals`.
pub(super) async fn policies_me_globals(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
) -> Answer {
    answer(project.policies_me_globals(&caller).await?)
}

/// `GET /permissions/me`.
pub(super) async fn permissions_me(Embedded(project): Embedded, Anyone(caller): Anyone) -> Answer {
    answer(project.permissions_me(&caller).await?)
}

/// `GET /collections`.
pub(super) async fn collections(Embedded(project): Embedded, Anyone(caller): Anyone) -> Answer {
    answer(project.collections(&caller).await?)
}

/// `GET /fields`.
pub(super) async fn all_fields(Embedded(project): Embedded, Anyone(caller): Anyone) -> Answer {
    answer(project.fields(&caller, None).await?)
}

/// `GET /fields/{collection}`.
pub(super) async fn fields(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    PathParameters([collection]): PathParameters<1>,
) -> Answer {
    answer(project.fields(&caller, Some(&collection)).await?)
}

/// `GET /items/{collection}`.
pub(super) async fn items(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    PathParameters([collection]): PathParameters<1>,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.items(&caller, &collection, &query).await?)
}

/// `GET /items/{collection}/{id}`.
pub(super) async fn item(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    PathParameters([collection, key]): PathParameters<2>,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.item(&caller, &collection, &key, &query).await?)
}

/// `GET /files`.
pub(super) async fn files(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.files(&caller, &query).await?)
}

/// `GET /roles`.
pub(super) async fn roles(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.roles(&caller, &query).await?)
}

/// `GET /users`.
pub(super) async fn users(
    Embedded(project): Embedded,
    Anyone(caller): Anyone,
    ItemQuery(query): ItemQuery,
) -> Answer {
    answer(project.users(&caller, &query).await?)
}

/// `GET /assets/{id}`.
pub(super) async fn asset(
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
