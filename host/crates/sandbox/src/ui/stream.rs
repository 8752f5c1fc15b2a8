//! The way of a turn's chunks to the caller.

use std::{collections::BTreeMap, time::Duration};

use bytes::{Bytes, BytesMut};
use tokio::{sync::mpsc, time::timeout};

use super::{
    encode::{self, Opening},
    event::invalid,
};
use crate::{TurnStop, bindings::palisade::host::ui::Chunk};

/// How long the end of a stream waits for a client that doesn't read.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// Block of memory that small writes share. When a block is full, the next is made or, once the
/// client has everything, this one is used again.
const BUFFER_BYTES: usize = 2 << 10;

/// Why a chunk has no place in an answer of text.
const NO_TEXT: &str = "an answer of text has no such part";

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

/// What a stream is made of.
#[derive(Debug)]
pub(crate) enum Framing {
    /// Server-sent events, ended by `[DONE]`, with what their `start` chunk says.
    Events(Opening),
    /// The text of the answer and nothing else. How it ended is not in it.
    Text,
}

/// The stream of one turn: one call of the guest is one write.
#[derive(Debug)]
pub(crate) struct UiStream {
    output: mpsc::Sender<Bytes>,
    framing: Framing,
    buffer: BytesMut,
    written: u64,
    limit: u64,
    phase: Phase,
    /// Whether some of an answer was written.
    answering: bool,
    /// Approvals that the host wants and the guest hasn't asked for yet, by approval id.
    questions: BTreeMap<String, Question>,
}

/// An approval that the host wants.
#[derive(Debug)]
struct Question {
    tool_call_id: String,
    reason: String,
}

impl UiStream {
    /// A stream of at most `limit` bytes into `output`.
    pub(crate) fn new(output: mpsc::Sender<Bytes>, framing: Framing, limit: u64) -> Self {
        Self {
            output,
            framing,
            buffer: BytesMut::with_capacity(BUFFER_BYTES),
            written: 0,
            limit,
            phase: Phase::Silent,
            answering: false,
            questions: BTreeMap::new(),
        }
    }

    /// Lets the guest ask for an approval, once. It can ask for no other: a question that the host
    /// didn't put could make a person agree to something else.
    pub(crate) fn expect_question(
        &mut self,
        approval_id: String,
        tool_call_id: String,
        reason: String,
    ) {
        self.questions.insert(approval_id, Question { tool_call_id, reason });
    }

    /// How far the stream is.
    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the client has something of an answer already.
    pub(crate) fn is_answering(&self) -> bool {
        self.answering
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
        if matches!(self.framing, Framing::Text) {
            return Err(invalid(NO_TEXT));
        }
        // Checked before it is copied.
        self.check_size(output.len())?;
        encode::outcome(&mut self.buffer, tool_call_id, output)?;
        self.check_size(0)?;
        self.flush(after(self.phase, Phase::Open)).await
    }

