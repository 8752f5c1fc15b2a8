//! Reads arguments in the forms that models write them in.

use palisade_data::Query;
use serde_json::{Map, Value};

use super::{ArgumentError, MAXIMUM_ITEMS};

/// What a call is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Read,
    Update,
    Delete,
    Import,
}

impl Action {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Import => "import",
        }
    }
}

/// The action, one of those that the tool has.
pub(super) fn action(
    arguments: &Map<String, Value>,
    known: &[Action],
    expected: &'static str,
) -> Result<Action, ArgumentError> {
    let name = arguments.get("action").and_then(Value::as_str);
    known
        .iter()
        .copied()
        .find(|action| Some(action.name()) == name)
        .ok_or(ArgumentError::Wrong("action", expected))
}

/// An update by query has to say which items: an empty query would mean all of them.
pub(super) fn selects(query: &Query) -> bool {
    query.filter.is_some() || query.search.is_some()
}

/// Refuses arguments that the tool doesn't have.
pub(super) fn only(arguments: &Map<String, Value>, known: &[&str]) -> Result<(), ArgumentError> {
    match arguments.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(ArgumentError::Unknown(name.chars().take(64).collect())),
        None => Ok(()),
    }
}

/// A structured argument, given as such or as a string that holds its JSON, as models like to do.
pub(super) fn structured(arguments: &Map<String, Value>, name: &str) -> Option<Value> {
    match arguments.get(name)? {
        Value::Null => None,
        Value::String(text) => {
            Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())))
        }
        value => Some(value.clone()),
    }
}

/// A text that has to be there.
pub(super) fn text(
    arguments: &Map<String, Value>,
    name: &'static str,
    action: &'static str,
) -> Result<String, ArgumentError> {
    optional_text(arguments, name)?.ok_or(ArgumentError::Missing(name, action))
}

/// A text that may be absent. An empty one counts as absent.
pub(super) fn optional_text(
    arguments: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, ArgumentError> {
    match arguments.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok((!text.is_empty()).then(|| text.clone())),
        Some(_) => Err(ArgumentError::Wrong(name, "a string")),
    }
}

/// Primary keys, one or many.
pub(super) fn keys(
    arguments: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Vec<Value>>, ArgumentError> {
    let wrong = ArgumentError::Wrong(name, "a list of 1 to 500 primary keys");
    match structured(arguments, name) {
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

/// One object or a list of them.
pub(super) fn payloads(data: Value) -> Result<Vec<Map<String, Value>>, ArgumentError> {
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
