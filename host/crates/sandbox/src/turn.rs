//! One turn: a fresh instance, its supervision and its end.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracing::Instrument;

use crate::{
    Gatekeeper, GrantExecutor, ProviderGateway, TurnIdentity, TurnRequest, TurnStop,
    sandbox::Inner, state::TurnState, supervise::supervise, text::cut, ui::Phase,
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
    /// Takes the server-sent events, one item per write. Its capacity is how far the guest may run
    /// ahead of the client; 16 is a good one. When the receiver is gone the turn is stopped.
    pub output: mpsc::Sender<Bytes>,
    /// The message id of the `start` chunk. None in a continuation, where the client has the message.
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

/// How a turn ended. Its stream has ended properly in every case, with `[DONE]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnOutcome {
    /// The guest finished its message.
    Finished,
    /// The guest ended with an error that it reported itself.
    Failed {
        /// The error's code; `ERROR` where the guest sent a chunk and gave no code.
        code: String,
    },
    /// The sandbox stopped it.
    Stopped(TurnStop),
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
    /// Requests to the provider.
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
    pub async fn run(self, setup: TurnSetup, request: TurnRequest) -> TurnEnd {
        let span = tracing::info_span!("turn", id = setup.identity.turn_id);
        self.serve(setup, request).instrument(span).await
    }

    async fn serve(self, setup: TurnSetup, request: TurnRequest) -> TurnEnd {
        let Self { inner, permit } = self;
        let limits = &inner.limits;
        let started = Instant::now();
        let ticking = inner.ticker.hold();
        let mut store = inner.store(TurnState::new(setup, limits));
        let call = async {
            let assistant = inner.component.instantiate_async(&mut store).await?;
            assistant.palisade_assistant_assistant().call_run(&mut store, &request.0).await
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
        let (outcome, message) = match supervised.result {
            Ok(Ok(Ok(()))) => match stream.phase() {
                Phase::Finished => (TurnOutcome::Finished, String::new()),
                Phase::Failed => (TurnOutcome::Failed { code: "ERROR".into() }, String::new()),
                Phase::Silent | Phase::Open => stopped(TurnStop::Unfinished),
            },
            Ok(Ok(Err(error))) => {
                let code = cut(&error.code, CODE_BYTES).to_owned();
                (TurnOutcome::Failed { code }, cut(&error.message, MESSAGE_BYTES).to_owned())
            }
            Ok(Err(error)) => stopped(TurnStop::from_error(&error)),
            Err(stop) => stopped(stop),
        };
        match &outcome {
            // People close their browsers.
            TurnOutcome::Stopped(TurnStop::ClientGone) => tracing::debug!("the client went away"),
            TurnOutcome::Stopped(stop) => tracing::warn!(?stop, "the turn was stopped"),
            TurnOutcome::Failed { code } => tracing::info!(code, "the turn failed"),
            TurnOutcome::Finished => {}
        }
        stream.close(&message).await;
        TurnEnd { outcome, usage }
    }
}

fn stopped(stop: TurnStop) -> (TurnOutcome, String) {
    let message = stop.to_string();
    (TurnOutcome::Stopped(stop), message)
}
