//! Runs calls of tools, each in an instance of its own.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use wasmtime::{Engine, Store};

use super::{
    ToolAnswer, ToolComponent, ToolDescription, ToolFailure, ToolHost, ToolLimits, ToolLoadError,
    ToolStop, answer,
    bindings::exports::palisade::tool::tools::Call,
    capabilities::returned,
    component::{self, Loaded},
    description,
    limits::STACK_BYTES,
    state::ToolState,
};
use crate::{
    CacheOptions, DenyAll, TurnStop,
    engine::tool_engine,
    image_cache::{CacheError, ImageCache},
    supervise::supervise,
    ticker::Ticker,
};

/// Compiled images of tools that are kept.
const IMAGES: usize = 256;

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolInvocation {
    /// Id of the call in the conversation.
    pub id: String,
    /// Name of the tool within its component.
    pub tool: String,
    /// The arguments, one JSON object.
    pub arguments: String,
}

/// How a call ended, and what it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolEnd {
    /// The answer, or what went wrong.
    pub result: Result<ToolAnswer, ToolFailure>,
    /// What it used.
    pub usage: ToolUsage,
}

/// What a call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ToolUsage {
    /// Processor time.
    pub cpu: Duration,
    /// Wall time.
    pub wall: Duration,
    /// Calls from the tool to the host.
    pub host_calls: u64,
    /// Largest size of a memory in bytes.
    pub peak_memory_bytes: usize,
    /// Log lines that were dropped.
    pub dropped_log_lines: u64,
}

/// Runs tools. Cheap to clone.
#[derive(Clone)]
pub struct ToolRuntime {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    ticker: Ticker,
    limits: ToolLimits,
    cache: Result<ImageCache, CacheError>,
    places: Semaphore,
}

impl fmt::Debug for ToolRuntime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ToolRuntime")
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}

impl ToolRuntime {
    /// Starts an engine of its own for tools. Compiled images are kept where `cache` says.
    ///
    /// Errors: [`ToolLoadError::Engine`].
    pub fn new(cache: Option<CacheOptions>, limits: ToolLimits) -> Result<Self, ToolLoadError> {
        let failed = |error: String| ToolLoadError::Engine(error);
        let engine = tool_engine(STACK_BYTES).map_err(|error| failed(format!("{error:#}")))?;
        let ticker = Ticker::start(&engine).map_err(|error| failed(error.to_string()))?;
        let cache = ImageCache::open(cache).map(|cache| cache.keeping(IMAGES));
        let places = Semaphore::new(limits.live_calls as usize);
        Ok(Self { inner: Arc::new(Inner { engine, ticker, limits, cache, places }) })
    }

    /// The limits of calls.
    pub fn limits(&self) -> &ToolLimits {
        &self.inner.limits
    }

    /// Loads a component and asks it for its tools, in an instance that may do nothing. `bytes` are
    /// those of a component; see [`tool_component_bytes`](super::tool_component_bytes).
    ///
    /// Compiles on a thread of its own where the image isn't cached, which takes up to some seconds.
    ///
    /// Errors: [`ToolLoadError`].
    pub async fn load(&self, bytes: impl Into<Arc<[u8]>>) -> Result<ToolComponent, ToolLoadError> {
        let (inner, bytes) = (Arc::clone(&self.inner), bytes.into());
        let loaded =
            spawn_blocking(move || component::load(&inner.engine, &bytes, inner.cache.as_ref()))
                .await
                .map_err(|error| ToolLoadError::Engine(error.to_string()))??;
        let description = self.describe(&loaded).await?;
        Ok(ToolComponent::new(loaded, description))
    }

    async fn describe(&self, loaded: &Loaded) -> Result<Vec<ToolDescription>, ToolLoadError> {
        let inner = &*self.inner;
        let _ticking = inner.ticker.hold();
        let mut store = inner.store(Arc::new(DenyAll));
        let call = async {
            let tool = loaded.pre.instantiate_async(&mut store).await?;
            tool.palisade_tool_tools().call_describe(&mut store).await
        };
        let described = supervise(call, inner.limits.cpu_time, inner.limits.call_time)
            .await
            .result
            .and_then(|result| result.map_err(|error| TurnStop::from_error(&error)))
            .map_err(|stop| ToolLoadError::Describe(logged(stop)))?;
        description::check(described)
    }

    /// Runs one call in a fresh instance. Dropping the future stops it at once.
    pub async fn invoke(
        &self,
        component: &ToolComponent,
        host: Arc<dyn ToolHost>,
        call: ToolInvocation,
    ) -> ToolEnd {
        let inner = &*self.inner;
        let started = Instant::now();
        let Ok(Ok(_place)) = timeout(inner.limits.queue_wait, inner.places.acquire()).await else {
            return ToolEnd { result: Err(ToolFailure::Busy), usage: ToolUsage::default() };
        };
        let _ticking = inner.ticker.hold();
        let mut store = inner.store(host);
        let call = Call { id: call.id, tool: call.tool, arguments: call.arguments };
        let running = async {
            let tool = component.pre.instantiate_async(&mut store).await?;
            tool.palisade_tool_tools().call_invoke(&mut store, &call).await
        };
        let supervised = supervise(running, inner.limits.cpu_time, inner.limits.call_time).await;
        let state = store.into_data();
        let usage = ToolUsage {
            cpu: supervised.cpu,
            wall: started.elapsed(),
            host_calls: state.host_calls,
            peak_memory_bytes: state.memory.peak_bytes,
            dropped_log_lines: state.log.dropped,
        };
        let result = match supervised.result {
            Ok(Ok(Ok(parts))) => answer::check(&parts, &inner.limits).map_err(Into::into),
            Ok(Ok(Err(error))) => Err(ToolFailure::Returned(returned(error))),
            Ok(Err(error)) => Err(logged(TurnStop::from_error(&error)).into()),
            Err(stop) => Err(logged(stop).into()),
        };
        ToolEnd { result, usage }
    }
}

impl Inner {
    /// A store with the limits that wasmtime enforces.
    fn store(&self, host: Arc<dyn ToolHost>) -> Store<ToolState> {
        let mut store = Store::new(&self.engine, ToolState::new(host, &self.limits));
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(self.limits.call_bytes);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

/// What stopped a tool. The detail of a fault goes into the log alone.
fn logged(stop: TurnStop) -> ToolStop {
    tracing::warn!(?stop, "a tool was stopped");
    stop.into()
}
