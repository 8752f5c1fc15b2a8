//! What a guest may ask of the host, one interface of the WIT world per file: the trait that the rest
//! of the host implements, its denying default, and the code between it and the guest.

mod body;
pub(crate) mod clock;
pub(crate) mod data;
pub(crate) mod error;
pub(crate) mod identity;
pub(crate) mod log;
pub(crate) mod policy;
pub(crate) mod provider;
pub(crate) mod ui;

use wasmtime::component::{HasSelf, Linker};

use crate::{
    bindings::{
        AssistantComponent,
        palisade::{assistant::conversation, host::types},
    },
    state::TurnState,
};

/// Implements every capability by refusing: what a component gets while it is asked for its tools, and
/// what a host that grants nothing passes to a turn.
#[derive(Debug, Clone, Copy, Default)]
pub struct DenyAll;

/// Version of the WIT packages `palisade:host` and `palisade:assistant` that this host serves.
pub const WIT_VERSION: &str = "0.1.0";

/// Interfaces that the sandbox offers, all in [`WIT_VERSION`]. `types` and `conversation` hold types
/// only.
pub(crate) const OFFERED: [&str; 9] = [
    "palisade:host/types",
    "palisade:host/identity",
    "palisade:host/policy",
    "palisade:host/data",
    "palisade:host/provider",
    "palisade:host/ui",
    "palisade:host/log",
    "palisade:host/clock",
    "palisade:assistant/conversation",
];

/// The interface that makes a component an assistant.
pub(crate) const REQUIRED: &str = "palisade:assistant/assistant";

/// Links the capabilities, and nothing else.
pub(crate) fn link(linker: &mut Linker<TurnState>) -> wasmtime::Result<()> {
    AssistantComponent::add_to_linker::<_, HasSelf<TurnState>>(linker, |state| state)
}

impl types::Host for TurnState {}

impl conversation::Host for TurnState {}
