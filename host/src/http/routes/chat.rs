//! `/ai/chat` and its neighbours.

use axum::{extract::State, response::Response};
use palisade_conversation::{ChatRequest, ObjectRequest};

use crate::{
    app::App,
    http::{
        HttpError, auth::AppUser, body::JsonBytes, event_stream, object_text,
        parameters::QueryParameters,
    },
};

/// `POST /ai/chat`: a turn. `?tool_mode=registry` gives the model the tools as Data Studio expects
/// them, through `search`, `execute` and `schema`.
pub(super) async fn chat(
    State(app): State<App>,
    AppUser(caller): AppUser,
    parameters: QueryParameters,
    JsonBytes(body): JsonBytes,
) -> Result<Response, HttpError> {
    let access = parameters
        .allow(&["tool_mode"])?
        .parse("tool_mode", "direct or registry")?
        .unwrap_or_default();
    let request = ChatRequest::parse(&body)?;
    drop(body);
    let stream = app.turns.start(caller, request, access).await?;
    Ok(event_stream::respond(stream))
}

/// `POST /ai/object`: one JSON value.
pub(super) async fn object(
    State(app): State<App>,
    AppUser(caller): AppUser,
    JsonBytes(body): JsonBytes,
) -> Result<Response, HttpError> {
    let request = ObjectRequest::parse(&body)?;
    drop(body);
    object_text::respond(app.turns.start_object(caller, request).await?).await
}
