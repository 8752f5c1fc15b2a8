//! `/ai/files`: files for a provider's storage.

use axum::{
    Json,
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use palisade_data::Caller;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::{
    app::App,
    files::{FileError, FileRequest, FormRequest, UploadedFile},
    http::{
        HttpError,
        auth::AppUser,
        body::{self, JsonBody},
        parameters::{PathParameters, QueryParameters},
    },
};

const EITHER: &str = "multipart/form-data or application/json";

/// A file of the project that is to be attached.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetRequest {
    provider: String,
    asset: String,
}

/// `POST /ai/files`: a form with the fields `provider` and a file, or a JSON object with `provider`
/// and `asset`, the id of one of the project's files. Answers without a `data` around it, as Directus
/// does.
pub(super) async fn upload(
    State(app): State<App>,
    AppUser(caller): AppUser,
    parameters: QueryParameters,
    request: Request,
) -> Result<Response, HttpError> {
    let headers = request.headers();
    let request = if body::has_type(headers, body::MULTIPART) {
        FileRequest::Form(form(request, parameters)?)
    } else if body::has_type(headers, body::JSON) {
        parameters.allow(&[])?;
        let JsonBody(AssetRequest { provider, asset }) =
            JsonBody::from_request(request, &app).await?;
        FileRequest::Asset { provider, asset }
    } else {
        return Err(HttpError::UnsupportedMediaType(EITHER));
    };
    answer(&app, caller, request).await
}

fn form(request: Request, parameters: QueryParameters) -> Result<FormRequest, HttpError> {
    let parameters = parameters.allow(&["provider", "size"])?;
    let text =
        |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    Ok(FormRequest {
        content_type: text(header::CONTENT_TYPE).unwrap_or_default().to_owned(),
        content_length: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        provider: parameters.text("provider"),
        size: parameters.parse("size", "a number of bytes")?,
        body: request.into_body(),
    })
}

async fn answer(app: &App, caller: Caller, request: FileRequest) -> Result<Response, HttpError> {
    match app.files.upload(caller, request).await {
        Ok(UploadedFile { claims, id }) => {
            let expires_at = Timestamp::from_millisecond(claims.expires_at).ok();
            let body: Value = json!({
                "provider": claims.provider,
                "fileId": id,
                "filename": claims.filename,
                "mimeType": claims.media_type,
                "sizeBytes": claims.size,
                "expiresAt": expires_at,
            });
            Ok(Json(body).into_response())
        }
        Err(FileError::SendAgain { provider, size }) => Ok(send_again(&provider, size)),
        Err(error) => Err(error.into()),
    }
}

/// Asks for the same request at an address that says what the host knows by now. Browsers send it
/// without being told twice.
fn send_again(provider: &str, size: u64) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("provider", provider)
        .append_pair("size", &size.to_string())
        .finish();
    let error = FileError::SendAgain { provider: provider.to_owned(), size };
    let mut response = HttpError::from(error).into_response();
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    // Relative to the address that was called, whatever stands in front of the host.
    if let Ok(location) = HeaderValue::from_str(&format!("?{query}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// `DELETE /ai/files/{id}`: deletes one of the caller's files at its provider.
pub(super) async fn remove(
    State(app): State<App>,
    AppUser(caller): AppUser,
    PathParameters([id]): PathParameters<1>,
) -> Result<StatusCode, HttpError> {
    app.files.delete(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
