//! Parity of the embedded project with a real Directus.
//!
//! A seed stands for any number of cases. A case is a [`case::Matrix`] (roles, users, policies and
//! their permissions, shared by some cases in a row) and an operation of somebody on it. It runs on
//! a real Directus through its REST API, and on the embedded project with the caller that
//! authentication of the same token gives. Answers must be equal, and after a write all items too.
//!
//! `tests/parity.rs` is the test; it says how to run one case alone. [`known`] lists what differs
//! on purpose.

pub mod answer;
pub mod case;
pub mod directus;
pub mod embedded;
pub mod error;
pub mod generate;
pub mod known;
pub mod model;
pub mod pinned;
pub mod run;
mod snapshot;
