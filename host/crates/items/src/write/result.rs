//! What a write gives back: what the caller may read afterwards, else only keys.

use palisade_data::{DataError, Outcome, Query};
use serde_json::Value;
use sqlx::SqliteConnection;

use super::Writer;
use crate::{
    permissions::{Action, Uses},
    read::{self, Budget, Planner, Selection, bound},
    schema::Collection,
};

/// The written items that the caller may read, in the order of the collection, with the fields of the
/// query; the bare keys where the caller may not read the collection or one of the fields. A query that isn't one fails the write.
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
    let query = session.with_dynamic_values(&query)?;
    let mut uses = Uses::default();
    let node = Planner::new(session, &mut uses).root(collection, &query)?;
    if uses.verdict().is_err() {
        return Ok(self::keys(writer, keys));
    }
    let selection = Selection::Keys(keys.iter().map(bound).collect());
    let mut budget = Budget::default();
    let items = read::fetch(connection, session, &node, &selection, &mut budget).await?;
    let data = items.into_values();
    writer.uses.fields.extend(uses.fields);
    writer.uses.collections.extend(uses.collections);
    Ok(outcome(writer, keys.len(), data))
}

/// The bare keys.
pub(super) fn keys(writer: Writer<'_>, keys: Vec<Value>) -> Outcome {
    outcome(writer, keys.len(), keys)
}

fn outcome(writer: Writer<'_>, items: usize, data: Vec<Value>) -> Outcome {
    Outcome {
        items,
        data: Value::Array(data),
        collections: writer.uses.collections.into_iter().collect(),
        fields: writer.uses.fields.into_iter().collect(),
        ..Outcome::default()
    }
}
