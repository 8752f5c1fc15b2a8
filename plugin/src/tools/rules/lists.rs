//! Lists of names as Directus's REST API takes them: one text with commas.

use serde_json::Value;

/// Splits the texts at these pointers. A part of the arguments that a pointer leads through may be a
/// text that holds its JSON.
pub(super) fn split(arguments: &mut Value, pointers: &[&str]) -> bool {
    let mut changed = false;
    for pointer in pointers {
        if let Some((outer, _)) = pointer.rsplit_once('/')
            && let Some(holder) = arguments.pointer_mut(outer)
            && let Value::String(text) = holder
            && let Ok(object @ Value::Object(_)) = serde_json::from_str(text)
        {
            *holder = object;
            changed = true;
        }
        if let Some(list) = arguments.pointer_mut(pointer)
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
