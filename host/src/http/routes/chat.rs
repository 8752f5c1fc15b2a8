//! `/ai/chat`, and its neighbours that this version doesn't have.

use axum::{extract::State, response::Response};
use palisade_conversation::ChatRequest;

use crate::{
    app::App,
    http::{HttpError, auth::AppUser, body::JsonBytes, event_stream},
};

/// `POST /ai/chat`: a turn.
pub(super) async fn chat(
    State(app): State<App>,
    AppUser(caller): AppUser,
    JsonBytes(body): JsonBytes,
) -> Result<Response, HttpError> {
    let request = ChatRequest::parse(&body)?;
    drop(body);
    Ok(event_stream::respond(app.turns.start(caller, request).await?))
}

/// `POST /ai/object`.
pub(super) async fn object(_: AppUser) -> HttpError {
    HttpError::NotImplemented("Structured output")
}
