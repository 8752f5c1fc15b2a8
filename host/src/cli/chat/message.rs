//! The assistant message that a stream builds, part by part, as an AI SDK client would.

use serde_json::{Map, Value, json};

/// A tool call that waits for the person at the terminal.
#[derive(Debug, Clone)]
pub(super) struct WaitingCall {
    /// Index of the part.
    pub(super) part: usize,
    /// Id of the call.
    pub(super) id: String,
    /// Name of the tool.
    pub(super) tool: String,
    /// The arguments.
    pub(super) input: Value,
    /// What it waits for.
    pub(super) reason: Waiting,
}

/// What a tool call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// An approval.
    Approval,
    /// A result, because the client runs the tool.
    Result,
}

/// An assistant message under construction, in the shape in which it is posted back.
#[derive(Debug)]
pub(super) struct AssistantMessage {
    id: String,
    parts: Vec<Value>,
}

impl AssistantMessage {
    pub(super) fn new(id: String) -> Self {
        Self { id, parts: Vec::new() }
    }

    /// The message as it is posted. None while it has no parts, which no message may lack.
    pub(super) fn to_json(&self) -> Option<Value> {
        (!self.parts.is_empty())
            .then(|| json!({"id": self.id, "role": "assistant", "parts": self.parts}))
    }

    /// Takes one chunk of the stream.
    pub(super) fn apply(&mut self, chunk: &Value) {
        match text(chunk, "type") {
            "start-step" => self.parts.push(json!({"type": "step-start"})),
            kind @ ("text-start" | "reasoning-start") => {
                let kind = if kind == "text-start" { "text" } else { "reasoning" };
                self.parts.push(json!({"type": kind, "text": "", "state": "streaming"}));
                self.merge_metadata(chunk);
            }
            "text-delta" | "reasoning-delta" => {
                if let Some(Value::String(text)) =
                    self.open_block().and_then(|part| part.get_mut("text"))
                {
                    text.push_str(self::text(chunk, "delta"));
                }
            }
            "text-end" | "reasoning-end" => {
                self.merge_metadata(chunk);
                if let Some(part) = self.open_block() {
                    part["state"] = "done".into();
                }
            }
            "tool-input-start" => {
                let part = tool_part(chunk);
                self.parts.push(part);
            }
            "tool-input-available" => {
                self.set_call(chunk, "input-available", &[("input", "input")]);
                self.move_metadata(chunk);
            }
            "tool-input-error" => {
                let fields = [("rawInput", "input"), ("errorText", "errorText")];
                self.set_call(chunk, "output-error", &fields);
            }
            "tool-approval-request" => {
                if let Some(part) = self.call_mut(text(chunk, "toolCallId")) {
                    part["state"] = "approval-requested".into();
                    part["approval"] = json!({"id": chunk["approvalId"]});
                }
            }
            "tool-output-available" => {
                self.set_call(chunk, "output-available", &[("output", "output")]);
            }
            "tool-output-error" => {
                self.set_call(chunk, "output-error", &[("errorText", "errorText")]);
            }
            "tool-output-denied" => self.set_call(chunk, "output-denied", &[]),
            _ => {}
        }
    }

    /// The calls of the last step that wait for the person.
    pub(super) fn waiting(&self) -> Vec<WaitingCall> {
        let step = self.parts.iter().rposition(|part| part["type"] == "step-start").unwrap_or(0);
        self.parts
            .iter()
            .enumerate()
            .skip(step)
            .filter_map(|(index, part)| {
                let reason = match text(part, "state") {
                    "approval-requested" => Waiting::Approval,
                    "input-available" => Waiting::Result,
                    _ => return None,
                };
                let tool = match text(part, "type") {
                    "dynamic-tool" => text(part, "toolName"),
                    kind => kind.strip_prefix("tool-")?,
                };
                let input = part.get("input").cloned().unwrap_or(Value::Null);
                let (id, tool) = (text(part, "toolCallId").to_owned(), tool.to_owned());
                Some(WaitingCall { part: index, id, tool, input, reason })
            })
            .collect()
    }

    /// Answers an approval.
    pub(super) fn answer(&mut self, call: &WaitingCall, approved: bool, reason: Option<&str>) {
        if let Some(part) = self.parts.get_mut(call.part) {
            part["state"] = "approval-responded".into();
            part["approval"]["approved"] = approved.into();
            if let Some(reason) = reason {
                part["approval"]["reason"] = reason.into();
            }
        }
    }

    /// Gives a client tool its result.
    pub(super) fn give_result(&mut self, call: &WaitingCall, output: Value) {
        if let Some(part) = self.parts.get_mut(call.part) {
            part["state"] = "output-available".into();
            part["output"] = output;
        }
    }

