//! Creating collections.

mod create;
mod definition;

pub(crate) use create::{create, exists};
pub use definition::{CollectionDefinition, DefaultValue, FieldDefinition, FieldType, PrimaryKey};
