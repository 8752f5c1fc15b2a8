//! Turns what SQLite stores into values.

use palisade_data::DataError;
use palisade_lookup::types::Value as LookedUp;
use serde_json::Value;
use sqlx::{Row, TypeInfo, ValueRef, sqlite::SqliteRow};

use crate::schema::FieldType;

/// What a cell holds, by its storage class.
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// A row, whoever read it.
pub(crate) trait Cells {
    /// The cell of a column.
    fn cell(&self, index: usize) -> Result<Cell, DataError>;
}

impl Cells for SqliteRow {
    fn cell(&self, index: usize) -> Result<Cell, DataError> {
        let raw = self.try_get_raw(index).map_err(DataError::internal)?;
        if raw.is_null() {
            return Ok(Cell::Null);
        }
        let class = raw.type_info().name().to_owned();
        drop(raw);
        Ok(match class.as_str() {
            "INTEGER" | "BOOLEAN" => {
                Cell::Integer(self.try_get_unchecked(index).map_err(DataError::internal)?)
            }
            "REAL" => Cell::Real(self.try_get_unchecked(index).map_err(DataError::internal)?),
            "BLOB" => Cell::Null,
            _ => Cell::Text(self.try_get_unchecked(index).map_err(DataError::internal)?),
        })
    }
}

impl Cells for [LookedUp] {
    fn cell(&self, index: usize) -> Result<Cell, DataError> {
        Ok(match self.get(index) {
            Some(LookedUp::Integer(number)) => Cell::Integer(*number),
            Some(LookedUp::Real(number)) => Cell::Real(*number),
            Some(LookedUp::Text(text)) => Cell::Text(text.clone()),
            Some(LookedUp::Null | LookedUp::Blob(_)) => Cell::Null,
            None => return Err(DataError::internal("a column is missing")),
        })
    }
}

/// Text of a cell.
pub(crate) fn text(row: &(impl Cells + ?Sized), index: usize) -> Result<Option<String>, DataError> {
    Ok(match row.cell(index)? {
        Cell::Null => None,
        Cell::Integer(number) => Some(number.to_string()),
        Cell::Real(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text),
    })
}

/// Whole number of a cell.
pub(crate) fn number(row: &(impl Cells + ?Sized), index: usize) -> Result<Option<i64>, DataError> {
    Ok(match row.cell(index)? {
        Cell::Integer(number) => Some(number),
        Cell::Text(text) => text.parse().ok(),
        _ => None,
    })
}

/// Whether a cell is true.
pub(crate) fn flag(row: &(impl Cells + ?Sized), index: usize) -> Result<bool, DataError> {
    Ok(number(row, index)?.is_some_and(|number| number != 0))
}

/// List of a cell with commas. Some projects store such lists as JSON.
pub(crate) fn list(row: &(impl Cells + ?Sized), index: usize) -> Result<Vec<String>, DataError> {
    Ok(text(row, index)?.map(|text| split_list(&text)).unwrap_or_default())
}

/// Splits a stored list.
pub(crate) fn split_list(text: &str) -> Vec<String> {
    if text.starts_with('[')
        && let Ok(values) = serde_json::from_str(text)
    {
        return values;
    }
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(String::from).collect()
}

/// JSON of a cell. Text that isn't JSON comes back as a string, never as nothing: a damaged rule
/// must not look like the absence of a rule.
pub(crate) fn json(row: &SqliteRow, index: usize) -> Result<Option<Value>, DataError> {
    Ok(match value(row, index, FieldType::Json)? {
        Value::Null => None,
        value => Some(value),
    })
}

/// The value of a cell, as its field's type has it.
pub(crate) fn value(row: &SqliteRow, index: usize, kind: FieldType) -> Result<Value, DataError> {
    Ok(match (row.cell(index)?, kind) {
        (Cell::Null, _) => Value::Null,
        (Cell::Integer(number), FieldType::Boolean) => Value::Bool(number != 0),
        (Cell::Integer(number), FieldType::Float | FieldType::Decimal) => number.into(),
        (Cell::Integer(number), kind) if kind.is_text() || kind.is_temporal() => {
            number.to_string().into()
        }
        (Cell::Integer(number), _) => number.into(),
        (Cell::Real(number), kind) if kind.is_text() => number.to_string().into(),
        (Cell::Real(number), _) => number.into(),
        (Cell::Text(text), FieldType::Json) => {
            serde_json::from_str(&text).unwrap_or_else(|_| text.into())
        }
        (Cell::Text(text), FieldType::Csv) => split_list(&text).into(),
        (Cell::Text(text), FieldType::Boolean) => Value::Bool(text == "1" || text == "true"),
        (Cell::Text(text), _) => text.into(),
    })
}

/// A primary key as text: `1` and `"1"` name the same item, as they do for SQLite.
pub(crate) fn key_text(key: &Value) -> String {
    match key {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
