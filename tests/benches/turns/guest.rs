//! Turns in the sandbox, through its public interface, with the host's side as small as it can be.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use palisade_conversation::ChatRequest;
use palisade_sandbox::{
    CapabilityError, Decision, DenyAll, Endpoint, Gatekeeper, PluginToolDefinition, ProviderCall,
    ProviderGateway, ProviderReply, Sandbox, SandboxOptions, ToolCall, TurnIdentity, TurnOutcome,
    TurnRequest, TurnSettings, TurnSetup,
};
use tokio::sync::mpsc;

use crate::stream::{EVENTS, QUESTION, TOKEN, WAITING, WIRES, Wire};

/// The sandbox with the assistant component that the host carries.
pub(crate) struct Guest {
    sandbox: Sandbox,
    question: TurnRequest,
    waiting: TurnRequest,
}

impl Guest {
    pub(crate) async fn load() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            sandbox: Sandbox::new(SandboxOptions::default()).await?,
            question: ChatRequest::parse(QUESTION.as_bytes())?.into(),
            waiting: ChatRequest::parse(WAITING.as_bytes())?.into(),
        })
    }

    /// Each turn once, with a look at its stream.
    pub(crate) async fn check(&self, wire: &Wire) -> Result<(), Box<dyn Error>> {
        let provider = provider(wire, EVENTS);
        for (turn, tokens) in [(self.empty_turn().await, 0), (self.answer(&provider).await, EVENTS)]
        {
            let text = String::from_utf8(turn.concat())?;
            let found = text.matches(TOKEN).count();
            if found != tokens || !text.contains("\"type\":\"finish\"") {
                let kind = wire.kind;
                return Err(format!("{kind}: a turn with {found} tokens:\n{text:.500}").into());
            }
        }
        Ok(())
    }

    /// A fresh instance for a turn in which there is nothing to do.
    pub(crate) async fn empty_turn(&self) -> Vec<Bytes> {
        self.turn(&self.waiting, &provider(&WIRES[0], 0)).await
    }

    /// An answer whose events are all there when the guest reads, as a fast provider's are.
    pub(crate) async fn answer(&self, provider: &Arc<Provider>) -> Vec<Bytes> {
        self.turn(&self.question, provider).await
    }

    /// The writes of a turn; none at all if it didn't finish.
    async fn turn(&self, request: &TurnRequest, provider: &Arc<Provider>) -> Vec<Bytes> {
        let (output, mut input) = mpsc::channel(16);
        let setup = TurnSetup {
            identity: TurnIdentity { turn_id: "turn-1".into(), ..TurnIdentity::default() },
            gatekeeper: Arc::new(Gate),
            executor: Arc::new(DenyAll),
            provider: Arc::clone(provider) as Arc<dyn ProviderGateway>,
            output,
            message_id: None,
        };
        let reading = async {
            let mut writes = Vec::new();
            while let Some(write) = input.recv().await {
                writes.push(write);
            }
            writes
        };
        let (end, writes) = tokio::join!(self.sandbox.run_turn(setup, request.clone()), reading);
        match end {
            Ok(end) if end.outcome == TurnOutcome::Finished => writes,
            _ => Vec::new(),
        }
    }
}

/// The settings of a turn that calls no tools.
struct Gate;

#[async_trait]
impl Gatekeeper for Gate {
    fn settings(&self) -> TurnSettings {
        TurnSettings {
            max_steps: 10,
            system_prompt: None,
            tool_result_bytes: 48 * 1024,
            registry: false,
        }
    }

    fn plugin_tools(&self) -> Vec<PluginToolDefinition> {
        Vec::new()
    }

    fn tools(&self) -> Vec<String> {
        vec!["schema".into(), "items".into()]
    }

    async fn authorise(&self, calls: Vec<ToolCall>) -> Vec<Decision> {
        DenyAll.authorise(calls).await
    }
}

/// A provider that has its answer ready.
pub(crate) struct Provider {
    kind: &'static str,
    events: Vec<Bytes>,
}

/// The provider of a wire format, with an answer of so many tokens.
pub(crate) fn provider(wire: &Wire, tokens: usize) -> Arc<Provider> {
    let events = wire.events(tokens).map(|event| Bytes::from_static(event.as_bytes())).collect();
    Arc::new(Provider { kind: wire.kind, events })
}

#[async_trait]
impl ProviderGateway for Provider {
    fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: "bench".into(),
            kind: self.kind.into(),
            model: "bench-1".into(),
            ..Endpoint::default()
        }
    }

    async fn send(&self, _call: ProviderCall) -> Result<ProviderReply, CapabilityError> {
        let body = stream::iter(self.events.clone().into_iter().map(Ok)).boxed();
        let (headers, on_usage) = (Vec::new(), Box::new(|_| {}));
        Ok(ProviderReply { status: 200, headers, body, on_usage })
    }
}
