//! The built-in tools as the host sees them: what a call would do, and the operation it stands for.
//!
//! The guest describes tools to the model; the host alone derives effect and operation, from the
//! same canonical arguments that an approval binds. What runs is what was approved.

use palisade_data::{Operation, Query, QueryError, Selection};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::Effect;

/// Items that one call may create, or name by key.
pub const MAXIMUM_ITEMS: usize = 500;

/// Why arguments can't be turned into an operation. The text is for the model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArgumentError {
    /// An argument is absent.
    #[error("\"{0}\" is required for action \"{1}\"")]
    Missing(&'static str, &'static str),
    /// An argument has the wrong shape.
    #[error("\"{0}\" has to be {1}")]
    Wrong(&'static str, &'static str),
    /// An argument that the tool doesn't have.
    #[error("\"{0}\" is not an argument of this tool")]
    Unknown(String),
    /// The query isn't one.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// A tool that the host implements with data operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuiltInTool {
    /// Collections, fields, relations and notes.
    Schema,
    /// Create, read, update and delete items.
    Items,
}

impl BuiltInTool {
    /// All built-in tools, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::Schema, Self::Items];

    /// The tool of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Name, as the model and the client know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Items => "items",
        }
    }

    /// The strongest effect that a call of this tool can have, for lists of tools.
    pub fn strongest_effect(self) -> Effect {
        match self {
            Self::Schema => Effect::READ,
            Self::Items => Effect::DESTROY,
        }
    }

    /// The operation that a call stands for. `arguments` is a JSON object.
    pub fn operation(self, arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
        match self {
            Self::Schema => schema_operation(arguments),
            Self::Items => items_operation(arguments),
        }
    }
}

/// The effect of an operation. Updates overwrite, so they count as destructive like deletes.
pub fn effect_of(operation: &Operation) -> Effect {
    match operation {
        Operation::Schema { .. } | Operation::ReadItems { .. } => Effect::READ,
        Operation::CreateItems { .. } => Effect::ADD,
        Operation::UpdateItems { .. }
        | Operation::UpdateBatch { .. }
        | Operation::DeleteItems { .. } => Effect::DESTROY,
    }
}

fn schema_operation(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["keys"])?;
    let collections = match structured(arguments, "keys") {
        None => None,
        Some(Value::Array(names)) if names.is_empty() => None,
        Some(Value::Array(names)) if names.len() <= MAXIMUM_ITEMS => Some(
            names
                .iter()
                .map(|name| name.as_str().map(String::from))
                .collect::<Option<Vec<_>>>()
                .ok_or(ArgumentError::Wrong("keys", "a list of collection names"))?,
        ),
        Some(_) => return Err(ArgumentError::Wrong("keys", "a list of collection names")),
    };
    Ok(Operation::Schema { collections })
}

fn items_operation(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["action", "collection", "query", "keys", "data"])?;
    let action = match arguments.get("action").and_then(Value::as_str) {
        Some("create") => "create",
        Some("read") => "read",
        Some("update") => "update",
        Some("delete") => "delete",
        _ => return Err(ArgumentError::Wrong("action", "create, read, update or delete")),
    };
    let collection = match arguments.get("collection").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => return Err(ArgumentError::Missing("collection", action)),
    };
    let query = structured(arguments, "query").map(|value| Query::from_json(&value)).transpose()?;
    let keys = keys(arguments)?;
    let data = structured(arguments, "data");
    match action {
        "create" => Ok(Operation::CreateItems {
            collection,
            items: payloads(data.ok_or(ArgumentError::Missing("data", action))?)?,
            query: query.unwrap_or_default(),
        }),
        "read" => Ok(Operation::ReadItems { collection, keys, query: query.unwrap_or_default() }),
        "update" => match data.ok_or(ArgumentError::Missing("data", action))? {
            Value::Object(payload) => {
                let (selection, query) = match (keys, query) {
                    (Some(keys), query) => (Selection::Keys(keys), query.unwrap_or_default()),
                    (None, Some(query)) if selects(&query) => {
                        let fields = Query { fields: query.fields.clone(), ..Query::default() };
                        (Selection::Query(query), fields)
                    }
                    (None, _) => return Err(ArgumentError::Missing("keys", action)),
                };
                Ok(Operation::UpdateItems { collection, selection, payload, query })
            }
            list => Ok(Operation::UpdateBatch {
                collection,
                items: payloads(list)?,
                query: query.unwrap_or_default(),
            }),
        },
        _ => Ok(Operation::DeleteItems {
            collection,
            selection: Selection::Keys(keys.ok_or(ArgumentError::Missing("keys", action))?),
        }),
    }
}

