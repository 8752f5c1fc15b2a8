//! The HTTP edge, against a complete host with the sample project.

mod access;
mod account;
mod administration;
mod connection;
mod payloads;
mod reading;
mod support;
mod turn_stream;
