//! For those who run the host.

use axum::{Json, extract::State};
use http::StatusCode;
use palisade_sandbox::ImageOrigin;
use serde_json::{Value, json};

use crate::{
    app::App,
    config::ProviderConfig,
    http::{HttpError, auth::Anyone},
};

/// `GET /server/ping`: the host answers.
pub(super) async fn ping() -> &'static str {
    "pong"
}

/// `GET /server/health`: whether the host can work; what is wrong, for administrators alone.
pub(super) async fn health(
    State(app): State<App>,
    Anyone(caller): Anyone,
) -> (StatusCode, Json<Value>) {
    let state = app.state.ping().await.inspect_err(|error| {
        tracing::error!(%error, "the state database doesn't answer");
    });
    let project = app.backend.ping().await.inspect_err(|error| {
        tracing::error!(%error, "the project doesn't answer");
    });
    let word = |well: bool| if well { "ok" } else { "error" };
    let well = state.is_ok() && project.is_ok();
    let mut body = json!({ "status": word(well) });
    if caller.accountability.admin {
        let capacity = app.turns.sandbox().capacity();
        body["version"] = env!("CARGO_PKG_VERSION").into();
        body["checks"] = json!({
            "state": word(state.is_ok()),
            "project": word(project.is_ok()),
            "component": app.turns.sandbox().component_digest(),
            "image": match app.turns.sandbox().image_origin() {
                ImageOrigin::Cached => "cached",
                ImageOrigin::Compiled => "compiled",
                ImageOrigin::CompiledUncached(_) => "uncached",
            },
            "turns": {
                "running": capacity.running,
                "waiting": capacity.waiting,
                "limit": capacity.live_turns,
                "configured": capacity.configured,
            },
            "providers": providers(&app).await.ok(),
        });
    }
    let status = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body))
}

/// Whether each provider has what a turn needs: a key and an allowed model.
async fn providers(app: &App) -> Result<Vec<Value>, HttpError> {
    let keys = app.state.list_keys(&app.config.workspace.id).await?;
    let settings = app.turns.settings().await?;
    let state = |provider: &ProviderConfig| {
        if provider.requires_key && !keys.iter().any(|key| key.provider == provider.id) {
            "no key"
        } else if settings.models_of(&provider.id).is_empty() {
            "no model"
        } else {
            "ok"
        }
    };
    let providers = app.config.providers.iter();
    Ok(providers.map(|provider| json!({"id": provider.id, "state": state(provider)})).collect())
}

/// `GET /metrics`.
pub(super) async fn metrics() -> HttpError {
    HttpError::NotImplemented("The metrics endpoint")
}

/// `GET /openapi.json`.
pub(super) async fn openapi() -> HttpError {
    HttpError::NotImplemented("The OpenAPI description")
}
