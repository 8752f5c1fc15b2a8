//! The sandbox's behaviour, seen from the host and through real components.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper that fails fails its test")]

mod admission;
mod capabilities;
mod embedded;
mod hostile_guests;
mod image_cache;
mod interfaces;
mod objects;
mod support;
mod tools;
