//! Rows of the ledger.

use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, Row, Sqlite, query_builder::Separated, sqlite::SqliteRow};
use uuid::Uuid;

use super::Store;
use crate::{LedgerEntry, LedgerKind, StateError};

/// Which rows to read: bounds of the index first, then what each row is compared with.
pub(crate) struct Bounds<'a> {
    pub(crate) workspace: &'a str,
    /// Milliseconds since 1970, included.
    pub(crate) since: i64,
    /// Milliseconds since 1970, excluded.
    pub(crate) until: i64,
    pub(crate) kind: Option<&'static str>,
    pub(crate) user: Option<&'a str>,
    pub(crate) turn: Option<&'a str>,
    /// Last row of the page before.
    pub(crate) after: Option<(i64, Uuid)>,
    pub(crate) newest_first: bool,
    pub(crate) limit: u32,
}

/// Sums over provider calls.
#[derive(FromRow)]
pub(crate) struct UsageRow {
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) calls: i64,
    pub(crate) bytes_sent: i64,
    pub(crate) bytes_received: i64,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
    pub(crate) cached_tokens: i64,
    pub(crate) reasoning_tokens: i64,
    pub(crate) cost_micros: i64,
}

const OLDEST_FIRST: &str = "SELECT * FROM palisade_ledger WHERE workspace = ?1 AND time >= ?2 \
     AND time < ?3 AND (time, id) > (?4, ?5) AND (?6 IS NULL OR kind = ?6) \
     AND (?7 IS NULL OR user_id = ?7) AND (?8 IS NULL OR turn = ?8) \
     ORDER BY time, id LIMIT ?9";
const NEWEST_FIRST: &str = "SELECT * FROM palisade_ledger WHERE workspace = ?1 AND time >= ?2 \
     AND time < ?3 AND (time, id) < (?4, ?5) AND (?6 IS NULL OR kind = ?6) \
     AND (?7 IS NULL OR user_id = ?7) AND (?8 IS NULL OR turn = ?8) \
     ORDER BY time DESC, id DESC LIMIT ?9";

impl Store {
    /// Writes rows in order, all or none. Rows that are there already, from an attempt whose outcome
    /// was unknown, are left as they are.
    pub(crate) async fn append_ledger(&self, entries: &[LedgerEntry]) -> Result<(), StateError> {
        if entries.is_empty() {
            return Ok(());
        }
        // One statement is one transaction and one way to the connection's thread and back.
        let mut statement = QueryBuilder::new(INSERT);
        statement.push_values(entries, |mut row, entry| values(&mut row, entry));
        statement.push(" ON CONFLICT (id) DO NOTHING");
        statement
            .build()
            // Batches have any length; only the usual ones are worth keeping.
            .persistent(entries.len() <= USUAL_BATCH)
            .execute(&self.relaxed)
            .await
            .map(drop)
            .map_err(StateError::database("write the ledger"))
    }

    /// Whether the ledger can't be written any more because the store was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.relaxed.is_closed()
    }

    /// A page of rows.
    pub(crate) async fn ledger(&self, bounds: &Bounds<'_>) -> Result<Vec<LedgerEntry>, StateError> {
        let (statement, time, id) = if bounds.newest_first {
            (NEWEST_FIRST, i64::MAX, String::new())
        } else {
            (OLDEST_FIRST, i64::MIN, String::new())
        };
        let (time, id) = bounds.after.map_or((time, id), |(time, id)| (time, id.to_string()));
        let rows = sqlx::query(statement)
            .bind(bounds.workspace)
            .bind(bounds.since)
            .bind(bounds.until)
            .bind(time)
            .bind(id)
            .bind(bounds.kind)
            .bind(bounds.user)
            .bind(bounds.turn)
            .bind(bounds.limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StateError::database("read the ledger"))?;
        rows.iter()
            .map(entry)
            .collect::<Result<_, _>>()
            .map_err(StateError::database("read the ledger"))
    }

    /// What was consumed, by provider and model.
    pub(crate) async fn usage(
        &self,
        workspace: &str,
        since: i64,
        until: i64,
        user: Option<&str>,
    ) -> Result<Vec<UsageRow>, StateError> {
        sqlx::query_as(
            "SELECT coalesce(provider, '') AS provider, coalesce(model, '') AS model, \
             count(*) AS calls, coalesce(sum(bytes_sent), 0) AS bytes_sent, \
             coalesce(sum(bytes_received), 0) AS bytes_received, \
             coalesce(sum(input_tokens), 0) AS input_tokens, \
             coalesce(sum(output_tokens), 0) AS output_tokens, \
             coalesce(sum(cached_tokens), 0) AS cached_tokens, \
             coalesce(sum(reasoning_tokens), 0) AS reasoning_tokens, \
             coalesce(sum(cost_micros), 0) AS cost_micros \
             FROM palisade_ledger WHERE workspace = ?1 AND time >= ?2 AND time < ?3 \
             AND kind = 'provider_call' AND (?4 IS NULL OR user_id = ?4) \
             GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .bind(workspace)
        .bind(since)
        .bind(until)
        .bind(user)
        .fetch_all(&self.readers)
        .await
        .map_err(StateError::database("sum up the ledger"))
    }
}

