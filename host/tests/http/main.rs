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
mod directus_page;
mod files;
mod own_ledger;
mod page;
mod payloads;
mod reading;
mod storage;
mod support;
mod turn_stream;
