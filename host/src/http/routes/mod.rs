//! Which routes there are.

mod account;
mod admin;
mod chat;
mod directus;
mod files;
mod ledger;
mod listings;
mod operations;
mod project;

use axum::{
    Router, middleware,
    response::IntoResponse,
    routing::{delete, get, post},
};
use http::Uri;
use tower_http::catch_panic::CatchPanicLayer;

use super::{HttpError, observe, ui};
use crate::{app::App, backend::Backend};

/// All routes of the host.
pub fn router(app: App) -> Router {
    let ai = Router::new()
        .route("/ai/chat", post(chat::chat))
        .route("/ai/object", post(chat::object))
        .route("/ai/files", post(files::upload))
        .route("/ai/files/{id}", delete(files::remove))
        .route("/ai/ledger", get(ledger::own))
        .route("/ai/models", get(listings::models))
        .route("/ai/tools", get(listings::tools));
    let operations = Router::new()
        .route("/server/ping", get(operations::ping))
        .route("/server/health", get(operations::health))
        .route("/metrics", get(operations::metrics))
        .route("/openapi.json", get(operations::openapi));
    let accounts = Router::new()
        .route("/auth/login", post(account::login))
        .route("/auth/refresh", post(account::refresh))
        .route("/auth/logout", post(account::logout));
    let project = match &app.backend {
        Backend::Embedded(_) => project::routes(),
        Backend::Directus(_) => directus::routes(),
    };
    Router::new()
        .merge(ai)
        .merge(admin::routes())
        .merge(operations)
        .merge(accounts)
        .merge(project)
        .merge(ui::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(middleware::from_fn(observe::observe))
        .with_state(app)
}

async fn not_found(uri: Uri) -> impl IntoResponse {
    HttpError::not_found(uri.path())
}

async fn method_not_allowed() -> impl IntoResponse {
    HttpError::MethodNotAllowed
}
