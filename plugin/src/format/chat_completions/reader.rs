//! Response bytes in, events out.

use std::borrow::Cow;

use super::calls::Calls;
use super::output::{CallAsText, OutputMode};
use super::repetition::Surroundings;
use super::shapes::{ChoiceShape, ChunkShape, DeltaShape};
use crate::failure::Failure;
use crate::format::Event;
use crate::format::stream::{Answer, Sink};
use crate::types::FinishReason;

/// How far the answer has come.
#[derive(Debug, Default)]
pub(super) struct ChatAnswer {
    calls: Calls,
    /// Where a call was forced for the sake of its arguments.
    as_text: Option<CallAsText>,
    surroundings: Surroundings,
}

impl Answer for ChatAnswer {
    const WHOLE: &'static str = "choices";

    fn accept(&mut self, data: &[u8], sink: &mut Sink<'_>) {
        if data == b"[DONE]" {
            sink.finish(FinishReason::Stop);
            return sink.complete();
        }
        if let Some(text) = self.surroundings.text_of(data) {
            return give(Event::Text(text.into()), &mut self.as_text, sink);
        }
        let Ok(chunk) = serde_json::from_slice::<ChunkShape<'_>>(data) else {
            return sink.fail(Failure::Malformed, "event is not the expected JSON");
        };
        if let Some(error) = chunk.error {
            return sink.fail_as(&error);
        }
        if chunk.object.0.as_deref() == Some("error") {
            return sink.fail_as(&serde_json::from_slice(data).unwrap_or_default());
        }
        if let Some(text) = chunk.only_text() {
            self.surroundings.keep(data, text);
        }
        let mut usage = chunk.usage;
        if let Some(choice) = chunk.choices.0 {
            let ChoiceShape { delta, finish_reason, usage: choice_usage } = choice;
            usage = usage.or(choice_usage);
            if let Some(delta) = delta {
                self.accept_delta(delta, sink);
            }
            if let Some(reason) = finish_reason.filled() {
                finish(&reason, sink);
            }
        }
        if let Some(counts) = usage.and_then(|usage| usage.counts())
            && !sink.is_complete()
        {
            sink.give(Event::Usage(counts));
        }
    }

    fn close(&mut self, sink: &mut Sink<'_>) {
        let Self { calls, as_text, .. } = self;
        calls.end(&mut |event| give(event, as_text, sink));
        if let Some(as_text) = as_text {
            as_text.end(&mut |event| sink.give(event));
        }
    }
}

impl ChatAnswer {
    pub(super) fn new(mode: OutputMode) -> Self {
        let as_text = (mode == OutputMode::Call).then(CallAsText::default);
        Self { as_text, ..Self::default() }
    }

    fn accept_delta(&mut self, delta: DeltaShape<'_>, sink: &mut Sink<'_>) {
        fn filled(text: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
            text.filter(|text| !text.is_empty())
        }
        // Some gateways send the same text in both fields: the first one counts.
        let reasoning = [
            ("reasoning_content", delta.reasoning_content.0),
            ("reasoning", delta.reasoning.0),
            ("content", delta.content.thinking.map(|text| text.into_string().into())),
        ];
        for (place, text) in reasoning {
            if let Some(text) = filled(text) {
                sink.give(Event::Reasoning { place, text });
                break;
            }
        }
        if let Some(text) = filled(delta.content.text) {
            give(Event::Text(text), &mut self.as_text, sink);
        }
        if let Some(text) = delta.refusal.filled() {
            sink.give(Event::Refusal(text));
        }
        for piece in delta.tool_calls.into_iter().flatten() {
            let Self { calls, as_text, .. } = self;
            if calls.accept(piece, &mut |event| give(event, as_text, sink)).is_err() {
                return sink.fail(Failure::Malformed, "too many tool calls");
            }
        }
    }
}

fn give(event: Event<'_>, as_text: &mut Option<CallAsText>, sink: &mut Sink<'_>) {
    match as_text {
        Some(as_text) => as_text.give(event, &mut |event| sink.give(event)),
        None => sink.give(event),
    }
}

fn finish(reason: &str, sink: &mut Sink<'_>) {
    sink.finish(match reason {
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "length" | "max_tokens" | "model_length" => FinishReason::Length,
        "content_filter" => FinishReason::ContentFilter,
        "error" => return sink.fail(Failure::Unavailable, "finish_reason=error"),
        _ => FinishReason::Other,
    });
}
