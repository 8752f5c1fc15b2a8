//! Function declarations and the choice among them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{request::known, schema};
use crate::fake::{
    error::ApiError,
    protocol::{Form, items},
};

/// Fields of a tool: function declarations, and what the service has of its own.
const TOOL_FIELDS: &[&str] = &[
    "codeExecution",
    "computerUse",
    "fileSearch",
    "functionDeclarations",
    "googleMaps",
    "googleSearch",
    "urlContext",
];

const DECLARATION_FIELDS: &[&str] = &[
    "behavior",
    "description",
    "name",
    "parameters",
    "parametersJsonSchema",
    "response",
    "responseJsonSchema",
];

const MODES: &[&str] = &["AUTO", "ANY", "NONE", "VALIDATED"];

/// Characters of a function's name.
const NAME_LENGTH: usize = 64;

fn declarations(body: &Value) -> impl Iterator<Item = &Value> {
    items(&body["tools"]).iter().flat_map(|tool| items(&tool["functionDeclarations"]))
}

/// Validates `tools` and `toolConfig`.
pub(super) fn validate(body: &Value) -> Result<(), ApiError> {
    if !body["tools"].is_null() && !body["tools"].is_array() {
        return Err(ApiError::invalid("Invalid value at 'tools' (type.googleapis.com/Tool)"));
    }
    let mut names = BTreeSet::new();
    for (index, tool) in items(&body["tools"]).iter().enumerate() {
        known(tool, TOOL_FIELDS, &format!("tools[{index}]"))?;
        for (place, declaration) in items(&tool["functionDeclarations"]).iter().enumerate() {
            let path = format!("tools[{index}].function_declarations[{place}]");
            let name = declare(declaration, &path)?;
            if !names.insert(name) {
                return Err(ApiError::invalid(format!(
                    "Duplicate function declaration found: {name}"
                )));
            }
        }
    }
    choice(&body["toolConfig"], &names)
}

fn declare<'a>(declaration: &'a Value, path: &str) -> Result<&'a str, ApiError> {
    known(declaration, DECLARATION_FIELDS, path)?;
    let name = declaration["name"].as_str().unwrap_or_default();
    let first = |character: char| character.is_ascii_alphabetic() || character == '_';
    let other = |character: char| character.is_ascii_alphanumeric() || "_.:-".contains(character);
    if !name.starts_with(first) || !name.chars().all(other) || name.len() > NAME_LENGTH {
        return Err(ApiError::invalid(format!(
            "* GenerateContentRequest.{path}.name: Invalid function name. Must start with a letter \
             or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons \
             (:), or dashes (-), with a maximum length of {NAME_LENGTH}."
        )));
    }
    match (&declaration["parameters"], &declaration["parametersJsonSchema"]) {
        (Value::Null, Value::Null | Value::Object(_)) => Ok(()),
        (Value::Null, _) => {
            Err(ApiError::invalid(format!("Invalid value at '{path}.parameters_json_schema'")))
        }
        (parameters, Value::Null) => schema::check(parameters, &format!("{path}.parameters")),
        _ => Err(ApiError::invalid(format!(
            "* GenerateContentRequest.{path}: parameters and parameters_json_schema are mutually \
             exclusive"
        ))),
    }?;
    Ok(name)
}

fn choice(config: &Value, names: &BTreeSet<&str>) -> Result<(), ApiError> {
    let calling = &config["functionCallingConfig"];
    if calling.is_null() {
        return Ok(());
    }
    let at = "tool_config.function_calling_config";
    known(calling, &["mode", "allowedFunctionNames"], at)?;
    let mode = calling["mode"].as_str().unwrap_or("AUTO");
    if !MODES.contains(&mode) {
        return Err(ApiError::invalid(format!("Invalid value at '{at}.mode': \"{mode}\"")));
    }
    let allowed = items(&calling["allowedFunctionNames"]);
    if !allowed.is_empty() && mode != "ANY" && mode != "VALIDATED" {
        return Err(ApiError::invalid(
            "Function calling config is set with allowed function names, which needs mode ANY or \
             VALIDATED.",
        ));
    }
    let unknown =
        allowed.iter().find(|name| !name.as_str().is_some_and(|name| names.contains(name)));
    match unknown {
        Some(name) => Err(ApiError::invalid(format!(
            "* GenerateContentRequest.{at}.allowed_function_names: function {name} is not declared"
        ))),
        None if mode == "ANY" && names.is_empty() => Err(ApiError::invalid(
            "Function calling mode ANY needs at least one function declaration.",
        )),
        None => Ok(()),
    }
}

/// The one function that a request forces.
pub(super) fn forced(body: &Value) -> Option<Form> {
    let calling = &body["toolConfig"]["functionCallingConfig"];
    if calling["mode"] != "ANY" {
        return None;
    }
    let declared = declarations(body).map(|declaration| &declaration["name"]).collect::<Vec<_>>();
    let only = match (items(&calling["allowedFunctionNames"]), declared.as_slice()) {
        ([only], _) => only,
        ([], [only]) => only,
        _ => return None,
    };
    only.as_str().map(|name| Form::Tool(name.to_owned()))
}
