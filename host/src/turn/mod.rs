//! One turn: from an authenticated request to the end of its stream. An answer that is one JSON value
//! passes the same doors.

mod attached;
mod error;
mod executor;
mod gatekeeper;
mod gateway;
mod listing;
mod object;
mod probe;
mod providers;
mod run;
mod service;
mod stream;

use palisade_state::{LedgerEntry, LedgerKind};

pub use error::TurnStartError;
pub use listing::{ListedModel, ListedTool};
pub use object::{ObjectFailure, ObjectStream};
pub use providers::{Provider, Providers, SealedKeys};
pub use service::TurnService;
pub use stream::TurnStream;

/// A new ledger row with the facts that all rows of a turn share.
fn fresh(row: &LedgerEntry, kind: LedgerKind) -> LedgerEntry {
    let LedgerEntry { id, time, .. } = LedgerEntry::new("", kind);
    LedgerEntry { id, time, kind, ..row.clone() }
}
