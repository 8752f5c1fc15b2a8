//! Puts related items under the items that they belong to.

use std::collections::{HashMap, HashSet};

use palisade_data::DataError;
use sea_query::Value as SqlValue;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::{
    fetch::{Budget, Items, Selection, fetch},
    plan::{Content, Entry},
};
use crate::{engine::Session, rows::key_text};

/// Keys that one statement looks for.
const BATCH: usize = 5_000;

/// Fetches what an entry relates to and attaches it. `links` has one key per item.
pub(super) async fn attach(
    connection: &mut SqliteConnection,
    session: &Session<'_>,
    entry: &Entry<'_>,
    links: Vec<Value>,
    items: &mut Items,
    budget: &mut Budget,
) -> Result<(), DataError> {
    let (node, column) = match &entry.content {
        Content::One { node, .. } => (node, None),
        Content::Many { node, column, .. } => (node, Some(column)),
        Content::Value(_) | Content::Concealed(_) => return Ok(()),
    };
    let mut found: HashMap<String, Vec<Value>> = HashMap::new();
    for keys in distinct(&links).chunks(BATCH) {
        let selection = match column {
            Some(column) => Selection::Children { column: column.clone(), keys: keys.to_vec() },
            None => Selection::Targets(keys.to_vec()),
        };
        for fetched in fetch(connection, session, node, &selection, budget).await?.0 {
            // An item without its key isn't found by whoever points to it.
            if column.is_none() && !fetched.seen {
                continue;
            }
            let owner = if column.is_some() { &fetched.parent } else { &fetched.key };
            found.entry(key_text(owner)).or_default().push(Value::Object(fetched.item));
        }
    }
    let flat = matches!(entry.content, Content::Many { flat: true, .. });
    for (fetched, link) in items.0.iter_mut().zip(links) {
        if link.is_null() {
            continue;
        }
        let related = found.get(&key_text(&link)).map(Vec::as_slice).unwrap_or_default();
        let value = match (column, flat) {
            (None, _) => related.first().cloned().unwrap_or(Value::Null),
            (Some(_), false) => related.to_vec().into(),
            (Some(_), true) => related.iter().filter_map(only_value).collect(),
        };
        fetched.item.insert(entry.key.clone(), value);
    }
    Ok(())
}

/// The value of an item with one field.
fn only_value(item: &Value) -> Option<Value> {
    item.as_object()?.values().next().cloned()
}

fn distinct(links: &[Value]) -> Vec<SqlValue> {
    let mut seen = HashSet::new();
    links.iter().filter(|link| !link.is_null() && seen.insert(key_text(link))).map(bound).collect()
}

/// A key as it came from the database, to be bound again.
pub(crate) fn bound(key: &Value) -> SqlValue {
    match key {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, Some(number)) => number.into(),
            (None, None) => number.to_string().into(),
        },
        Value::String(text) => text.clone().into(),
        Value::Bool(flag) => i64::from(*flag).into(),
        other => other.to_string().into(),
    }
}
