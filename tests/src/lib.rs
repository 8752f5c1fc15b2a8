//! What Palisade's tests across parts share.
//!
//! [`fake::FakeProvider`] speaks the providers' protocols as strictly as the real services: it
//! refuses what the real service refuses, and it can misbehave in every way that servers in the field
//! do. The binary `fake-provider` runs one for tests that aren't written in Rust. [`host::Host`] is a
//! `palisade` process on a folder of its own, which talks to such a provider, and [`host::Stage`] both,
//! with a model that does what a test says. [`load`] measures a host. [`pieces::Pieces`] looks for secrets.

pub mod fake;
pub mod host;
pub mod load;
pub mod pieces;
pub mod plugins;
