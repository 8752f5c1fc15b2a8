//! Chat requests and the answers to them.

use std::io;

use reqwest::{RequestBuilder, Response};
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
    /// Sends a chat request and reads the whole answer.
    ///
    /// Errors: those of the connection, and a stream that isn't one.
    pub async fn to(request: RequestBuilder) -> io::Result<Self> {
        let response = request.send().await.map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(io::Error::other)?;
        Self::parse(status, text)
    }

    /// Takes a body apart: one `data:` line for each chunk, and `[DONE]`.
    fn parse(status: u16, text: String) -> io::Result<Self> {
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

    /// What the stream's only error says; none where it has none, or where anything follows it.
    pub fn error(&self) -> Option<&str> {
        let (last, before) = self.chunks.split_last()?;
        let failed = |chunk: &Value| chunk["type"] == "error";
        if !failed(last) || before.iter().any(failed) {
            return None;
        }
        last["errorText"].as_str()
    }

    /// Why tool calls failed, in the order in which it was told.
    pub fn tool_errors(&self) -> Vec<&str> {
        let failed = self.chunks.iter().filter(|chunk| chunk["type"] == "tool-output-error");
        failed.filter_map(|chunk| chunk["errorText"].as_str()).collect()
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

/// An answer that is still arriving. Dropping it closes the connection, as a client does that leaves.
#[derive(Debug)]
pub struct OpenAnswer {
    response: Response,
    text: String,
}

impl OpenAnswer {
    /// Sends a chat request and waits for the headers of the answer.
    ///
    /// Errors: those of the connection, and an answer that is no stream.
    pub async fn to(request: RequestBuilder) -> io::Result<Self> {
        let response = request.send().await.map_err(io::Error::other)?;
        let response = response.error_for_status().map_err(io::Error::other)?;
        Ok(Self { response, text: String::new() })
    }

    /// Reads until a chunk of this type has arrived.
    ///
    /// Errors: those of the connection, and a stream that ends before.
    pub async fn read_until(&mut self, kind: &str) -> io::Result<()> {
        let wanted = format!("{{\"type\":\"{kind}\"");
        while !self.text.contains(&wanted) {
            match self.response.chunk().await.map_err(io::Error::other)? {
                Some(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                None => return Err(io::Error::other(format!("no {kind} in {}", self.text))),
            }
        }
        Ok(())
    }
}
