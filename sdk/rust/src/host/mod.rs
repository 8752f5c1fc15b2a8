//! What a tool can ask of the host: one trait per capability.
//!
//! A component imports the capabilities whose functions its tools call, and no others.

mod data;
mod http;
mod identity;
mod key_values;
mod needs_no_grant;

pub use data::Data;
pub use http::Http;
pub use identity::Identity;
pub use key_values::KeyValues;
pub use needs_no_grant::{Clock, Log, Progress, Random};

/// Everything that a tool can ask for: inside of a component its imports, in tests a
/// [`FakeHost`](crate::FakeHost).
///
/// A function of a tool that needs one capability takes that one: `fn rows(data: &impl Data)`.
pub trait Host {
    /// The project's data, with the caller's permissions.
    fn data(&self) -> &impl Data;
    /// HTTP requests to the origins that were granted.
    fn http(&self) -> &impl Http;
    /// Storage of the component's own.
    fn kv(&self) -> &impl KeyValues;
    /// Who is calling.
    fn identity(&self) -> &impl Identity;
    /// How far the call has come, for the user.
    fn progress(&self) -> &impl Progress;
    /// The host's log.
    fn log(&self) -> &impl Log;
    /// Time.
    fn clock(&self) -> &impl Clock;
    /// Random numbers.
    fn random(&self) -> &impl Random;
}
