//! `files` and `assets`.

use palisade_data::{FileImport, Operation, Query};
use serde_json::{Map, Value};

use super::{
    ArgumentError,
    arguments::{Action, action, only, payloads, structured, text},
    items,
};

const COLLECTION: &str = "directus_files";

/// Files that one call may import.
const MAXIMUM_IMPORTS: usize = 10;

/// `files`: rows of files, and imports from web addresses.
pub(super) fn files(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["action", "query", "keys", "data"])?;
    let known = [Action::Read, Action::Update, Action::Delete, Action::Import];
    let action = action(arguments, &known, "read, update, delete or import")?;
    if action != Action::Import {
        return items::operation(action, COLLECTION.to_owned(), arguments);
    }
    let query = structured(arguments, "query").map(|value| Query::from_json(&value)).transpose()?;
    let data = structured(arguments, "data").ok_or(ArgumentError::Missing("data", "import"))?;
    let wrong = ArgumentError::Wrong("data", "a list of 1 to 10 objects {url, file?}");
    let files = payloads(data)?.into_iter().map(import).collect::<Option<Vec<_>>>();
    match files {
        Some(files) if files.len() <= MAXIMUM_IMPORTS => {
            Ok(Operation::ImportFiles { files, query: query.unwrap_or_default() })
        }
        _ => Err(wrong),
    }
}

fn import(mut entry: Map<String, Value>) -> Option<FileImport> {
    let url = match entry.remove("url") {
        Some(Value::String(url)) if !url.is_empty() => url,
        _ => return None,
    };
    let file = match entry.remove("file") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(file)) => file,
        Some(_) => return None,
    };
    entry.is_empty().then_some(FileImport { url, file })
}

/// `assets`: the file itself, for models that look and listen.
pub(super) fn asset(arguments: &Map<String, Value>) -> Result<Operation, ArgumentError> {
    only(arguments, &["id"])?;
    Ok(Operation::ReadAsset { id: text(arguments, "id", "read")? })
}
