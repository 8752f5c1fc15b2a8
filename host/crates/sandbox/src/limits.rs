//! What one turn may use, and how many turns there may be.

use std::time::Duration;

/// Limits of a sandbox. The defaults suit a host with a few gigabytes of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Turns that run at the same time, at most. The kernel's limit on memory mappings may lower it;
    /// see [`Capacity`](crate::Capacity). Default 2,000.
    pub live_turns: u32,
    /// Turns that may wait for a free place; a further one is refused at once. Default 256.
    pub queue_length: u32,
    /// How long a turn waits for a free place before it is refused. Default 5 s.
    pub queue_wait: Duration,
    /// Wall time of a turn, waiting for the provider and the client included. Default 300 s.
    pub turn_time: Duration,
    /// Processor time of a turn. Waiting costs none. Default 2 s.
    pub cpu_time: Duration,
    /// Linear memory of an instance in bytes. Default 64 MiB.
    pub memory_bytes: usize,
    /// Elements of one table of an instance. Default 10,000.
    pub table_elements: usize,
    /// Wasm stack in bytes. Default 512 KiB.
    pub stack_bytes: usize,
    /// Bytes that the guest may pass to the host in one call, all arguments together. Default 4 MiB.
    pub call_bytes: usize,
    /// Calls from the guest to the host in a turn. Default 200,000.
    pub host_calls: u64,
    /// Grants, outcomes and provider responses that a guest holds at a time. Default 256.
    pub resources: usize,
    /// Bytes of the outcomes that a guest holds at a time, as JSON. Default 64 MiB.
    pub outcome_bytes: usize,
    /// Component-model handles of all kinds that are live at a time. Default 512.
    pub handles: usize,
    /// Bytes that a turn may write to the caller's stream. Default 16 MiB.
    pub output_bytes: u64,
    /// Bytes that a turn may write to the log; further lines are dropped and counted. Default 64 KiB.
    pub log_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            live_turns: 2_000,
            queue_length: 256,
            queue_wait: Duration::from_secs(5),
            turn_time: Duration::from_secs(300),
            cpu_time: Duration::from_secs(2),
            memory_bytes: 64 << 20,
            table_elements: 10_000,
            stack_bytes: 512 << 10,
            call_bytes: 4 << 20,
            host_calls: 200_000,
            resources: 256,
            outcome_bytes: 64 << 20,
            handles: 512,
            output_bytes: 16 << 20,
            log_bytes: 64 << 10,
        }
    }
}

/// Host stack under each fibre: the wasm stack plus what the host functions need. Virtual memory;
/// only touched pages are resident.
pub(crate) const FIBRE_STACK_BYTES: usize = 2 << 20;

/// Core instances, tables and memories that one component may consist of. `wit-component` makes three
/// core instances and two tables around one memory; the rest is room for other encoders.
pub(crate) const CORE_INSTANCES: u32 = 8;
/// See [`CORE_INSTANCES`].
pub(crate) const TABLES: u32 = 4;
/// See [`CORE_INSTANCES`].
pub(crate) const MEMORIES: u32 = 1;

/// Pause between two epochs: a spinning guest gives way to other turns this often.
pub(crate) const TICK: Duration = Duration::from_millis(4);
