//! Recording fakes for the host's side.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use palisade_data::{GrantedAction, Operation};
use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, Decision, Endpoint, Gatekeeper, Grant, GrantExecutor,
    ModelView, OutcomeData, PluginToolDefinition, ProviderCall, ProviderGateway, ProviderReply,
    ProviderUsage, ToolCall, TurnSettings,
};

/// Grants every call and keeps what it was asked.
#[derive(Default)]
pub(crate) struct GrantAll {
    pub(crate) asked: Mutex<Vec<ToolCall>>,
}

#[async_trait]
impl Gatekeeper for GrantAll {
    fn settings(&self) -> TurnSettings {
        TurnSettings {
            max_steps: 3,
            system_prompt: None,
            tool_result_bytes: 1_000,
            registry: false,
        }
    }

    fn tools(&self) -> Vec<String> {
        vec!["schema".into()]
    }

    fn plugin_tools(&self) -> Vec<PluginToolDefinition> {
        Vec::new()
    }

    async fn authorise(&self, calls: Vec<ToolCall>) -> Vec<Decision> {
        self.asked.lock().unwrap().extend(calls.iter().cloned());
        calls
            .into_iter()
            .map(|call| {
                Decision::Granted(Grant {
                    tool_call_id: call.id,
                    tool: call.tool,
                    action: GrantedAction::Operation(Box::new(Operation::Schema {
                        collections: None,
                    })),
                    approval_id: None,
                })
            })
            .collect()
    }
}

/// Gives the same outcome for every grant and counts them.
pub(crate) struct Answering {
    pub(crate) outcome: OutcomeData,
    pub(crate) executed: AtomicUsize,
}

impl Answering {
    pub(crate) fn new(json: &str, model_view: ModelView) -> Arc<Self> {
        let outcome = OutcomeData {
            json: json.into(),
            model_view,
            collection: Some("articles".into()),
            items: 1,
            media: None,
        };
        Arc::new(Self { outcome, executed: AtomicUsize::new(0) })
    }

    pub(crate) fn executed(&self) -> usize {
        self.executed.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl GrantExecutor for Answering {
    async fn execute(&self, grants: Vec<Grant>) -> Vec<Result<OutcomeData, CapabilityError>> {
        self.executed.fetch_add(grants.len(), Ordering::SeqCst);
        grants.iter().map(|_| Ok(self.outcome.clone())).collect()
    }
}

fn endpoint() -> Endpoint {
    Endpoint {
        provider: "test".into(),
        kind: "openai-compatible".into(),
        model: "m".into(),
        ..Endpoint::default()
    }
}

/// A provider whose responses never say anything, and that knows how many are open.
#[derive(Clone, Default)]
pub(crate) struct Silent {
    pub(crate) open: Arc<AtomicUsize>,
    pub(crate) sent: Arc<Mutex<Vec<ProviderCall>>>,
}

struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl ProviderGateway for Silent {
    fn endpoint(&self) -> Endpoint {
        endpoint()
    }

    async fn send(&self, call: ProviderCall) -> Result<ProviderReply, CapabilityError> {
        self.sent.lock().unwrap().push(call);
        self.open.fetch_add(1, Ordering::SeqCst);
        let open = Open(Arc::clone(&self.open));
        let body = stream::pending::<Result<Bytes, CapabilityError>>().map(move |item| {
            let _held = &open;
            item
        });
        Ok(ProviderReply {
            status: 200,
            headers: Vec::new(),
            body: body.boxed(),
            on_usage: Box::new(|_| {}),
        })
    }
}

/// A provider that answers with these pieces and keeps what it was told.
#[derive(Clone)]
pub(crate) struct Streaming {
    pub(crate) pieces: Vec<Result<&'static str, CapabilityError>>,
    pub(crate) sent: Arc<Mutex<Vec<ProviderCall>>>,
    pub(crate) usage: Arc<Mutex<Vec<ProviderUsage>>>,
}

impl Streaming {
    pub(crate) fn new(pieces: Vec<Result<&'static str, CapabilityError>>) -> Self {
        Self { pieces, sent: Arc::default(), usage: Arc::default() }
    }
}

#[async_trait]
impl ProviderGateway for Streaming {
    fn endpoint(&self) -> Endpoint {
        endpoint()
    }

    async fn send(&self, call: ProviderCall) -> Result<ProviderReply, CapabilityError> {
        self.sent.lock().unwrap().push(call);
        let usage = Arc::clone(&self.usage);
        let pieces = self.pieces.clone().into_iter().map(|piece| piece.map(Bytes::from));
        Ok(ProviderReply {
            status: 200,
            headers: Vec::new(),
            body: stream::iter(pieces).boxed(),
            on_usage: Box::new(move |reported| usage.lock().unwrap().push(reported)),
        })
    }
}

/// A provider that answers with one status after another, and without a connection where there is
/// none; the last stays.
#[derive(Clone)]
pub(crate) struct Statuses {
    pub(crate) statuses: Vec<Option<u16>>,
    pub(crate) sent: Arc<AtomicUsize>,
}

impl Statuses {
    pub(crate) fn new(statuses: &[Option<u16>]) -> Self {
        Self { statuses: statuses.to_vec(), sent: Arc::default() }
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ProviderGateway for Statuses {
    fn endpoint(&self) -> Endpoint {
        endpoint()
    }

    async fn send(&self, _call: ProviderCall) -> Result<ProviderReply, CapabilityError> {
        let index = self.sent.fetch_add(1, Ordering::SeqCst).min(self.statuses.len() - 1);
        let unreachable = CapabilityError::new(
            CapabilityErrorKind::Unavailable,
            "PROVIDER_UNAVAILABLE",
            "No connection.",
        );
        Ok(ProviderReply {
            status: self.statuses[index].ok_or(unreachable)?,
            headers: Vec::new(),
            body: stream::empty().boxed(),
            on_usage: Box::new(|_| {}),
        })
    }
}
