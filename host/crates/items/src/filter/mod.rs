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
    /// Some, or none, of the items that point here meet the filter. `named`: by `_some` or `_none`,
    /// which in a rule too look only at items that the caller may read.
    Many { field: String, none: bool, named: bool, filter: Box<Filter> },
}

impl Filter {
    /// What everything meets.
    pub(crate) fn always() -> Self {
        Self::All(Vec::new())
    }
}
