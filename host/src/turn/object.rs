//! Answers that are one JSON value: let in, run and recorded as a turn is.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use palisade_conversation::ObjectRequest;
use palisade_data::Caller;
use palisade_sandbox::{
    Decision, DenyAll, Gatekeeper, PluginToolDefinition, ToolCall, TurnOutcome, TurnSettings,
    TurnSetup, TurnStop,
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use super::{
    TurnService, TurnStartError,
    gateway::CallRecords,
    run::{RunRecord, gateway, run},
    service::Admitted,
    stream::WRITES_AHEAD,
};

/// Why an answer isn't whole.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct ObjectFailure {
    /// Stable upper-case identifier, of the host or of the component.
    pub code: String,
    /// What the user may read.
    pub message: String,
}

impl ObjectFailure {
    /// How a run failed; none if it didn't.
    fn of(outcome: &TurnOutcome) -> Option<Self> {
        match outcome {
            TurnOutcome::Finished => None,
            failed => Some(Self {
                code: failed.code().to_owned(),
                message: failed.message().into_owned(),
            }),
        }
    }
}

/// The text of an answer, one item per write. It is whole if it ends without an error, which would be
/// the last item. Dropping it stops the run and closes the connection to the provider.
#[derive(Debug)]
pub struct ObjectStream {
    text: mpsc::Receiver<Bytes>,
    end: Option<oneshot::Receiver<TurnOutcome>>,
}

impl Stream for ObjectStream {
    type Item = Result<Bytes, ObjectFailure>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(text) = ready!(self.text.poll_recv(context)) {
            return Poll::Ready(Some(Ok(text)));
        }
        let Some(end) = &mut self.end else { return Poll::Ready(None) };
        // Text without a word on how it ended isn't whole.
        let outcome = ready!(Pin::new(end).poll(context))
            .unwrap_or(TurnOutcome::Stopped(TurnStop::Unfinished));
        self.end = None;
        Poll::Ready(ObjectFailure::of(&outcome).map(Err))
    }
}

/// Lets nothing run: a question for an object has no tools.
struct NoTools(TurnSettings);

#[async_trait]
impl Gatekeeper for NoTools {
    fn settings(&self) -> TurnSettings {
        self.0.clone()
    }

    fn tools(&self) -> Vec<String> {
        Vec::new()
    }

    fn plugin_tools(&self) -> Vec<PluginToolDefinition> {
        Vec::new()
    }

    async fn authorise(&self, calls: Vec<ToolCall>) -> Vec<Decision> {
        DenyAll.authorise(calls).await
    }
}

impl TurnService {
    /// Starts the answer to a question. It runs until its text ends or is dropped.
    ///
    /// Errors: as [`TurnService::start`].
    pub async fn start_object(
        &self,
        caller: Caller,
        request: ObjectRequest,
    ) -> Result<ObjectStream, TurnStartError> {
        let user = caller.accountability.user.clone();
        let started = self.try_start_object(&caller, request).await;
        self.refusal_on_record(user, started).await
    }

    async fn try_start_object(
        &self,
        caller: &Caller,
        request: ObjectRequest,
    ) -> Result<ObjectStream, TurnStartError> {
        let admitted =
            self.admit(caller, request.provider.as_deref(), request.model.as_deref()).await?;
        let Admitted { settings, identity, provider, model, row, .. } = admitted;
        let place = self.place().await?;
        let calls = CallRecords::default();
        let (output, text) = mpsc::channel(WRITES_AHEAD);
        let setup = TurnSetup {
            identity,
            gatekeeper: Arc::new(NoTools(TurnSettings {
                max_steps: settings.max_steps,
                system_prompt: None,
                tool_result_bytes: 0,
                registry: false,
            })),
            executor: Arc::new(DenyAll),
            provider: Arc::new(gateway(provider, model, &row, calls.clone())),
            output,
            message_id: None,
        };
        let request = palisade_sandbox::ObjectRequest::from(request);
        let record = RunRecord { ledger: self.parts.state.ledger().clone(), row, calls };
        let (ended, end) = oneshot::channel();
        self.parts.running.spawn(async move {
            let outcome = run(place, setup, request.into()).await;
            if let Some(outcome) = outcome.clone() {
                // Nobody listens to the end of an answer that was dropped.
                let _ = ended.send(outcome);
            }
            record.write(outcome.as_ref()).await;
        });
        Ok(ObjectStream { text, end: Some(end) })
    }
}
