//! Runs what was granted and puts each call on record.

mod plugin;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures_util::future::join_all;
use palisade_data::{Caller, DataBackend, DataError, GrantedAction, Operation, Outcome};
use palisade_sandbox::{CapabilityError, Grant, GrantExecutor, ModelView, OutcomeData};
use palisade_state::{Ledger, LedgerEntry, LedgerKind};
use palisade_tools::data_operation_row;
use serde::Serialize;
use serde_json::Value;
use url::Url;

pub(super) use plugin::{PluginCalls, StreamProgress};

/// Runs the calls of one turn with its caller's permissions.
pub(super) struct Executor {
    pub(super) data: Arc<dyn DataBackend>,
    pub(super) caller: Caller,
    pub(super) ledger: Ledger,
    /// A ledger row with workspace, turn and user.
    pub(super) row: LedgerEntry,
    /// What calls of components need besides.
    pub(super) plugins: PluginCalls,
}

/// What a granted call came to.
type Called = Result<OutcomeData, CapabilityError>;

#[async_trait]
impl GrantExecutor for Executor {
    async fn execute(&self, grants: Vec<Grant>) -> Vec<Called> {
        let mut results = Vec::with_capacity(grants.len());
        let mut reads = Vec::new();
        for grant in grants {
            if grant.action.is_read_only() {
                reads.push(self.run(grant));
            } else {
                // A write waits for the reads before it and is done before anything after it.
                results.extend(join_all(std::mem::take(&mut reads)).await);
                results.push(self.run(grant).await);
            }
        }
        results.extend(join_all(reads).await);
        results
    }
}

impl Executor {
    async fn run(&self, grant: Grant) -> Called {
        let row = LedgerEntry {
            tool: Some(grant.tool.clone()),
            tool_call_id: Some(grant.tool_call_id.clone()),
            approval_id: grant.approval_id.clone(),
            ..super::fresh(&self.row, LedgerKind::DataOperation)
        };
        match grant.action {
            GrantedAction::Operation(operation) => self.run_operation(row, &operation).await,
            GrantedAction::Plugin { arguments, .. } => {
                let row = LedgerEntry { kind: LedgerKind::ToolCall, ..row };
                self.run_plugin(row, grant.tool_call_id, &grant.tool, arguments).await
            }
        }
    }

    async fn run_operation(&self, row: LedgerEntry, operation: &Operation) -> Called {
        let result = self.data.execute(&self.caller, operation).await;
        let result = result.and_then(|outcome| {
            let json = shown(&outcome).map_err(DataError::internal)?;
            Ok((outcome, json))
        });
        let seen = result.as_ref().map(|(outcome, json)| (outcome, json.len()));
        let row = LedgerEntry { endpoint: origins(operation), ..row };
        self.record(data_operation_row(row, operation, seen)).await;
        let (outcome, json) = result.map_err(|error| {
            if let Some(source) = std::error::Error::source(&error) {
                let turn = self.row.turn.as_deref();
                tracing::error!(turn, %source, "a data operation failed");
            }
            CapabilityError::from(&error)
        })?;
        Ok(OutcomeData {
            json: json.into(),
            model_view: ModelView::Whole,
            collection: operation.collection().map(str::to_owned),
            items: u32::try_from(outcome.items).unwrap_or(u32::MAX),
            media: outcome.media,
        })
    }

    async fn record(&self, row: LedgerEntry) {
        // What is done can't be undone; the row is queued again by the next append.
        if let Err(error) = self.ledger.append(row).await {
            tracing::error!(%error, "what a tool did could not be put on record");
        }
    }
}

/// The places beyond the project that an operation asks: where files are imported from. Without path
/// and query, which are content.
fn origins(operation: &Operation) -> Option<String> {
    let Operation::ImportFiles { files, .. } = operation else { return None };
    let origins: BTreeSet<String> = files
        .iter()
        .filter_map(|file| Url::parse(&file.url).ok())
        .map(|url| url.origin().ascii_serialization())
        .collect();
    Some(origins.into_iter().collect::<Vec<_>>().join(" "))
}

/// The result as the screen and the model get it: the data, together with the address of the one
/// item's page where it has one.
fn shown(outcome: &Outcome) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Linked<'a> {
        data: &'a Value,
        url: &'a str,
    }
    match &outcome.link {
        Some(url) => serde_json::to_string(&Linked { data: &outcome.data, url }),
        None => serde_json::to_string(&outcome.data),
    }
}
