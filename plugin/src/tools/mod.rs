//! The tools that a model may call, and whether what it writes fits them.

mod arguments;
mod builtin;
mod entry;
mod json_schema;
mod registry;
mod rules;
mod toolset;

pub(crate) use arguments::as_json_value;
pub use builtin::definitions;
pub(crate) use json_schema::Schema;
pub(crate) use toolset::{Runs, Toolset};
