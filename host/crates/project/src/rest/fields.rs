//! `/fields` and `/fields/{collection}`.

use std::collections::HashMap;

use palisade_data::{Caller, DataError, forbidden_collection};
use serde_json::{Value, json};
use sqlx::FromRow;

use super::{
    collections::{Readable, SYSTEM, json_of},
    columns::Columns,
};
use crate::Project;

/// Columns of system collections whose values nobody reads.
const CONCEALED: [&str; 4] = ["password", "token", "tfa_secret", "auth_data"];

/// A row of directus_fields.
#[derive(FromRow)]
struct FieldRow {
    id: i64,
    collection: String,
    field: String,
    special: Option<String>,
    interface: Option<String>,
    options: Option<String>,
    display: Option<String>,
    display_options: Option<String>,
    readonly: bool,
    hidden: bool,
    sort: Option<i64>,
    width: Option<String>,
    translations: Option<String>,
    note: Option<String>,
    conditions: Option<String>,
    required: bool,
    group: Option<String>,
    validation: Option<String>,
    validation_message: Option<String>,
}

impl FieldRow {
    fn special(&self) -> Option<Vec<&str>> {
        self.special.as_deref().map(|special| special.split(',').map(str::trim).collect())
    }

    fn meta(&self) -> Value {
        json!({
            "id": self.id,
            "collection": self.collection,
            "field": self.field,
            "special": self.special(),
            "interface": self.interface,
            "options": json_of(self.options.as_deref()),
            "display": self.display,
            "display_options": json_of(self.display_options.as_deref()),
            "readonly": self.readonly,
            "hidden": self.hidden,
            "sort": self.sort,
            "width": self.width,
            "translations": json_of(self.translations.as_deref()),
            "note": self.note,
            "conditions": json_of(self.conditions.as_deref()),
            "required": self.required,
            "group": self.group,
            "validation": json_of(self.validation.as_deref()),
            "validation_message": self.validation_message,
        })
    }
}

impl Project {
    /// `GET /fields` or `GET /fields/{collection}`: the fields that the caller may read, as
    /// `{collection, field, type, schema, meta}`. Alias fields have no `schema`.
    ///
    /// Errors: [`DataError::Forbidden`] for a collection that may not be read or doesn't exist.
    pub async fn fields(
        &self,
        caller: &Caller,
        collection: Option<&str>,
    ) -> Result<Value, DataError> {
        let readable = Readable::by(self, caller).await?;
        let own: Vec<String> = sqlx::query_scalar(
            "select collection from directus_collections order by sort, collection",
        )
        .fetch_all(self.pool())
        .await
        .map_err(DataError::internal)?;
        let mut shown: Vec<&str> = own.iter().map(String::as_str).chain(SYSTEM).collect();
        shown.retain(|name| readable.collection(name));
        if let Some(collection) = collection {
            shown.retain(|name| *name == collection);
            if shown.is_empty() {
                return Err(forbidden_collection(collection, "root"));
            }
        }
        let mut described = self.field_rows().await?;
        let mut fields = Vec::new();
        for name in shown {
            let rows = described.remove(name).unwrap_or_default();
            let of_collection = self.fields_of(name, rows).await?;
            fields.extend(of_collection.into_iter().filter(|field| {
                field
                    .get("field")
                    .and_then(Value::as_str)
                    .is_some_and(|field| readable.field(name, field))
            }));
        }
        Ok(fields.into())
    }

    async fn field_rows(&self) -> Result<HashMap<String, Vec<FieldRow>>, DataError> {
        let rows: Vec<FieldRow> =
            sqlx::query_as("select * from directus_fields order by collection, sort, id")
                .fetch_all(self.pool())
                .await
                .map_err(DataError::internal)?;
        let mut by_collection: HashMap<String, Vec<FieldRow>> = HashMap::new();
        for row in rows {
            by_collection.entry(row.collection.clone()).or_default().push(row);
        }
        Ok(by_collection)
    }

    /// Columns in the table's order, then alias fields.
    async fn fields_of(
        &self,
        collection: &str,
        rows: Vec<FieldRow>,
    ) -> Result<Vec<Value>, DataError> {
        let columns = Columns::of(self.pool(), collection).await?;
        let mut rows: Vec<(String, FieldRow)> =
            rows.into_iter().map(|row| (row.field.clone(), row)).collect();
        let mut fields = Vec::new();
        for column in &columns.all {
            let position = rows.iter().position(|(name, _)| *name == column.name);
            let meta = match position.map(|position| rows.remove(position).1) {
                Some(row) => row.meta(),
                None if CONCEALED.contains(&column.name.as_str()) => json!({
                    "collection": collection, "field": column.name,
                    "special": ["conceal"], "system": true,
                }),
                None => Value::Null,
            };
            fields.push(json!({
                "collection": collection,
                "field": column.name,
                "type": column.directus_type(),
                "schema": columns.schema(collection, column),
                "meta": meta,
            }));
        }
        fields.extend(rows.into_iter().map(|(field, row)| {
            json!({
                "collection": collection,
                "field": field,
                "type": "alias",
                "schema": null,
                "meta": row.meta(),
            })
        }));
        Ok(fields)
    }
}
