//! What every tool has, without a grant.

use crate::Level;

/// How far a call has come, for the user.
pub trait Progress {
    /// Says what is being done, in at most 200 bytes, and how much of it is done, from 0 to 1. The
    /// user sees at most 4 in a second and 200 in a call; others are dropped.
    fn report(&self, message: &str, fraction: Option<f32>);
}

/// Diagnostics, into the host's log under the call's id.
pub trait Log {
    /// Writes a line of at most 4 KiB; after 16 KiB in a call further lines are dropped.
    fn write(&self, level: Level, message: &str);
}

/// Time.
pub trait Clock {
    /// Milliseconds since the Unix epoch, UTC. May jump.
    fn now(&self) -> u64;
    /// Nanoseconds since the call began. Never goes back.
    fn monotonic_now(&self) -> u64;
}

/// Random numbers from the operating system.
pub trait Random {
    /// Random bytes, at most 4,096.
    fn bytes(&self, count: u32) -> Vec<u8>;
}
