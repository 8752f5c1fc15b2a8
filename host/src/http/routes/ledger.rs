//! What was sent for the caller's own answers.

use std::time::Duration;

use axum::{Json, extract::State};
use jiff::Timestamp;
use palisade_data::DataError;
use palisade_state::{LedgerEntry, LedgerFilter, LedgerKind, MAX_LEDGER_PAGE};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    app::App,
    http::{HttpError, auth::AppUser, parameters::QueryParameters},
};

/// Turns that can be asked for at a time.
const TURNS_AT_MOST: usize = 20;
/// Waiting for a place before a turn, and writing its rows after it.
const AROUND_A_TURN: Duration = Duration::from_secs(600);
/// What the user learns of a row. Who it was and where is known, and approval ids are the host's.
const SHOWN: [&str; 21] = [
    "time",
    "turn",
    "kind",
    "tool",
    "tool_call_id",
    "provider",
    "model",
    "endpoint",
    "region",
    "collections",
    "fields",
    "items",
    "bytes_sent",
    "bytes_received",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_micros",
    "outcome",
    "reason",
];

/// `GET /ai/ledger?turn=ID,ID`: the rows of the caller's own turns, in the order of the ids. A turn of
/// somebody else has none, as one that there never was.
pub(super) async fn own(
    State(app): State<App>,
    AppUser(caller): AppUser,
    query: QueryParameters,
) -> Result<Json<Value>, HttpError> {
    let user = caller.accountability.app_user().ok_or_else(HttpError::forbidden)?;
    let turns = turns(&query.allow(&["turn"])?)?;
    app.state.flush().await?;
    let mut rows = Vec::new();
    for Turn { id, started } in turns {
        let filter = LedgerFilter {
            workspace: app.config.workspace.id.clone(),
            since: Some(started),
            until: started.checked_add(app.config.limits.turn_time + AROUND_A_TURN).ok(),
            user: Some(user.to_owned()),
            turn: Some(id),
            limit: Some(MAX_LEDGER_PAGE),
            ..LedgerFilter::default()
        };
        let page = app.state.ledger().query(&filter).await?;
        for entry in &page.entries {
            rows.push(shown(entry)?);
        }
    }
    Ok(Json(json!({ "data": rows })))
}

struct Turn {
    id: String,
    /// From the id, so that only a small part of the ledger is looked through.
    started: Timestamp,
}

fn turns(query: &QueryParameters) -> Result<Vec<Turn>, HttpError> {
    let given = query.text("turn").unwrap_or_default();
    let turns: Option<Vec<Turn>> = given.split(',').map(turn).collect();
    turns.filter(|turns| turns.len() <= TURNS_AT_MOST).ok_or_else(|| {
        let problem = format!("\"turn\" has to be 1 to {TURNS_AT_MOST} ids of turns");
        HttpError::invalid_query(problem)
    })
}

fn turn(text: &str) -> Option<Turn> {
    let id = Uuid::try_parse(text).ok().filter(|id| id.get_version_num() == 7)?;
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    let seconds = i64::try_from(seconds).ok()?;
    let started = Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok()?;
    Some(Turn { id: id.to_string(), started })
}

fn shown(entry: &LedgerEntry) -> Result<Value, HttpError> {
    let mut row = serde_json::to_value(entry).map_err(DataError::internal)?;
    if let Some(row) = row.as_object_mut() {
        row.retain(|key, _| SHOWN.contains(&key.as_str()));
        // A provider's address may be one of the operator's own network.
        if entry.kind == LedgerKind::ProviderCall {
            row.remove("endpoint");
        }
    }
    Ok(row)
}
