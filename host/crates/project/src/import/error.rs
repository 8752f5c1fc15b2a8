//! Why an import failed.

use std::{fmt, path::PathBuf};

use serde::Serialize;
use thiserror::Error;

use super::MAXIMUM_COLUMNS;

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Position {
    /// A line of a CSV or NDJSON file.
    Line(u64),
    /// An element of a JSON document.
    Item(u64),
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(formatter, "Line {line}"),
            Self::Item(item) => write!(formatter, "Item {item}"),
        }
    }
}

/// A failed import. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// The file's name doesn't say its format.
    #[error("{}: the name ends in none of .csv, .tsv, .json, .ndjson and .jsonl.", .0.display())]
    UnknownFormat(PathBuf),
    /// More than [`super::MAXIMUM_FILE_BYTES`].
    #[error("The file is larger than 256 MiB. Split it and import the parts one after the other.")]
    TooLarge,
    /// Nothing in it.
    #[error("The file has no items.")]
    Empty,
    /// The JSON document holds no objects.
    #[error("The file has to be a JSON array of objects, or an object.")]
    NoObjects,
    /// The format's own rules are broken.
    #[error("{position}: {reason}.")]
    Malformed {
        /// Where.
        position: Position,
        /// What is wrong.
        reason: String,
    },
    /// More than [`super::MAXIMUM_COLUMNS`].
    #[error("The file has more than {MAXIMUM_COLUMNS} columns.")]
    TooManyColumns,
    /// A header names a column twice.
    #[error("Column \"{0}\" is there twice. Rename one of them.")]
    DuplicateColumn(String),
    /// The collection exists and has no such field.
    #[error("Collection \"{collection}\" has no field for column \"{column}\".")]
    UnknownColumn {
        /// Collection.
        collection: String,
        /// Column of the file.
        column: String,
    },
    /// The collection exists and needs a value that the file doesn't have.
    #[error("Collection \"{collection}\" needs a column \"{field}\", which the file doesn't have.")]
    MissingColumn {
        /// Collection.
        collection: String,
        /// Required field.
        field: String,
    },
    /// A value doesn't fit its field.
    #[error("{position}, column \"{column}\": {reason}.")]
    Value {
        /// Where.
        position: Position,
        /// Column of the file.
        column: String,
        /// What is wrong, with the value.
        reason: String,
    },
    /// An item doesn't fit the collection.
    #[error("{position}: {reason}.")]
    Item {
        /// Where.
        position: Position,
        /// What is wrong.
        reason: &'static str,
    },
}
