//! What the database says about a table's columns.

use std::collections::HashMap;

use palisade_data::DataError;
use serde_json::{Value, json};
use sqlx::SqlitePool;

/// One column.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Column {
    pub(super) name: String,
    /// Declared type, such as `varchar(255)`.
    #[sqlx(rename = "type")]
    declared: String,
    #[sqlx(rename = "notnull")]
    not_null: bool,
    dflt_value: Option<String>,
    pk: i64,
}

/// A table's columns with their foreign keys and unique indexes.
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    /// Column → referenced table and column.
    foreign: HashMap<String, (String, String)>,
    unique: Vec<String>,
    indexed: Vec<String>,
}

impl Columns {
    /// Reads a table's columns, in order.
    pub(super) async fn of(pool: &SqlitePool, table: &str) -> Result<Self, DataError> {
        let all = sqlx::query_as(
            "select name, type, \"notnull\", dflt_value, pk from pragma_table_info(?1) order by cid",
        )
        .bind(table)
        .fetch_all(pool)
        .await
        .map_err(DataError::internal)?;
        let foreign: Vec<(String, String, Option<String>)> =
            sqlx::query_as("select \"from\", \"table\", \"to\" from pragma_foreign_key_list(?1)")
                .bind(table)
                .fetch_all(pool)
                .await
                .map_err(DataError::internal)?;
        let indexes: Vec<(String, bool)> = sqlx::query_as(
            "select columns.name, lists.\"unique\" from pragma_index_list(?1) lists \
             join pragma_index_info(lists.name) columns \
             where (select count(*) from pragma_index_info(lists.name)) = 1",
        )
        .bind(table)
        .fetch_all(pool)
        .await
        .map_err(DataError::internal)?;
        Ok(Self {
            all,
            foreign: foreign
                .into_iter()
                .map(|(from, table, to)| (from, (table, to.unwrap_or_else(|| "id".into()))))
                .collect(),
            unique: indexes
                .iter()
                .filter(|(_, unique)| *unique)
                .map(|(name, _)| name.clone())
                .collect(),
            indexed: indexes.into_iter().map(|(name, _)| name).collect(),
        })
    }

    /// Directus's `schema` of a field.
    pub(super) fn schema(&self, table: &str, column: &Column) -> Value {
        let (data_type, length) = column.data_type();
        let foreign = self.foreign.get(&column.name);
        let is_key = column.pk > 0;
        json!({
            "name": column.name,
            "table": table,
            "data_type": data_type,
            "default_value": column.default_value(),
            "max_length": length,
            "numeric_precision": null,
            "numeric_scale": null,
            "is_generated": false,
            "generation_expression": null,
            "is_nullable": !column.not_null && !is_key,
            "is_unique": is_key || self.unique.contains(&column.name),
            "is_indexed": is_key || self.indexed.contains(&column.name),
            "is_primary_key": is_key,
            "has_auto_increment": is_key && data_type == "integer",
            "foreign_key_column": foreign.map(|(_, column)| column),
            "foreign_key_table": foreign.map(|(table, _)| table),
        })
    }
}

impl Column {
    /// Type without length, and the length.
    fn data_type(&self) -> (String, Option<u32>) {
        let declared = self.declared.to_ascii_lowercase();
        match declared.split_once('(') {
            Some((name, length)) => {
                (name.trim().to_owned(), length.trim_end_matches(')').trim().parse().ok())
            }
            None => (declared, None),
        }
    }

    /// Directus's name for the type.
    pub(super) fn directus_type(&self) -> &'static str {
        match self.data_type() {
            (name, Some(36)) if name == "char" => "uuid",
            (name, _) => match name.as_str() {
                "integer" | "int" => "integer",
                "bigint" => "bigInteger",
                "float" | "real" | "double" => "float",
                "decimal" | "numeric" => "decimal",
                "varchar" | "char" => "string",
                "text" => "text",
                "boolean" => "boolean",
                "date" => "date",
                "time" => "time",
                "datetime" => "dateTime",
                "timestamp" => "timestamp",
                "json" => "json",
                _ => "unknown",
            },
        }
    }

    fn default_value(&self) -> Value {
        let Some(text) = self.dflt_value.as_deref() else {
            return Value::Null;
        };
        if let Some(quoted) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return quoted.replace("''", "'").into();
        }
        match (self.directus_type(), text.parse::<i64>()) {
            ("boolean", Ok(number)) => (number != 0).into(),
            (_, Ok(number)) => number.into(),
            _ if text.eq_ignore_ascii_case("null") => Value::Null,
            _ => text.into(),
        }
    }
}
