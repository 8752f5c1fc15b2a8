//! The tools that aren't built in.

use std::fmt;

use crate::Effect;

/// Tools of components that an administrator granted, as they were when the turn began.
pub trait PluginTools: fmt::Debug + Send + Sync + 'static {
    /// What is known of a tool by its full name. None: there is no such tool to use.
    fn find(&self, name: &str) -> Option<PluginTool<'_>>;
}

/// A tool of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PluginTool<'a> {
    /// What a call can do to the world.
    pub effect: Effect,
    /// What exactly runs: an approval for another version is for something else.
    pub version: &'a str,
}
