//! What a turn has used.

use wasmtime::ResourceLimiter;

use crate::{
    Limits, TurnStop,
    capabilities::log::LogAllowance,
    limits::{CORE_INSTANCES, MEMORIES, TABLES},
};

/// Attempts at a provider call per step: what was refused may be tried again, but not for ever.
const ATTEMPTS_PER_STEP: u32 = 3;

/// Counts what a turn uses, and stops it at its limits.
#[derive(Debug)]
pub(crate) struct Meter {
    /// Host calls so far.
    pub(crate) host_calls: u64,
    host_calls_limit: u64,
    /// Provider calls that were tried so far.
    pub(crate) provider_calls: u32,
    /// Provider calls that were answered, and not with an error.
    provider_answers: u32,
    outcome_bytes: usize,
    outcome_bytes_limit: usize,
    /// The log.
    pub(crate) log: LogAllowance,
    /// Memory and tables of the instance.
    pub(crate) memory: MemoryMeter,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            host_calls: 0,
            host_calls_limit: limits.host_calls,
            provider_calls: 0,
            provider_answers: 0,
            outcome_bytes: 0,
            outcome_bytes_limit: limits.outcome_bytes,
            log: LogAllowance::new(limits.log_bytes),
            memory: MemoryMeter::new(MemoryLimits {
                bytes: limits.memory_bytes,
                table_elements: limits.table_elements,
                instances: CORE_INSTANCES as usize,
                tables: TABLES as usize,
                memories: MEMORIES as usize,
            }),
        }
    }

    /// Counts a call from the guest. Every host function begins with it.
    pub(crate) fn count_call(&mut self) -> Result<(), TurnStop> {
        self.host_calls += 1;
        if self.host_calls > self.host_calls_limit { Err(TurnStop::HostCalls) } else { Ok(()) }
    }

    /// Counts an attempt at a provider call, unless `max_steps` calls were answered already or three
    /// times as many were tried.
    pub(crate) fn count_provider_call(&mut self, max_steps: u32) -> bool {
        let allowed = self.provider_answers < max_steps
            && self.provider_calls < max_steps.saturating_mul(ATTEMPTS_PER_STEP);
        if allowed {
            self.provider_calls += 1;
        }
        allowed
    }

    /// Counts the answer to a provider call, which uses up a step unless its status says that nothing
    /// came of the call.
    pub(crate) fn count_provider_answer(&mut self, status: u16) {
        if status < 400 {
            self.provider_answers += 1;
        }
    }

    /// Counts the bytes of an outcome that the guest gets.
    pub(crate) fn hold_outcome(&mut self, bytes: usize) -> Result<(), TurnStop> {
        self.outcome_bytes = self.outcome_bytes.saturating_add(bytes);
        if self.outcome_bytes > self.outcome_bytes_limit { Err(TurnStop::Handles) } else { Ok(()) }
    }

    /// Takes back the bytes of an outcome that the guest dropped.
    pub(crate) fn release_outcome(&mut self, bytes: usize) {
        self.outcome_bytes = self.outcome_bytes.saturating_sub(bytes);
    }
}

/// What one guest may consist of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoryLimits {
    /// Bytes of a memory.
    pub(crate) bytes: usize,
    /// Elements of a table.
    pub(crate) table_elements: usize,
    /// Core instances.
    pub(crate) instances: usize,
    /// Tables.
    pub(crate) tables: usize,
    /// Memories.
    pub(crate) memories: usize,
}

/// Limits memory and tables. Growth beyond them stops the instance: a guest that is told that its
/// memory can't grow mostly ends in a trap that says nothing.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    limits: MemoryLimits,
    /// Largest size of a memory.
    pub(crate) peak_bytes: usize,
}

impl MemoryMeter {
    pub(crate) fn new(limits: MemoryLimits) -> Self {
        Self { limits, peak_bytes: 0 }
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.limits.bytes {
            return Err(TurnStop::Memory.into());
        }
        self.peak_bytes = self.peak_bytes.max(desired);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(TurnStop::Memory.into())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.limits.table_elements { Err(TurnStop::Memory.into()) } else { Ok(true) }
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(TurnStop::Memory.into())
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}
