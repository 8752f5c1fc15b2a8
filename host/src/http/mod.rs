//! The host's HTTP edge: who may call what, Directus's shapes, and the stream of a turn.
//!
//! [`router`] answers requests, [`serve`] brings it to a listener, [`Workers`] are the threads. Each route says in its arguments
//! who may call it; nothing is read from a body before that is settled. Errors have one shape and
//! one place, [`HttpError`].

mod auth;
mod body;
mod embedded;
mod error;
mod event_stream;
mod extension;
mod object_text;
mod observe;
mod origin;
mod parameters;
mod routes;
mod serve;
mod ui;
mod workers;

pub use error::HttpError;
pub use routes::router;
pub use serve::serve;
pub use workers::Workers;
