//! The HTTP edge, against a complete host with the sample project.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what fails in a test's helper fails the test"
)]

mod access;
mod account;
mod administration;
mod connection;
mod payloads;
mod reading;
mod support;
mod turn_stream;
