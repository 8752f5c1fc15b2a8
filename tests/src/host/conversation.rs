//! Chat requests and the answers to them.

use std::io;

use serde_json::{Value, json};

/// A question of a user, as the only message.
pub fn question(model: &str, text: &str) -> Value {
    json!({
        "provider": "fake",
        "model": model,
        "messages": [{"id": "u1", "role": "user", "parts": [{"type": "text", "text": text}]}],
    })
}

/// An answer to a chat request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body as it came.
    pub text: String,
    /// Chunks of the stream; none where the answer is no stream.
    pub chunks: Vec<Value>,
}

impl Answer {
    /// Takes a body apart: one `data:` line for each chunk, and `[DONE]`.
    pub(super) fn parse(status: u16, text: String) -> io::Result<Self> {
        let mut chunks = Vec::new();
        if status == 200 {
            let body = text.strip_suffix("data: [DONE]\n\n").ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, format!("no [DONE] in {text}"))
            })?;
            let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
            for chunk in data {
                chunks.push(serde_json::from_str(chunk)?);
            }
        }
        Ok(Self { status, text, chunks })
    }

    /// The first chunk of a type.
    pub fn chunk(&self, kind: &str) -> Option<&Value> {
        self.chunks.iter().find(|chunk| chunk["type"] == kind)
    }

    /// Types of the chunks that settle tool calls: `tool-output-available` and its like.
    pub fn outcomes(&self) -> Vec<&str> {
        let kinds = self.chunks.iter().filter_map(|chunk| chunk["type"].as_str());
        kinds.filter(|kind| kind.starts_with("tool-output-")).collect()
    }

    /// The text of the answer.
    pub fn said(&self) -> String {
        let deltas = self.chunks.iter().filter(|chunk| chunk["type"] == "text-delta");
        deltas.filter_map(|chunk| chunk["delta"].as_str()).collect()
    }

    /// The conversation that answers the approval which this answer asks for; none where it asks for
    /// none. `asked` is the request that this is the answer to.
    pub fn decided(&self, asked: &Value, approved: bool) -> Option<Value> {
        let call = self.chunk("tool-input-available")?;
        let request = self.chunk("tool-approval-request")?;
        let mut body = asked.clone();
        body["messages"].as_array_mut()?.push(json!({
            "id": "a1",
            "role": "assistant",
            "parts": [{"type": "step-start"}, {
                "type": format!("tool-{}", call["toolName"].as_str()?),
                "toolCallId": call["toolCallId"],
                "state": "approval-responded",
                "input": call["input"],
                "approval": {"id": request["approvalId"], "approved": approved},
            }],
        }));
        Some(body)
    }
}
