//! Entries of collections: which arguments belong to reading, creating, updating and deleting.

use serde_json::Value;

use super::{action, refuse, require};

/// Checks arguments for entries whose primary key is called `id`.
pub(super) fn check_with_ids(arguments: &Value) -> Result<(), String> {
    check(arguments)?;
    let list = arguments.get("data").and_then(Value::as_array);
    if action(arguments) == "update"
        && let Some(place) = list.into_iter().flatten().position(|one| one.get("id").is_none())
    {
        return Err(format!("`data[{place}].id` is required: each object names its entry."));
    }
    Ok(())
}

/// Checks arguments that fit the schema.
pub(super) fn check(arguments: &Value) -> Result<(), String> {
    let has = |name: &str| arguments.get(name).is_some();
    let names_entries = has("keys") || has("key");
    if has("keys") && has("key") {
        return Err("`key` and `keys` exclude each other.".into());
    }
    let data_is_list = arguments.get("data").is_some_and(Value::is_array);
    let wrong = |text: &str| Err(text.to_owned());
    match action(arguments) {
        "read" => refuse(arguments, &["data"])?,
        "create" => {
            require(arguments, "data", "one object, or a list of objects.")?;
            refuse(arguments, &["keys", "key"])?;
        }
        "update" => {
            let what = "the new values, or a list of objects with primary keys.";
            require(arguments, "data", what)?;
            if data_is_list && (names_entries || selects(arguments, &SELECTING)) {
                return wrong(
                    "`data` as a list names its entries itself: leave out `keys` and filters, or \
                     give one object.",
                );
            }
            // An empty query would mean all of them.
            if !data_is_list && !names_entries && !selects(arguments, &["filter", "search"]) {
                return wrong(
                    "`keys`, or a `query` with a filter, is required for \"update\" with one \
                     object: which entries?",
                );
            }
        }
        "delete" => {
            if !names_entries {
                return wrong(
                    "`keys` is required for \"delete\": read the entries first to get their \
                     primary keys.",
                );
            }
            if has("data") || has("query") {
                return wrong("\"delete\" takes only the keys.");
            }
        }
        _ => {}
    }
    check_query(arguments)
}

/// What in a query says which entries are meant.
const SELECTING: [&str; 5] = ["filter", "search", "limit", "offset", "page"];

fn selects(arguments: &Value, names: &[&str]) -> bool {
    let query = arguments.get("query");
    names.iter().any(|name| query.is_some_and(|query| query.get(name).is_some()))
}

fn check_query(arguments: &Value) -> Result<(), String> {
    let has = |name: &str| selects(arguments, &[name]);
    if has("page") && has("offset") {
        return Err("`query.page` and `query.offset` exclude each other.".into());
    }
    if has("groupBy") && !has("aggregate") {
        return Err("`query.groupBy` needs `query.aggregate`.".into());
    }
    Ok(())
}
