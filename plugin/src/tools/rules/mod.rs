//! What the schemas of built-in tools can't say: which arguments belong to which action, and which
//! lists may be written as one text.
//!
//! The host checks again, by its own rules: these are for the model, which gets to know what to do
//! instead.

mod files;
mod items;
mod lists;
mod rows;
mod structure;

use serde_json::Value;

/// What a tool's schema can't say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Lists of names that may be written as one text with commas: pointers into the arguments.
    comma_lists: &'static [&'static str],
    /// What is wrong with arguments that fit the schema.
    check: fn(&Value) -> Result<(), String>,
}

/// The lists of a query.
const OF_QUERY: &[&str] = &["/query/fields", "/query/sort", "/query/groupBy"];

pub(super) const NONE: Rules = Rules { comma_lists: &[], check: |_| Ok(()) };
pub(super) const SCHEMA: Rules = Rules { comma_lists: &["/keys"], ..NONE };
pub(super) const ITEMS: Rules = Rules { comma_lists: OF_QUERY, check: items::check };
/// Entries of one of Directus's own collections.
pub(super) const ROWS: Rules = Rules { comma_lists: OF_QUERY, check: rows::check_with_ids };
pub(super) const FILES: Rules = Rules { comma_lists: OF_QUERY, check: files::check };
pub(super) const COLLECTIONS: Rules =
    Rules { comma_lists: &["/keys"], check: structure::check_collections };
pub(super) const FIELDS: Rules = Rules { check: structure::check_fields, ..NONE };
pub(super) const RELATIONS: Rules = Rules { check: structure::check_relations, ..NONE };
/// `search` of the registry.
pub(super) const SEARCH: Rules =
    Rules { comma_lists: &["/names"], check: super::registry::check_search };

impl Rules {
    /// Splits lists that were written as one text. Returns whether anything changed.
    pub(super) fn split_lists(self, arguments: &mut Value) -> bool {
        lists::split(arguments, self.comma_lists)
    }

    /// Checks arguments that fit the schema.
    ///
    /// # Errors
    /// What is wrong and what to do instead, for the model.
    pub(super) fn check(self, arguments: &Value) -> Result<(), String> {
        (self.check)(arguments)
    }
}

/// The action that arguments name.
fn action(arguments: &Value) -> &str {
    arguments.get("action").and_then(Value::as_str).unwrap_or_default()
}

/// Refuses arguments that an action doesn't take.
fn refuse(arguments: &Value, unwanted: &[&str]) -> Result<(), String> {
    match unwanted.iter().find(|name| arguments.get(**name).is_some()) {
        Some(name) => Err(format!("`{name}` is not for {:?}.", action(arguments))),
        None => Ok(()),
    }
}

/// Insists on arguments that an action can't do without. `what` says what they are.
fn require(arguments: &Value, name: &str, what: &str) -> Result<(), String> {
    if arguments.get(name).is_some() {
        return Ok(());
    }
    Err(format!("`{name}` is required for {:?}: {what}", action(arguments)))
}
