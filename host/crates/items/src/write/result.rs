//! What a write gives back: what the caller may read afterwards, else only keys.

use std::collections::HashMap;

use palisade_data::{DataError, Outcome, Query};
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use super::Writer;
use crate::{
    permissions::{Action, Uses},
    read::{self, Budget, Planner, Selection, bound},
    rows::key_text,
    schema::Collection,
};

/// The written items in the order of their keys, with the fields of the query; the bare keys where
/// the caller may not read all of it. A query that isn't one fails the write.
pub(super) async fn of(
    connection: &mut SqliteConnection,
    mut writer: Writer<'_>,
    collection: &Collection,
    keys: Vec<Value>,
    query: &Query,
) -> Result<Outcome, DataError> {
    let session = writer.session;
    if !session.rights.allows(&collection.name, Action::Read) {
        return Ok(self::keys(writer, keys));
    }
    let query = Query {
        fields: query.fields.clone(),
        deep: query.deep.clone(),
        alias: query.alias.clone(),
        ..Query::default()
    };
    let query = match session.with_dynamic_values(connection, &query).await {
        Ok(query) => query,
        Err(DataError::Forbidden(_)) => return Ok(self::keys(writer, keys)),
        Err(error) => return Err(error),
    };
    let mut uses = Uses::default();
    let node = Planner::new(session, &mut uses).root(collection, &query)?;
    if uses.verdict().is_err() {
        return Ok(self::keys(writer, keys));
    }
    let selection = Selection::Keys(keys.iter().map(bound).collect());
    let mut budget = Budget::default();
    let items = read::fetch(connection, session, &node, &selection, &mut budget).await?;
    let mut found: HashMap<String, Map<String, Value>> =
        items.0.into_iter().map(|fetched| (key_text(&fetched.key), fetched.item)).collect();
    let mut data = Vec::with_capacity(keys.len());
    for key in &keys {
        match found.get(&key_text(key)) {
            Some(item) => data.push(Value::Object(item.clone())),
            None => return Ok(self::keys(writer, keys)),
        }
    }
    found.clear();
    writer.uses.fields.extend(uses.fields);
    writer.uses.collections.extend(uses.collections);
    Ok(outcome(writer, data))
}

/// The bare keys.
pub(super) fn keys(writer: Writer<'_>, keys: Vec<Value>) -> Outcome {
    outcome(writer, keys)
}

fn outcome(writer: Writer<'_>, data: Vec<Value>) -> Outcome {
    Outcome {
        items: data.len(),
        data: Value::Array(data),
        collections: writer.uses.collections.into_iter().collect(),
        fields: writer.uses.fields.into_iter().collect(),
        ..Outcome::default()
    }
}
