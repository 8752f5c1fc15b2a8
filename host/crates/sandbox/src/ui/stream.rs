//! The way of a turn's chunks to the caller.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::{sync::mpsc, time::timeout};

use super::encode;
use crate::{TurnStop, bindings::palisade::host::ui::Chunk};

/// How long the end of a stream waits for a client that doesn't read.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// Block of memory that small writes share. When a block is full, the next is made or, once the
/// client has everything, this one is used again.
const BUFFER_BYTES: usize = 8 << 10;

/// How far a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing was written.
    Silent,
    /// Chunks were written.
    Open,
    /// The `finish` chunk was written. Data parts may follow.
    Finished,
    /// The `error` chunk was written. Nothing may follow.
    Failed,
}

/// The stream of one turn: one call of the guest is one write.
#[derive(Debug)]
pub(crate) struct UiStream {
    output: mpsc::Sender<Bytes>,
    message_id: Option<String>,
    buffer: BytesMut,
    written: u64,
    limit: u64,
    phase: Phase,
}

impl UiStream {
    /// A stream of at most `limit` bytes into `output`. `message_id` goes into the `start` chunk.
    pub(crate) fn new(output: mpsc::Sender<Bytes>, message_id: Option<String>, limit: u64) -> Self {
        Self {
            output,
            message_id,
            buffer: BytesMut::with_capacity(BUFFER_BYTES),
            written: 0,
            limit,
            phase: Phase::Silent,
        }
    }

    /// How far the stream is.
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Bytes that were written.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Writes chunks. Where one may not be written, those before it are, and the turn is stopped.
    pub(crate) async fn emit(&mut self, chunks: &[Chunk]) -> Result<(), TurnStop> {
        let mut phase = self.phase;
        let mut stopped = Ok(());
        for chunk in chunks {
            let whole = self.buffer.len();
            match self.append(chunk, phase) {
                Ok(next) => phase = next,
                Err(stop) => {
                    self.buffer.truncate(whole);
                    stopped = Err(stop);
                    break;
                }
            }
        }
        self.flush(phase).await?;
        stopped
    }

    /// Writes the result of a tool call, one JSON value.
    pub(crate) async fn emit_outcome(
        &mut self,
        tool_call_id: &str,
        output: &str,
    ) -> Result<(), TurnStop> {
        check_open(self.phase)?;
        // Checked before it is copied.
        self.check_size(output.len())?;
        encode::outcome(&mut self.buffer, tool_call_id, output)?;
        self.check_size(0)?;
        self.flush(after(self.phase, Phase::Open)).await
    }

    /// Ends the stream: with an `error` chunk where the guest ended it with neither `finish` nor
    /// `error`, and with `[DONE]` always.
    pub(crate) async fn close(mut self, failure: &str) {
        self.buffer.clear();
        if matches!(self.phase, Phase::Silent | Phase::Open) {
            if self.phase == Phase::Silent {
                let _ = encode::chunk(&mut self.buffer, &Chunk::Start, self.message_id.as_deref());
            }
            let _ = encode::error(&mut self.buffer, failure);
        }
        self.buffer.extend_from_slice(encode::DONE);
        // A client that is gone or asleep doesn't get its end; the turn is over all the same.
        let _ = timeout(LAST_WRITE, self.output.send(self.buffer.freeze())).await;
    }

    /// Encodes a chunk that comes in a phase, and gives the phase after it.
    fn append(&mut self, chunk: &Chunk, phase: Phase) -> Result<Phase, TurnStop> {
        check_open(phase)?;
        encode::chunk(&mut self.buffer, chunk, self.message_id.as_deref())?;
        self.check_size(0)?;
        Ok(match chunk {
            Chunk::Error(_) => Phase::Failed,
            Chunk::Finish(_) => Phase::Finished,
            _ => after(phase, Phase::Open),
        })
    }

    fn check_size(&self, more: usize) -> Result<(), TurnStop> {
        let total = self.written + self.buffer.len() as u64 + more as u64;
        if total > self.limit { Err(TurnStop::Output) } else { Ok(()) }
    }

    /// Writes what is encoded. The phase counts from when it is written: a turn that is stopped while
    /// it waits for the client has not shown its `finish` yet.
    async fn flush(&mut self, phase: Phase) -> Result<(), TurnStop> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let bytes = self.buffer.split().freeze();
        let length = bytes.len() as u64;
        self.output.send(bytes).await.map_err(|_| TurnStop::ClientGone)?;
        self.written += length;
        self.phase = phase;
        Ok(())
    }
}

fn check_open(phase: Phase) -> Result<(), TurnStop> {
    if phase == Phase::Failed { Err(TurnStop::AfterError) } else { Ok(()) }
}

/// A finished stream stays finished when data parts follow.
fn after(phase: Phase, next: Phase) -> Phase {
    if phase == Phase::Finished { phase } else { next }
}
