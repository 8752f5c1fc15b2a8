//! Finding out what a file's columns hold.

use std::collections::{HashMap, HashSet};

use tokio::task::yield_now;

use super::{
    ImportError, MAXIMUM_COLUMNS,
    cell::Cell,
    names,
    rows::Rows,
    text::Kind,
    write::{Plan, Target},
};
use crate::{
    CollectionDefinition, FieldDefinition, FieldType, PrimaryKey, ProjectError,
    identifier::Identifier,
};

/// Longest text that becomes a `string` rather than a `text` field.
const LONGEST_STRING: usize = 255;
/// Items after which other tasks get a turn.
const TURN: usize = 1000;

/// What was seen in a file.
pub(super) struct Observed {
    pub(super) columns: Vec<Column>,
}

/// What was seen in one column.
pub(super) struct Column {
    pub(super) name: String,
    values: u64,
    kinds: Vec<Kind>,
    longest: usize,
    is_wide: bool,
    is_inexact: bool,
    /// Every item has a value and no two have the same. Tracked for `id` only.
    is_key: bool,
    seen: HashSet<Box<str>>,
}

impl Column {
    fn new(name: String) -> Self {
        Self {
            // Tracking every column's values would keep the whole file twice in memory.
            is_key: name.eq_ignore_ascii_case("id"),
            name,
            values: 0,
            kinds: Vec::new(),
            longest: 0,
            is_wide: false,
            is_inexact: false,
            seen: HashSet::new(),
        }
    }

    fn see(&mut self, cell: &Cell<'_>) {
        let Some(kind) = cell.kind() else { return };
        self.values += 1;
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
        if kind != Kind::Nested {
            self.longest = self.longest.max(cell.length());
        }
        if let Some(number) = cell.as_integer() {
            self.is_wide |= i32::try_from(number).is_err();
            self.is_inexact |= number.unsigned_abs() > 1 << 53;
        }
        if self.is_key && !self.seen.insert(cell.text().into()) {
            self.is_key = false;
            self.seen = HashSet::new();
        }
    }

    fn kind(&self) -> FieldType {
        let only = |allowed: &[Kind]| self.kinds.iter().all(|kind| allowed.contains(kind));
        let text = || match self.longest {
            0..=LONGEST_STRING => FieldType::String(255),
            _ => FieldType::Text,
        };
        if self.kinds.is_empty() {
            return text();
        }
        if self.kinds.contains(&Kind::Nested) {
            return FieldType::Json;
        }
        if only(&[Kind::Boolean]) {
            FieldType::Boolean
        } else if only(&[Kind::Integer]) {
            if self.is_wide { FieldType::BigInteger } else { FieldType::Integer }
        } else if only(&[Kind::Integer, Kind::Float]) && !self.is_inexact {
            FieldType::Float
        } else if only(&[Kind::Date]) {
            FieldType::Date
        } else if only(&[Kind::Date, Kind::DateTime]) {
            FieldType::DateTime
        } else if only(&[Kind::Timestamp]) {
            FieldType::Timestamp
        } else if only(&[Kind::Uuid]) {
            FieldType::Uuid
        } else {
            text()
        }
    }

    /// The primary key that the column can be.
    fn primary_key(&self) -> Option<PrimaryKey> {
        if !self.is_key {
            return None;
        }
        match self.kind() {
            FieldType::Integer | FieldType::BigInteger => Some(PrimaryKey::AutoIncrement),
            FieldType::Uuid => Some(PrimaryKey::Uuid),
            FieldType::String(_) => Some(PrimaryKey::Text),
            _ => None,
        }
    }
}

