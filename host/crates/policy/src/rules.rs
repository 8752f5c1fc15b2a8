//! The settings that decide on a turn's tool calls, gathered once per turn.

use std::collections::{BTreeMap, BTreeSet};

use palisade_conversation::ToolMode;

use crate::{ApprovalMode, ToolCeiling};

/// The settings that bear on one turn.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The workspace's approval mode.
    pub approvals: ApprovalMode,
    /// The administrator's ceilings by tool name.
    pub ceilings: BTreeMap<String, ToolCeiling>,
    /// The user's modes by tool name, as the request says them. They can only tighten, except that
    /// `always` counts where the ceiling is `always` too.
    pub user_modes: BTreeMap<String, ToolMode>,
    /// The tools that the request names; none: all.
    pub requested: Option<BTreeSet<String>>,
    /// The caller's roles, own role first.
    pub roles: Vec<String>,
}

impl Rules {
    /// The administrator's ceiling for a tool and this caller.
    pub fn ceiling(&self, tool: &str) -> Option<ToolMode> {
        self.ceilings.get(tool).and_then(|ceiling| ceiling.for_roles(&self.roles))
    }

    /// The user's mode for a tool.
    pub fn user_mode(&self, tool: &str) -> Option<ToolMode> {
        self.user_modes.get(tool).copied()
    }

    /// Whether the caller may use a tool of the assistant in this turn at all, whoever runs it.
    pub fn is_visible(&self, tool: &str) -> bool {
        let requested = self.requested.as_ref().is_none_or(|requested| requested.contains(tool));
        let disabled = self.user_mode(tool) == Some(ToolMode::Disabled)
            || self.ceiling(tool) == Some(ToolMode::Disabled);
        requested && !disabled
    }
}
