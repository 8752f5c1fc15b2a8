//! Which tool calls run, which ask first, and which don't run at all.
//!
//! One [`Gate`] stands at the side of each turn. The guest proposes calls; the gate derives from the
//! arguments what a call would do, weighs the workspace's mode, the user's mode and the
//! administrator's ceiling, verifies and spends the user's approvals, and puts every refusal on
//! record. A grant carries the operation itself, so what runs is what was approved.

mod call;
mod effect;
mod gate;
mod modes;
mod plugins;
mod rules;
mod tools;

pub use effect::Effect;
pub use gate::{Decision, Gate, GrantedCall, ProposedCall, TurnFacts};
pub use modes::{ApprovalMode, AskReason, Requirement, ToolCeiling, requirement};
pub use palisade_conversation::ToolMode;
pub use plugins::{PluginTool, PluginTools};
pub use rules::{Rules, ToolAccess, UnknownToolAccess};
pub use tools::{ArgumentError, BuiltInTool, EXECUTE, MAXIMUM_ITEMS, REGISTRY, effect_of};
