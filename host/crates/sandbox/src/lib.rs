//! The sandbox: chat turns of an assistant component, each in a fresh WebAssembly instance.
//!
//! A turn has no ambient authority. It reaches the world through the capabilities of the WIT package
//! `palisade:host`, and each of them is a trait here that the host implements: [`Gatekeeper`] decides
//! what may run, [`GrantExecutor`] runs it, [`ProviderGateway`] reaches the provider; identity, clock,
//! log and the stream to the screen are the sandbox's own. [`DenyAll`] refuses everything.
//!
//! Whatever a component does, its turn ends within [`Limits`], its stream ends properly, and other
//! turns go on. [`TurnEnd`] says how it ended and what it used.

mod admission;
mod bindings;
mod capabilities;
mod component;
mod engine;
mod error;
mod image_cache;
mod limits;
mod meter;
mod request;
mod sandbox;
mod state;
mod supervise;
mod text;
mod ticker;
mod tool;
mod turn;
mod ui;

pub use admission::Capacity;
pub use capabilities::{
    DenyAll, WIT_VERSION,
    data::{GrantExecutor, ModelView, OutcomeData},
    error::{CapabilityError, CapabilityErrorKind},
    identity::TurnIdentity,
    policy::{Decision, Gatekeeper, Grant, PluginToolDefinition, ToolCall, TurnSettings},
    provider::{Endpoint, ProviderCall, ProviderGateway, ProviderReply, ProviderUsage},
};
pub use component::{ComponentSource, ImageOrigin};
pub use error::{SandboxError, TurnStop};
pub use image_cache::CacheOptions;
pub use limits::Limits;
pub use request::{GuestRequest, ObjectRequest, TurnRequest};
pub use sandbox::{Sandbox, SandboxOptions, ToolDefinition};
pub use text::hides;
pub use tool::{
    ComponentFacts, TOOL_WIT_VERSION, ToolAnnotations, ToolAnswer, ToolCaller, ToolComponent,
    ToolDataRequest, ToolDescription, ToolEnd, ToolExample, ToolFailure, ToolHost, ToolHttpRequest,
    ToolHttpResponse, ToolInvocation, ToolLimits, ToolLoadError, ToolLogLevel, ToolRuntime,
    ToolStop, ToolUsage, custom_section, not_granted, tool_component_bytes,
};
pub use turn::{TurnEnd, TurnOutcome, TurnPlace, TurnSetup, TurnUsage};
pub use ui::progress_event;

/// The assistant component that was built with this host.
pub const EMBEDDED_COMPONENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/assistant.wasm"));
