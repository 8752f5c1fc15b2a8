//! Contents: roles, parts, and that function calls and responses answer each other.

use serde_json::Value;

use super::request::known;
use crate::fake::{
    error::ApiError,
    files::FileStore,
    protocol::{items, words},
};

/// Kinds of data that a part can hold.
const DATA: &[&str] = &[
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
];

/// Fields of a part.
const PART_FIELDS: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "mediaResolution",
    "partMetadata",
    "text",
    "thought",
    "thoughtSignature",
    "videoMetadata",
];

/// What contents say.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) steps_behind: usize,
    pub(super) words: u64,
    pub(super) files: Vec<String>,
    /// Place of the last question.
    pub(super) question: usize,
}

/// Validates the system instruction and counts its words.
pub(super) fn system(instruction: &Value) -> Result<u64, ApiError> {
    if instruction.is_null() {
        return Ok(0);
    }
    known(instruction, &["role", "parts"], "system_instruction")?;
    let texts = items(&instruction["parts"]).iter().map(|part| part["text"].as_str());
    texts
        .map(|text| {
            text.map(words)
                .ok_or_else(|| ApiError::invalid("System instruction only supports text parts."))
        })
        .sum()
}

/// Validates the contents and reads what an answer needs to know of them.
pub(super) fn read(contents: &Value, store: &FileStore) -> Result<Contents, ApiError> {
    let list = items(contents);
    if list.is_empty() {
        return Err(ApiError::invalid(
            "* GenerateContentRequest.contents: contents is not specified",
        ));
    }
    let mut read = Contents::default();
    let mut before: &[Value] = &[];
    for (index, content) in list.iter().enumerate() {
        let path = format!("contents[{index}]");
        known(content, &["role", "parts"], &path)?;
        let model = role(content, list.len())?;
        let parts = items(&content["parts"]);
        if parts.is_empty() {
            return Err(ApiError::invalid(format!(
                "* GenerateContentRequest.{path}.parts: contents.parts must not be empty."
            )));
        }
        for (place, part) in parts.iter().enumerate() {
            let path = format!("{path}.parts[{place}]");
            check_part(part, model, &path)?;
            read.words += words(part["text"].as_str().unwrap_or_default());
            if let Some(uri) = part["fileData"]["fileUri"].as_str() {
                read.files.push(file(uri, store)?);
            }
        }
        answers(before, parts)?;
        if model && parts.iter().any(is_call) {
            read.steps_behind += 1;
        } else if !model && !parts.iter().any(|part| part["functionResponse"].is_object()) {
            read.steps_behind = 0;
            read.question = index;
        }
        before = parts;
    }
    if before.iter().any(is_call) {
        return Err(ApiError::invalid(
            "Please ensure that function response turn comes immediately after a function call turn.",
        ));
    }
    Ok(read)
}

fn is_call(part: &Value) -> bool {
    part["functionCall"].is_object()
}

/// Whether a content is the model's.
fn role(content: &Value, count: usize) -> Result<bool, ApiError> {
    match content["role"].as_str() {
        Some("model") => Ok(true),
        Some("user") => Ok(false),
        None if count == 1 => Ok(false),
        _ => Err(ApiError::invalid("Please use a valid role: user, model.")),
    }
}

fn check_part(part: &Value, model: bool, path: &str) -> Result<(), ApiError> {
    known(part, PART_FIELDS, path)?;
    let held = DATA.iter().filter(|kind| !part[**kind].is_null()).copied().collect::<Vec<_>>();
    let [kind] = held.as_slice() else {
        return Err(ApiError::invalid(format!(
            "* GenerateContentRequest.{path}.data: required oneof field 'data' must have one \
             initialized field"
        )));
    };
    let inner = &part[*kind];
    let (valid, of_model) = match *kind {
        "text" => (inner.is_string(), None),
        "inlineData" => (inner["mimeType"].is_string() && inner["data"].is_string(), None),
        "fileData" => (inner["fileUri"].is_string(), Some(false)),
        "functionCall" => {
            let arguments = &inner["args"];
            let whole = arguments.is_null() || arguments.is_object();
            (inner["name"].is_string() && whole, Some(true))
        }
        "functionResponse" => {
            (inner["name"].is_string() && inner["response"].is_object(), Some(false))
        }
        _ => (inner.is_object(), Some(true)),
    };
    if !valid {
        return Err(ApiError::invalid(format!("Invalid value at '{path}.{kind}'")));
    }
    if of_model.is_some_and(|expected| expected != model) {
        let role = if model { "model" } else { "user" };
        return Err(ApiError::invalid(format!(
            "Please ensure that parts of the role {role} hold no {kind}."
        )));
    }
    Ok(())
}

/// Each function call of a content is answered in the next one, in its order.
fn answers(before: &[Value], parts: &[Value]) -> Result<(), ApiError> {
    let calls = before.iter().filter(|part| is_call(part)).map(|part| &part["functionCall"]);
    let calls = calls.collect::<Vec<_>>();
    let responses = parts.iter().map(|part| &part["functionResponse"]);
    let responses = responses.filter(|response| response.is_object()).collect::<Vec<_>>();
    if calls.is_empty() && !responses.is_empty() {
        return Err(ApiError::invalid(
            "Please ensure that function response turn comes immediately after a function call turn.",
        ));
    }
    if calls.len() != responses.len() {
        return Err(ApiError::invalid(
            "Please ensure that the number of function response parts is equal to the number of \
             function call parts of the function call turn.",
        ));
    }
    for (call, response) in calls.iter().zip(&responses) {
        if call["name"] != response["name"] {
            return Err(ApiError::invalid(
                "Please ensure that function responses have the names and the order of the function \
                 calls that they answer.",
            ));
        }
        if !call["id"].is_null() && call["id"] != response["id"] {
            return Err(ApiError::invalid(
                "Please ensure that the ids of function responses are those of the function calls \
                 that they answer.",
            ));
        }
    }
    Ok(())
}

/// What is known of a file by its URI.
fn file(uri: &str, store: &FileStore) -> Result<String, ApiError> {
    let id = uri.rsplit('/').next().unwrap_or_default();
    store.describe(id).ok_or_else(|| {
        ApiError::new(
            http::StatusCode::FORBIDDEN,
            format!("You do not have permission to access the File {id} or it may not exist."),
        )
    })
}
