//! The table of a new collection, and the rows in Directus's tables that describe it.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{CollectionDefinition, DefaultValue, FieldDefinition, FieldType, PrimaryKey};
use crate::{ProjectError, identifier::Identifier};

/// Creates the table and its description. Runs inside the caller's transaction.
pub(crate) async fn create(
    connection: &mut SqliteConnection,
    definition: &CollectionDefinition,
) -> Result<(), ProjectError> {
    let collection = Identifier::collection(&definition.collection)?;
    if exists(connection, collection.as_str()).await? {
        return Err(ProjectError::CollectionExists(definition.collection.clone()));
    }
    let key_column = match definition.primary_key {
        PrimaryKey::AutoIncrement => "\"id\" integer primary key autoincrement not null",
        PrimaryKey::Text => "\"id\" varchar(255) primary key not null",
        PrimaryKey::Uuid => "\"id\" char(36) primary key not null",
    };
    let mut columns = vec![key_column.to_owned()];
    let mut names = vec!["id".to_owned()];
    for field in &definition.fields {
        let name = Identifier::field(&field.field)?;
        let folded = name.as_str().to_ascii_lowercase();
        if names.contains(&folded) {
            return Err(ProjectError::DuplicateField {
                collection: definition.collection.clone(),
                field: field.field.clone(),
            });
        }
        names.push(folded);
        columns.push(column(connection, &name, field).await?);
    }
    let table = format!("create table {} ({})", collection.quoted(), columns.join(", "));
    sqlx::query(AssertSqlSafe(table)).execute(&mut *connection).await?;
    describe(connection, definition).await
}

/// Whether a table of that name is there, in any case of letters.
pub(crate) async fn exists(
    connection: &mut SqliteConnection,
    collection: &str,
) -> Result<bool, ProjectError> {
    let query = "select exists (select 1 from sqlite_master where name = ?1 collate nocase)";
    Ok(sqlx::query_scalar(query).bind(collection).fetch_one(connection).await?)
}

/// One column of `create table`. Text comes from checked identifiers and closed sets only.
async fn column(
    connection: &mut SqliteConnection,
    name: &Identifier,
    field: &FieldDefinition,
) -> Result<String, ProjectError> {
    let mut sql = format!("{} ", name.quoted());
    if let FieldType::ManyToOne { collection, .. } = &field.kind {
        let target = Identifier::collection(collection)?;
        let query = "select type from pragma_table_info(?1) where name = 'id' and pk = 1";
        let key: Option<String> =
            sqlx::query_scalar(query).bind(collection).fetch_optional(connection).await?;
        let declared = match key.as_deref() {
            Some("integer" | "INTEGER") => "integer",
            Some("char(36)" | "CHAR(36)") => "char(36)",
            Some(_) => "varchar(255)",
            None => {
                return Err(ProjectError::UnknownCollection {
                    field: field.field.clone(),
                    collection: collection.clone(),
                });
            }
        };
        // A required relation can't be emptied when its target goes.
        let on_delete = if field.required { "restrict" } else { "set null" };
        sql.push_str(&format!(
            "{declared} references {} (\"id\") on delete {on_delete}",
            target.quoted()
        ));
    } else {
        sql.push_str(&declared_type(&field.kind));
    }
    if field.required {
        sql.push_str(" not null");
    }
    if field.unique {
        sql.push_str(" unique");
    }
    match &field.default {
        None => {}
        Some(DefaultValue::Text(text)) => {
            sql.push_str(&format!(" default '{}'", text.replace('\'', "''")));
        }
        Some(DefaultValue::Integer(number)) => sql.push_str(&format!(" default {number}")),
        Some(DefaultValue::Boolean(value)) => {
            sql.push_str(&format!(" default {}", u8::from(*value)));
        }
    }
    Ok(sql)
}

fn declared_type(kind: &FieldType) -> String {
    match kind {
        FieldType::Integer | FieldType::ManyToOne { .. } => "integer".into(),
        FieldType::BigInteger => "bigint".into(),
        FieldType::Float => "float".into(),
        FieldType::String(length) => format!("varchar({length})"),
        FieldType::Text => "text".into(),
        FieldType::Boolean => "boolean".into(),
        FieldType::Date => "date".into(),
        FieldType::Time => "time".into(),
        FieldType::DateTime => "datetime".into(),
        FieldType::Timestamp => "timestamp".into(),
        FieldType::Json => "json".into(),
        FieldType::Uuid => "char(36)".into(),
    }
}