const INSERT: &str = "INSERT INTO palisade_ledger (id, time, workspace, turn, user_id, kind, tool, \
     tool_call_id, provider, model, endpoint, region, collections, fields, items, bytes_sent, \
     bytes_received, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost_micros, \
     approval_id, outcome, reason) ";
/// Rows of a batch whose statement is kept prepared.
const USUAL_BATCH: usize = 16;

/// The columns of [`INSERT`].
fn values(row: &mut Separated<'_, Sqlite, &'static str>, entry: &LedgerEntry) {
    // No counter of a turn comes near 2^63.
    let number = |value: Option<u64>| value.map(|value| i64::try_from(value).unwrap_or(i64::MAX));
    row.push_bind(entry.id.to_string())
        .push_bind(entry.time.as_millisecond())
        .push_bind(entry.workspace.clone())
        .push_bind(entry.turn.clone())
        .push_bind(entry.user.clone())
        .push_bind(entry.kind.as_str())
        .push_bind(entry.tool.clone())
        .push_bind(entry.tool_call_id.clone())
        .push_bind(entry.provider.clone())
        .push_bind(entry.model.clone())
        .push_bind(entry.endpoint.clone())
        .push_bind(entry.region.clone())
        .push_bind(names_to_json(&entry.collections))
        .push_bind(names_to_json(&entry.fields))
        .push_bind(number(entry.items))
        .push_bind(number(entry.bytes_sent))
        .push_bind(number(entry.bytes_received))
        .push_bind(number(entry.input_tokens))
        .push_bind(number(entry.output_tokens))
        .push_bind(number(entry.cached_tokens))
        .push_bind(number(entry.reasoning_tokens))
        .push_bind(number(entry.cost_micros))
        .push_bind(entry.approval_id.clone())
        .push_bind(entry.outcome.clone())
        .push_bind(entry.reason.clone());
}

fn entry(row: &SqliteRow) -> Result<LedgerEntry, sqlx::Error> {
    let number = |column: &str| -> Result<Option<u64>, sqlx::Error> {
        Ok(row.try_get::<Option<i64>, _>(column)?.and_then(|value| u64::try_from(value).ok()))
    };
    let decoded = |error: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(error);
    let names = |column: &str| -> Result<Vec<String>, sqlx::Error> {
        serde_json::from_str(row.try_get(column)?).map_err(|error| decoded(error.into()))
    };
    Ok(LedgerEntry {
        id: Uuid::try_parse(row.try_get("id")?).map_err(|error| decoded(error.into()))?,
        time: Timestamp::from_millisecond(row.try_get("time")?)
            .map_err(|error| decoded(error.into()))?,
        workspace: row.try_get("workspace")?,
        turn: row.try_get("turn")?,
        user: row.try_get("user_id")?,
        kind: LedgerKind::from_name(row.try_get("kind")?),
        tool: row.try_get("tool")?,
        tool_call_id: row.try_get("tool_call_id")?,
        provider: row.try_get("provider")?,
        model: row.try_get("model")?,
        endpoint: row.try_get("endpoint")?,
        region: row.try_get("region")?,
        collections: names("collections")?,
        fields: names("fields")?,
        items: number("items")?,
        bytes_sent: number("bytes_sent")?,
        bytes_received: number("bytes_received")?,
        input_tokens: number("input_tokens")?,
        output_tokens: number("output_tokens")?,
        cached_tokens: number("cached_tokens")?,
        reasoning_tokens: number("reasoning_tokens")?,
        cost_micros: number("cost_micros")?,
        approval_id: row.try_get("approval_id")?,
        outcome: row.try_get("outcome")?,
        reason: row.try_get("reason")?,
    })
}

/// A list of names as a JSON array.
fn names_to_json(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}
