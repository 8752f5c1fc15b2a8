//! What the store of one turn holds.

use std::{sync::Arc, time::Instant};

use tokio::sync::mpsc;
use wasmtime::component::ResourceTable;

use crate::{
    DenyAll, Gatekeeper, GrantExecutor, Limits, ProviderGateway, TurnIdentity, TurnSetup,
    meter::Meter,
    ui::{Framing, UiStream},
};

/// State of a turn. Dropping it closes what the turn holds: provider connections first of all.
pub(crate) struct TurnState {
    pub(crate) identity: TurnIdentity,
    pub(crate) gatekeeper: Arc<dyn Gatekeeper>,
    pub(crate) executor: Arc<dyn GrantExecutor>,
    pub(crate) provider: Arc<dyn ProviderGateway>,
    pub(crate) stream: UiStream,
    pub(crate) resources: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) started: Instant,
    /// When the turn is stopped.
    pub(crate) deadline: Instant,
}

impl TurnState {
    pub(crate) fn new(setup: TurnSetup, framing: Framing, limits: &Limits) -> Self {
        let mut resources = ResourceTable::new();
        resources.set_max_capacity(limits.resources);
        let started = Instant::now();
        Self {
            identity: setup.identity,
            gatekeeper: setup.gatekeeper,
            executor: setup.executor,
            provider: setup.provider,
            stream: UiStream::new(setup.output, framing, limits.output_bytes),
            resources,
            meter: Meter::new(limits),
            started,
            deadline: started + limits.turn_time,
        }
    }

    /// A state in which nobody asks, nothing is allowed and no host function may be called.
    pub(crate) fn denying(limits: &Limits) -> Self {
        let (output, _) = mpsc::channel(1);
        let setup = TurnSetup {
            identity: TurnIdentity::default(),
            gatekeeper: Arc::new(DenyAll),
            executor: Arc::new(DenyAll),
            provider: Arc::new(DenyAll),
            output,
            message_id: None,
        };
        let limits = Limits { host_calls: 0, ..limits.clone() };
        Self::new(setup, Framing::Text, &limits)
    }
}
