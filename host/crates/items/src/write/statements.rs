//! The statements of writes.

use palisade_data::DataError;
use sea_query::{Expr, ExprTrait, Query as Sql, SqliteQueryBuilder, Value as SqlValue};
use sea_query_sqlx::SqlxBinder;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{constraints, payload::stored};
use crate::{
    engine::Session,
    read::{self, bound},
    rows,
    schema::{Collection, FieldType},
};

/// Columns and stored values of a payload; fields without a column are left out.
pub(super) fn columns(
    collection: &Collection,
    payload: &Map<String, Value>,
) -> Result<Vec<(String, SqlValue)>, DataError> {
    let mut columns = Vec::with_capacity(payload.len());
    for (name, value) in payload {
        if let Some(field) = collection.field(name).filter(|field| field.is_column()) {
            columns.push((name.clone(), stored(collection, field, value)?));
        }
    }
    Ok(columns)
}

/// Inserts an item; gives its primary key.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    values: &[(String, SqlValue)],
) -> Result<Value, DataError> {
    let mut insert = Sql::insert();
    insert.into_table(collection.name.clone());
    if values.is_empty() {
        insert.or_default_values();
    } else {
        insert
            .columns(values.iter().map(|(name, _)| name.clone()))
            .values(values.iter().map(|(_, value)| Expr::Value(value.clone())))
            .map_err(DataError::internal)?;
    }
    insert.returning_col(collection.primary_key.clone());
    let (sql, bindings) = insert.build_sqlx(SqliteQueryBuilder);
    let inserted = sqlx::query_with(AssertSqlSafe(sql), bindings).fetch_one(&mut *connection).await;
    match inserted {
        Ok(row) => rows::value(&row, 0, collection.key_type()),
        Err(error) => {
            Err(constraints::refusal(connection, session, collection, values, error).await)
        }
    }
}

/// Sets columns of items.
pub(super) async fn set(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    keys: &[SqlValue],
    values: &[(String, SqlValue)],
) -> Result<(), DataError> {
    if values.is_empty() {
        return Ok(());
    }
    let mut update = Sql::update();
    update
        .table(collection.name.clone())
        .values(values.iter().map(|(name, value)| (name.clone(), Expr::Value(value.clone()))))
        .and_where(Expr::col(collection.primary_key.clone()).is_in(keys.iter().cloned()));
    let (sql, bindings) = update.build_sqlx(SqliteQueryBuilder);
    match sqlx::query_with(AssertSqlSafe(sql), bindings).execute(&mut *connection).await {
        Ok(_) => Ok(()),
        Err(error) => {
            Err(constraints::refusal(connection, session, collection, values, error).await)
        }
    }
}

/// Deletes items.
pub(super) async fn remove(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    keys: &[SqlValue],
) -> Result<(), DataError> {
    let mut delete = Sql::delete();
    delete
        .from_table(collection.name.clone())
        .and_where(Expr::col(collection.primary_key.clone()).is_in(keys.iter().cloned()));
    let (sql, bindings) = delete.build_sqlx(SqliteQueryBuilder);
    match sqlx::query_with(AssertSqlSafe(sql), bindings).execute(&mut *connection).await {
        Ok(_) => Ok(()),
        Err(error) => Err(constraints::refusal(connection, session, collection, &[], error).await),
    }
}

/// Whether an item with this key exists, whoever may see it. For the engine's own decisions alone.
pub(super) async fn exists(
    connection: &mut SqliteConnection,
    collection: &Collection,
    key: &SqlValue,
) -> Result<bool, DataError> {
    let mut select = Sql::select();
    select
        .expr(Expr::val(1))
        .from(collection.name.clone())
        .and_where(Expr::col(collection.primary_key.clone()).eq(Expr::Value(key.clone())));
    Ok(!read::run(connection, &select).await?.is_empty())
}

/// Keys of the items that point to a parent with a column.
pub(super) async fn children(
    connection: &mut SqliteConnection,
    collection: &Collection,
    column: &str,
    parent: &Value,
) -> Result<Vec<Value>, DataError> {
    let mut select = Sql::select();
    select
        .column(collection.primary_key.clone())
        .from(collection.name.clone())
        .and_where(Expr::col(column.to_owned()).eq(Expr::Value(bound(parent))));
    let rows = read::run(connection, &select).await?;
    rows.iter().map(|row| rows::value(row, 0, collection.key_type())).collect()
}

/// All columns of items by key, secrets as asterisks, for revisions.
pub(super) async fn whole_items(
    connection: &mut SqliteConnection,
    collection: &Collection,
    keys: &[SqlValue],
) -> Result<Vec<(Value, Map<String, Value>)>, DataError> {
    let fields: Vec<_> = collection
        .fields
        .iter()
        .filter(|field| field.is_column() && field.kind != FieldType::Binary)
        .collect();
    let mut select = Sql::select();
    select
        .columns(fields.iter().map(|field| field.name.clone()))
        .column(collection.primary_key.clone())
        .from(collection.name.clone())
        .and_where(Expr::col(collection.primary_key.clone()).is_in(keys.iter().cloned()));
    let mut items = Vec::with_capacity(keys.len());
    for row in read::run(connection, &select).await? {
        let mut item = Map::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            let value = match rows::value(&row, index, field.kind)? {
                value if field.secret && !value.is_null() => "**********".into(),
                value => value,
            };
            item.insert(field.name.clone(), value);
        }
        items.push((rows::value(&row, fields.len(), collection.key_type())?, item));
    }
    Ok(items)
}
