//! Runs granted operations and puts each on record.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures_util::future::join_all;
use palisade_data::{Caller, DataBackend, DataError, Operation, Outcome};
use palisade_sandbox::{Grant, GrantExecutor, ModelView, OutcomeData};
use palisade_state::{Ledger, LedgerEntry, LedgerKind};
use serde::Serialize;
use serde_json::Value;
use url::Url;

/// Runs the operations of one turn with its caller's permissions.
pub(super) struct Executor {
    pub(super) data: Arc<dyn DataBackend>,
    pub(super) caller: Caller,
    pub(super) ledger: Ledger,
    /// A ledger row with workspace, turn and user.
    pub(super) row: LedgerEntry,
}

#[async_trait]
impl GrantExecutor for Executor {
    async fn execute(&self, grants: Vec<Grant>) -> Vec<Result<OutcomeData, DataError>> {
        let mut results = Vec::with_capacity(grants.len());
        let mut reads = Vec::new();
        for grant in grants {
            if grant.operation.is_read_only() {
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
    async fn run(&self, grant: Grant) -> Result<OutcomeData, DataError> {
        let result = self.data.execute(&self.caller, &grant.operation).await;
        let result = result.and_then(|outcome| {
            let json = shown(&outcome).map_err(DataError::internal)?;
            Ok((outcome, json))
        });
        self.record(&grant, result.as_ref()).await;
        let (outcome, json) = result?;
        Ok(OutcomeData {
            json: json.into(),
            model_view: ModelView::Whole,
            collection: grant.operation.collection().map(str::to_owned),
            items: u32::try_from(outcome.items).unwrap_or(u32::MAX),
            media: outcome.media,
        })
    }

    async fn record(&self, grant: &Grant, result: Result<&(Outcome, String), &DataError>) {
        let asked = grant.operation.collection().map(str::to_owned).into_iter().collect();
        let row = LedgerEntry {
            tool: Some(grant.tool.clone()),
            tool_call_id: Some(grant.tool_call_id.clone()),
            approval_id: grant.approval_id.clone(),
            reason: Some(grant.operation.action().to_owned()),
            endpoint: origins(&grant.operation),
            ..super::fresh(&self.row, LedgerKind::DataOperation)
        };
        let row = match result {
            Ok((outcome, json)) => LedgerEntry {
                collections: outcome.collections.clone(),
                fields: outcome.fields.clone(),
                items: Some(outcome.items as u64),
                bytes_received: Some(json.len() as u64),
                ..row
            },
            Err(error) => {
                LedgerEntry { collections: asked, outcome: error.code().to_owned(), ..row }
            }
        };
        // The operation is done and can't be undone; the row is queued again by the next append.
        if let Err(error) = self.ledger.append(row).await {
            tracing::error!(%error, "a data operation could not be put on record");
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
