//! Tool components: what they are granted they can do, and nothing else.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

mod capabilities;
mod hostile;
mod network;
mod reload;
mod secrets;
mod support;
mod turns;
