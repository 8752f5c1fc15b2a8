//! What is asked, on its way into the guest.

use palisade_conversation::{self as posted, ChatRequest};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::bindings::palisade::assistant::conversation as wit;

/// What an instance is started for.
#[derive(Debug, Clone)]
pub enum GuestRequest {
    /// A turn of a conversation, whose stream is that of the AI SDK.
    Turn(TurnRequest),
    /// A question whose answer is one JSON value, streamed as its text.
    Object(ObjectRequest),
}

impl From<TurnRequest> for GuestRequest {
    fn from(request: TurnRequest) -> Self {
        Self::Turn(request)
    }
}

impl From<ObjectRequest> for GuestRequest {
    fn from(request: ObjectRequest) -> Self {
        Self::Object(request)
    }
}

/// A question whose answer is one JSON value, in the types of the WIT interface `conversation`.
#[derive(Debug, Clone)]
pub struct ObjectRequest(pub(crate) wit::ObjectRequest);

impl From<posted::ObjectRequest> for ObjectRequest {
    /// Takes over prompt, schema and limit. Provider and model are the host's business.
    fn from(request: posted::ObjectRequest) -> Self {
        Self(wit::ObjectRequest {
            prompt: request.prompt,
            schema: json(request.schema),
            max_output_tokens: request.max_output_tokens,
        })
    }
}

/// What a turn is about, in the types of the WIT interface `conversation`.
#[derive(Debug, Clone)]
pub struct TurnRequest(pub(crate) wit::TurnRequest);

impl From<ChatRequest> for TurnRequest {
    /// Takes over messages, client tools and context. Provider, model, wanted tools and tool modes are
    /// the host's business; the guest hears of them through its capabilities.
    fn from(request: ChatRequest) -> Self {
        let client_tools = request
            .client_tools()
            .map(|tool| wit::ClientTool {
                name: tool.name.clone(),
                description: tool.description.clone(),
                input_schema: tool.input_schema.get().to_owned(),
            })
            .collect();
        Self(wit::TurnRequest {
            messages: request.messages.into_iter().map(message).collect(),
            client_tools,
            context: request.context.map(json),
        })
    }
}

fn message(message: posted::Message) -> wit::Message {
    wit::Message {
        id: message.id,
        role: match message.role {
            posted::Role::System => wit::Role::System,
            posted::Role::User => wit::Role::User,
            posted::Role::Assistant => wit::Role::Assistant,
        },
        parts: message.parts.into_iter().map(part).collect(),
    }
}

fn part(part: posted::Part) -> wit::Part {
    match part {
        posted::Part::Text(text) => wit::Part::Text(text_part(text)),
        posted::Part::Reasoning(text) => wit::Part::Reasoning(text_part(text)),
        posted::Part::File(file) => wit::Part::File(wit::FilePart {
            media_type: file.media_type,
            url: file.url,
            stored: file.stored,
            filename: file.filename,
            provider_metadata: file.provider_metadata.map(json),
        }),
        posted::Part::Tool(tool) => wit::Part::Tool(tool_part(tool)),
        posted::Part::StepStart => wit::Part::StepStart,
        posted::Part::SourceUrl(source) => other(&source),
        posted::Part::SourceDocument(source) => other(&source),
        posted::Part::Data(data) => other(&data),
    }
}

fn text_part(part: posted::TextPart) -> wit::TextPart {
    wit::TextPart { text: part.text, provider_metadata: part.provider_metadata.map(json) }
}

fn tool_part(part: posted::ToolPart) -> wit::ToolPart {
    wit::ToolPart {
        tool_call_id: part.tool_call_id,
        tool_name: part.tool_name,
        dynamic: part.dynamic,
        provider_executed: part.provider_executed,
        state: match part.state {
            posted::ToolState::InputStreaming => wit::ToolState::InputStreaming,
            posted::ToolState::InputAvailable => wit::ToolState::InputAvailable,
            posted::ToolState::ApprovalRequested => wit::ToolState::ApprovalRequested,
            posted::ToolState::ApprovalResponded => wit::ToolState::ApprovalResponded,
            posted::ToolState::OutputAvailable => wit::ToolState::OutputAvailable,
            posted::ToolState::OutputError => wit::ToolState::OutputError,
            posted::ToolState::OutputDenied => wit::ToolState::OutputDenied,
        },
        input: part.input.map(json),
        output: part.output.map(json),
        error_text: part.error_text,
        approval: part.approval.map(|approval| wit::Approval {
            id: approval.id,
            approved: approval.approved,
            reason: approval.reason,
        }),
        call_metadata: part.call_metadata.map(json),
    }
}

/// A part that no model needs. Strings and raw JSON always serialise.
fn other(part: &impl Serialize) -> wit::Part {
    wit::Part::Other(serde_json::to_string(part).unwrap_or_else(|_| "null".into()))
}

fn json(raw: Box<RawValue>) -> String {
    Box::<str>::from(raw).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posted_conversation_reaches_the_guest_whole() {
        let body = r#"{
            "provider": "openai", "model": "m",
            "messages": [
                {"id": "1", "role": "user", "parts": [
                    {"type": "text", "text": "Hi"},
                    {"type": "file", "mediaType": "image/png", "url": "u", "filename": "f"}]},
                {"id": "2", "role": "assistant", "parts": [
                    {"type": "step-start"},
                    {"type": "reasoning", "text": "r", "providerMetadata": {"p": {"k": 1}}},
                    {"type": "tool-items", "toolCallId": "c", "state": "approval-responded",
                     "input": {"a": 1.50}, "approval": {"id": "x", "approved": false, "reason": "no"}},
                    {"type": "data-usage", "id": "u", "data": [1]}]}],
            "tools": ["items", {"name": "ask", "description": "d", "inputSchema": {"type": "object"}}],
            "context": {"page": {"path": "/x"}}
        }"#;
        let TurnRequest(request) = ChatRequest::parse(body.as_bytes()).unwrap().into();

        let [user, assistant] = request.messages.as_slice() else { panic!("two messages") };
        assert_eq!((user.id.as_str(), user.role), ("1", wit::Role::User));
        assert!(matches!(&user.parts[0], wit::Part::Text(text) if text.text == "Hi"));
        assert!(matches!(&user.parts[1], wit::Part::File(file)
            if file.media_type == "image/png" && file.filename.as_deref() == Some("f")));

        assert!(matches!(assistant.parts[0], wit::Part::StepStart));
        assert!(matches!(&assistant.parts[1], wit::Part::Reasoning(text)
            if text.provider_metadata.as_deref() == Some(r#"{"p": {"k": 1}}"#)));
        let wit::Part::Tool(tool) = &assistant.parts[2] else { panic!("a tool call") };
        assert_eq!(tool.tool_name, "items");
        assert_eq!(tool.state, wit::ToolState::ApprovalResponded);
        assert_eq!(tool.input.as_deref(), Some(r#"{"a": 1.50}"#), "raw, as it was posted");
        let approval = tool.approval.as_ref().unwrap();
        assert_eq!((approval.id.as_str(), approval.approved), ("x", Some(false)));
        assert!(matches!(&assistant.parts[3], wit::Part::Other(json)
            if json == r#"{"type":"data-usage","id":"u","data":[1]}"#));

        let [client_tool] = request.client_tools.as_slice() else { panic!("one client tool") };
        assert_eq!(client_tool.name, "ask", "names of built-in tools are the host's business");
        assert_eq!(request.context.as_deref(), Some(r#"{"page": {"path": "/x"}}"#));
    }
}
