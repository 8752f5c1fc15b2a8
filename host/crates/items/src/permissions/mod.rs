//! Who may do what: policies, permission rows, dynamic values, and the checks on them.

mod app_access;
mod dynamic;
mod load;
mod overview;
mod policies;
mod rights;
mod uses;

pub(crate) use dynamic::{DynamicValues, Variable, dotted_variables};
pub(crate) use load::{FieldList, PermissionRow, load};
pub(crate) use overview::overview;
pub use policies::resolve_accountability;
pub(crate) use rights::{Action, Rights, Rule};
pub(crate) use uses::Uses;
