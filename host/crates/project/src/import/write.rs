//! Writing a file's items into a collection's table.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, SqliteConnection, error::ErrorKind};

use super::{
    ImportError, ImportedField, Position,
    cell::Stored,
    infer::Observed,
    names,
    rows::{Row, Rows},
};
use crate::{FieldType, ProjectError, identifier::Identifier, random};

/// Parameters of one statement that SQLite takes.
const MOST_PARAMETERS: usize = 32_766;
/// Items of one statement.
const BATCH: usize = 250;

/// Where a file's columns go.
pub(super) struct Plan {
    pub(super) targets: Vec<Target>,
    /// A UUID key that the file doesn't have: one is made for each item.
    pub(super) generated_key: Option<Identifier>,
}

/// Where one column goes.
pub(super) struct Target {
    pub(super) column: String,
    pub(super) field: Identifier,
    pub(super) kind: FieldType,
    pub(super) required: bool,
}

impl Plan {
    pub(super) fn into_fields(self) -> Vec<ImportedField> {
        self.targets
            .into_iter()
            .map(|target| ImportedField {
                column: target.column,
                field: target.field.as_str().to_owned(),
                kind: type_name(&target.kind).to_owned(),
            })
            .collect()
    }
}

#[derive(sqlx::FromRow)]
struct TableColumn {
    name: String,
    r#type: String,
    #[sqlx(rename = "notnull")]
    not_null: bool,
    dflt_value: Option<String>,
    pk: i64,
}

/// Fits the columns into a collection that exists: each needs a field, and each required field a
/// column.
pub(super) async fn fit(
    connection: &mut SqliteConnection,
    collection: &Identifier,
    observed: &Observed,
) -> Result<Plan, ProjectError> {
    let is_collection: bool = sqlx::query_scalar(
        "select exists (select 1 from directus_collections where collection = ?1)",
    )
    .bind(collection.as_str())
    .fetch_one(&mut *connection)
    .await?;
    if !is_collection {
        // The table has the name in other letters, or isn't a collection.
        return Err(ProjectError::CollectionExists(collection.as_str().to_owned()));
    }
    let table: Vec<TableColumn> = sqlx::query_as(
        "select name, type, \"notnull\", dflt_value, pk from pragma_table_info(?1) order by cid",
    )
    .bind(collection.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let mut targets: Vec<Target> = Vec::new();
    for column in &observed.columns {
        let unknown = || ImportError::UnknownColumn {
            collection: collection.as_str().to_owned(),
            column: column.name.clone(),
        };
        let folded = names::field_name(&column.name, |_| false);
        let found = table
            .iter()
            .find(|known| known.name == column.name)
            .or_else(|| table.iter().find(|known| known.name.eq_ignore_ascii_case(&folded)))
            .ok_or_else(unknown)?;
        if targets.iter().any(|target| target.field.as_str() == found.name) {
            return Err(ImportError::DuplicateColumn(column.name.clone()).into());
        }
        let kind = found.kind();
        // The database numbers items that come without an integer key.
        let is_numbered = found.pk > 0 && kind == FieldType::BigInteger;
        targets.push(Target {
            column: column.name.clone(),
            field: Identifier::field(&found.name)?,
            required: !is_numbered && (found.not_null || found.pk > 0),
            kind,
        });
    }
    let mut generated_key = None;
    for column in &table {
        let is_there = targets.iter().any(|target| target.field.as_str() == column.name);
        if is_there || !(column.pk > 0 || column.not_null && column.dflt_value.is_none()) {
            continue;
        }
        match column.kind() {
            FieldType::Integer | FieldType::BigInteger if column.pk > 0 => {}
            FieldType::Uuid if column.pk > 0 => {
                generated_key = Some(Identifier::field(&column.name)?);
            }
            _ => {
                return Err(ImportError::MissingColumn {
                    collection: collection.as_str().to_owned(),
                    field: column.name.clone(),
                }
                .into());
            }
        }
    }
    Ok(Plan { targets, generated_key })
}

impl TableColumn {
    fn kind(&self) -> FieldType {
        let declared = self.r#type.to_ascii_lowercase();
        let (name, length) = declared.split_once('(').unwrap_or((declared.as_str(), ""));
        match name.trim() {
            // SQLite's integer keys have 64 bits.
            "integer" if self.pk > 0 => FieldType::BigInteger,
            "integer" => FieldType::Integer,
            "bigint" => FieldType::BigInteger,
            "float" | "real" | "decimal" => FieldType::Float,
            "boolean" => FieldType::Boolean,
            "date" => FieldType::Date,
            "time" => FieldType::Time,
            "datetime" => FieldType::DateTime,
            "timestamp" => FieldType::Timestamp,
            "json" => FieldType::Json,
            "char" => FieldType::Uuid,
            "varchar" => {
                FieldType::String(length.trim_end_matches(')').trim().parse().unwrap_or(255))
            }
            _ => FieldType::Text,
        }
    }
}

/// Inserts all items, inside the caller's transaction. Returns how many there were.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    collection: &Identifier,
    plan: &Plan,
    rows: &Rows<'_>,
) -> Result<u64, ProjectError> {
    let fields: Vec<&Identifier> =
        plan.targets.iter().map(|target| &target.field).chain(&plan.generated_key).collect();
    let statement = Statement::new(collection, &fields);
    let positions: HashMap<&str, usize> = plan
        .targets
        .iter()
        .enumerate()
        .map(|(position, target)| (target.column.as_str(), position))
        .collect();
    let batch_size = (MOST_PARAMETERS / fields.len().max(1)).clamp(1, BATCH);
    let mut batch: Vec<(Position, Vec<Stored>)> = Vec::with_capacity(batch_size);
    let mut items = 0;
    for row in rows.iter() {
        let row = row?;
        batch.push((row.position, values(plan, &positions, &row)?));
        items += 1;
        if batch.len() == batch_size {
            statement.run(connection, &batch).await?;
            batch.clear();
        }
    }
    if !batch.is_empty() {
        statement.run(connection, &batch).await?;
    }
    Ok(items)
}

