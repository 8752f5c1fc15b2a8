//! The sandbox: an engine, one assistant component, and places for turns.

use std::{fmt, sync::Arc};

use serde_json::value::RawValue;
use tokio::task::spawn_blocking;
use wasmtime::{Engine, Store};

use crate::{
    CacheOptions, Capacity, ComponentSource, GuestRequest, ImageOrigin, Limits, SandboxError,
    TurnEnd, TurnPlace, TurnSetup, TurnStop,
    admission::Admission,
    bindings::AssistantComponentPre,
    component::{self, LoadedComponent},
    engine::engine,
    image_cache::{ImageCache, hex},
    state::TurnState,
    supervise::supervise,
    ticker::Ticker,
};

/// What a sandbox is made of.
#[derive(Debug, Clone, Default)]
pub struct SandboxOptions {
    /// Where the assistant component comes from.
    pub component: ComponentSource,
    /// Where its compiled image is kept. None: it is compiled at each start.
    pub cache: Option<CacheOptions>,
    /// Limits.
    pub limits: Limits,
}

/// A built-in tool of the assistant.
#[derive(Debug, Clone)]
pub struct ToolDefinition {
    /// Name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of the arguments, one JSON value.
    pub input_schema: Box<RawValue>,
    /// Whether the client runs it.
    pub client_side: bool,
}

/// Runs turns of one assistant component, each in an instance of its own. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) limits: Limits,
    pub(crate) component: AssistantComponentPre<TurnState>,
    pub(crate) ticker: Ticker,
    engine: Engine,
    admission: Admission,
    origin: ImageOrigin,
    digest: [u8; 32],
    tools: Arc<[ToolDefinition]>,
}

impl Inner {
    /// A store with the limits that wasmtime enforces.
    pub(crate) fn store(&self, state: TurnState) -> Store<TurnState> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.meter.memory);
        store.set_hostcall_fuel(self.limits.call_bytes);
        store.set_max_component_handles(self.limits.handles);
        // A guest that computes gives way at each epoch; its budget is checked then.
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("component", &self.component_digest())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Loads the component and starts the engine. Compiles on a thread of its own where the image isn't
    /// cached, which takes seconds at worst.
    ///
    /// Errors: a component that can't be read, that wants what isn't offered or another WIT version,
    /// or that can't list its tools; a machine without enough address space for the pool.
    pub async fn new(options: SandboxOptions) -> Result<Self, SandboxError> {
        let SandboxOptions { component, cache, limits } = options;
        let admission = Admission::new(&limits);
        let live_turns = admission.live_turns();
        let mut inner = spawn_blocking(move || {
            let engine = engine(&limits, live_turns)?;
            let bytes = component.read()?;
            let cache = ImageCache::open(cache);
            let LoadedComponent { pre, origin, digest } =
                component::load(&engine, &bytes, cache.as_ref())?;
            let ticker = Ticker::start(&engine).map_err(SandboxError::engine)?;
            Ok::<_, SandboxError>(Inner {
                limits,
                component: pre,
                ticker,
                engine,
                admission,
                origin,
                digest,
                tools: Arc::default(),
            })
        })
        .await
        .map_err(SandboxError::engine)??;
        inner.tools = describe(&inner).await?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The assistant's built-in tools, in a stable order.
    pub fn tools(&self) -> &[ToolDefinition] {
        &self.inner.tools
    }

    /// Waits for a free place, in the order of arrival.
    ///
    /// Errors: [`SandboxError::Busy`] when the queue is full or the wait too long.
    pub async fn admit(&self) -> Result<TurnPlace, SandboxError> {
        let permit = self.inner.admission.enter().await?;
        Ok(TurnPlace::new(Arc::clone(&self.inner), permit))
    }

    /// Waits for a free place and runs a turn there. See [`TurnPlace::run`].
    pub async fn run_turn(
        &self,
        setup: TurnSetup,
        request: impl Into<GuestRequest>,
    ) -> Result<TurnEnd, SandboxError> {
        Ok(self.admit().await?.run(setup, request).await)
    }

    /// How many turns can run, and how many do.
    pub fn capacity(&self) -> Capacity {
        self.inner.admission.capacity()
    }

    /// Where the compiled image came from.
    pub fn image_origin(&self) -> &ImageOrigin {
        &self.inner.origin
    }

    /// SHA-256 of the component, hexadecimal.
    pub fn component_digest(&self) -> String {
        hex(&self.inner.digest)
    }
}

/// Asks the component for its tools, in an instance that may do nothing.
async fn describe(inner: &Inner) -> Result<Arc<[ToolDefinition]>, SandboxError> {
    let _ticking = inner.ticker.hold();
    let limits = &inner.limits;
    let mut store = inner.store(TurnState::denying(limits));
    let call = async {
        let assistant = inner.component.instantiate_async(&mut store).await?;
        assistant.palisade_assistant_assistant().call_tools(&mut store).await
    };
    let tools = supervise(call, limits.cpu_time, limits.turn_time)
        .await
        .result
        .and_then(|result| result.map_err(|error| TurnStop::from_error(&error)))
        .map_err(SandboxError::Describe)?;
    tools
        .into_iter()
        .map(|tool| {
            let input_schema = RawValue::from_string(tool.input_schema).map_err(|error| {
                SandboxError::ToolDefinition {
                    tool: tool.name.clone(),
                    reason: format!("its schema isn't JSON: {error}"),
                }
            })?;
            Ok(ToolDefinition {
                name: tool.name,
                description: tool.description,
                input_schema,
                client_side: tool.client_side,
            })
        })
        .collect()
}