/// Goes through the file once.
pub(super) async fn observe(rows: &Rows<'_>) -> Result<Observed, ImportError> {
    let mut columns: Vec<Column> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut items: u64 = 0;
    if let Rows::Csv { header, .. } = rows {
        // A column without any value is a column all the same.
        for name in header {
            positions.insert(name.clone(), columns.len());
            columns.push(Column::new(name.clone()));
        }
    }
    for (index, row) in rows.iter().enumerate() {
        let row = row?;
        items += 1;
        for (name, cell) in &row.cells {
            let position = match positions.get(name.as_ref()) {
                Some(position) => *position,
                None if columns.len() == MAXIMUM_COLUMNS => {
                    return Err(ImportError::TooManyColumns);
                }
                None => {
                    positions.insert(name.clone().into_owned(), columns.len());
                    columns.push(Column::new(name.clone().into_owned()));
                    columns.len() - 1
                }
            };
            if let Some(column) = columns.get_mut(position) {
                column.see(cell);
            }
        }
        if index % TURN == TURN - 1 {
            yield_now().await;
        }
    }
    if items == 0 || columns.is_empty() {
        return Err(ImportError::Empty);
    }
    for column in &mut columns {
        column.is_key &= column.values == items;
        column.seen = HashSet::new();
    }
    Ok(Observed { columns })
}

/// A new collection for what was seen, and where its columns go.
pub(super) fn decide(
    collection: &str,
    observed: Observed,
    note: Option<String>,
) -> Result<(CollectionDefinition, Plan), ProjectError> {
    let mut primary_key = PrimaryKey::AutoIncrement;
    let mut fields: Vec<FieldDefinition> = Vec::new();
    let mut targets = Vec::new();
    for column in observed.columns {
        let has_key = targets.iter().any(|target: &Target| target.field.as_str() == "id");
        if let (Some(key), false) = (column.primary_key(), has_key) {
            primary_key = key;
            targets.push(Target {
                kind: match key {
                    PrimaryKey::AutoIncrement => FieldType::BigInteger,
                    PrimaryKey::Text => FieldType::String(255),
                    PrimaryKey::Uuid => FieldType::Uuid,
                },
                field: Identifier::field("id")?,
                column: column.name,
                required: true,
            });
            continue;
        }
        // `id` is the key's name, whether the file has a key or not.
        let name = names::field_name(&column.name, |name| {
            name == "id" || fields.iter().any(|field| field.field == name)
        });
        let kind = column.kind();
        let mut field = FieldDefinition::new(&name, kind.clone());
        if name != column.name {
            field = field.with_note(format!("Column \"{}\" of the imported file", column.name));
        }
        fields.push(field);
        targets.push(Target {
            kind,
            field: Identifier::field(&name)?,
            column: column.name,
            required: false,
        });
    }
    let mut definition = CollectionDefinition::new(collection, primary_key);
    definition.fields = fields;
    definition.note = note;
    Ok((definition, Plan { targets, generated_key: None }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts near the edges of the types.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_map(|number| number.to_string()),
            "-?[0-9]{1,17}(\\.[0-9]{1,9})?(e[-+]?[0-9]{1,3})?",
            "[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]+)?)?(Z|[+-][0-2][0-9]:00)?)?",
            "true|false|TRUE|0|1",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            ".*",
        ]
    }

    fn cell() -> impl Strategy<Value = Cell<'static>> {
        prop_oneof![
            4 => text().prop_map(|text| Cell::Untyped(text.into())),
            2 => text().prop_map(Cell::Text),
            1 => any::<i64>().prop_map(Cell::Integer),
            1 => any::<bool>().prop_map(Cell::Boolean),
            1 => (-1e300..1e300).prop_map(Cell::Float),
            1 => Just(Cell::Null),
        ]
    }

    fn fits(cells: &[Cell<'_>]) -> Result<(), TestCaseError> {
        let mut column = Column::new("x".into());
        for cell in cells {
            column.see(cell);
        }
        let kind = column.kind();
        for cell in cells {
            prop_assert!(cell.store(&kind).is_ok(), "{cell:?} in {kind:?}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_was_seen_in_a_column_fits_its_type(
            cells in prop::collection::vec(cell(), 0..6)
        ) {
            fits(&cells)?;
        }

        #[test]
        fn cells_alike_fit_their_type(
            one in cell(), times in 1..3_usize
        ) {
            fits(&vec![one; times])?;
        }
    }
}
