//! Directus's items and permission engine over SQLite.
//!
//! [`Engine`] runs [`palisade_data::Operation`]s on a SQLite database that has Directus's system
//! tables, with exactly the permissions that Directus would give the caller: collections, fields,
//! item rules, presets and validation. Every field that an operation names is checked, wherever it is
//! named; a value that isn't granted on an item is null there, and can be found neither by filters
//! nor by sorting, grouping or counting.
//!
//! As in Directus, a granted list of related items shows which readable items belong to it, whether or
//! not the field that points back is granted, unless that field is asked for and hidden; relations to
//! collections out of reach are left out; and an administrator's unknown keys and fields are ignored.
//!
//! Where Directus 11 and 12 differ, the engine follows 11.
//! The crate `palisade-parity` compares the engine with a real Directus on generated permissions and
//! operations, and lists with both answers what differs on purpose (its `pinned` and `known`).
//! What differs is always on the closed side. In short:
//! - A value that is hidden on an item can't be found there; Directus finds, sorts and sums by it, and
//!   goes through many-to-one fields to items that may not be read.
//! - Writes by query select among what the caller may read, and by what the caller may read.
//! - An item counts once, and conditions combined under `_some` and `_none` all count.
//! - Dates, ranges and paths that can't be read are refused rather than ignored.
//! - Only tables registered in `directus_collections`, and the system collections except sessions,
//!   exist. System collections can be read, by whom permissions or `app_access` let, and not written.
//! - Passwords, tokens, `tfa_secret`, `auth_data` and fields flagged `conceal` or `hash` read as
//!   asterisks where set, for everybody, and can't be compared.
//! - Items come in the order of their primary keys where nothing else is asked for, granted or not.
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
