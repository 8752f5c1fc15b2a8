//! What exists: collections, fields, types, primary keys and relations.

mod load;
mod snapshot;
mod system;
mod types;

pub(crate) use load::load;
pub use snapshot::{Collection, Field, Relation, SchemaSnapshot};
pub use system::{SYSTEM_TABLES, create_system_tables};
pub use types::FieldType;
