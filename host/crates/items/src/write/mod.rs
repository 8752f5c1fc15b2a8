//! Writing items: checked level by level, all or nothing, on record.

mod activity;
mod constraints;
mod create;
mod delete;
mod nested;
mod payload;
mod result;
mod statements;
mod update;
mod validation;

use palisade_data::{
    DataError, Operation, Outcome, Selection, forbidden_action, forbidden_collection,
};
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use crate::{
    engine::Session,
    limits::MAXIMUM_WRITES,
    permissions::{Action, Uses},
    read,
    schema::Collection,
};

/// One operation's writes, nested ones included.
pub(super) struct Writer<'a> {
    session: &'a Session<'a>,
    uses: Uses,
    writes: usize,
}

/// A written item.
pub(super) struct Written {
    key: Value,
    /// Its row in `directus_revisions`, where it has one.
    revision: Option<i64>,
}

impl<'a> Writer<'a> {
    /// Counts items towards the limit.
    fn count(&mut self, items: usize) -> Result<(), DataError> {
        self.writes = self.writes.saturating_add(items);
        if self.writes > MAXIMUM_WRITES {
            return Err(DataError::InvalidPayload(format!(
                "One request can't write more than {MAXIMUM_WRITES} items, nested ones included"
            )));
        }
        Ok(())
    }
}

/// The collection, where the caller may perform the action on some of its items. System collections
/// can't be written by anybody.
fn writable<'a>(
    session: &'a Session<'_>,
    collection: &str,
    action: Action,
) -> Result<&'a Collection, DataError> {
    session
        .schema
        .collection(collection)
        .filter(|known| !known.system && session.rights.allows(collection, action))
        .ok_or_else(|| forbidden_action(action.name(), collection))
}

/// Runs a write.
pub(crate) async fn execute(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    operation: &Operation,
) -> Result<Outcome, DataError> {
    let mut writer = Writer { session, uses: Uses::default(), writes: 0 };
    match operation {
        Operation::CreateItems { collection, items, query } => {
            let collection = writable(session, collection, Action::Create)?;
            not_empty(items)?;
            let mut keys = Vec::with_capacity(items.len());
            for item in items {
                let written = writer.create(connection, collection, item.clone(), 0).await?;
                keys.push(written.key);
            }
            result::of(connection, writer, collection, keys, query).await
        }
        Operation::UpdateItems { collection, selection, payload, query } => {
            let keys = keys_of(connection, session, collection, selection).await?;
            if keys.is_empty() {
                return Ok(result::keys(writer, keys));
            }
            let collection = writable(session, collection, Action::Update)?;
            writer.update(connection, collection, &keys, payload.clone(), 0).await?;
            result::of(connection, writer, collection, keys, query).await
        }
        Operation::UpdateBatch { collection, items, query } => {
            let collection = writable(session, collection, Action::Update)?;
            not_empty(items)?;
            let mut keys = Vec::with_capacity(items.len());
            for item in items {
                let mut payload = item.clone();
                let key = take_key(collection, &mut payload)?;
                let one = std::slice::from_ref(&key);
                writer.update(connection, collection, one, payload, 0).await?;
                keys.push(key);
            }
            result::of(connection, writer, collection, keys, query).await
        }
        Operation::DeleteItems { collection, selection } => {
            let keys = keys_of(connection, session, collection, selection).await?;
            if keys.is_empty() {
                return Ok(result::keys(writer, keys));
            }
            let collection = writable(session, collection, Action::Delete)?;
            writer.delete(connection, collection, &keys).await?;
            Ok(result::keys(writer, keys))
        }
        _ => Err(DataError::internal("not a write of items")),
    }
}

fn not_empty(items: &[Map<String, Value>]) -> Result<(), DataError> {
    if items.is_empty() {
        return Err(DataError::InvalidPayload("There has to be at least one item".into()));
    }
    Ok(())
}

/// The primary key in a payload, which names the item.
fn take_key(collection: &Collection, payload: &mut Map<String, Value>) -> Result<Value, DataError> {
    payload.shift_remove(&collection.primary_key).filter(|key| !key.is_null()).ok_or_else(|| {
        DataError::InvalidPayload(format!(
            "Each item has to have its primary key \"{}\"",
            collection.primary_key
        ))
    })
}

/// Primary keys of the selected items. A query finds what the caller may read, so that it tells
/// nothing about values that the caller may not.
async fn keys_of(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    collection: &str,
    selection: &Selection,
) -> Result<Vec<Value>, DataError> {
    match selection {
        Selection::Keys(keys) if keys.is_empty() => {
            Err(DataError::InvalidPayload("There has to be at least one key".into()))
        }
        Selection::Keys(keys) => Ok(keys.clone()),
        Selection::Query(query) => {
            let known = session.schema.collection(collection);
            let Some(key) = known.map(|known| &known.primary_key) else {
                return Err(forbidden_collection(collection, "root"));
            };
            let mut query = query.clone();
            query.fields = vec![key.clone()];
            query.deep = Map::new();
            query.alias = Map::new();
            if !query.aggregate.is_empty() || !query.group.is_empty() {
                return Err(DataError::InvalidQuery(
                    "Items to write can't be selected with \"aggregate\" or \"groupBy\"".into(),
                ));
            }
            let found = read::read_items(connection, session, collection, None, &query).await?;
            let items = found.data.as_array().map(Vec::as_slice).unwrap_or_default();
            Ok(items.iter().filter_map(|item| item.get(key)).cloned().collect())
        }
    }
}
