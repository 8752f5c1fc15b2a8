//! Calls of components.

use std::sync::Arc;

use bytes::Bytes;
use palisade_provider::EgressClient;
use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, ModelView, OutcomeData, ToolFailure, ToolInvocation,
    ToolRuntime, ToolStop, progress_event,
};
use palisade_state::{LedgerEntry, State};
use palisade_tools::{GrantedHost, Progress, ToolCallFacts, ToolView};
use tokio::sync::mpsc;

use super::{Called, Executor};

/// What calls of components need besides what all calls do.
pub(in crate::turn) struct PluginCalls {
    pub(in crate::turn) runtime: ToolRuntime,
    /// The tools as they were when the turn began.
    pub(in crate::turn) tools: Arc<ToolView>,
    pub(in crate::turn) state: State,
    pub(in crate::turn) egress: EgressClient,
    pub(in crate::turn) language: String,
    pub(in crate::turn) progress: Arc<StreamProgress>,
}

/// Shows progress between the events of a turn's stream.
pub(in crate::turn) struct StreamProgress(pub(in crate::turn) mpsc::Sender<Bytes>);

impl Progress for StreamProgress {
    fn report(&self, tool_call_id: &str, message: &str, fraction: Option<f32>) {
        // A client that is slow to read misses some.
        let _ = self.0.try_send(progress_event(tool_call_id, message, fraction));
    }
}

impl Executor {
    pub(super) async fn run_plugin(
        &self,
        row: LedgerEntry,
        tool_call_id: String,
        name: &str,
        arguments: String,
    ) -> Called {
        let plugins = &self.plugins;
        // The gate granted it out of the same view.
        let Some(tool) = plugins.tools.get(name) else { return Err(gone()) };
        let Ok(loaded) = tool.loaded() else { return Err(gone()) };
        let facts = ToolCallFacts {
            row: row.clone(),
            tool_call_id: tool_call_id.clone(),
            language: plugins.language.clone(),
        };
        let host = Arc::new(GrantedHost::new(
            Arc::clone(tool),
            facts,
            self.caller.clone(),
            Arc::clone(&self.data),
            plugins.state.clone(),
            plugins.egress.clone(),
            Arc::clone(&plugins.progress) as Arc<dyn Progress>,
        ));
        let call =
            ToolInvocation { id: tool_call_id, tool: tool.description.name.clone(), arguments };
        let end = plugins.runtime.invoke(&loaded.component, Arc::clone(&host) as _, call).await;
        let outcome = match &end.result {
            Ok(_) => "ok".to_owned(),
            Err(failure) => failure.code().to_owned(),
        };
        let bytes = end.result.as_ref().ok().map(|answer| answer.screen.len() as u64);
        let reason = Some(format!("version {}", loaded.manifest.component.version));
        self.record(LedgerEntry { outcome, reason, bytes_received: bytes, ..row }).await;
        let answer = end.result.map_err(|failure| told(&host, failure))?;
        let screen: Arc<str> = host.scrubbed(&answer.screen).into();
        let model_view = match answer.model {
            None => ModelView::Whole,
            Some(model) => ModelView::WithoutBytes(host.scrubbed(&model).into()),
        };
        Ok(OutcomeData {
            json: screen,
            model_view,
            collection: None,
            items: 0,
            media: answer.image,
        })
    }
}

/// What model and user are told of a failure.
fn told(host: &GrantedHost, failure: ToolFailure) -> CapabilityError {
    let kind = match &failure {
        ToolFailure::Returned(error) => error.kind,
        ToolFailure::Busy => CapabilityErrorKind::Unavailable,
        ToolFailure::Stopped(ToolStop::CallTime | ToolStop::CpuTime) => {
            CapabilityErrorKind::Timeout
        }
        ToolFailure::Stopped(ToolStop::Trap | ToolStop::Answer) => CapabilityErrorKind::Internal,
        ToolFailure::Stopped(_) => CapabilityErrorKind::Limit,
    };
    let message = match &failure {
        ToolFailure::Returned(error) => host.scrubbed(&error.message),
        other => other.to_string(),
    };
    CapabilityError::new(kind, failure.code().to_owned(), message)
}

fn gone() -> CapabilityError {
    CapabilityError::new(CapabilityErrorKind::Unavailable, "TOOL_GONE", "The tool is gone.")
}
