//! Chunks as server-sent events: `data: <one line of JSON>`, and an empty line.
//!
//! The client's chunk schema is strict: an unknown key, or `null` for an optional one, ends the stream
//! with a validation error. So optional keys are left out, and metadata is checked.

use bytes::{BufMut, BytesMut};

use super::{
    event::{Event, invalid, one_line},
    json,
};
use crate::{
    TurnStop,
    bindings::palisade::host::ui::{Block, Chunk, Delta, FinishReason, ToolInput},
};

/// Ends a stream.
pub(super) const DONE: &[u8] = b"data: [DONE]\n\n";

/// Name of the data part that tells the caller why an approval is asked for.
const APPROVAL: &str = "approval";

/// A chunk that changes what the `start` chunk says about the message.
const METADATA: &str = "message-metadata";

/// Chunks that have a case of their own and therefore don't come as [`Chunk::Other`]: what the host
/// checks and counts on them would be missing.
const OWN_CASE: [&str; 20] = [
    "start",
    "start-step",
    "text-start",
    "text-delta",
    "text-end",
    "reasoning-start",
    "reasoning-delta",
    "reasoning-end",
    "tool-input-start",
    "tool-input-delta",
    "tool-input-available",
    "tool-input-error",
    "tool-approval-request",
    "tool-output-available",
    "tool-output-error",
    "tool-output-denied",
    "source-url",
    "finish-step",
    "finish",
    "error",
];

/// What a host says about the message in its `start` chunk.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    /// Id of the message. None in a continuation, where the client has it.
    pub(crate) message_id: Option<String>,
    /// Id of the turn, by which the caller finds it in the ledger.
    pub(crate) turn_id: String,
}

/// Appends a chunk as one event. After an error `out` ends with half an event.
///
/// `opening` goes into a `start` chunk.
pub(super) fn chunk(out: &mut BytesMut, chunk: &Chunk, opening: &Opening) -> Result<(), TurnStop> {
    match chunk {
        Chunk::Start => {
            let mut event = Event::open(out, "start");
            if let Some(id) = &opening.message_id {
                event.text("messageId", id)?;
            }
            // A message can take several turns. Clients join objects and replace everything else, so
            // a set of turns is an object.
            let metadata = serde_json::json!({"turns": {(opening.turn_id.as_str()): true}});
            event.raw("messageMetadata", &metadata.to_string());
            event.close();
        }
        Chunk::StartStep => Event::open(out, "start-step").close(),
        Chunk::TextStart(start) => block(out, "text-start", start)?,
        Chunk::TextDelta(part) => delta(out, "text-delta", "id", "delta", part)?,
        Chunk::TextEnd(end) => block(out, "text-end", end)?,
        Chunk::ReasoningStart(start) => block(out, "reasoning-start", start)?,
        Chunk::ReasoningDelta(part) => delta(out, "reasoning-delta", "id", "delta", part)?,
        Chunk::ReasoningEnd(end) => block(out, "reasoning-end", end)?,
        Chunk::ToolInputStart(start) => {
            let mut event = Event::open(out, "tool-input-start");
            event.text("toolCallId", &start.tool_call_id)?;
            event.text("toolName", &start.tool_name)?;
            event.flag("dynamic", start.dynamic);
            event.close();
        }
        Chunk::ToolInputDelta(part) => {
            delta(out, "tool-input-delta", "toolCallId", "inputTextDelta", part)?;
        }
        Chunk::ToolInputAvailable(input) => {
            let mut event = Event::open(out, "tool-input-available");
            tool_input(&mut event, input)?;
            event.close();
        }
        Chunk::ToolInputError(failed) => {
            let mut event = Event::open(out, "tool-input-error");
            tool_input(&mut event, &failed.input)?;
            event.text("errorText", &failed.error_text)?;
            event.close();
        }
        Chunk::ToolApprovalRequest(request) => {
            let mut event = Event::open(out, "tool-approval-request");
            event.text("approvalId", &request.approval_id)?;
            event.text("toolCallId", &request.tool_call_id)?;
            event.close();
        }
        Chunk::ToolOutput(result) => {
            let mut event = Event::open(out, "tool-output-available");
            event.text("toolCallId", &result.tool_call_id)?;
            event.json("output", &result.output)?;
            event.flag("dynamic", result.dynamic);
            event.close();
        }
        Chunk::ToolOutputError(failed) => {
            let mut event = Event::open(out, "tool-output-error");
            event.text("toolCallId", &failed.tool_call_id)?;
            event.text("errorText", &failed.error_text)?;
            event.flag("dynamic", failed.dynamic);
            event.close();
        }
        Chunk::ToolOutputDenied(tool_call_id) => {
            let mut event = Event::open(out, "tool-output-denied");
            event.text("toolCallId", tool_call_id)?;
            event.close();
        }
        Chunk::SourceUrl(source) => {
            let mut event = Event::open(out, "source-url");
            event.text("sourceId", &source.source_id)?;
            event.text("url", &source.url)?;
            if let Some(title) = &source.title {
                event.text("title", title)?;
            }
            event.close();
        }
        Chunk::Data(part) => {
            if !is_data_name(&part.name) {
                return Err(invalid(
                    "the name of a data part has characters other than a-z, 0-9, -",
                ));
            }
            if part.name == APPROVAL {
                return Err(invalid("only the host says why an approval is asked for"));
            }
            let mut event = Event::open_data(out, &part.name);
            if let Some(id) = &part.id {
                event.text("id", id)?;
            }
            event.json("data", &part.value)?;
            event.flag("transient", part.transient);
            event.close();
        }
        Chunk::FinishStep => Event::open(out, "finish-step").close(),
        Chunk::Finish(reason) => {
            let mut event = Event::open(out, "finish");
            event.text("finishReason", finish_reason(*reason))?;
            event.close();
        }
        Chunk::Error(message) => error(out, message)?,
        Chunk::Other(text) => {
            let kind =
                json::chunk_type(text).ok_or(invalid("a chunk isn't an object with a type"))?;
            if OWN_CASE.contains(&kind.as_str()) || kind.starts_with("data-") {
                return Err(invalid("a chunk that has a case of its own came as another"));
            }
            if kind == METADATA {
                return Err(invalid("only the host says which turns a message is from"));
            }
            let object = json::one_value(text).ok_or(invalid("a chunk isn't one JSON value"))?;
            out.put_slice(b"data: ");
            one_line(out, object);
            out.put_slice(b"\n\n");
        }
    }
    Ok(())
}

