//! The fake provider speaks the protocol as the real service does, and breaks it as its scripts say.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test's helpers fail the test by panicking, and have HTTP clients of their own"
)]

mod answers;
mod requests;
mod support;
