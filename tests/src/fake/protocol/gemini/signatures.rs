//! Thought signatures: what is issued, and what must come back with function calls.

use serde_json::Value;

use crate::fake::{
    error::ApiError,
    protocol::items,
    seal::{holds, seal},
};

/// How signatures begin.
const PURPOSE: &str = "CpsBAY89";

/// What stands for the signature of a call that another model made.
const DUMMY: &str = "skip_thought_signature_validator";

/// The signature of a function call of this name.
pub(super) fn of_call(number: u64, name: &str) -> String {
    seal(PURPOSE, number, name)
}

/// The signature of a text.
pub(super) fn of_text(number: u64) -> String {
    seal(PURPOSE, number, "")
}

/// Checks the signatures that a history has, and that none is missing in the current turn, which
/// begins behind `question`.
pub(super) fn check(contents: &[Value], question: usize) -> Result<(), ApiError> {
    for (index, content) in contents.iter().enumerate() {
        for part in items(&content["parts"]) {
            if let Some(signature) = part["thoughtSignature"].as_str() {
                check_one(signature, part)?;
            }
        }
        let calls = items(&content["parts"]).iter().enumerate();
        let first = calls.into_iter().find(|(_, part)| part["functionCall"].is_object());
        let Some((place, part)) = first else { continue };
        if index > question && part["thoughtSignature"].is_null() {
            let name = part["functionCall"]["name"].as_str().unwrap_or_default();
            return Err(ApiError::invalid(format!(
                "Function call is missing a thought_signature in functionCall parts. This is \
                 required for tools to work correctly, and missing thought_signature may lead to \
                 degraded model performance. Additional data, function call `default_api:{name}` , \
                 position {}. Please refer to \
                 https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
                place + 1
            )));
        }
    }
    Ok(())
}

fn check_one(signature: &str, part: &Value) -> Result<(), ApiError> {
    let name = part["functionCall"]["name"].as_str().unwrap_or_default();
    if signature == DUMMY || holds(PURPOSE, signature, name) {
        return Ok(());
    }
    Err(ApiError::invalid("Thought signature is not valid."))
}
