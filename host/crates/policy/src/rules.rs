//! The settings that decide on a turn's tool calls, gathered once per turn.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
    sync::Arc,
};

use palisade_conversation::ToolMode;
use palisade_data::ProjectKind;

use crate::{ApprovalMode, BuiltInTool, PluginTools, ToolCeiling};

/// How the model reaches the built-in tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolAccess {
    /// Each by its own name.
    #[default]
    Direct,
    /// Through `search`, `execute` and `schema`, as Directus's Data Studio expects.
    Registry,
}

impl FromStr for ToolAccess {
    type Err = UnknownToolAccess;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "direct" => Ok(Self::Direct),
            "registry" => Ok(Self::Registry),
            _ => Err(UnknownToolAccess),
        }
    }
}

/// A text that names no way to reach tools: there are `direct` and `registry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the ways to reach tools are direct and registry")]
pub struct UnknownToolAccess;

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
    /// Whether the caller is an administrator.
    pub administrator: bool,
    /// The project, which has some of the tools.
    pub project: ProjectKind,
    /// How the model reaches the tools.
    pub access: ToolAccess,
    /// The tools of components. None: there are none.
    pub plugins: Option<Arc<dyn PluginTools>>,
    /// Whether the conversation holds text that outsiders could write.
    pub untrusted: bool,
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
        let built_in = BuiltInTool::from_name(tool);
        let is_there = built_in.is_none_or(|tool| tool.is_there(self.project, self.administrator));
        // The registry's own tools are always asked for.
        let of_registry =
            self.access == ToolAccess::Registry && built_in == Some(BuiltInTool::Schema);
        let requested =
            of_registry || self.requested.as_ref().is_none_or(|requested| requested.contains(tool));
        let disabled = self.user_mode(tool) == Some(ToolMode::Disabled)
            || self.ceiling(tool) == Some(ToolMode::Disabled);
        is_there && requested && !disabled
    }
}
