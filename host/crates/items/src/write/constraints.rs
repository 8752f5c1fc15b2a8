//! Turns refusals of the database into Directus's errors.

use palisade_data::DataError;
use sea_query::{Expr, ExprTrait, Query as Sql, Value as SqlValue};
use sqlx::SqliteConnection;

use crate::{
    engine::Session,
    read,
    schema::{Collection, Relation},
};

/// The error for a failed statement on a collection with these values.
pub(super) async fn refusal(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    values: &[(String, SqlValue)],
    error: sqlx::Error,
) -> DataError {
    let sqlx::Error::Database(cause) = &error else { return DataError::internal(error) };
    let message = cause.message();
    let place = |prefix: &str| {
        let (_, columns) = message.split_once(prefix)?;
        let (table, field) = columns.split(',').next()?.trim().split_once('.')?;
        Some((table.to_owned(), field.to_owned()))
    };
    if let Some((collection, field)) = place("UNIQUE constraint failed: ") {
        return DataError::RecordNotUnique { collection, field };
    }
    if let Some((collection, field)) = place("NOT NULL constraint failed: ") {
        return DataError::NotNullViolation { collection, field };
    }
    if message.contains("FOREIGN KEY constraint failed") {
        let field = dangling(connection, session, collection, values).await;
        return DataError::InvalidForeignKey { collection: collection.name.clone(), field };
    }
    if message.contains("constraint failed") || message.contains("datatype mismatch") {
        return DataError::InvalidPayload(format!(
            "A value breaks a constraint of collection \"{}\"",
            collection.name
        ));
    }
    if message.contains("too big") {
        return DataError::InvalidPayload("The item is too large".into());
    }
    DataError::internal(error)
}

/// The field that points to an item that doesn't exist; empty where none does, as after a delete of
/// an item that others point to.
async fn dangling(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &Collection,
    values: &[(String, SqlValue)],
) -> String {
    for (name, value) in values {
        let Some(Relation::ManyToOne { collection: related }) =
            collection.field(name).and_then(|field| field.relation.as_ref())
        else {
            continue;
        };
        let Some(related) = session.schema.collection(related) else { continue };
        if *value == SqlValue::String(None) {
            continue;
        }
        let mut select = Sql::select();
        select
            .expr(Expr::val(1))
            .from(related.name.clone())
            .and_where(Expr::col(related.primary_key.clone()).eq(Expr::Value(value.clone())));
        if read::run(connection, &select).await.is_ok_and(|rows| rows.is_empty()) {
            return name.clone();
        }
    }
    String::new()
}
