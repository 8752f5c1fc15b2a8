//! `collections`, `fields` and `relations`: the data model.

use serde_json::Value;

use super::{action, refuse, require};

const COLLECTIONS: &str = "a list of collections, each with its name as `collection`.";
const FIELDS: &str = "a list of fields, each with its name as `field`.";

/// Checks arguments of `collections`.
pub(super) fn check_collections(arguments: &Value) -> Result<(), String> {
    match action(arguments) {
        "read" => refuse(arguments, &["data"]),
        "delete" => {
            require(arguments, "keys", "the names of the collections.")?;
            refuse(arguments, &["data"])
        }
        _ => {
            require(arguments, "data", COLLECTIONS)?;
            refuse(arguments, &["keys"])
        }
    }
}

/// Checks arguments of `fields`.
pub(super) fn check_fields(arguments: &Value) -> Result<(), String> {
    let collection = || require(arguments, "collection", "the collection of the fields.");
    match action(arguments) {
        "read" => {
            refuse(arguments, &["data"])?;
            if arguments.get("field").is_some() { collection() } else { Ok(()) }
        }
        "delete" => {
            collection()?;
            require(arguments, "field", "the name of the field. One call deletes one field.")?;
            refuse(arguments, &["data"])
        }
        _ => {
            collection()?;
            require(arguments, "data", FIELDS)?;
            each_is_named(arguments)
        }
    }
}

/// One field alone may have its name beside `data`.
fn each_is_named(arguments: &Value) -> Result<(), String> {
    let fields = arguments.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let within = |field: &Value| field.get("field").is_some_and(Value::is_string);
    match (arguments.get("field"), fields) {
        (Some(beside), [one]) if one.get("field").is_none_or(|within| within == beside) => Ok(()),
        (Some(_), _) => {
            Err("`field` is for one field: leave it out, and name each field in `data`.".into())
        }
        (None, fields) => match fields.iter().position(|field| !within(field)) {
            Some(place) => {
                Err(format!("`data[{place}].field` is required: the name of the field."))
            }
            None => Ok(()),
        },
    }
}

/// Checks arguments of `relations`.
pub(super) fn check_relations(arguments: &Value) -> Result<(), String> {
    let place = || {
        require(arguments, "collection", "the collection with the field that points.")?;
        require(arguments, "field", "the name of the field that points.")
    };
    match action(arguments) {
        "read" => {
            refuse(arguments, &["data"])?;
            if arguments.get("field").is_some() { place() } else { Ok(()) }
        }
        "delete" => {
            place()?;
            refuse(arguments, &["data"])
        }
        "update" => {
            place()?;
            require(arguments, "data", "what changes.")
        }
        _ => {
            require(
                arguments,
                "data",
                "the relation, with collection, field and related_collection.",
            )?;
            ["collection", "field"].into_iter().try_for_each(|name| named_once(arguments, name))
        }
    }
}

/// A new relation names its field in `data` or beside it; twice only if both say the same.
fn named_once(arguments: &Value, name: &str) -> Result<(), String> {
    match (arguments.get(name), arguments.pointer(&format!("/data/{name}"))) {
        (None, None) => Err(format!("`data.{name}` is required for \"create\".")),
        (Some(beside), Some(within)) if beside != within => {
            Err(format!("`{name}` and `data.{name}` have to be the same; leave one out."))
        }
        _ => Ok(()),
    }
}
