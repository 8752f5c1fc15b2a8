//! What one call of a tool may use, and how many calls there may be.

use std::time::Duration;

use crate::meter::MemoryLimits;

/// Limits of tool calls. `wit/tool/tool.wit` tells them to authors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolLimits {
    /// Calls that run at the same time, all tools together. Default 16.
    pub live_calls: u32,
    /// How long a call waits for a free place before it is refused. Default 10 s.
    pub queue_wait: Duration,
    /// Wall time of a call, waiting for the host included. Default 30 s.
    pub call_time: Duration,
    /// Processor time of a call. Default 5 s.
    pub cpu_time: Duration,
    /// Linear memory of an instance in bytes. Default 128 MiB.
    pub memory_bytes: usize,
    /// Bytes that pass between tool and host in one call of a function. Default 4 MiB.
    pub call_bytes: usize,
    /// Calls from the tool to the host. Default 20,000.
    pub host_calls: u64,
    /// Bytes of the answer. Default 2 MiB.
    pub answer_bytes: usize,
    /// Bytes that a call may write to the log. Default 16 KiB.
    pub log_bytes: usize,
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self {
            live_calls: 16,
            queue_wait: Duration::from_secs(10),
            call_time: Duration::from_secs(30),
            cpu_time: Duration::from_secs(5),
            memory_bytes: 128 << 20,
            call_bytes: 4 << 20,
            host_calls: 20_000,
            answer_bytes: 2 << 20,
            log_bytes: 16 << 10,
        }
    }
}

/// Parts of an answer at most.
pub(super) const PARTS: usize = 64;
/// Bytes of an image or a file in an answer.
pub(super) const FILE_BYTES: usize = 1 << 20;
/// Wasm stack in bytes: interpreters nest deeper than compiled code.
pub(super) const STACK_BYTES: usize = 1 << 20;

impl ToolLimits {
    /// What an instance may consist of. A Python component has some thirty core instances.
    pub(super) fn memory(&self) -> MemoryLimits {
        MemoryLimits {
            bytes: self.memory_bytes,
            table_elements: 100_000,
            instances: 100,
            tables: 100,
            memories: 4,
        }
    }
}