    /// Ends the stream. Events end with an `error` chunk where the guest sent neither `finish` nor
    /// `error`, and with `[DONE]` always; to text nothing is added.
    pub(crate) async fn close(mut self, failure: &str) {
        let Framing::Events(opening) = &self.framing else { return };
        self.buffer.clear();
        if matches!(self.phase, Phase::Silent | Phase::Open) {
            if self.phase == Phase::Silent {
                let _ = encode::chunk(&mut self.buffer, &Chunk::Start, opening);
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
        let Framing::Events(opening) = &self.framing else {
            return self.append_text(chunk, phase);
        };
        let question = match chunk {
            Chunk::ToolApprovalRequest(request) => Some(
                self.questions
                    .remove(&request.approval_id)
                    .filter(|question| question.tool_call_id == request.tool_call_id)
                    .ok_or(invalid("an approval request isn't the host's"))?,
            ),
            _ => None,
        };
        encode::chunk(&mut self.buffer, chunk, opening)?;
        if let Some(Question { tool_call_id, reason }) = question {
            encode::reason(&mut self.buffer, &tool_call_id, &reason)?;
        }
        self.check_size(0)?;
        self.answering |= matches!(
            chunk,
            Chunk::TextDelta(_) | Chunk::ReasoningDelta(_) | Chunk::ToolInputDelta(_)
        );
        Ok(match chunk {
            Chunk::Error(_) => Phase::Failed,
            Chunk::Finish(_) => Phase::Finished,
            _ => after(phase, Phase::Open),
        })
    }

    /// Adds what a chunk says to an answer that is text alone.
    fn append_text(&mut self, chunk: &Chunk, phase: Phase) -> Result<Phase, TurnStop> {
        match chunk {
            Chunk::Start => Ok(after(phase, Phase::Open)),
            Chunk::TextDelta(delta) if phase != Phase::Finished => {
                self.check_size(delta.text.len())?;
                self.buffer.extend_from_slice(delta.text.as_bytes());
                Ok(Phase::Open)
            }
            // An answer of nothing isn't one.
            Chunk::Finish(_) if self.written == 0 && self.buffer.is_empty() => {
                Err(TurnStop::Unfinished)
            }
            Chunk::Finish(_) => Ok(Phase::Finished),
            _ => Err(invalid(NO_TEXT)),
        }
    }

    fn check_size(&self, more: usize) -> Result<(), TurnStop> {
        let total = self.written + self.buffer.len() as u64 + more as u64;
        if total > self.limit { Err(TurnStop::Output) } else { Ok(()) }
    }

    /// Writes what is encoded. The phase counts from when it is written: a turn that is stopped while
    /// it waits for the client has not shown its `finish` yet.
    async fn flush(&mut self, phase: Phase) -> Result<(), TurnStop> {
        if self.buffer.is_empty() {
            self.phase = phase;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::palisade::host::ui::{DataPart, ToolApprovalRequest};

    fn request(approval_id: &str, tool_call_id: &str) -> Chunk {
        Chunk::ToolApprovalRequest(ToolApprovalRequest {
            approval_id: approval_id.into(),
            tool_call_id: tool_call_id.into(),
        })
    }

    #[tokio::test]
    async fn the_guest_can_ask_what_the_host_asks_and_nothing_else() {
        let (output, mut written) = mpsc::channel(16);
        let mut stream = UiStream::new(output, Framing::Events(Opening::default()), 1 << 20);
        stream.expect_question("apr1.a".into(), "c1".into(), "It removes data.".into());
        stream.emit(&[request("apr1.a", "c1")]).await.expect("the host's own question");
        let text = String::from_utf8(written.recv().await.expect("a write").to_vec()).unwrap();
        assert_eq!(
            text,
            "data: {\"type\":\"tool-approval-request\",\"approvalId\":\"apr1.a\",\"toolCallId\":\"c1\"}\n\n\
             data: {\"type\":\"data-approval\",\"id\":\"c1\",\"data\":{\"toolCallId\":\"c1\",\"reason\":\"It removes data.\"}}\n\n"
        );

        stream.expect_question("apr1.b".into(), "c2".into(), "It adds data.".into());
        let forged_reason = Chunk::Data(DataPart {
            name: "approval".into(),
            id: Some("c2".into()),
            value: "{}".into(),
            transient: false,
        });
        for (name, chunk) in [
            ("asked before", request("apr1.a", "c1")),
            ("never put", request("apr1.x", "c1")),
            ("a reason of the guest's own", forged_reason),
            ("for another call", request("apr1.b", "c3")),
        ] {
            let stopped = stream.emit(&[chunk]).await.expect_err(name);
            assert!(matches!(stopped, TurnStop::InvalidChunk { .. }), "{name}: {stopped:?}");
        }
        assert!(written.try_recv().is_err(), "nothing of it was written");
    }
}
