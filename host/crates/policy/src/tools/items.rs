//! `items`, and the tools for those of Directus's own collections that behave like items.

use palisade_data::{Operation, Query, Selection};
use serde_json::{Map, Value};

use super::{
    ArgumentError,
    arguments::{Action, action, keys, only, payloads, selects, structured},
};

const ALL: [Action; 4] = [Action::Create, Action::Read, Action::Update, Action::Delete];
const EXPECTED: &str = "create, read, update or delete";

/// `items`: the project's own collections.
pub(super) fn items(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["action", "collection", "query", "keys", "data"])?;
    let action = action(arguments, &ALL, EXPECTED)?;
    let collection = match arguments.get("collection").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => return Err(ArgumentError::Missing("collection", action.name())),
    };
    if collection.to_ascii_lowercase().starts_with("directus_") {
        return Err(ArgumentError::SystemCollection);
    }
    operation(action, collection, arguments)
}

/// A tool that has one collection of Directus's own. One item may be named by `key`.
pub(super) fn rows(
    collection: &str,
    arguments: &Map<String, Value>,
) -> Result<Operation, ArgumentError> {
    only(arguments, &["action", "query", "key", "keys", "data"])?;
    let action = action(arguments, &ALL, EXPECTED)?;
    operation(action, collection.to_owned(), arguments)
}

/// Reads, writes or deletes items.
pub(super) fn operation(
    action: Action,
    collection: String,
    arguments: &Map<String, Value>,
) -> Result<Operation, ArgumentError> {
    let query = structured(arguments, "query").map(|value| Query::from_json(&value)).transpose()?;
    let keys = match (keys(arguments, "keys")?, keys(arguments, "key")?) {
        (Some(_), Some(_)) => return Err(ArgumentError::Wrong("key", "left out beside \"keys\"")),
        (Some(keys), None) | (None, Some(keys)) => Some(keys),
        (None, None) => None,
    };
    let data =
        || structured(arguments, "data").ok_or(ArgumentError::Missing("data", action.name()));
    match action {
        Action::Create | Action::Import => Ok(Operation::CreateItems {
            collection,
            items: payloads(data()?)?,
            query: query.unwrap_or_default(),
        }),
        Action::Read => {
            Ok(Operation::ReadItems { collection, keys, query: query.unwrap_or_default() })
        }
        Action::Update => match data()? {
            Value::Object(payload) => {
                let (selection, query) = match (keys, query) {
                    (Some(keys), query) => (Selection::Keys(keys), query.unwrap_or_default()),
                    (None, Some(query)) if selects(&query) => {
                        let fields = Query { fields: query.fields.clone(), ..Query::default() };
                        (Selection::Query(query), fields)
                    }
                    (None, _) => return Err(ArgumentError::Missing("keys", action.name())),
                };
                Ok(Operation::UpdateItems { collection, selection, payload, query })
            }
            list => Ok(Operation::UpdateBatch {
                collection,
                items: payloads(list)?,
                query: query.unwrap_or_default(),
            }),
        },
        Action::Delete => Ok(Operation::DeleteItems {
            collection,
            selection: Selection::Keys(keys.ok_or(ArgumentError::Missing("keys", action.name()))?),
        }),
    }
}
