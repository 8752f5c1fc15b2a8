//! Chunks on their way to the screen, written in batches.

use std::borrow::Cow;

use crate::host::Host;
use crate::types::{Chunk, Delta};

/// Bytes of text that wait at most, far below what the host lifts in one call.
const MAX_WAITING: usize = 256 * 1024;

/// The queue of chunks.
pub(super) struct Screen<'h, H: Host> {
    host: &'h H,
    waiting: Vec<Chunk>,
    waiting_bytes: usize,
}

/// What more text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeltaKind {
    Text,
    Reasoning,
    ToolInput,
}

impl DeltaKind {
    fn chunk(self, delta: Delta) -> Chunk {
        match self {
            Self::Text => Chunk::TextDelta(delta),
            Self::Reasoning => Chunk::ReasoningDelta(delta),
            Self::ToolInput => Chunk::ToolInputDelta(delta),
        }
    }

    /// The delta of a chunk of this kind.
    fn of(self, chunk: &mut Chunk) -> Option<&mut Delta> {
        match (self, chunk) {
            (Self::Text, Chunk::TextDelta(delta))
            | (Self::Reasoning, Chunk::ReasoningDelta(delta))
            | (Self::ToolInput, Chunk::ToolInputDelta(delta)) => Some(delta),
            _ => None,
        }
    }
}

impl<'h, H: Host> Screen<'h, H> {
    pub(super) fn new(host: &'h H) -> Self {
        Self { host, waiting: Vec::new(), waiting_bytes: 0 }
    }

    /// Adds more of the block or call that has this id. What waits together is one chunk: clients
    /// append it either way, and a chunk costs many times what the text in it does.
    pub(super) fn append(&mut self, kind: DeltaKind, id: &str, text: Cow<'_, str>) {
        let fits = self.waiting_bytes + text.len() <= MAX_WAITING;
        let last = self.waiting.last_mut().filter(|_| fits);
        match last.and_then(|chunk| kind.of(chunk)).filter(|delta| delta.id == id) {
            Some(delta) => {
                delta.text.push_str(&text);
                self.waiting_bytes += text.len();
            }
            None => self.push(kind.chunk(Delta { id: id.into(), text: text.into_owned() })),
        }
    }

    /// Adds a chunk.
    pub(super) fn push(&mut self, chunk: Chunk) {
        let text = match &chunk {
            Chunk::TextDelta(delta)
            | Chunk::ReasoningDelta(delta)
            | Chunk::ToolInputDelta(delta) => delta.text.len(),
            Chunk::ToolInputAvailable(input) => input.input.len(),
            Chunk::ToolInputError(error) => error.input.input.len(),
            Chunk::ToolOutput(output) => output.output.len(),
            _ => 0,
        };
        if !self.waiting.is_empty() && self.waiting_bytes + text > MAX_WAITING {
            self.flush();
        }
        self.waiting_bytes += text + 64;
        self.waiting.push(chunk);
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) {
        if !self.waiting.is_empty() {
            self.host.emit(&self.waiting);
            self.waiting.clear();
            self.waiting_bytes = 0;
        }
    }
}