/// Appends an `error` chunk.
pub(super) fn error(out: &mut BytesMut, message: &str) -> Result<(), TurnStop> {
    let mut event = Event::open(out, "error");
    event.text("errorText", message)?;
    event.close();
    Ok(())
}

/// Appends the data part that says why an approval is asked for: `{"toolCallId","reason"}`.
pub(super) fn reason(out: &mut BytesMut, tool_call_id: &str, why: &str) -> Result<(), TurnStop> {
    let mut event = Event::open_data(out, APPROVAL);
    event.text("id", tool_call_id)?;
    event.raw("data", &serde_json::json!({"toolCallId": tool_call_id, "reason": why}).to_string());
    event.close();
    Ok(())
}

/// Appends the result of a tool call. `output` is one JSON value.
pub(super) fn outcome(
    out: &mut BytesMut,
    tool_call_id: &str,
    output: &str,
) -> Result<(), TurnStop> {
    out.reserve(output.len() + tool_call_id.len() + 80);
    let mut event = Event::open(out, "tool-output-available");
    event.text("toolCallId", tool_call_id)?;
    event.raw("output", output);
    event.close();
    Ok(())
}

fn block(out: &mut BytesMut, kind: &str, block: &Block) -> Result<(), TurnStop> {
    let mut event = Event::open(out, kind);
    event.text("id", &block.id)?;
    event.metadata(block.provider_metadata.as_deref())?;
    event.close();
    Ok(())
}

fn delta(
    out: &mut BytesMut,
    kind: &str,
    id: &str,
    text: &str,
    delta: &Delta,
) -> Result<(), TurnStop> {
    let mut event = Event::open(out, kind);
    event.text(id, &delta.id)?;
    event.text(text, &delta.text)?;
    event.close();
    Ok(())
}

fn tool_input(event: &mut Event<'_>, input: &ToolInput) -> Result<(), TurnStop> {
    event.text("toolCallId", &input.tool_call_id)?;
    event.text("toolName", &input.tool_name)?;
    event.json("input", &input.input)?;
    event.flag("dynamic", input.dynamic);
    event.metadata(input.provider_metadata.as_deref())
}

fn finish_reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content-filter",
        FinishReason::ToolCalls => "tool-calls",
        FinishReason::Error => "error",
        FinishReason::Other => "other",
    }
}

fn is_data_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

#[cfg(test)]
mod tests;
