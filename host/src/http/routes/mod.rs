//! Which routes there are.

mod account;
mod admin;
mod chat;
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
use crate::app::App;

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
    let project = Router::new()
        .route("/auth/login", post(account::login))
        .route("/auth/refresh", post(account::refresh))
        .route("/auth/logout", post(account::logout))
        .route("/users/me", get(project::users_me))
        .route("/policies/me/globals", get(project::policies_me_globals))
        .route("/permissions/me", get(project::permissions_me))
        .route("/collections", get(project::collections))
        .route("/fields", get(project::all_fields))
        .route("/fields/{collection}", get(project::fields))
        .route("/items/{collection}", get(project::items))
        .route("/items/{collection}/{id}", get(project::item))
        .route("/files", get(project::files))
        .route("/roles", get(project::roles))
        .route("/users", get(project::users))
        .route("/assets/{id}", get(project::asset));
    Router::new()
        .merge(ai)
        .merge(admin::routes())
        .merge(operations)
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
