//! The registry: instead of all tools the model sees three. `search` finds tools and describes them,
//! `execute` runs one, and `schema` is there as itself.

mod answer;
mod ranking;

use serde_json::{Value, json};

pub(super) use answer::answer;

use super::arguments;
use super::entry::Entry;
use super::rules;

/// Name of the tool that finds tools. Data Studio knows it.
pub(super) const SEARCH: &str = "search";
/// Name of the tool that runs one. Data Studio knows it, and so does the host.
pub(super) const EXECUTE: &str = "execute";

pub(super) const SEARCH_SCHEMA: &str = include_str!("search.json");
pub(super) const EXECUTE_SCHEMA: &str = include_str!("execute.json");

pub(super) const SEARCH_DESCRIPTION: &str = "Finds the tools for a task, and tells how to use them. \
Give either `query`, what you want to do in a few English words, for a list of fitting tools, or \
`names` for all details of these tools: instructions and the JSON Schema of their input. Get the \
details of a tool before you run it for the first time with `execute`.";

pub(super) const EXECUTE_DESCRIPTION: &str = "Runs one tool of the registry, with exactly the user's \
permissions. Give its `name` as `search` gives it, and its arguments as `input`, an object that fits \
the tool's inputSchema. The user may have to approve the call, and may decline it.";

/// Checks arguments of `search` that fit its schema.
pub(super) fn check_search(arguments: &Value) -> Result<(), String> {
    match (arguments.get("query"), arguments.get("names")) {
        (Some(_), Some(_)) => Err("`query` and `names` exclude each other.".into()),
        (None, None) => {
            Err("either `query`, what you want to do, or `names` of tools is required.".into())
        }
        _ => Ok(()),
    }
}

/// The arguments of `execute` as the text of one object: those of the inner tool are checked as if it
/// were called by itself.
///
/// # Errors
/// What is wrong, for the model. A tool that the caller may not use is told in the same words as one
/// that doesn't exist.
pub(super) fn check_execute(
    inner: &[Entry],
    is_called_directly: impl Fn(&str) -> bool,
    written: &str,
) -> Result<String, String> {
    let invalid = |error| format!("Invalid arguments for {EXECUTE}: {error}");
    let fitting = arguments::check(EXECUTE_SCHEMA, rules::NONE, written).map_err(invalid)?;
    let name = fitting.value().get("name").and_then(Value::as_str).unwrap_or_default();
    let Some(tool) = inner.iter().find(|tool| tool.name == name) else {
        if name != EXECUTE && is_called_directly(name) {
            return Err(format!("{name:?} is called by itself, not through {EXECUTE}."));
        }
        return Err(unknown(inner, name));
    };
    let given = fitting.value().get("input").cloned();
    let mut input = given.clone().unwrap_or_else(|| json!({}));
    let forgiven = arguments::check_value(&tool.input_schema, tool.rules, &mut input);
    let forgiven = forgiven.map_err(|error| {
        format!(
            "Invalid input for {name}: {error} Call {SEARCH} with {{\"names\":[{name:?}]}} for the \
             schema of its input."
        )
    })?;
    if given.is_some() && !forgiven {
        return Ok(fitting.into_text(written));
    }
    Ok(json!({"name": name, "input": input}).to_string())
}

fn unknown(inner: &[Entry], name: &str) -> String {
    let names: Vec<_> = inner.iter().map(|tool| &*tool.name).collect();
    if names.is_empty() {
        return format!("There is no tool {name:?} to execute, and no other tool either.");
    }
    let names = names.join(", ");
    format!(
        "There is no tool {name:?} to execute. Available tools: {names}. Call {SEARCH} to find one."
    )
}
