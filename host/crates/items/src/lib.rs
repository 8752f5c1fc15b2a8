//! Directus's items and permission engine over SQLite.
//!
//! [`Engine`] runs [`palisade_data::Operation`]s on a SQLite database that has Directus's system
//! tables, with exactly the permissions that Directus would give the caller: collections, fields,
//! item rules, presets and validation. Every field that an operation names is checked, wherever it is
//! named; a value that isn't granted on an item is null there, and can be found neither by filters
//! nor by sorting, grouping or counting.
//!
//! As in Directus, a granted list of related items shows which readable items belong to it, whether or
//! not the field that points back is granted; and items come in the order of their primary keys where
//! nothing else is asked for, whether or not these are granted.
//!
//! What differs from Directus, always on the closed side:
//! - Only tables registered in `directus_collections`, and the system collections except sessions,
//!   exist. System collections can be read, by whom permissions or `app_access` let, and not written.
//! - Passwords, tokens, `tfa_secret`, `auth_data` and fields flagged `conceal` or `hash` read as
//!   asterisks where set, for everybody, and can't be compared.
//! - A rule that can't be read, or an empty one such as `{"_or": []}`, opens nothing.
//! - `%` and `_` in text operators are literal.
//! - Relations to several collections (many-to-any), geometry, `json()` and versions aren't
//!   supported and are refused with `INVALID_QUERY`.
//!
//! Limits are in [`limits`].

mod describe;
mod engine;
mod filter;
pub mod limits;
mod permissions;
mod read;
mod rows;
mod schema;
mod write;

pub use engine::Engine;
pub use permissions::resolve_accountability;
pub use schema::{
    Collection, Field, FieldType, Relation, SYSTEM_TABLES, SchemaSnapshot, create_system_tables,
};
