//! Reading the ledger.

use std::io;

use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, future, stream};
use http::{HeaderValue, header};
use jiff::Timestamp;
use palisade_state::{
    ExportFormat, LedgerCursor, LedgerFilter, LedgerKind, LedgerOrder, MAX_LEDGER_PAGE, UsageFilter,
};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;
use tracing::Instrument;

use super::record;
use crate::{
    app::App,
    http::{HttpError, auth::Administrator, parameters::QueryParameters},
};

const A_TIME: &str = "a time such as 2026-01-31T12:00:00Z";
/// Rows of an export that are read at a time.
const EXPORT_PAGE: u32 = 500;
/// Bytes that an export is ahead of its client.
const EXPORT_AHEAD: usize = 64 * 1024;

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
        ..filter(&app, &query)?
    };
    // What has happened before the question belongs into the answer.
    app.state.flush().await?;
    let page = app.state.ledger().query(&filter).await?;
    let cursor = page.next.map(|cursor| cursor.to_string());
    Ok(Json(json!({"data": page.entries, "meta": {"cursor": cursor}})))
}

/// `GET /ai/admin/ledger/export?format=&since=&until=&kind=&user=&turn=`: all rows up to now, oldest
/// first, as a file of lines of JSON (`jsonl`) or of `csv`.
pub(super) async fn export(
    State(app): State<App>,
    Administrator(caller): Administrator,
    query: QueryParameters,
) -> Result<Response, HttpError> {
    let query = query.allow(&["format", "since", "until", "kind", "user", "turn"])?;
    let format = query.parse("format", "jsonl or csv")?.unwrap_or(ExportFormat::JsonLines);
    let asked = filter(&app, &query)?;
    record(&app, &caller, None, "ledger exported".into()).await?;
    app.state.flush().await?;
    let filter = LedgerFilter {
        // Without an end, an export of a busy host would have none.
        until: asked.until.or_else(|| Some(Timestamp::now())),
        limit: Some(EXPORT_PAGE),
        ..asked
    };
    let (content_type, disposition) = match format {
        ExportFormat::JsonLines => {
            ("application/x-ndjson", "attachment; filename=\"palisade-ledger.jsonl\"")
        }
        ExportFormat::Csv => {
            ("text/csv; charset=utf-8", "attachment; filename=\"palisade-ledger.csv\"")
        }
    };
    let mut response = exported(app, filter, format).into_response();
    for (name, value) in
        [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, disposition)]
    {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// The rows as they are read, no further ahead than the client reads. An export that fails breaks off
/// the body, so that nobody takes it for whole.
fn exported(app: App, filter: LedgerFilter, format: ExportFormat) -> Body {
    let (mut output, input) = tokio::io::duplex(EXPORT_AHEAD);
    let writing = tokio::spawn(
        async move { app.state.ledger().export(&filter, format, &mut output).await }
            .in_current_span(),
    );
    let ended = stream::once(async move {
        let error = match writing.await {
            Ok(Ok(_)) => return None,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(error, "an export of the ledger broke off");
        Some(Err(io::Error::other("the export broke off")))
    });
    Body::from_stream(ReaderStream::new(input).chain(ended.filter_map(future::ready)))
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

/// The parameters that rows are chosen by.
fn filter(app: &App, query: &QueryParameters) -> Result<LedgerFilter, HttpError> {
    Ok(LedgerFilter {
        workspace: app.config.workspace.id.clone(),
        since: query.parse::<Timestamp>("since", A_TIME)?,
        until: query.parse::<Timestamp>("until", A_TIME)?,
        kind: kind(query)?,
        user: query.text("user"),
        turn: query.text("turn"),
        ..LedgerFilter::default()
    })
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
