//! Thinking: what is issued, and what must come back in a tool loop.
//!
//! The id of a tool call says whether thinking led to it: `toolu_7_0` stands for itself, `toolu_7t_0`
//! needs a thinking block in its message.

use serde_json::Value;

use crate::fake::{
    error::ApiError,
    protocol::items,
    seal::{holds, seal},
};

/// How signatures begin.
const PURPOSE: &str = "EqQBCgYI";

/// How the data of redacted blocks begin.
const REDACTED: &str = "EmwKAhgB";

/// The data of a redacted block.
pub(super) fn redacted(number: u64) -> String {
    seal(REDACTED, number, "")
}

/// The signature of a thinking block.
pub(super) fn signature(number: u64, thinking: &str) -> String {
    seal(PURPOSE, number, thinking)
}

/// The start of a tool call's id.
pub(super) fn call_prefix(number: u64, thought: bool) -> String {
    format!("toolu_{number}{}", if thought { "t" } else { "" })
}

fn is_thinking(block: &Value) -> bool {
    block["type"] == "thinking" || block["type"] == "redacted_thinking"
}

fn needs_thinking(block: &Value) -> bool {
    let mut parts = block["id"].as_str().unwrap_or_default().split('_');
    block["type"] == "tool_use" && parts.nth(1).is_some_and(|number| number.ends_with('t'))
}

/// Checks a thinking block of an assistant message.
pub(super) fn check_block(block: &Value, path: &str) -> Result<(), ApiError> {
    let text = |key: &str| {
        block[key]
            .as_str()
            .ok_or_else(|| ApiError::invalid(format!("{path}.{key}: Field required")))
    };
    if block["type"] == "redacted_thinking" {
        return if holds(REDACTED, text("data")?, "") {
            Ok(())
        } else {
            let message = format!("{path}: Invalid `data` in `redacted_thinking` block");
            Err(ApiError::invalid(message))
        };
    }
    if holds(PURPOSE, text("signature")?, text("thinking")?) {
        return Ok(());
    }
    Err(ApiError::invalid(format!("{path}: Invalid `signature` in `thinking` block")))
}

/// Checks that the messages of the current turn still have the thinking that led to their tool calls.
/// `start` is the place of the question.
pub(super) fn check_turn(messages: &[Value], start: usize) -> Result<(), ApiError> {
    for (index, message) in messages.iter().enumerate().skip(start) {
        let blocks = items(&message["content"]);
        let needed = message["role"] == "assistant" && blocks.iter().any(needs_thinking);
        let first = blocks.first().unwrap_or(&Value::Null);
        if needed && !is_thinking(first) {
            return Err(ApiError::invalid(format!(
                "messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but \
                 found `{}`. When `thinking` is enabled, a final `assistant` message must start with \
                 a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` \
                 blocks). To avoid this requirement, disable `thinking`.",
                first["type"].as_str().unwrap_or_default()
            )));
        }
    }
    Ok(())
}
