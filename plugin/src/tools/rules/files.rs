//! `files`: entries of the file library, and imports from web addresses.

use serde_json::Value;

use super::{refuse, require, rows};

/// Files that one call may import.
const MAX_IMPORTS: usize = 10;

/// Checks arguments of `files`.
pub(super) fn check(arguments: &Value) -> Result<(), String> {
    if super::action(arguments) == "import" {
        import(arguments)
    } else {
        rows::check_with_ids(arguments)
    }
}

fn import(arguments: &Value) -> Result<(), String> {
    refuse(arguments, &["keys"])?;
    let Some(data) = arguments.get("data") else {
        return require(arguments, "data", "a list of {\"url\":\"https://…\",\"file\":{…}}.");
    };
    let imports = data.as_array().map_or(std::slice::from_ref(data), Vec::as_slice);
    if imports.len() > MAX_IMPORTS {
        return Err(format!("`data`: at most {MAX_IMPORTS} files are imported at a time."));
    }
    imports.iter().enumerate().try_for_each(|(index, import)| one_import(index, import))
}

fn one_import(index: usize, import: &Value) -> Result<(), String> {
    let url = import.get("url").and_then(Value::as_str).unwrap_or_default();
    let is_web = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !is_web {
        return Err(format!(
            "`data[{index}].url` is required: an address that begins with https://."
        ));
    }
    if import.get("file").is_some_and(|file| !file.is_object()) {
        return Err(format!(
            "`data[{index}].file` has to be an object: the title and other details of the file."
        ));
    }
    let known = ["url", "file"];
    let names = import.as_object().into_iter().flat_map(serde_json::Map::keys);
    match names.map(String::as_str).find(|name| !known.contains(name)) {
        Some(name) => Err(format!(
            "`data[{index}].{name}`: beside `url` there is only `file`, which holds the details."
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_import_names_a_web_address_and_details() {
        let check = |data: Value| check(&json!({"action": "import", "data": data}));
        for refused in [
            Value::Null,
            json!({"url": "ftp://files.example/a.png"}),
            json!([{"url": "https://files.example/a.png"}, {"url": "file:///etc/passwd"}]),
            json!([{"url": "httpsé"}]),
            json!([{"url": "https://files.example/a.png", "title": "A"}]),
            json!([{"url": "https://files.example/a.png", "file": "A"}]),
            json!(vec![json!({"url": "https://files.example/a.png"}); 11]),
        ] {
            assert!(check(refused.clone()).is_err(), "{refused}");
        }
        for taken in [
            json!({"url": "https://files.example/a.png"}),
            json!([{"url": "HTTP://files.example/a.png", "file": {"title": "A"}}]),
        ] {
            assert_eq!(check(taken.clone()), Ok(()), "{taken}");
        }
    }
}
