//! A running Directus as a project.
//!
//! Every request carries the caller's own token, so Directus itself decides what the caller may see
//! and do, and writes its own activity and revisions under the right user. Nothing here grants or
//! filters; what is kept is kept per caller and for seconds.
//!
//! A write is sent once. When its answer is lost, the error says that the outcome is unknown.

mod account;
mod answer;
mod asset;
mod backend;
mod flow;
mod import;
mod items;
mod link;
mod read;
mod record;
mod rest;
mod schema;
mod session;
mod structure;

pub use asset::DirectusFile;
pub use backend::{Directus, DirectusOptions};
pub use rest::SUPPORTED_MAJORS;
pub use session::{DirectusSession, SessionClient};
