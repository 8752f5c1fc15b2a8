//! `palisade:host/data`: granted operations and their outcomes.

use std::sync::Arc;

use async_trait::async_trait;
use palisade_data::Media;
use wasmtime::component::Resource;

use super::{
    DenyAll,
    error::{CapabilityError, CapabilityErrorKind},
    policy::Grant,
};
use crate::{
    TurnStop,
    bindings::palisade::host::{data, types},
    state::TurnState,
    text::cut,
};

/// Grants that one `execute-all` takes.
const GRANTS: usize = 64;

/// What the model may see of an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelView {
    /// The whole value.
    Whole,
    /// The value without the bytes of its images and files, which no model reads as text.
    WithoutBytes(Arc<str>),
    /// Something else: counts and names where the workspace withholds values.
    Instead(Arc<str>),
}

impl ModelView {
    /// Whether the workspace keeps the value from the model.
    fn is_withheld(&self) -> bool {
        matches!(self, Self::Instead(_))
    }
}

/// The result of an operation. Its JSON text is made once and serves the screen and the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeData {
    /// The value as one line of JSON.
    pub json: Arc<str>,
    /// What the model may see.
    pub model_view: ModelView,
    /// Collection that the operation was on.
    pub collection: Option<String>,
    /// Items read, created, updated or deleted.
    pub items: u32,
    /// The image or sound that was read, for the model. Kept back where values are withheld.
    pub media: Option<Media>,
}

impl OutcomeData {
    /// Bytes that the outcome holds in the host's memory.
    fn held_bytes(&self) -> usize {
        self.json.len() + self.media.as_ref().map_or(0, |media| media.base64.len())
    }
}

/// Runs what was granted.
#[async_trait]
pub trait GrantExecutor: Send + Sync + 'static {
    /// Runs the calls, reads in parallel and writes one after another in the order given, and
    /// answers in that order, one result for each grant.
    async fn execute(&self, grants: Vec<Grant>) -> Vec<Result<OutcomeData, CapabilityError>>;
}

#[async_trait]
impl GrantExecutor for DenyAll {
    async fn execute(&self, grants: Vec<Grant>) -> Vec<Result<OutcomeData, CapabilityError>> {
        let refused = || {
            let text = "Nothing may run here.";
            CapabilityError::new(CapabilityErrorKind::Denied, "FORBIDDEN", text)
        };
        grants.iter().map(|_| Err(refused())).collect()
    }
}

impl data::Host for TurnState {
    #[tracing::instrument(level = "debug", skip_all, fields(grants = grants.len()))]
    async fn execute_all(
        &mut self,
        grants: Vec<Resource<Grant>>,
    ) -> wasmtime::Result<Vec<Result<Resource<OutcomeData>, types::Error>>> {
        self.meter.count_call()?;
        if grants.len() > GRANTS {
            return Err(TurnStop::CallSize.into());
        }
        // All grants leave the table before the first operation starts: a grant is spent by use,
        // whatever becomes of its operation.
        let grants = grants
            .into_iter()
            .map(|grant| self.resources.delete(grant))
            .collect::<Result<Vec<Grant>, _>>()?;
        let count = grants.len();
        let mut results = self.executor.execute(grants).await.into_iter();
        (0..count)
            .map(|_| match results.next() {
                Some(Ok(outcome)) => {
                    self.meter.hold_outcome(outcome.held_bytes())?;
                    Ok(Ok(self.resources.push(outcome)?))
                }
                Some(Err(error)) => Ok(Err(error.into())),
                None => Ok(Err(CapabilityError::new(
                    CapabilityErrorKind::Internal,
                    "INTERNAL_SERVER_ERROR",
                    "An unexpected error occurred.",
                )
                .into())),
            })
            .collect()
    }
}

impl data::HostOutcome for TurnState {
    fn summary(&mut self, outcome: Resource<OutcomeData>) -> wasmtime::Result<data::Summary> {
        self.meter.count_call()?;
        let outcome = self.resources.get(&outcome)?;
        Ok(data::Summary {
            collection: outcome.collection.clone(),
            items: outcome.items,
            bytes: outcome.json.len() as u64,
            withheld: outcome.model_view.is_withheld(),
        })
    }

    fn excerpt(
        &mut self,
        outcome: Resource<OutcomeData>,
        max_bytes: u32,
    ) -> wasmtime::Result<data::Excerpt> {
        self.meter.count_call()?;
        let outcome = self.resources.get(&outcome)?;
        let whole = match &outcome.model_view {
            ModelView::Whole => &outcome.json,
            ModelView::WithoutBytes(text) | ModelView::Instead(text) => text,
        };
        let text = cut(whole, max_bytes as usize);
        Ok(data::Excerpt { text: text.to_owned(), complete: text.len() == whole.len() })
    }

    fn media(&mut self, outcome: Resource<OutcomeData>) -> wasmtime::Result<Option<data::Media>> {
        self.meter.count_call()?;
        let outcome = self.resources.get(&outcome)?;
        if outcome.model_view.is_withheld() {
            return Ok(None);
        }
        Ok(outcome.media.as_ref().map(|media| data::Media {
            media_type: media.media_type.clone(),
            base64: media.base64.clone(),
        }))
    }

    fn drop(&mut self, outcome: Resource<OutcomeData>) -> wasmtime::Result<()> {
        let outcome = self.resources.delete(outcome)?;
        self.meter.release_outcome(outcome.held_bytes());
        Ok(())
    }
}
