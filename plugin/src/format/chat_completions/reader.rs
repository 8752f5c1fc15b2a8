//! Response bytes in, events out.

use std::borrow::Cow;

use serde_json::Value;

use super::calls::Calls;
use super::shapes::{ChoiceShape, ChunkShape, DeltaShape};
use crate::failure::Failure;
use crate::format::{Event, EventReader, errors};
use crate::sse;
use crate::types::FinishReason;

/// Bytes of an answer that is no event stream, kept to see what it says.
const MAX_OTHER_BYTES: usize = 64 * 1024;

/// Reads one Chat Completions response.
#[derive(Debug, Default)]
pub struct ChatCompletionsReader {
    sse: sse::Parser,
    body: BodyKind,
    answer: Answer,
}

/// What the body turned out to be, by its first character.
#[derive(Debug, Default)]
enum BodyKind {
    #[default]
    Unknown,
    Events,
    Json(Vec<u8>),
}

/// How far the answer has come.
#[derive(Debug, Default)]
struct Answer {
    calls: Calls,
    has_events: bool,
    finished: bool,
    complete: bool,
}

impl EventReader for ChatCompletionsReader {
    fn feed(&mut self, bytes: &[u8], on_event: &mut dyn FnMut(Event<'_>)) {
        if self.answer.complete {
            return;
        }
        if matches!(self.body, BodyKind::Unknown) {
            match bytes.iter().find(|byte| !b" \t\r\n".contains(byte)) {
                None => {}
                Some(b'<') => {
                    return self.answer.fail(Failure::NotAStream, "markup".into(), on_event);
                }
                Some(b'{' | b'[') => self.body = BodyKind::Json(Vec::new()),
                Some(_) => self.body = BodyKind::Events,
            }
        }
        if let BodyKind::Json(kept) = &mut self.body {
            let room = MAX_OTHER_BYTES.saturating_sub(kept.len());
            kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
            return;
        }
        let answer = &mut self.answer;
        let outcome = self.sse.feed(bytes, |data| answer.accept(data, on_event));
        if outcome.is_err() {
            self.answer.fail(Failure::Malformed, "event too large".into(), on_event);
        }
    }

    fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        let answer = &mut self.answer;
        if answer.complete {
            return;
        }
        if let BodyKind::Json(kept) = &self.body {
            return match serde_json::from_slice::<Value>(kept) {
                Ok(body) if body.get("choices").is_none() => {
                    let (failure, detail) = errors::of_event(&body);
                    answer.fail(failure, detail, on_event);
                }
                _ => answer.fail(Failure::NotAStream, "JSON".into(), on_event),
            };
        }
        self.sse.end(|data| {
            answer.accept(data, on_event);
        });
        if answer.complete {
            return;
        }
        if answer.finished {
            answer.complete = true;
            answer.calls.end(on_event);
        } else if answer.has_events {
            answer.fail(Failure::Cut, "no finish reason".into(), on_event);
        } else if matches!(self.body, BodyKind::Unknown) {
            answer.fail(Failure::Empty, "empty body".into(), on_event);
        } else {
            answer.fail(Failure::NotAStream, "no events".into(), on_event);
        }
    }

    fn is_complete(&self) -> bool {
        self.answer.complete
    }

    fn is_finished(&self) -> bool {
        self.answer.finished
    }
}

impl Answer {
    /// Takes one event; whether further ones are of interest.
    fn accept(&mut self, data: &[u8], on_event: &mut dyn FnMut(Event<'_>)) -> bool {
        let data = data.trim_ascii();
        if self.complete || data.is_empty() {
            return !self.complete;
        }
        if data == b"[DONE]" {
            if !std::mem::replace(&mut self.finished, true) {
                on_event(Event::Finished(FinishReason::Stop));
            }
            self.complete = true;
            self.calls.end(on_event);
            return false;
        }
        self.has_events = true;
        let Ok(chunk) = serde_json::from_slice::<ChunkShape<'_>>(data) else {
            self.fail(Failure::Malformed, "event is not the expected JSON".into(), on_event);
            return false;
        };
        if let Some(error) = chunk.error {
            let (failure, detail) = errors::of_event(&error);
            self.fail(failure, detail, on_event);
            return false;
        }
        if chunk.object.0.as_deref() == Some("error") {
            let error = serde_json::from_slice(data).unwrap_or_default();
            let (failure, detail) = errors::of_event(&error);
            self.fail(failure, detail, on_event);
            return false;
        }
        let mut usage = chunk.usage;
        if let Some(choice) = chunk.choices.0 {
            let ChoiceShape { delta, finish_reason, usage: choice_usage } = choice;
            usage = usage.or(choice_usage);
            if let Some(delta) = delta
                && !self.accept_delta(delta, on_event)
            {
                return false;
            }
            if let Some(reason) = finish_reason.filled()
                && !self.finish(&reason, on_event)
            {
                return false;
            }
        }
        if let Some(counts) = usage.and_then(|usage| usage.counts()) {
            on_event(Event::Usage(counts));
        }
        true
    }

    fn accept_delta(&mut self, delta: DeltaShape<'_>, on_event: &mut dyn FnMut(Event<'_>)) -> bool {
        fn filled(text: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
            text.filter(|text| !text.is_empty())
        }
        // Some gateways send the same text in both fields: the first one counts.
        let reasoning = [
            ("reasoning_content", delta.reasoning_content.0),
            ("reasoning", delta.reasoning.0),
            ("content", delta.content.thinking.map(|text| text.into_string().into())),
        ];
        for (field, text) in reasoning {
            if let Some(text) = filled(text) {
                on_event(Event::Reasoning { field, text });
                break;
            }
        }
        if let Some(text) = filled(delta.content.text) {
            on_event(Event::Text(text));
        }
        if let Some(text) = delta.refusal.filled() {
            on_event(Event::Refusal(text));
        }
        for piece in delta.tool_calls.into_iter().flatten() {
            if self.calls.accept(piece, on_event).is_err() {
                self.fail(Failure::Malformed, "too many tool calls".into(), on_event);
                return false;
            }
        }
        true
    }

    fn finish(&mut self, reason: &str, on_event: &mut dyn FnMut(Event<'_>)) -> bool {
        let reason = match reason {
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => FinishReason::Stop,
            "tool_calls" | "function_call" => FinishReason::ToolCalls,
            "length" | "max_tokens" | "model_length" => FinishReason::Length,
            "content_filter" => FinishReason::ContentFilter,
            "error" => {
                self.fail(Failure::Unavailable, "finish_reason=error".into(), on_event);
                return false;
            }
            _ => FinishReason::Other,
        };
        if !std::mem::replace(&mut self.finished, true) {
            on_event(Event::Finished(reason));
        }
        true
    }

    fn fail(&mut self, failure: Failure, detail: String, on_event: &mut dyn FnMut(Event<'_>)) {
        self.complete = true;
        on_event(Event::Failed { failure, detail });
    }
}
