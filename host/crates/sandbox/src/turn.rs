//! One turn: a fresh instance, its supervision and its end. An answer that is one JSON value is a turn
//! as well, with another export and a stream of text.

use std::{
    borrow::Cow,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracing::Instrument;

use crate::{
    Gatekeeper, GrantExecutor, GuestRequest, ProviderGateway, TurnIdentity, TurnStop,
    sandbox::Inner,
    state::TurnState,
    supervise::supervise,
    text::cut,
    ui::{Framing, Opening, Phase},
};

/// Bytes of the code and the message of an error that the guest returns.
const CODE_BYTES: usize = 64;
/// See [`CODE_BYTES`].
const MESSAGE_BYTES: usize = 4 << 10;

/// What the host gives to a turn.
pub struct TurnSetup {
    /// Who asks.
    pub identity: TurnIdentity,
    /// Decides on tool calls.
    pub gatekeeper: Arc<dyn Gatekeeper>,
    /// Runs what was granted.
    pub executor: Arc<dyn GrantExecutor>,
    /// Reaches the provider.
    pub provider: Arc<dyn ProviderGateway>,
    /// Takes the server-sent events, or the text of an object, one item per write. Its capacity is how
    /// far the guest may run ahead of the client; 16 is a good one. When the receiver is gone the turn
    /// is stopped.
    pub output: mpsc::Sender<Bytes>,
    /// The message id of the `start` chunk. None in a continuation, where the client has the message,
    /// and for an object, which is no message.
    pub message_id: Option<String>,
}

impl fmt::Debug for TurnSetup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TurnSetup")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// How a turn ended. A stream of events has ended properly in every case, with `[DONE]`; one of text
/// is whole if the guest finished it, and not otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnOutcome {
    /// The guest finished its message.
    Finished,
    /// The guest ended with an error that it reported itself.
    Failed {
        /// The error's code, at most 64 bytes; `ERROR` where the guest sent a chunk and gave no code.
        code: String,
        /// What the user may read, at most 4 KiB; empty where the guest sent it in a chunk.
        message: String,
    },
    /// The sandbox stopped it.
    Stopped(TurnStop),
}

impl TurnOutcome {
    /// Stable upper-case identifier, for the ledger and metrics; `ok` for an answer that is whole.
    pub fn code(&self) -> &str {
        match self {
            Self::Finished => "ok",
            Self::Failed { code, .. } => code,
            Self::Stopped(stop) => stop.code(),
        }
    }

    /// What the user may read; empty where there is nothing to say.
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Self::Finished => Cow::Borrowed(""),
            Self::Failed { message, .. } => Cow::Borrowed(message),
            Self::Stopped(stop) => Cow::Owned(stop.to_string()),
        }
    }
}

/// What a turn used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TurnUsage {
    /// Processor time.
    pub cpu: Duration,
    /// Wall time.
    pub wall: Duration,
    /// Calls from the guest to the host.
    pub host_calls: u64,
    /// Requests to the provider, those that it refused included.
    pub provider_calls: u32,
    /// Bytes written to the stream, without what the sandbox added at its end.
    pub output_bytes: u64,
    /// Largest size of the guest's memory in bytes.
    pub peak_memory_bytes: usize,
    /// Log lines that were dropped.
    pub dropped_log_lines: u64,
}

/// The end of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnEnd {
    /// How.
    pub outcome: TurnOutcome,
    /// What it used.
    pub usage: TurnUsage,
}

/// A free place for one turn. Dropping it gives it back.
pub struct TurnPlace {
    inner: Arc<Inner>,
    permit: OwnedSemaphorePermit,
}

impl fmt::Debug for TurnPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TurnPlace")
    }
}

impl TurnPlace {
    pub(crate) fn new(inner: Arc<Inner>, permit: OwnedSemaphorePermit) -> Self {
        Self { inner, permit }
    }

    /// Runs a turn in a fresh instance and ends its stream.
    ///
    /// Dropping the future stops everything at once: the instance, running data operations and the
    /// connection to the provider.
    pub async fn run(self, setup: TurnSetup, request: impl Into<GuestRequest>) -> TurnEnd {
        let span = tracing::info_span!("turn", id = setup.identity.turn_id);
        self.serve(setup, request.into()).instrument(span).await
    }

    async fn serve(self, mut setup: TurnSetup, request: GuestRequest) -> TurnEnd {
        let Self { inner, permit } = self;
        let limits = &inner.limits;
        let started = Instant::now();
        let ticking = inner.ticker.hold();
        let framing = match request {
            GuestRequest::Turn(_) => Framing::Events(Opening {
                message_id: setup.message_id.take(),
                turn_id: setup.identity.turn_id.clone(),
            }),
            GuestRequest::Object(_) => Framing::Text,
        };
        let mut store = inner.store(TurnState::new(setup, framing, limits));
        let call = async {
            let component = inner.component.instantiate_async(&mut store).await?;
            let assistant = component.palisade_assistant_assistant();
            match &request {
                GuestRequest::Turn(turn) => assistant.call_run(&mut store, &turn.0).await,
                GuestRequest::Object(object) => assistant.call_object(&mut store, &object.0).await,
            }
        };
        let supervised = supervise(call, limits.cpu_time, limits.turn_time).await;
        // The instance and everything it holds goes before the client is told.
        let state = store.into_data();
        let TurnState { stream, meter, resources, .. } = state;
        drop((resources, ticking, permit));

        let usage = TurnUsage {
            cpu: supervised.cpu,
            wall: started.elapsed(),
            host_calls: meter.host_calls,
            provider_calls: meter.provider_calls,
            output_bytes: stream.written(),
            peak_memory_bytes: meter.memory.peak_bytes,
            dropped_log_lines: meter.log.dropped,
        };
        let outcome = match supervised.result {
            Ok(Ok(Ok(()))) => match stream.phase() {
                Phase::Finished => TurnOutcome::Finished,
                Phase::Failed => failed("ERROR", ""),
                Phase::Silent | Phase::Open => TurnOutcome::Stopped(TurnStop::Unfinished),
            },
            Ok(Ok(Err(error))) => failed(&error.code, &error.message),
            Ok(Err(error)) => TurnOutcome::Stopped(TurnStop::from_error(&error)),
            Err(stop) => TurnOutcome::Stopped(stop),
        };
        match &outcome {
            // People close their browsers.
            TurnOutcome::Stopped(TurnStop::ClientGone) => tracing::debug!("the client went away"),
            TurnOutcome::Stopped(stop) => tracing::warn!(?stop, "the turn was stopped"),
            TurnOutcome::Failed { code, .. } => tracing::info!(code, "the turn failed"),
            TurnOutcome::Finished => {}
        }
        stream.close(&outcome.message()).await;
        TurnEnd { outcome, usage }
    }
}

fn failed(code: &str, message: &str) -> TurnOutcome {
    TurnOutcome::Failed {
        code: cut(code, CODE_BYTES).to_owned(),
        message: cut(message, MESSAGE_BYTES).to_owned(),
    }
}
