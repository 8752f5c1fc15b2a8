//! What the store of one tool call holds.

use std::{sync::Arc, time::Instant};

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::{ToolHost, ToolLimits};
use crate::{TurnStop, capabilities::log::LogAllowance, meter::MemoryMeter};

/// State of a call.
pub(super) struct ToolState {
    pub(super) host: Arc<dyn ToolHost>,
    pub(super) memory: MemoryMeter,
    pub(super) log: LogAllowance,
    pub(super) started: Instant,
    pub(super) host_calls: u64,
    host_calls_limit: u64,
    /// Made for components that ask for it.
    wasi: Option<WasiCtx>,
    resources: ResourceTable,
}

impl ToolState {
    pub(super) fn new(host: Arc<dyn ToolHost>, limits: &ToolLimits) -> Self {
        Self {
            host,
            memory: MemoryMeter::new(limits.memory()),
            log: LogAllowance::new(limits.log_bytes),
            started: Instant::now(),
            host_calls: 0,
            host_calls_limit: limits.host_calls,
            wasi: None,
            resources: ResourceTable::new(),
        }
    }

    /// Counts a call from the tool. Every host function begins with it.
    pub(super) fn count_call(&mut self) -> Result<(), TurnStop> {
        self.host_calls += 1;
        if self.host_calls > self.host_calls_limit { Err(TurnStop::HostCalls) } else { Ok(()) }
    }
}

impl WasiView for ToolState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        // Nothing is in it: no files, no sockets, no environment, no arguments; what is written to its
        // standard streams is dropped.
        let wasi = self.wasi.get_or_insert_with(|| WasiCtx::builder().build());
        WasiCtxView { ctx: wasi, table: &mut self.resources }
    }
}
