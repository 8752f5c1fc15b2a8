//! The product's only HTTP client, and the guard on every address that it connects to.

mod address;
mod allow;
mod body;
mod client;
mod guard;
mod policy;

pub use address::Range;
pub use allow::{AllowPrivate, AllowPrivateError};
pub use client::{EgressClient, EgressFailure, EgressLimits};
pub use guard::{NameLookup, SystemLookup};
pub use policy::EgressPolicy;
