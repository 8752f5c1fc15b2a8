//! `/ai/admin`: for administrators alone.

pub(super) mod ledger;
pub(super) mod providers;
pub(super) mod settings;
pub(super) mod tools;

use palisade_data::Caller;
use palisade_state::{LedgerEntry, LedgerKind};

use crate::http::{App, HttpError};

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
        ..LedgerEntry::new(app.workspace(), LedgerKind::Administration)
    };
    Ok(app.state().ledger().append(row).await?)
}
