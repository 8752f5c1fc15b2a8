//! One turn: from an authenticated request to the end of its stream.

mod attached;
mod executor;
mod gatekeeper;
mod gateway;
mod providers;
mod service;
mod stream;

use palisade_state::{LedgerEntry, LedgerKind};

pub use providers::{Provider, Providers, SealedKeys};
pub use service::{ListedModel, ListedTool, TurnService, TurnStartError};
pub use stream::TurnStream;

/// A new ledger row with the facts that all rows of a turn share.
fn fresh(row: &LedgerEntry, kind: LedgerKind) -> LedgerEntry {
    let LedgerEntry { id, time, .. } = LedgerEntry::new("", kind);
    LedgerEntry { id, time, kind, ..row.clone() }
}
