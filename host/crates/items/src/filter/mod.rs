//! Filters: parsed and checked once, then composed into SQL with bound values.

mod functions;
mod operators;
mod parse;
mod sql;
mod values;

pub(crate) use functions::{FieldReference, Function, segments};
pub(crate) use operators::{Operator, Place, Test, pattern};
pub(crate) use parse::{FilterParser, Path, parse_rule};
pub(crate) use sql::{Composer, View, any};
pub(crate) use values::coerce;

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    /// Nothing meets it.
    Never,
    /// All of these.
    All(Vec<Filter>),
    /// Any of these.
    Any(Vec<Filter>),
    /// A test of a field.
    Field { field: FieldReference, test: Test },
    /// The item that a many-to-one field points to meets the filter.
    One { field: String, collection: String, filter: Box<Filter> },
    /// So many of the items that point here meet the filter.
    Many { field: String, quantifier: Quantifier, filter: Box<Filter> },
}

/// How many related items have to meet a filter, and which count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    /// `_some`: at least one. In a rule too only items count that the caller may act on.
    Some,
    /// `_none`: not one of those.
    None,
    /// A filter without either: at least one of the items joined to this one, where the place of none
    /// at all is taken by an item whose fields are all null.
    Joined,
    /// `_nnull`: there is one.
    Any,
    /// `_null`: there isn't.
    Nobody,
}

impl Filter {
    /// What everything meets.
    pub(crate) fn always() -> Self {
        Self::All(Vec::new())
    }
}
