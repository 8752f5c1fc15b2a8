//! `trigger-flow`.

use palisade_data::{FlowTrigger, Operation};
use serde_json::{Map, Value};

use super::{
    ArgumentError,
    arguments::{keys, only, structured, text},
};

/// `trigger-flow`: runs a flow that people start by hand.
pub(super) fn trigger(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["id", "collection", "keys", "headers", "query", "data"])?;
    Ok(Operation::TriggerFlow(FlowTrigger {
        flow: text(arguments, "id", "trigger")?,
        collection: text(arguments, "collection", "trigger")?,
        keys: match structured(arguments, "keys") {
            Some(Value::Array(none)) if none.is_empty() => Vec::new(),
            _ => keys(arguments, "keys")?.unwrap_or_default(),
        },
        data: object(arguments, "data")?,
        query: object(arguments, "query")?,
        headers: object(arguments, "headers")?,
    }))
}

fn object(
    arguments: &Map<String, Value>,
    name: &'static str,
) -> Result<Map<String, Value>, ArgumentError> {
    match structured(arguments, name) {
        None => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(ArgumentError::Wrong(name, "an object")),
    }
}
