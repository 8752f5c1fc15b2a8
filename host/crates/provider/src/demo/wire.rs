//! Chat Completions on the wire: the request as any client sends it, the answer as any server
//! streams it.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{DEMO_MODEL, plan::Step};

/// A request. Fields that a model of rules has no use for are ignored, as servers do.
#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    pub(super) tools: Option<Vec<Tool>>,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
}

#[derive(Debug, Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// A message.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) role: String,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    pub(super) tool_calls: Option<Vec<ToolCall>>,
    #[serde(default)]
    pub(super) tool_call_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default)]
    text: Option<String>,
}

/// A tool call of an earlier answer.
#[derive(Debug, Deserialize)]
pub(super) struct ToolCall {
    #[serde(default)]
    pub(super) id: String,
    pub(super) function: Function,
}

#[derive(Debug, Deserialize)]
pub(super) struct Function {
    pub(super) name: String,
    #[serde(default)]
    pub(super) arguments: String,
}

/// A tool that may be called.
#[derive(Debug, Deserialize)]
pub(super) struct Tool {
    function: ToolFunction,
}

#[derive(Debug, Deserialize)]
struct ToolFunction {
    name: String,
}

impl Message {
    /// All text of the message.
    pub(super) fn text(&self) -> String {
        match &self.content {
            None => String::new(),
            Some(Content::Text(text)) => text.clone(),
            Some(Content::Parts(parts)) => parts
                .iter()
                .filter_map(|part| part.text.as_deref())
                .collect::<Vec<_>>()
                .join("\n\n"),
        }
    }
}

impl ChatRequest {
    pub(super) fn tool_names(&self) -> Vec<&str> {
        self.tools.iter().flatten().map(|tool| tool.function.name.as_str()).collect()
    }

    fn wants_usage(&self) -> bool {
        self.stream_options.as_ref().is_some_and(|options| options.include_usage)
    }

    /// Words of the conversation, which is what this model has for tokens.
    fn words(&self) -> usize {
        self.messages.iter().map(|message| message.text().split_whitespace().count()).sum()
    }
}

/// An error body in OpenAI's shape.
pub(super) fn error(message: &str, code: &str) -> Bytes {
    let error =
        json!({"message": message, "type": "invalid_request_error", "param": null, "code": code});
    json!({ "error": error }).to_string().into()
}

/// The events of an answer, in order, the end marker included.
pub(super) fn events(request: &ChatRequest, step: &Step) -> Vec<Bytes> {
    let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let id = format!("chatcmpl-{}", uuid::Uuid::new_v4().simple());
    let chunk = |choices: Value, usage: Option<Value>| {
        let mut chunk = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": created,
            "model": DEMO_MODEL,
            "choices": choices,
        });
        if let (Some(usage), Value::Object(chunk)) = (usage, &mut chunk) {
            chunk.insert("usage".into(), usage);
        }
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let delta = |delta: Value, finish: Value| {
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), None)
    };
    let mut events = vec![delta(json!({"role": "assistant", "content": ""}), Value::Null)];
    let (finish, written) = match step {
        Step::Say(text) => {
            let words: Vec<&str> = text.split_inclusive(' ').collect();
            events.extend(words.iter().map(|word| delta(json!({ "content": word }), Value::Null)));
            ("stop", words.len())
        }
        Step::Call { tool, arguments } => {
            let call = format!("call_{}", uuid::Uuid::new_v4().simple());
            let arguments = arguments.to_string();
            let function = json!({"name": tool, "arguments": ""});
            let start = json!({"index": 0, "id": call, "type": "function", "function": function});
            events.push(delta(json!({ "tool_calls": [start] }), Value::Null));
            let pieces = pieces(&arguments);
            for piece in &pieces {
                let function = json!({ "arguments": piece });
                let more = json!({"index": 0, "function": function});
                events.push(delta(json!({ "tool_calls": [more] }), Value::Null));
            }
            ("tool_calls", pieces.len())
        }
    };
    events.push(delta(json!({}), json!(finish)));
    if request.wants_usage() {
        let read = request.words();
        let usage = json!({
            "prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written,
        });
        events.push(chunk(json!([]), Some(usage)));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// Arguments arrive in pieces, as they do from a server.
fn pieces(text: &str) -> Vec<&str> {
    text.split_inclusive([',', ':', '{', '[']).collect()
}
