//! The input items: messages, function calls and their outputs, reasoning.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reasoning;
use crate::fake::{
    error::ApiError,
    files::FileStore,
    protocol::{
        items,
        openai::{check_length, check_name, missing, wrong_type, wrong_value},
        words,
    },
};

/// Characters of a call id.
const CALL_ID_LENGTH: usize = 64;

/// What an input says.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) steps_behind: usize,
    pub(super) words: u64,
    pub(super) files: Vec<String>,
}

/// Validates an input and reads what an answer needs to know of it.
pub(super) fn read(input: &Value, store: &FileStore) -> Result<Input, ApiError> {
    let list = match input {
        Value::String(text) => return Ok(Input { words: words(text), ..Input::default() }),
        Value::Array(list) => list,
        value => return Err(wrong_type("input", "one of a string or array of objects", value)),
    };
    let mut read = Input::default();
    for (index, item) in list.iter().enumerate() {
        let path = format!("input[{index}]");
        match item["type"].as_str() {
            None | Some("message") => message(item, &path, &mut read, store)?,
            Some("function_call") => call(item, &path)?,
            Some("function_call_output") => output(item, &path)?,
            Some("reasoning") => {}
            Some("item_reference") => {
                return Err(reasoning::not_persisted(item["id"].as_str().unwrap_or_default()));
            }
            Some(kind) => {
                let kinds = ["message", "function_call", "function_call_output", "reasoning"];
                return Err(wrong_value(&format!("{path}.type"), kind, &kinds));
            }
        }
    }
    answered(list)?;
    reasoning::check(list)?;
    read.steps_behind = steps_behind(list);
    Ok(read)
}

/// Runs of function calls behind the last question.
fn steps_behind(items: &[Value]) -> usize {
    let start = items.iter().rposition(|item| item["role"] == "user").unwrap_or(0);
    let mut steps = 0;
    let mut before = &Value::Null;
    for item in items.iter().skip(start) {
        if item["type"] == "function_call" && before["type"] != "function_call" {
            steps += 1;
        }
        before = item;
    }
    steps
}

fn message(item: &Value, path: &str, read: &mut Input, store: &FileStore) -> Result<(), ApiError> {
    let role = item["role"].as_str().ok_or_else(|| missing(format!("{path}.role")))?;
    let types: &[&str] = match role {
        "user" | "system" | "developer" => &["input_text", "input_image", "input_file"],
        "assistant" => &["output_text", "refusal"],
        _ => {
            let roles = ["assistant", "system", "developer", "user"];
            return Err(wrong_value(&format!("{path}.role"), role, &roles));
        }
    };
    match &item["content"] {
        Value::String(text) => read.words += words(text),
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                content(part, types, &format!("{path}.content[{index}]"), read, store)?;
            }
        }
        Value::Null => return Err(missing(format!("{path}.content"))),
        value => {
            let expected = "one of an array of objects or string";
            return Err(wrong_type(&format!("{path}.content"), expected, value));
        }
    }
    Ok(())
}

fn content(
    part: &Value,
    types: &[&str],
    path: &str,
    read: &mut Input,
    store: &FileStore,
) -> Result<(), ApiError> {
    let kind = part["type"].as_str().unwrap_or_default();
    if !types.contains(&kind) {
        return Err(wrong_value(&format!("{path}.type"), kind, types).param(path));
    }
    let keys: &[&str] = match kind {
        "refusal" => &["refusal"],
        "input_image" => &["image_url", "file_id"],
        "input_file" => &["file_id", "file_data", "file_url"],
        _ => &["text"],
    };
    let given = keys.iter().find_map(|key| part[*key].as_str().map(|value| (*key, value)));
    match given {
        Some(("file_id", id)) => {
            let known = store.describe(id).ok_or_else(|| {
                ApiError::invalid(format!("Files with IDs ['{id}'] were not found.")).param("input")
            })?;
            read.files.push(known);
        }
        Some(("text", text)) => read.words += words(text),
        Some(_) => {}
        None => return Err(missing(format!("{path}.{}", keys.first().unwrap_or(&"text")))),
    }
    Ok(())
}

fn text<'a>(item: &'a Value, key: &str, path: &str) -> Result<&'a str, ApiError> {
    let param = format!("{path}.{key}");
    match &item[key] {
        Value::String(text) => Ok(text),
        Value::Null => Err(missing(param)),
        value => Err(wrong_type(&param, "a string", value)),
    }
}

fn call_id<'a>(item: &'a Value, path: &str) -> Result<&'a str, ApiError> {
    let id = text(item, "call_id", path)?;
    check_length(&format!("{path}.call_id"), id, CALL_ID_LENGTH)?;
    if id.is_empty() {
        let message = format!(
            "Invalid '{path}.call_id': empty string. Expected a string with minimum length 1, but \
             got an empty string instead."
        );
        return Err(ApiError::invalid(message)
            .param(format!("{path}.call_id"))
            .code("empty_string"));
    }
    Ok(id)
}

fn call(item: &Value, path: &str) -> Result<(), ApiError> {
    call_id(item, path)?;
    check_name(&format!("{path}.name"), text(item, "name", path)?)?;
    text(item, "arguments", path)?;
    match item["id"].as_str() {
        Some(id) if !id.starts_with("fc") => {
            let message =
                format!("Invalid '{path}.id': '{id}'. Expected an ID that begins with 'fc'.");
            Err(ApiError::invalid(message).param(format!("{path}.id")).code("invalid_value"))
        }
        _ => Ok(()),
    }
}

fn output(item: &Value, path: &str) -> Result<(), ApiError> {
    call_id(item, path)?;
    match &item["output"] {
        Value::String(_) => Ok(()),
        Value::Array(parts) => {
            let types = ["input_text", "input_image", "input_file"];
            let unknown = items(&item["output"])
                .iter()
                .position(|part| !types.iter().any(|known| part["type"] == *known));
            unknown.map_or(Ok(()), |index| {
                let kind = parts.get(index).and_then(|part| part["type"].as_str());
                let param = format!("{path}.output[{index}].type");
                Err(wrong_value(&param, kind.unwrap_or_default(), &types))
            })
        }
        Value::Null => Err(missing(format!("{path}.output"))),
        value => {
            let expected = "one of a string or array of objects";
            Err(wrong_type(&format!("{path}.output"), expected, value))
        }
    }
}

/// Each call has one output behind it, and each output a call before it.
fn answered(list: &[Value]) -> Result<(), ApiError> {
    let mut answered = BTreeMap::<&str, bool>::new();
    for item in list {
        let id = item["call_id"].as_str().unwrap_or_default();
        match item["type"].as_str() {
            Some("function_call") if answered.insert(id, false).is_some() => {
                let message = format!("Duplicate function call found with call_id {id}.");
                return Err(ApiError::invalid(message).param("input"));
            }
            Some("function_call_output") => match answered.get_mut(id) {
                Some(done) => *done = true,
                None => {
                    let message =
                        format!("No tool call found for function call output with call_id {id}.");
                    return Err(ApiError::invalid(message).param("input"));
                }
            },
            _ => {}
        }
    }
    match answered.iter().find(|(_, done)| !**done) {
        Some((id, _)) => {
            let message = format!("No tool output found for function call {id}.");
            Err(ApiError::invalid(message).param("input"))
        }
        None => Ok(()),
    }
}
