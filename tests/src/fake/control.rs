//! The control interface, for tests that run in another process.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{catalogue::scenario_names, scenario::Scenario, server::Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    model: String,
    scenario: Scenario,
}

/// The routes of the control address.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/__script", post(script))
        .route("/__requests", get(requests).delete(forget))
        .route("/__files", get(files))
        .route("/__scenarios", get(scenarios))
        .with_state(shared)
}

async fn script(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    match serde_json::from_slice::<Assignment>(&body) {
        Ok(Assignment { model, scenario }) => {
            shared.script(model, scenario);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => {
            let body = Json(json!({ "error": error.to_string() }));
            (StatusCode::BAD_REQUEST, body).into_response()
        }
    }
}

async fn requests(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "data": shared.records.all() }))
}

async fn forget(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.records.clear();
    StatusCode::NO_CONTENT
}

async fn files(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "data": shared.files.all() }))
}

async fn scenarios() -> Json<Value> {
    Json(json!({ "data": scenario_names().collect::<Vec<_>>() }))
}
