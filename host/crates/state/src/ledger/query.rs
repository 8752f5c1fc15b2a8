//! Reading the ledger.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use uuid::Uuid;

use super::{LedgerEntry, LedgerKind};
use crate::{
    StateError,
    store::{Bounds, Store},
};

/// Rows per page at most.
pub const MAX_PAGE: u32 = 1000;
const DEFAULT_PAGE: u32 = 100;

/// Which way a page goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LedgerOrder {
    /// Oldest row first.
    #[default]
    OldestFirst,
    /// Newest row first.
    NewestFirst,
}

/// Which rows to read.
#[derive(Debug, Clone, Default)]
pub struct LedgerFilter {
    /// Workspace.
    pub workspace: String,
    /// Rows from this time on.
    pub since: Option<Timestamp>,
    /// Rows before this time.
    pub until: Option<Timestamp>,
    /// Rows of this kind.
    pub kind: Option<LedgerKind>,
    /// Rows of this user (Directus user id).
    pub user: Option<String>,
    /// Rows of this turn.
    pub turn: Option<String>,
    /// Rows per page, 1 to [`MAX_LEDGER_PAGE`](crate::MAX_LEDGER_PAGE). None: 100.
    pub limit: Option<u32>,
    /// Rows behind this one, in the order of the page.
    pub after: Option<LedgerCursor>,
    /// Order.
    pub order: LedgerOrder,
}

/// A place in the ledger, as text `MILLISECONDS.UUID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerCursor {
    time: i64,
    id: Uuid,
}

impl fmt::Display for LedgerCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.time, self.id)
    }
}

impl FromStr for LedgerCursor {
    type Err = StateError;

    fn from_str(text: &str) -> Result<Self, StateError> {
        let (time, id) = text.split_once('.').ok_or(StateError::Cursor)?;
        Ok(Self {
            time: time.parse().map_err(|_| StateError::Cursor)?,
            id: id.parse().map_err(|_| StateError::Cursor)?,
        })
    }
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerPage {
    /// Rows.
    pub entries: Vec<LedgerEntry>,
    /// Where the next page starts. None: there are no more rows now.
    pub next: Option<LedgerCursor>,
}

/// What to sum up.
#[derive(Debug, Clone, Default)]
pub struct UsageFilter {
    /// Workspace.
    pub workspace: String,
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Of this user (Directus user id).
    pub user: Option<String>,
}

/// What was consumed with one model.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Usage {
    /// Provider id.
    pub provider: String,
    /// Model.
    pub model: String,
    /// Provider calls.
    pub calls: u64,
    /// Bytes that left.
    pub bytes_sent: u64,
    /// Bytes that came back.
    pub bytes_received: u64,
    /// Input tokens, those from a cache included.
    pub input_tokens: u64,
    /// Output tokens, those spent on reasoning included.
    pub output_tokens: u64,
    /// Input tokens that came from a cache.
    pub cached_tokens: u64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: u64,
    /// Cost in millionths of the configured currency, of the calls that have a price.
    pub cost_micros: u64,
}

pub(super) async fn page(store: &Store, filter: &LedgerFilter) -> Result<LedgerPage, StateError> {
    let limit = filter.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let bounds = Bounds {
        workspace: &filter.workspace,
        since: filter.since.map_or(i64::MIN, Timestamp::as_millisecond),
        until: filter.until.map_or(i64::MAX, Timestamp::as_millisecond),
        kind: filter.kind.map(LedgerKind::as_str),
        user: filter.user.as_deref(),
        turn: filter.turn.as_deref(),
        after: filter.after.map(|cursor| (cursor.time, cursor.id)),
        newest_first: filter.order == LedgerOrder::NewestFirst,
        limit,
    };
    let entries = store.ledger(&bounds).await?;
    let full = entries.len() >= limit as usize;
    let next = entries
        .last()
        .filter(|_| full)
        .map(|entry| LedgerCursor { time: entry.time.as_millisecond(), id: entry.id });
    Ok(LedgerPage { entries, next })
}

pub(super) async fn usage(store: &Store, filter: &UsageFilter) -> Result<Vec<Usage>, StateError> {
    let rows = store
        .usage(
            &filter.workspace,
            filter.since.map_or(i64::MIN, Timestamp::as_millisecond),
            filter.until.map_or(i64::MAX, Timestamp::as_millisecond),
            filter.user.as_deref(),
        )
        .await?;
    // Sums of counts are never negative.
    let count = |sum: i64| u64::try_from(sum).unwrap_or(0);
    Ok(rows
        .into_iter()
        .map(|row| Usage {
            provider: row.provider,
            model: row.model,
            calls: count(row.calls),
            bytes_sent: count(row.bytes_sent),
            bytes_received: count(row.bytes_received),
            input_tokens: count(row.input_tokens),
            output_tokens: count(row.output_tokens),
            cached_tokens: count(row.cached_tokens),
            reasoning_tokens: count(row.reasoning_tokens),
            cost_micros: count(row.cost_micros),
        })
        .collect())
}
