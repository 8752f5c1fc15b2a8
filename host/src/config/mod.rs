//! The configuration: `palisade.toml`, overlaid by `PALISADE_…` variables.
//!
//! Every setting has a default, so no file is needed. A setting that doesn't exist, a value that is
//! wrong and a feature that this version doesn't have all stop the host at its start, with one line
//! that says where and what to write instead.

mod check;
mod defaults;
mod environment;
mod error;
mod file;
mod keys;
mod load;
mod model;
mod models;
mod origins;

pub use error::ConfigError;
pub use load::LoadOptions;
pub use model::{
    BackendConfig, Config, DirectusConfig, LimitsConfig, ProviderConfig, WorkspaceConfig,
};