/// One item's values in the statement's order.
fn values(
    plan: &Plan,
    positions: &HashMap<&str, usize>,
    row: &Row<'_>,
) -> Result<Vec<Stored>, ProjectError> {
    let mut values = vec![Stored::Null; plan.targets.len()];
    let refused = |target: &Target, reason: String| ImportError::Value {
        position: row.position,
        column: target.column.clone(),
        reason,
    };
    for (name, cell) in &row.cells {
        let place = positions.get(name.as_ref()).copied();
        if let Some((value, target)) =
            place.and_then(|place| values.get_mut(place).zip(plan.targets.get(place)))
        {
            *value = cell.store(&target.kind).map_err(|reason| refused(target, reason))?;
        }
    }
    for (value, target) in values.iter().zip(&plan.targets) {
        if target.required && *value == Stored::Null {
            return Err(refused(target, "it needs a value".into()).into());
        }
    }
    if plan.generated_key.is_some() {
        values.push(Stored::Text(random::uuid()?));
    }
    Ok(values)
}

/// An `insert` for any number of items.
struct Statement {
    head: String,
    item: String,
}

impl Statement {
    fn new(collection: &Identifier, fields: &[&Identifier]) -> Self {
        let names: Vec<String> = fields.iter().map(|field| field.quoted()).collect();
        let places = vec!["?"; fields.len()].join(",");
        Self {
            head: format!("insert into {} ({}) values ", collection.quoted(), names.join(", ")),
            item: format!("({places})"),
        }
    }

    async fn run(
        &self,
        connection: &mut SqliteConnection,
        batch: &[(Position, Vec<Stored>)],
    ) -> Result<(), ProjectError> {
        match self.execute(connection, batch).await {
            Ok(()) => Ok(()),
            Err(sqlx::Error::Database(_)) => {
                // The statement is undone as a whole: one by one, the item at fault shows itself.
                for item in batch {
                    self.execute(connection, std::slice::from_ref(item))
                        .await
                        .map_err(|error| explained(error, item.0))?;
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn execute(
        &self,
        connection: &mut SqliteConnection,
        batch: &[(Position, Vec<Stored>)],
    ) -> Result<(), sqlx::Error> {
        let sql = format!("{}{}", self.head, vec![self.item.as_str(); batch.len()].join(","));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (_, values) in batch {
            for value in values {
                query = value.clone().bind(query);
            }
        }
        query.execute(connection).await.map(drop)
    }
}

fn explained(error: sqlx::Error, position: Position) -> ProjectError {
    let reason = match error.as_database_error().map(|error| error.kind()) {
        Some(ErrorKind::UniqueViolation) => {
            "a value that has to be unique is in the collection already"
        }
        Some(ErrorKind::ForeignKeyViolation) => "it refers to an item that doesn't exist",
        Some(ErrorKind::NotNullViolation) => "a required value is missing",
        _ => return error.into(),
    };
    ImportError::Item { position, reason }.into()
}

/// Directus's name for a type.
fn type_name(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Integer | FieldType::ManyToOne { .. } => "integer",
        FieldType::BigInteger => "bigInteger",
        FieldType::Float => "float",
        FieldType::String(_) => "string",
        FieldType::Text => "text",
        FieldType::Boolean => "boolean",
        FieldType::Date => "date",
        FieldType::Time => "time",
        FieldType::DateTime => "dateTime",
        FieldType::Timestamp => "timestamp",
        FieldType::Json => "json",
        FieldType::Uuid => "uuid",
    }
}