    /// The name of the tool of a call.
    pub(super) fn tool_of(&self, tool_call_id: &str) -> Option<&str> {
        let part = self.parts.iter().find(|part| part["toolCallId"] == tool_call_id)?;
        match text(part, "type") {
            "dynamic-tool" => Some(text(part, "toolName")),
            kind => kind.strip_prefix("tool-"),
        }
    }

    /// The block of text or reasoning that is being written. The host's streams have one at a time.
    fn open_block(&mut self) -> Option<&mut Value> {
        self.parts.iter_mut().rev().find(|part| part["state"] == "streaming")
    }

    fn call_mut(&mut self, tool_call_id: &str) -> Option<&mut Value> {
        self.parts.iter_mut().rev().find(|part| part["toolCallId"] == tool_call_id)
    }

    fn set_call(&mut self, chunk: &Value, state: &str, fields: &[(&str, &str)]) {
        if self.call_mut(text(chunk, "toolCallId")).is_none() && chunk.get("toolName").is_some() {
            let part = tool_part(chunk);
            self.parts.push(part);
        }
        if let Some(part) = self.call_mut(text(chunk, "toolCallId")) {
            part["state"] = state.into();
            for (name, source) in fields {
                part[*name] = chunk[*source].clone();
            }
            // An approval that led to a result is posted back as given.
            if state == "output-denied" && part["approval"].is_object() {
                part["approval"]["approved"] = false.into();
            }
        }
    }

    fn merge_metadata(&mut self, chunk: &Value) {
        if let (Some(metadata), Some(part)) = (chunk.get("providerMetadata"), self.open_block()) {
            part["providerMetadata"] = metadata.clone();
        }
    }

    fn move_metadata(&mut self, chunk: &Value) {
        if let Some(metadata) = chunk.get("providerMetadata").cloned()
            && let Some(part) = self.call_mut(text(chunk, "toolCallId"))
        {
            part["callProviderMetadata"] = metadata;
        }
    }
}

fn tool_part(chunk: &Value) -> Value {
    let mut part = Map::new();
    let name = text(chunk, "toolName");
    if chunk["dynamic"] == true {
        part.insert("type".into(), "dynamic-tool".into());
        part.insert("toolName".into(), name.into());
    } else {
        part.insert("type".into(), format!("tool-{name}").into());
    }
    part.insert("toolCallId".into(), chunk["toolCallId"].clone());
    part.insert("state".into(), "input-streaming".into());
    Value::Object(part)
}

/// A text field of a chunk or part; empty where it is absent.
pub(super) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_is_found_answered_and_posted_back() {
        let mut message = AssistantMessage::new("a".into());
        for chunk in [
            json!({"type": "start"}),
            json!({"type": "start-step"}),
            json!({"type": "text-start", "id": "0"}),
            json!({"type": "text-delta", "id": "0", "delta": "Let me "}),
            json!({"type": "text-delta", "id": "0", "delta": "look."}),
            json!({"type": "text-end", "id": "0"}),
            json!({"type": "tool-input-start", "toolCallId": "c1", "toolName": "items"}),
            json!({"type": "tool-input-available", "toolCallId": "c1", "toolName": "items",
                "input": {"action": "read"}}),
            json!({"type": "tool-approval-request", "toolCallId": "c1", "approvalId": "apr1.x"}),
            json!({"type": "finish-step"}),
            json!({"type": "finish", "finishReason": "tool-calls"}),
        ] {
            message.apply(&chunk);
        }
        let waiting = message.waiting();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].reason, Waiting::Approval);
        assert_eq!(waiting[0].tool, "items");
        message.answer(&waiting[0], true, None);
        assert!(message.waiting().is_empty());
        let posted = message.to_json().expect("a message");
        assert_eq!(posted["parts"][1]["text"], "Let me look.");
        assert_eq!(posted["parts"][2]["approval"], json!({"id": "apr1.x", "approved": true}));
        assert_eq!(posted["parts"][2]["state"], "approval-responded");
    }

    #[test]
    fn an_earlier_step_waits_for_nothing() {
        let mut message = AssistantMessage::new("a".into());
        for chunk in [
            json!({"type": "start-step"}),
            json!({"type": "tool-input-available", "toolCallId": "c1", "toolName": "items", "input": {}}),
            json!({"type": "tool-output-available", "toolCallId": "c1", "output": []}),
            json!({"type": "finish-step"}),
            json!({"type": "start-step"}),
            json!({"type": "tool-input-available", "toolCallId": "c2", "toolName": "ask_user",
                "input": {"question": "Which?"}}),
        ] {
            message.apply(&chunk);
        }
        let waiting = message.waiting();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].reason, Waiting::Result);
        message.give_result(&waiting[0], json!("the second"));
        assert!(message.waiting().is_empty());
    }
}
