//! The fake provider speaks its protocols as the real services do, and breaks them as its scripts say.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test's helpers fail the test by panicking, and have HTTP clients of their own"
)]

mod answers;
mod files;
mod protocols;
mod requests;
mod support;
