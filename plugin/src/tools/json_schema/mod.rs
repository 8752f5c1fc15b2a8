//! JSON Schema (draft 7 and what later drafts share with it), in the part that decides whether a
//! model's arguments are usable.
//!
//! A complete implementation is several times as large as the rest of the component and imports
//! randomness. Left out here: `pattern`, `patternProperties` and `format` (a regular expression
//! engine), remote references. What is left out counts as met, so this is an aid for the model and
//! not a gate: whoever runs the tool checks again.

mod check;
mod forgive;
mod keywords;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use serde_json::Value;

use check::{Path, Run};

/// Nesting of schema applications at most; deeper parts count as met.
const MAX_DEPTH: u32 = 48;
/// Schema applications at most; a schema of a hostile client could need exponentially many.
const MAX_STEPS: u32 = 100_000;
/// Complaints that one text holds.
const MAX_COMPLAINTS: usize = 5;

/// A schema.
#[derive(Debug)]
pub(crate) struct Schema {
    root: Value,
}

impl Schema {
    /// Reads a schema: an object or a boolean.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let root: Value = serde_json::from_str(text).ok()?;
        (root.is_object() || root.is_boolean()).then_some(Self { root })
    }

    /// Checks a value.
    ///
    /// # Errors
    /// Up to five complaints: where, what was expected, what was found.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        let run = Run { root: &self.root, steps: Cell::new(0) };
        let mut complaints = Vec::new();
        run.apply(&self.root, value, &Path::Root, 0, &mut complaints);
        if complaints.is_empty() { Ok(()) } else { Err(complaints.join(" ")) }
    }

    /// Changes what clearly means something else than it says: JSON in a string where no string is
    /// allowed, null for a property that may be absent, one value where a list is wanted. Returns
    /// whether anything changed.
    pub(super) fn forgive(&self, value: &mut Value) -> bool {
        let run = Run { root: &self.root, steps: Cell::new(0) };
        run.forgive(&self.root, value, 0)
    }
}
