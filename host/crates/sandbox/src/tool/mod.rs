//! Calls of tool components, which anybody may write: each call in an instance of its own, with limits
//! of its own, and with the capabilities that [`ToolHost`] grants.

mod answer;
mod bindings;
mod capabilities;
mod component;
mod description;
mod error;
mod host;
mod limits;
mod runtime;
mod state;

pub use answer::ToolAnswer;
pub use capabilities::TOOL_WIT_VERSION;
pub use component::{ComponentFacts, ToolComponent, custom_section, tool_component_bytes};
pub use description::{ToolAnnotations, ToolDescription, ToolExample};
pub use error::{ToolFailure, ToolLoadError, ToolStop};
pub use host::{
    ToolCaller, ToolDataRequest, ToolHost, ToolHttpRequest, ToolHttpResponse, ToolLogLevel,
    not_granted,
};
pub use limits::ToolLimits;
pub use runtime::{ToolEnd, ToolInvocation, ToolRuntime, ToolUsage};
