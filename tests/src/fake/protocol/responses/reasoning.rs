//! Reasoning items: what is issued, and what must come back with the items that they led to.
//!
//! The id of an item says whether reasoning led to it: `fc_7_0` stands for itself, `fc_7r_0` needs the
//! reasoning item `rs_7r`.

use serde_json::{Value, json};

use super::ResponsesAsked;
use crate::fake::{
    error::ApiError,
    protocol::openai::missing,
    seal::{holds, seal},
};

/// How encrypted content begins.
const PURPOSE: &str = "gAAAAABn";

/// The id of an output item.
pub(super) fn item_id(prefix: &str, number: u64, reasoned: bool, place: usize) -> String {
    let mark = if reasoned { "r" } else { "" };
    format!("{prefix}_{number}{mark}_{place}")
}

/// A complete reasoning item.
pub(super) fn item(text: &str, asked: &ResponsesAsked, number: u64) -> Value {
    let id = format!("rs_{number}r");
    let summary = if asked.details.summary && !text.is_empty() {
        json!([{"type": "summary_text", "text": text}])
    } else {
        json!([])
    };
    let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
    if asked.details.encrypted {
        item["encrypted_content"] = seal(PURPOSE, number, &id).into();
    }
    item
}

/// The reasoning item that led to an item of this id.
fn cause(id: &str) -> Option<String> {
    let (_, rest) = id.split_once('_')?;
    let (response, _) = rest.split_once('_')?;
    response.ends_with('r').then(|| format!("rs_{response}"))
}

/// Whether an item is one that a model wrote.
fn is_output(item: &Value) -> bool {
    item["type"] == "function_call" || item["role"] == "assistant"
}

/// Checks the reasoning items of an input, and that none is missing.
pub(super) fn check(items: &[Value]) -> Result<(), ApiError> {
    for (index, item) in items.iter().enumerate() {
        let id = item["id"].as_str().unwrap_or_default();
        if item["type"] == "reasoning" {
            check_content(item, id, index)?;
            check_following(items.get(index + 1), id)?;
        } else if is_output(item)
            && let Some(cause) = cause(id)
            && !reasoning_before(items, index, &cause)
        {
            let kind = item["type"].as_str().unwrap_or("message");
            return Err(ApiError::invalid(format!(
                "Item '{id}' of type '{kind}' was provided without its required 'reasoning' item: \
                 '{cause}'."
            ))
            .param("input"));
        }
    }
    Ok(())
}

fn check_content(item: &Value, id: &str, index: usize) -> Result<(), ApiError> {
    if !item["summary"].is_array() {
        let param = format!("input[{index}].summary");
        return Err(missing(param));
    }
    match &item["encrypted_content"] {
        Value::String(content) if holds(PURPOSE, content, id) => Ok(()),
        Value::Null => Err(not_persisted(id)),
        _ => Err(ApiError::invalid(format!(
            "The encrypted content for item {id} could not be verified. Reason: Encrypted content \
             could not be decrypted or parsed."
        ))
        .code("invalid_encrypted_content")),
    }
}

/// The error for an item that is only named.
pub(super) fn not_persisted(id: &str) -> ApiError {
    ApiError::not_found(format!(
        "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try \
         again with `store` set to true, or remove this item from your input."
    ))
    .param("input")
}

fn check_following(following: Option<&Value>, id: &str) -> Result<(), ApiError> {
    let belongs = following.is_some_and(|item| {
        let cause = item["id"].as_str().and_then(cause);
        // Ids may be left out; what stands there must then do.
        is_output(item) && cause.is_none_or(|cause| cause == id)
    });
    if belongs {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Item '{id}' of type 'reasoning' was provided without its required following item."
    ))
    .param("input"))
}

/// Whether a reasoning item stands before an item, with nothing but the model's own output between.
fn reasoning_before(items: &[Value], index: usize, cause: &str) -> bool {
    let before = items.get(..index).unwrap_or_default().iter().rev();
    before
        .take_while(|item| item["type"] == "reasoning" || is_output(item) || is_result(item))
        .any(|item| item["type"] == "reasoning" && item["id"] == cause)
}

/// Results may stand right behind their call, before the next call of the same step.
fn is_result(item: &Value) -> bool {
    item["type"] == "function_call_output"
}
