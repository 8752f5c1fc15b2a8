//! Messages: roles, blocks, and that tool calls and results answer each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{request::Version, thinking, tools};
use crate::fake::{
    error::ApiError,
    files::FileStore,
    protocol::{items, words},
};

/// What a conversation says.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) steps_behind: usize,
    pub(super) words: u64,
    pub(super) files: Vec<String>,
    /// Place of the last question.
    pub(super) question: usize,
}

/// Validates the system prompt and counts its words.
pub(super) fn system(system: &Value) -> Result<u64, ApiError> {
    match system {
        Value::Null => Ok(0),
        Value::String(text) => Ok(words(text)),
        Value::Array(blocks) => {
            let mut count = 0;
            for (index, block) in blocks.iter().enumerate() {
                count += text(block, &format!("system.{index}"))?;
            }
            Ok(count)
        }
        _ => Err(ApiError::invalid("system: Input should be a valid list")),
    }
}

/// Validates the messages and reads what an answer needs to know of them.
pub(super) fn read(
    messages: &Value,
    version: Version,
    store: &FileStore,
) -> Result<Conversation, ApiError> {
    let list = match messages {
        Value::Null => return Err(ApiError::invalid("messages: Field required")),
        Value::Array(list) if list.is_empty() => {
            return Err(ApiError::invalid("messages: at least one message is required"));
        }
        Value::Array(list) => list,
        _ => return Err(ApiError::invalid("messages: Input should be a valid list")),
    };
    let mut read = Conversation::default();
    let mut open = BTreeSet::new();
    let mut before = "assistant";
    for (index, message) in list.iter().enumerate() {
        let role = role(message, index, before)?;
        before = role;
        let mut reader =
            Reader { role, version, store, path: format!("messages.{index}"), read: &mut read };
        reader.content(&message["content"], index + 1 == list.len())?;
        if role == "assistant" {
            open = calls(items(&message["content"]), &reader.path)?;
            read.steps_behind += usize::from(!open.is_empty());
        } else {
            results(items(&message["content"]), &open, index)?;
            open = BTreeSet::new();
            if is_question(&message["content"]) {
                read.steps_behind = 0;
                read.question = index;
            }
        }
    }
    if before == "assistant" && !open.is_empty() {
        return Err(unanswered(&open, list.len() - 1));
    }
    if before == "assistant" && version == Version::Newer {
        return Err(ApiError::invalid(
            "This model does not support assistant message prefill. The conversation must end with \
             a user message.",
        ));
    }
    Ok(read)
}

/// Whether a user message says something besides results.
fn is_question(content: &Value) -> bool {
    content.is_string() || items(content).iter().any(|block| block["type"] != "tool_result")
}

fn role<'a>(message: &'a Value, index: usize, before: &str) -> Result<&'a str, ApiError> {
    let role = match message["role"].as_str() {
        Some(role @ ("user" | "assistant")) => role,
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "messages: Unexpected role \"{other}\". Allowed roles are \"user\" or \
                 \"assistant\"."
            )));
        }
        None => return Err(ApiError::invalid(format!("messages.{index}.role: Field required"))),
    };
    let unknown = message.as_object().and_then(|message| {
        message.keys().find(|key| !["role", "content"].contains(&key.as_str()))
    });
    if let Some(unknown) = unknown {
        return Err(ApiError::invalid(format!(
            "messages.{index}.{unknown}: Extra inputs are not permitted"
        )));
    }
    if role != before {
        return Ok(role);
    }
    Err(ApiError::invalid(if index == 0 {
        "messages: first message must use the \"user\" role".to_owned()
    } else {
        format!(
            "messages: roles must alternate between \"user\" and \"assistant\", but found multiple \
             \"{role}\" roles in a row"
        )
    }))
}

/// Reads the blocks of one message.
struct Reader<'a> {
    role: &'a str,
    version: Version,
    store: &'a FileStore,
    path: String,
    read: &'a mut Conversation,
}

