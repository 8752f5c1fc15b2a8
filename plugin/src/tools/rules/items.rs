//! `items`: entries of the project's own collections.

use serde_json::Value;

use super::rows;

/// Checks arguments of `items`.
pub(super) fn check(arguments: &Value) -> Result<(), String> {
    let collection = arguments.get("collection").and_then(Value::as_str).unwrap_or_default();
    if collection.to_ascii_lowercase().starts_with("directus_") {
        return Err(elsewhere(&collection.to_ascii_lowercase()));
    }
    rows::check(arguments)
}

/// Where entries of Directus's own collections are.
fn elsewhere(collection: &str) -> String {
    let tool = match collection {
        "directus_files" => "files",
        "directus_folders" => "folders",
        "directus_flows" => "flows",
        "directus_operations" => "operations",
        "directus_collections" => "collections",
        "directus_fields" => "fields",
        "directus_relations" => "relations",
        _ => {
            return "`collection` has to be one of the project's own. There is no tool for this one \
                    of Directus's: tell the user."
                .into();
        }
    };
    format!("`collection` has to be one of the project's own; for this one use the tool `{tool}`.")
}
