//! The run of an instance, and what is put on record about it.

use std::sync::Arc;

use palisade_sandbox::{Endpoint, GuestRequest, TurnOutcome, TurnPlace, TurnSetup};
use palisade_state::{Ledger, LedgerEntry, LedgerKind};

use super::{
    Provider,
    gateway::{CallRecords, Gateway},
};

/// The way to the provider of one run.
pub(super) fn gateway(
    provider: &Provider,
    model: String,
    row: &LedgerEntry,
    records: CallRecords,
) -> Gateway {
    let config = &provider.config;
    let facts = config.model_facts(&model);
    Gateway {
        transport: Arc::clone(&provider.transport),
        kind: config.kind,
        row: LedgerEntry {
            provider: Some(config.id.clone()),
            model: Some(model.clone()),
            region: config.region.clone(),
            ..row.clone()
        },
        endpoint: Endpoint {
            provider: config.id.clone(),
            kind: config.kind.name().to_owned(),
            model,
            reasoning: facts.reasoning,
            max_output_tokens: facts.output,
            context_tokens: facts.context,
            capabilities: facts.capabilities,
        },
        price: facts.price,
        base_url: config.base_url.as_ref().map(ToString::to_string),
        records,
    }
}

/// Runs an instance until it ends. None: its client left before.
pub(super) async fn run(
    place: TurnPlace,
    setup: TurnSetup,
    request: GuestRequest,
) -> Option<TurnOutcome> {
    let output = setup.output.clone();
    tokio::select! {
        end = place.run(setup, request) => Some(end.outcome),
        // Dropping the run's future drops the instance and the connection to the provider.
        () = output.closed() => None,
    }
}

/// The rows of a run.
pub(super) struct RunRecord {
    pub(super) ledger: Ledger,
    /// A ledger row with workspace, turn and user.
    pub(super) row: LedgerEntry,
    pub(super) calls: CallRecords,
}

impl RunRecord {
    /// Puts both the calls and the end on record.
    pub(super) async fn write(self, outcome: Option<&TurnOutcome>) {
        let outcome = outcome.map_or("CLIENT_GONE", TurnOutcome::code).to_owned();
        let end = LedgerEntry { outcome, ..super::fresh(&self.row, LedgerKind::Turn) };
        for row in self.calls.take().into_iter().chain([end]) {
            if let Err(error) = self.ledger.append(row).await {
                tracing::error!(%error, "a turn could not be put on record");
            }
        }
    }
}