/// Fills directus_collections, directus_fields and directus_relations.
async fn describe(
    connection: &mut SqliteConnection,
    definition: &CollectionDefinition,
) -> Result<(), ProjectError> {
    let collection = definition.collection.as_str();
    sqlx::query(
        "insert into directus_collections (collection, icon, note, display_template, sort) \
         values (?1, ?2, ?3, ?4, (select count(*) + 1 from directus_collections))",
    )
    .bind(collection)
    .bind(&definition.icon)
    .bind(&definition.note)
    .bind(&definition.display_template)
    .execute(&mut *connection)
    .await?;
    let special = (definition.primary_key == PrimaryKey::Uuid).then_some("uuid");
    let generated = definition.primary_key != PrimaryKey::Text;
    sqlx::query(
        "insert into directus_fields (collection, field, special, interface, readonly, sort) \
         values (?1, 'id', ?2, 'input', ?3, 1)",
    )
    .bind(collection)
    .bind(special)
    .bind(generated)
    .execute(&mut *connection)
    .await?;
    for (index, field) in definition.fields.iter().enumerate() {
        let options = (!field.choices.is_empty()).then(|| {
            let choices: Vec<Value> =
                field.choices.iter().map(|value| json!({"text": value, "value": value})).collect();
            json!({ "choices": choices }).to_string()
        });
        sqlx::query(
            "insert into directus_fields \
             (collection, field, special, interface, options, required, note, sort) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(collection)
        .bind(&field.field)
        .bind(special_of(field))
        .bind(interface_of(field))
        .bind(options)
        .bind(field.required && field.default.is_none())
        .bind(&field.note)
        .bind(i64::try_from(index + 2).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await?;
        if let FieldType::ManyToOne { collection: one, one_field } = &field.kind {
            relate(connection, collection, &field.field, one, one_field.as_deref()).await?;
        }
    }
    Ok(())
}

/// The relation's row, and the field on its other side.
async fn relate(
    connection: &mut SqliteConnection,
    many: &str,
    many_field: &str,
    one: &str,
    one_field: Option<&str>,
) -> Result<(), ProjectError> {
    sqlx::query(
        "insert into directus_relations (many_collection, many_field, one_collection, one_field) \
         values (?1, ?2, ?3, ?4)",
    )
    .bind(many)
    .bind(many_field)
    .bind(one)
    .bind(one_field)
    .execute(&mut *connection)
    .await?;
    if let Some(one_field) = one_field {
        Identifier::field(one_field)?;
        let query = "select exists (select 1 from directus_fields \
                     where collection = ?1 and field = ?2 collate nocase)";
        let is_taken: bool =
            sqlx::query_scalar(query).bind(one).bind(one_field).fetch_one(&mut *connection).await?;
        if is_taken {
            return Err(ProjectError::DuplicateField {
                collection: one.to_owned(),
                field: one_field.to_owned(),
            });
        }
        sqlx::query(
            "insert into directus_fields (collection, field, special, interface, sort) values \
             (?1, ?2, 'o2m', 'list-o2m', \
              (select count(*) + 1 from directus_fields where collection = ?1))",
        )
        .bind(one)
        .bind(one_field)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

fn special_of(field: &FieldDefinition) -> Option<String> {
    let own = match field.kind {
        FieldType::Boolean => Some("cast-boolean"),
        FieldType::Json => Some("cast-json"),
        FieldType::Uuid => Some("uuid"),
        FieldType::ManyToOne { .. } => Some("m2o"),
        _ => None,
    };
    let flags: Vec<&str> =
        own.into_iter().chain(field.special.iter().map(String::as_str)).collect();
    (!flags.is_empty()).then(|| flags.join(","))
}

fn interface_of(field: &FieldDefinition) -> &'static str {
    match field.kind {
        _ if !field.choices.is_empty() => "select-dropdown",
        FieldType::Boolean => "boolean",
        FieldType::Text => "input-multiline",
        FieldType::Json => "input-code",
        FieldType::Date | FieldType::Time | FieldType::DateTime | FieldType::Timestamp => {
            "datetime"
        }
        FieldType::ManyToOne { .. } => "select-dropdown-m2o",
        _ => "input",
    }
}
