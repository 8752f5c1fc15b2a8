//! The tools that a model may call, and whether what it writes fits them.

mod arguments;
mod builtin;
mod items;
mod json_schema;
mod toolset;

pub(crate) use arguments::as_json_value;
pub use builtin::definitions;
pub(crate) use json_schema::Schema;
pub(crate) use toolset::Toolset;
