//! The wasmtime engine.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::{
    Limits, SandboxError,
    limits::{CORE_INSTANCES, FIBRE_STACK_BYTES, MEMORIES, TABLES},
};

/// Bytes of a used memory that stay with its place, cleared, for the next turn there.
const KEPT_MEMORY_BYTES: usize = 256 << 10;
/// The same of a table.
const KEPT_TABLE_BYTES: usize = 16 << 10;

/// What both kinds of guests run with. Everything that their worlds don't need stays off, because
/// each feature is code that a hostile component could reach.
fn config(stack_bytes: usize) -> Config {
    let mut config = Config::new();
    config
        // The worlds are synchronous; without concurrency there is less state and less code.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(stack_bytes)
        .async_stack_size(FIBRE_STACK_BYTES.max(stack_bytes * 2))
        // Backtraces of a stripped guest say nothing and cost a walk over its stack.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_relaxed_simd(false);
    config
}

/// An engine for tools. They are of very different sizes, from one core instance and 64 KiB to thirty
/// and many megabytes, so each instance is allocated by itself.
pub(crate) fn tool_engine(stack_bytes: usize) -> wasmtime::Result<Engine> {
    let mut config = config(stack_bytes);
    // A component made of several, as tools in JavaScript are, copies between its memories.
    config.wasm_multi_memory(true);
    Engine::new(&config)
}

/// An engine that holds `live_turns` instances, each within the limits.
///
/// Instances come from a pool: making one takes microseconds, and its memory is the pool's, reserved
/// once.
pub(crate) fn engine(limits: &Limits, live_turns: u32) -> Result<Engine, SandboxError> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(live_turns)
        .total_core_instances(live_turns.saturating_mul(CORE_INSTANCES))
        .total_memories(live_turns.saturating_mul(MEMORIES))
        .total_tables(live_turns.saturating_mul(TABLES))
        .total_stacks(live_turns)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_tables_per_module(TABLES)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .table_keep_resident(KEPT_TABLE_BYTES);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        // Only the pages that a turn wrote to are put back, without giving them to the kernel and
        // taking them again one fault at a time. Elsewhere all pages up to the limit would be cleared.
        pool.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(KEPT_MEMORY_BYTES);
    }

    let mut config = config(limits.stack_bytes);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).map_err(SandboxError::engine)
}
