//! What a call of a tool may do: each capability checks the grant, keeps the limits that the WIT world
//! tells to authors, and puts on record what left or changed.

mod data;
mod http;
mod query;
mod scrub;
mod storage;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU32},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use palisade_data::{Caller, DataBackend};
use palisade_provider::EgressClient;
use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, ToolCaller, ToolDataRequest, ToolHost, ToolHttpRequest,
    ToolHttpResponse, ToolLogLevel, not_granted,
};
use palisade_state::{Ledger, LedgerEntry, LedgerKind, State};

pub use data::data_operation_row;

use self::scrub::Scrubber;
use crate::GrantedTool;

/// Progress messages that the user sees in one call, and the pause between two of them.
const PROGRESS_MESSAGES: u32 = 200;
const PROGRESS_PAUSE: Duration = Duration::from_millis(250);

/// Shows the user how far a call is.
pub trait Progress: Send + Sync + 'static {
    /// Must not wait: what can't be shown now is dropped.
    fn report(&self, tool_call_id: &str, message: &str, fraction: Option<f32>);
}

/// What a call is about.
#[derive(Debug, Clone)]
pub struct ToolCallFacts {
    /// A ledger row with workspace, turn, user, tool, tool call id and approval id.
    pub row: LedgerEntry,
    /// Id of the call in the conversation.
    pub tool_call_id: String,
    /// BCP 47 language tag of the caller.
    pub language: String,
}

/// The capabilities of one call, as far as they were granted.
pub struct GrantedHost {
    tool: Arc<GrantedTool>,
    facts: ToolCallFacts,
    caller: Caller,
    data: Arc<dyn DataBackend>,
    state: State,
    egress: EgressClient,
    progress: Arc<dyn Progress>,
    scrubber: Scrubber,
    requests: AtomicU32,
    shown: Mutex<Shown>,
}

/// What the user has seen of the call's progress.
#[derive(Debug, Default)]
struct Shown {
    messages: u32,
    last: Option<Instant>,
}

impl std::fmt::Debug for GrantedHost {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("GrantedHost").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl GrantedHost {
    /// The capabilities of a call of `tool` by `caller`.
    pub fn new(
        tool: Arc<GrantedTool>,
        facts: ToolCallFacts,
        caller: Caller,
        data: Arc<dyn DataBackend>,
        state: State,
        egress: EgressClient,
        progress: Arc<dyn Progress>,
    ) -> Self {
        Self {
            tool,
            facts,
            caller,
            data,
            state,
            egress,
            progress,
            scrubber: Scrubber::default(),
            requests: AtomicU32::new(0),
            shown: Mutex::default(),
        }
    }

    /// The address that a request would be sent to, if its origin and method are granted. Secrets
    /// aren't looked at.
    ///
    /// Errors: the refusal.
    pub fn address_of(&self, request: &ToolHttpRequest) -> Result<String, CapabilityError> {
        http::address(self, request)
    }

    /// A text of the tool without the secrets that it may have got back from somewhere.
    pub fn scrubbed(&self, text: &str) -> String {
        self.scrubber.text(text)
    }

    fn ledger(&self) -> &Ledger {
        self.state.ledger()
    }

    /// A row of this call.
    fn row(&self, kind: LedgerKind) -> LedgerEntry {
        LedgerEntry { kind, time: jiff::Timestamp::now(), ..self.facts.row.clone() }
    }

    fn workspace(&self) -> &str {
        &self.facts.row.workspace
    }

    /// What can't be recorded must not count as done; a request that was made stays made.
    async fn record(&self, row: LedgerEntry) {
        if let Err(error) = self.ledger().append(row).await {
            tracing::error!(%error, "what a tool did could not be put on record");
        }
    }
}

#[async_trait]
impl ToolHost for GrantedHost {
    async fn data(&self, request: ToolDataRequest) -> Result<String, CapabilityError> {
        data::run(self, request).await
    }

    async fn http(&self, request: ToolHttpRequest) -> Result<ToolHttpResponse, CapabilityError> {
        http::send(self, request).await
    }

    async fn kv_get(&self, key: String) -> Result<Option<Vec<u8>>, CapabilityError> {
        storage::get(self, &key).await
    }

    async fn kv_set(&self, key: String, value: Vec<u8>) -> Result<(), CapabilityError> {
        storage::set(self, &key, &value).await
    }

    async fn kv_delete(&self, key: String) -> Result<(), CapabilityError> {
        storage::delete(self, &key).await
    }

    async fn kv_keys(&self, prefix: String) -> Result<Vec<String>, CapabilityError> {
        storage::keys(self, &prefix).await
    }

    fn caller(&self) -> Result<ToolCaller, CapabilityError> {
        if self.tool.grant.identity.is_none() {
            return Err(not_granted());
        }
        let accountability = &self.caller.accountability;
        Ok(ToolCaller {
            user_id: accountability.user.clone().unwrap_or_default(),
            roles: accountability.roles.clone(),
            language: self.facts.language.clone(),
            workspace: self.workspace().to_owned(),
        })
    }

    fn progress(&self, message: &str, fraction: Option<f32>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = shown.last.is_some_and(|last| last.elapsed() < PROGRESS_PAUSE);
        if is_early || shown.messages >= PROGRESS_MESSAGES {
            return;
        }
        *shown = Shown { messages: shown.messages + 1, last: Some(Instant::now()) };
        let message = self.scrubber.text(message);
        self.progress.report(&self.facts.tool_call_id, &message, fraction);
    }

    fn log(&self, level: ToolLogLevel, line: &str) {
        let line = self.scrubber.text(line);
        let tool = self.facts.row.tool.as_deref().unwrap_or_default();
        let turn = self.facts.row.turn.as_deref().unwrap_or_default();
        match level {
            ToolLogLevel::Debug => tracing::debug!(target: "palisade::tool", tool, turn, "{line}"),
            ToolLogLevel::Info => tracing::info!(target: "palisade::tool", tool, turn, "{line}"),
            ToolLogLevel::Warn => tracing::warn!(target: "palisade::tool", tool, turn, "{line}"),
            ToolLogLevel::Error => tracing::error!(target: "palisade::tool", tool, turn, "{line}"),
        }
    }
}

fn invalid(message: impl Into<String>) -> CapabilityError {
    CapabilityError::new(CapabilityErrorKind::Invalid, "INVALID_PAYLOAD", message)
}

fn limit(message: impl Into<String>) -> CapabilityError {
    CapabilityError::new(CapabilityErrorKind::Limit, "LIMIT_EXCEEDED", message)
}

/// The host's own storage failed.
fn unavailable(error: &palisade_state::StateError) -> CapabilityError {
    tracing::error!(%error, "a tool's storage failed");
    CapabilityError::new(
        CapabilityErrorKind::Unavailable,
        "SERVICE_UNAVAILABLE",
        "The host's storage isn't available at the moment.",
    )
}
