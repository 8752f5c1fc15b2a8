//! The way out of the host: which addresses are open, and what goes over the wire.

#![expect(clippy::expect_used, reason = "a helper that fails is a test that fails")]

mod guard;
mod kinds;
mod server;
mod transport;
mod upload;