impl Reader<'_> {
    fn content(&mut self, content: &Value, last: bool) -> Result<(), ApiError> {
        match content {
            Value::Array(blocks) if !blocks.is_empty() => {
                for (index, block) in blocks.iter().enumerate() {
                    self.block(block, &format!("{}.content.{index}", self.path))?;
                }
                Ok(())
            }
            Value::String(text) if !text.trim().is_empty() => {
                self.read.words += words(text);
                Ok(())
            }
            Value::Array(_) | Value::String(_) if last && self.role == "assistant" => Ok(()),
            Value::Array(_) | Value::String(_) => Err(ApiError::invalid(format!(
                "{}: all messages must have non-empty content except for the optional final \
                 assistant message",
                self.path
            ))),
            _ => Err(ApiError::invalid(format!("{}.content: Field required", self.path))),
        }
    }

    fn block(&mut self, block: &Value, path: &str) -> Result<(), ApiError> {
        let kind = block["type"].as_str().unwrap_or_default();
        match (self.role, kind) {
            (_, "text") => {
                let cites = !items(&block["citations"]).is_empty();
                if self.role == "user" && cites && self.version == Version::Newer {
                    return Err(ApiError::invalid(format!(
                        "{path}.text.citations: citations are not allowed in user messages"
                    )));
                }
                self.read.words += text(block, path)?;
                Ok(())
            }
            ("user", "image" | "document") => self.source(&block["source"], path),
            ("assistant", "document") if self.version == Version::Older => {
                self.source(&block["source"], path)
            }
            ("user", "tool_result") => self.result(block, path),
            ("assistant", "thinking" | "redacted_thinking") => thinking::check_block(block, path),
            ("assistant", "tool_use") => call(block, path),
            _ => Err(ApiError::invalid(format!(
                "{path}: Input tag '{kind}' found using 'type' does not match any of the expected \
                 tags of a message with the role {}",
                self.role
            ))),
        }
    }

    fn source(&mut self, source: &Value, path: &str) -> Result<(), ApiError> {
        let required = match source["type"].as_str() {
            Some("file") => "file_id",
            Some("url") => "url",
            Some("base64" | "text") => "data",
            Some("content") => return Ok(()),
            _ => return Err(ApiError::invalid(format!("{path}.source: Field required"))),
        };
        let value = source[required].as_str().ok_or_else(|| {
            ApiError::invalid(format!("{path}.source.{required}: Field required"))
        })?;
        if required == "file_id" {
            let known = self
                .store
                .describe(value)
                .ok_or_else(|| ApiError::not_found(format!("File not found: {value}")))?;
            self.read.files.push(known);
        }
        Ok(())
    }

    fn result(&mut self, block: &Value, path: &str) -> Result<(), ApiError> {
        match &block["content"] {
            Value::Null => {}
            Value::String(text) => self.read.words += words(text),
            Value::Array(blocks) => {
                for (index, inner) in blocks.iter().enumerate() {
                    if inner["type"] == "text" {
                        self.read.words += text(inner, &format!("{path}.content.{index}"))?;
                    }
                }
            }
            _ => return Err(ApiError::invalid(format!("{path}.content: Input should be a list"))),
        }
        match &block["is_error"] {
            Value::Null | Value::Bool(_) => Ok(()),
            _ => {
                Err(ApiError::invalid(format!("{path}.is_error: Input should be a valid boolean")))
            }
        }
    }
}

/// Checks a text block and counts its words.
fn text(block: &Value, path: &str) -> Result<u64, ApiError> {
    match block["text"].as_str() {
        None => Err(ApiError::invalid(format!("{path}.text.text: Field required"))),
        Some("") => {
            Err(ApiError::invalid(format!("{path}: text content blocks must be non-empty")))
        }
        Some(text) if text.trim().is_empty() => Err(ApiError::invalid(format!(
            "{path}: text content blocks must contain non-whitespace text"
        ))),
        Some(text) => Ok(words(text)),
    }
}

fn call(block: &Value, path: &str) -> Result<(), ApiError> {
    let id = block["id"].as_str().unwrap_or_default();
    if !tools::is_identifier(id) {
        return Err(ApiError::invalid(format!(
            "{path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        )));
    }
    tools::check_name(
        block["name"].as_str().unwrap_or_default(),
        &format!("{path}.tool_use.name"),
    )?;
    if block["input"].is_object() {
        return Ok(());
    }
    Err(ApiError::invalid(format!("{path}.tool_use.input: Input should be a valid dictionary")))
}

/// The ids of the calls of a message.
fn calls(blocks: &[Value], path: &str) -> Result<BTreeSet<String>, ApiError> {
    let mut ids = BTreeSet::new();
    for block in blocks.iter().filter(|block| block["type"] == "tool_use") {
        let id = block["id"].as_str().unwrap_or_default();
        if !ids.insert(id.to_owned()) {
            return Err(ApiError::invalid(format!("{path}: `tool_use` ids must be unique")));
        }
    }
    Ok(ids)
}

/// The results of a user message: first, and one for each call of the message before.
fn results(blocks: &[Value], open: &BTreeSet<String>, index: usize) -> Result<(), ApiError> {
    let is_result = |block: &Value| block["type"] == "tool_result";
    let first = blocks.iter().take_while(|block| is_result(block)).count();
    let mut answered = BTreeSet::new();
    for (place, block) in blocks.iter().enumerate().filter(|(_, block)| is_result(block)) {
        let path = format!("messages.{index}.content.{place}");
        let id = block["tool_use_id"].as_str().unwrap_or_default();
        if !open.contains(id) {
            return Err(ApiError::invalid(format!(
                "{path}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each \
                 `tool_result` block must have a corresponding `tool_use` block in the previous \
                 message."
            )));
        }
        if place >= first {
            // Results behind other blocks don't count as results.
            continue;
        }
        if !answered.insert(id.to_owned()) {
            return Err(ApiError::invalid(format!(
                "{path}: each tool_use must have a single result. Found multiple `tool_result` \
                 blocks with id: {id}"
            )));
        }
    }
    let missing = open.difference(&answered).cloned().collect::<BTreeSet<_>>();
    if missing.is_empty() { Ok(()) } else { Err(unanswered(&missing, index - 1)) }
}

fn unanswered(ids: &BTreeSet<String>, index: usize) -> ApiError {
    let ids = ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    ApiError::invalid(format!(
        "messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately \
         after: {ids}. Each `tool_use` block must have a corresponding `tool_result` block in the \
         next message."
    ))
}
