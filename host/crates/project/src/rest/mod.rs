//! The reads of Directus's REST API, in its shapes: what the HTTP layer puts under `data`.
//!
//! Each takes the caller and gives no more than that caller may see; items, files and users come
//! from the items engine alone.

mod assets;
mod collections;
mod columns;
mod fields;
mod items;
mod me;

pub use assets::Asset;