/// An update by query has to say which items: an empty query would mean all of them.
fn selects(query: &Query) -> bool {
    query.filter.is_some() || query.search.is_some()
}

fn only(arguments: &Map<String, Value>, known: &[&str]) -> Result<(), ArgumentError> {
    match arguments.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(ArgumentError::Unknown(name.chars().take(64).collect())),
        None => Ok(()),
    }
}

/// A structured argument, given as such or as a string that holds its JSON, as models like to do.
fn structured(arguments: &Map<String, Value>, name: &str) -> Option<Value> {
    match arguments.get(name)? {
        Value::Null => None,
        Value::String(text) => {
            Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())))
        }
        value => Some(value.clone()),
    }
}

fn keys(arguments: &Map<String, Value>) -> Result<Option<Vec<Value>>, ArgumentError> {
    let wrong = ArgumentError::Wrong("keys", "a list of 1 to 500 primary keys");
    match structured(arguments, "keys") {
        None => Ok(None),
        Some(Value::Array(keys)) if (1..=MAXIMUM_ITEMS).contains(&keys.len()) => {
            if keys.iter().all(|key| key.is_string() || key.is_number()) {
                Ok(Some(keys))
            } else {
                Err(wrong)
            }
        }
        Some(key @ (Value::String(_) | Value::Number(_))) => Ok(Some(vec![key])),
        Some(_) => Err(wrong),
    }
}

fn payloads(data: Value) -> Result<Vec<Map<String, Value>>, ArgumentError> {
    let wrong = || ArgumentError::Wrong("data", "an object or a list of 1 to 500 objects");
    match data {
        Value::Object(item) => Ok(vec![item]),
        Value::Array(items) if (1..=MAXIMUM_ITEMS).contains(&items.len()) => items
            .into_iter()
            .map(|item| match item {
                Value::Object(item) => Ok(item),
                _ => Err(wrong()),
            })
            .collect(),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn items(arguments: Value) -> Result<Operation, ArgumentError> {
        BuiltInTool::Items.operation(arguments.as_object().expect("an object"))
    }

    #[test]
    fn each_action_has_its_effect() {
        for (arguments, effect) in [
            (json!({"action": "read", "collection": "a"}), Effect::READ),
            (json!({"action": "create", "collection": "a", "data": {"b": 1}}), Effect::ADD),
            (
                json!({"action": "update", "collection": "a", "keys": [1], "data": {"b": 1}}),
                Effect::DESTROY,
            ),
            (json!({"action": "delete", "collection": "a", "keys": [1]}), Effect::DESTROY),
        ] {
            let operation = items(arguments).expect("an operation");
            assert_eq!(effect_of(&operation), effect, "{operation:?}");
        }
    }

    #[test]
    fn structured_arguments_may_come_as_text() {
        let plain = items(json!({"action": "update", "collection": "a", "keys": [3],
            "data": {"title": "x"}}));
        let text = items(json!({"action": "update", "collection": "a", "keys": "[3]",
            "data": "{\"title\":\"x\"}"}));
        assert!(plain.is_ok());
        assert_eq!(plain, text);
    }

    #[test]
    fn a_write_without_a_target_is_refused() {
        for arguments in [
            json!({"action": "update", "collection": "a", "data": {"b": 1}}),
            json!({"action": "update", "collection": "a", "data": {"b": 1}, "query": {"limit": 5}}),
            json!({"action": "update", "collection": "a", "data": {"b": 1}, "keys": []}),
            json!({"action": "delete", "collection": "a"}),
            json!({"action": "delete", "collection": "a", "query": {"filter": {"id": {"_gt": 0}}}}),
            json!({"action": "delete", "collection": "a", "keys": [null]}),
            json!({"action": "create", "collection": "a"}),
            json!({"action": "create", "collection": "a", "data": [1]}),
            json!({"action": "drop", "collection": "a"}),
            json!({"action": "read", "collection": ""}),
            json!({"action": "read", "collection": "a", "sudo": true}),
        ] {
            assert!(items(arguments.clone()).is_err(), "{arguments}");
        }
    }

    #[test]
    fn an_empty_list_of_collections_is_the_overview() {
        let operation = BuiltInTool::Schema
            .operation(json!({"keys": []}).as_object().expect("an object"))
            .expect("an operation");
        assert_eq!(operation, Operation::Schema { collections: None });
    }
}
