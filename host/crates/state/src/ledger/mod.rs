//! The ledger: everything that left, and every decision about it, without content.

mod entry;
mod export;
mod query;
mod writer;

use std::sync::Arc;

use tokio::io::AsyncWrite;

pub use entry::{LedgerEntry, LedgerKind};
pub use export::ExportFormat;
pub use query::{
    LedgerCursor, LedgerFilter, LedgerOrder, LedgerPage, MAX_PAGE as MAX_LEDGER_PAGE, Usage,
    UsageFilter,
};

use crate::{StateError, store::Store};

/// The ledger of an installation. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    store: Store,
    writer: Arc<writer::Writer>,
}

impl Ledger {
    /// Starts the task that writes the rows.
    pub(crate) fn new(store: Store) -> Self {
        Self { writer: Arc::new(writer::Writer::start(store.clone())), store }
    }

    /// Puts a row on record.
    ///
    /// Returns when the row is queued, normally at once; rows are written in order, in batches. With
    /// a full queue it waits, and gives up after 10 seconds. No row is ever dropped to make room.
    ///
    /// Errors: [`StateError::LedgerUnavailable`]; whatever was to be recorded must then not happen.
    pub async fn append(&self, entry: LedgerEntry) -> Result<(), StateError> {
        self.writer.append(entry).await
    }

    /// Waits until all rows that were appended before are in the database.
    ///
    /// Errors: [`StateError::LedgerUnavailable`], at the latest after 10 seconds: the rows are still
    /// queued and are tried again.
    pub async fn flush(&self) -> Result<(), StateError> {
        self.writer.flush().await
    }

    /// One page of rows.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn query(&self, filter: &LedgerFilter) -> Result<LedgerPage, StateError> {
        query::page(&self.store, filter).await
    }

    /// What was consumed, summed by provider and model. Only rows that are in the database count:
    /// see [`Ledger::flush`].
    ///
    /// Errors: [`StateError::Database`].
    pub async fn usage(&self, filter: &UsageFilter) -> Result<Vec<Usage>, StateError> {
        query::usage(&self.store, filter).await
    }

    /// Writes all rows that the filter finds, page by page. `limit` is the size of a page here.
    ///
    /// Errors: [`StateError::Database`], [`StateError::Export`].
    pub async fn export<W: AsyncWrite + Unpin>(
        &self,
        filter: &LedgerFilter,
        format: ExportFormat,
        output: &mut W,
    ) -> Result<u64, StateError> {
        export::write(&self.store, filter, format, output).await
    }
}
