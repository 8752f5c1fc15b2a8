//! What a tool call would do to the world.

/// The effect of one tool call, judged by the host from its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Changes nothing.
    pub read_only: bool,
    /// Removes or overwrites what was there.
    pub destructive: bool,
    /// Reaches beyond the project: other hosts, flows, mail.
    pub open_world: bool,
}

impl Effect {
    /// Reads within the project.
    pub const READ: Self = Self { read_only: true, destructive: false, open_world: false };
    /// Adds to the project.
    pub const ADD: Self = Self { read_only: false, destructive: false, open_world: false };
    /// Overwrites or removes within the project.
    pub const DESTROY: Self = Self { read_only: false, destructive: true, open_world: false };
}
