//! Chunks on their way to the screen, written in batches.

use crate::host::Host;
use crate::types::Chunk;

/// Bytes of text that wait at most, far below what the host lifts in one call.
const MAX_WAITING: usize = 256 * 1024;

/// The queue of chunks.
pub(super) struct Screen<'h, H: Host> {
    host: &'h H,
    waiting: Vec<Chunk>,
    waiting_bytes: usize,
}

impl<'h, H: Host> Screen<'h, H> {
    pub(super) fn new(host: &'h H) -> Self {
        Self { host, waiting: Vec::new(), waiting_bytes: 0 }
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
