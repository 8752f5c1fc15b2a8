//! Palisade: an AI assistant backend for Directus whose chat and tool logic runs in a WebAssembly
//! sandbox, while this host decides what it may do.

pub mod app;
pub mod backend;
pub mod cli;
pub mod config;
pub mod files;
pub mod http;
pub mod models;
pub mod settings;
pub mod turn;
