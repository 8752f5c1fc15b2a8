//! `/ai/admin`: for administrators alone.

mod ledger;
mod providers;
mod settings;
mod tools;

use axum::{
    Router,
    routing::{get, patch, post},
};
use palisade_data::Caller;
use palisade_state::{LedgerEntry, LedgerKind};

use crate::{app::App, http::HttpError};

/// The routes of administrators.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/ai/admin/settings", get(settings::show).patch(settings::change))
        .route("/ai/admin/providers", get(providers::list))
        .route(
            "/ai/admin/providers/{id}/key",
            get(providers::key).put(providers::set_key).delete(providers::delete_key),
        )
        .route("/ai/admin/providers/{id}/test", post(providers::test))
        .route("/ai/admin/tools", get(tools::list))
        .route("/ai/admin/tools/{name}", patch(tools::change).get(tools::show))
        .route("/ai/admin/ledger", get(ledger::page))
        .route("/ai/admin/ledger/export", get(ledger::export))
        .route("/ai/admin/usage", get(ledger::usage))
}

/// The administrator's user id.
fn actor(caller: &Caller) -> Result<&str, HttpError> {
    caller.accountability.user.as_deref().ok_or_else(HttpError::forbidden)
}

/// Puts a change on record, by the names of what was changed, without values.
async fn record(
    app: &App,
    caller: &Caller,
    provider: Option<&str>,
    what: String,
) -> Result<(), HttpError> {
    let row = LedgerEntry {
        user: caller.accountability.user.clone(),
        provider: provider.map(str::to_owned),
        reason: Some(what),
        ..LedgerEntry::new(app.config.workspace.id.clone(), LedgerKind::Administration)
    };
    Ok(app.state.ledger().append(row).await?)
}
