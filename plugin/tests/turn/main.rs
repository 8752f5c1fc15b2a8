//! Turns against a scripted host: what reaches the screen, the provider and the host, in order.
//!
//! Snapshots are transcripts. Lines that begin with `{` are chunks as the browser gets them; lines
//! that begin with `→` are what the component asks of the host.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod chat;
mod chunks;
mod contexts;
mod continuations;
mod failures;
mod fake;
mod objects;
mod plugins;
mod protocol;
mod providers;
mod quirks;
mod registry;
mod requests;
mod retries;
mod tools;
