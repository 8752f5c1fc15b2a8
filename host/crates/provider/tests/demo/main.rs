//! The demo model, as any client of a Chat Completions server sees it.

mod client;
mod conversation;
mod grammar;
mod project;
mod wire;
