//! What the schema of `items` can't say: which arguments belong to which action.

use serde_json::Value;

/// Lists of field names may be written as one text with commas, as Directus's REST API takes them.
/// Returns whether anything changed.
pub(super) fn split_lists(arguments: &mut Value) -> bool {
    let mut changed = false;
    let Some(Value::Object(query)) = arguments.get_mut("query") else {
        return false;
    };
    for name in ["fields", "sort", "groupBy"] {
        if let Some(list) = query.get_mut(name)
            && let Value::String(text) = list
            && !text.trim_start().starts_with('[')
        {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            *list = Value::Array(names.map(Value::from).collect());
            changed = true;
        }
    }
    changed
}

/// Checks arguments that fit the schema.
pub(super) fn check(arguments: &Value) -> Result<(), String> {
    let has = |name: &str| arguments.get(name).is_some();
    let data_is_list = arguments.get("data").is_some_and(Value::is_array);
    let wrong = |text: &str| Err(text.to_owned());
    match arguments.get("action").and_then(Value::as_str).unwrap_or_default() {
        "read" if has("data") => wrong("`data` is not for \"read\"."),
        "create" if !has("data") => {
            wrong("`data` is required for \"create\": one object, or a list of objects.")
        }
        "create" if has("keys") => wrong("`keys` is not for \"create\"."),
        "update" if !has("data") => wrong(
            "`data` is required for \"update\": the new values, or a list of objects with primary keys.",
        ),
        "update" if data_is_list && (has("keys") || selects(arguments)) => wrong(
            "`data` as a list names its items itself: leave out `keys` and filters, or give one object.",
        ),
        "update" if !data_is_list && !has("keys") && !has("query") => {
            wrong("`keys` or `query` is required for \"update\" with one object: which items?")
        }
        "delete" if !has("keys") => wrong(
            "`keys` is required for \"delete\": read the items first to get their primary keys.",
        ),
        "delete" if has("data") || has("query") => wrong("\"delete\" takes only `keys`."),
        _ => check_query(arguments),
    }
}

fn selects(arguments: &Value) -> bool {
    let query = arguments.get("query");
    ["filter", "search", "limit", "offset", "page"]
        .iter()
        .any(|name| query.is_some_and(|query| query.get(name).is_some()))
}

fn check_query(arguments: &Value) -> Result<(), String> {
    let has = |name: &str| arguments.get("query").is_some_and(|query| query.get(name).is_some());
    if has("page") && has("offset") {
        return Err("`query.page` and `query.offset` exclude each other.".into());
    }
    if has("groupBy") && !has("aggregate") {
        return Err("`query.groupBy` needs `query.aggregate`.".into());
    }
    Ok(())
}
