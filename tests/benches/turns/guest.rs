//! Turns in the sandbox, through its public interface, with the host's side as small as it can be.

use std::{
    error::Error,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use palisade_conversation::ChatRequest;
use palisade_sandbox::{
    CapabilityError, Decision, DenyAll, Endpoint, Gatekeeper, ProviderCall, ProviderGateway,
    ProviderReply, Sandbox, SandboxOptions, ToolCall, TurnIdentity, TurnOutcome, TurnRequest,
    TurnSettings, TurnSetup,
};
use tokio::sync::mpsc;

use crate::stream::{EVENTS, QUESTION, WAITING, events};

/// The sandbox with the assistant component that the host carries.
pub(crate) struct Guest {
    sandbox: Sandbox,
    question: TurnRequest,
    waiting: TurnRequest,
    together: Arc<Provider>,
    one_by_one: Arc<Provider>,
}

impl Guest {
    pub(crate) async fn load() -> Result<Self, Box<dyn Error>> {
        let provider = |one_by_one| {
            let events = events().map(|event| Bytes::from_static(event.as_bytes())).collect();
            Arc::new(Provider { events, one_by_one })
        };
        Ok(Self {
            sandbox: Sandbox::new(SandboxOptions::default()).await?,
            question: ChatRequest::parse(QUESTION.as_bytes())?.into(),
            waiting: ChatRequest::parse(WAITING.as_bytes())?.into(),
            together: provider(false),
            one_by_one: provider(true),
        })
    }

    /// Each turn once, with a look at its stream.
    pub(crate) async fn check(&self) -> Result<(), Box<dyn Error>> {
        for (turn, tokens) in [
            (self.turn(&self.waiting, &self.together).await, 0),
            (self.turn(&self.question, &self.together).await, EVENTS),
            (self.turn(&self.question, &self.one_by_one).await, EVENTS),
        ] {
            let text = String::from_utf8(turn.concat())?;
            let found = text.matches("text-delta").count();
            if found != tokens || !text.contains("\"type\":\"finish\"") {
                return Err(format!("a turn with {found} tokens:\n{text:.500}").into());
            }
        }
        Ok(())
    }

    /// A fresh instance for a turn in which there is nothing to do.
    pub(crate) async fn empty_turn(&self) -> Vec<Bytes> {
        self.turn(&self.waiting, &self.together).await
    }

    /// An answer whose events are all there when the guest reads.
    pub(crate) async fn events_together(&self) -> Vec<Bytes> {
        self.turn(&self.question, &self.together).await
    }

    /// An answer whose events come after each other, one for each time that the guest reads.
    pub(crate) async fn events_one_by_one(&self) -> Vec<Bytes> {
        self.turn(&self.question, &self.one_by_one).await
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
        TurnSettings { max_steps: 10, system_prompt: None, tool_result_bytes: 48 * 1024 }
    }

    fn tools(&self) -> Vec<String> {
        vec!["schema".into(), "items".into()]
    }

    async fn authorise(&self, calls: Vec<ToolCall>) -> Vec<Decision> {
        DenyAll.authorise(calls).await
    }
}

struct Provider {
    events: Vec<Bytes>,
    one_by_one: bool,
}

#[async_trait]
impl ProviderGateway for Provider {
    fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: "bench".into(),
            kind: "openai-compatible".into(),
            model: "bench-1".into(),
            ..Endpoint::default()
        }
    }

    async fn send(&self, _call: ProviderCall) -> Result<ProviderReply, CapabilityError> {
        let mut events = self.events.clone().into_iter();
        let body = if self.one_by_one {
            let mut pause = false;
            stream::poll_fn(move |context: &mut Context<'_>| {
                pause = !pause;
                if pause {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(events.next().map(Ok))
            })
            .boxed()
        } else {
            stream::iter(events.map(Ok)).boxed()
        };
        let (headers, on_usage) = (Vec::new(), Box::new(|_| {}));
        Ok(ProviderReply { status: 200, headers, body, on_usage })
    }
}
