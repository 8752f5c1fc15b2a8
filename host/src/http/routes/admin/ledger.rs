//! Reading the ledger.

use axum::{Json, extract::State};
use jiff::Timestamp;
use palisade_state::{
    LedgerCursor, LedgerFilter, LedgerKind, LedgerOrder, MAX_LEDGER_PAGE, UsageFilter,
};
use serde_json::{Value, json};

use crate::{
    app::App,
    http::{HttpError, auth::Administrator, parameters::QueryParameters},
};

const A_TIME: &str = "a time such as 2026-01-31T12:00:00Z";

/// `GET /ai/admin/ledger?since=&until=&kind=&user=&turn=&limit=&cursor=&order=`: rows, the newest
/// first unless `order=oldest`. `meta.cursor` leads to the next page.
pub(super) async fn page(
    State(app): State<App>,
    _: Administrator,
    query: QueryParameters,
) -> Result<Json<Value>, HttpError> {
    let query =
        query.allow(&["since", "until", "kind", "user", "turn", "limit", "cursor", "order"])?;
    let limit = query.parse::<u32>("limit", "a whole number")?;
    if limit.is_some_and(|limit| !(1..=MAX_LEDGER_PAGE).contains(&limit)) {
        let problem = format!("\"limit\" has to be from 1 to {MAX_LEDGER_PAGE}");
        return Err(HttpError::invalid_query(problem));
    }
    let filter = LedgerFilter {
        workspace: app.config.workspace.id.clone(),
        since: query.parse::<Timestamp>("since", A_TIME)?,
        until: query.parse::<Timestamp>("until", A_TIME)?,
        kind: kind(&query)?,
        user: query.text("user"),
        turn: query.text("turn"),
        limit,
        after: query.parse::<LedgerCursor>("cursor", "the cursor of the page before")?,
        order: match query.text("order").as_deref() {
            None | Some("newest") => LedgerOrder::NewestFirst,
            Some("oldest") => LedgerOrder::OldestFirst,
            Some(_) => {
                let problem = "\"order\" has to be newest or oldest";
                return Err(HttpError::invalid_query(problem));
            }
        },
    };
    // What has happened before the question belongs into the answer.
    app.state.flush().await?;
    let page = app.state.ledger().query(&filter).await?;
    let cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Json(json!({"data": page.entries, "meta": {"cursor": cursor}})))
}

/// `GET /ai/admin/usage?since=&until=&user=`: what was consumed, by provider and model.
pub(super) async fn usage(
    State(app): State<App>,
    _: Administrator,
    query: QueryParameters,
) -> Result<Json<Value>, HttpError> {
    let query = query.allow(&["since", "until", "user"])?;
    let filter = UsageFilter {
        workspace: app.config.workspace.id.clone(),
        since: query.parse::<Timestamp>("since", A_TIME)?,
        until: query.parse::<Timestamp>("until", A_TIME)?,
        user: query.text("user"),
    };
    app.state.flush().await?;
    let usage = app.state.ledger().usage(&filter).await?;
    Ok(Json(json!({ "data": usage })))
}

fn kind(query: &QueryParameters) -> Result<Option<LedgerKind>, HttpError> {
    let Some(name) = query.text("kind") else { return Ok(None) };
    match LedgerKind::from_name(&name) {
        LedgerKind::Unknown => {
            Err(HttpError::invalid_query(format!("\"kind\" is not a kind of row: \"{name}\"")))
        }
        kind => Ok(Some(kind)),
    }
}
