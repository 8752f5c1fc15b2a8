//! The demo model, as any client of a Chat Completions server sees it.

#![expect(clippy::expect_used, clippy::panic, reason = "a helper that fails is a test that fails")]

mod client;
mod conversation;
mod grammar;
mod project;
mod robustness;
mod wire;
