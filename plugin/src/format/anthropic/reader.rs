//! Response bytes in, events out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::shapes::{BlockShape, CitationShape, DeltaShape, EventShape, UsageShape};
use super::thinking::{REDACTED, Redacted, Signed, THINKING};
use crate::failure::Failure;
use crate::format::Event;
use crate::format::stream::{Answer, Sink, StreamReader};
use crate::types::FinishReason;

/// Calls in one answer at most; a provider that sends more is broken or hostile.
const MAX_CALLS: usize = 256;

/// Reads one Messages response.
pub(super) type MessagesReader = StreamReader<MessageAnswer>;

/// How far the answer has come.
#[derive(Debug, Default)]
pub(super) struct MessageAnswer {
    /// Whether the arguments of the first call are the answer, and all else is of no interest.
    calls_are_the_answer: bool,
    /// The blocks that haven't ended. The API sends one after the other.
    open: BTreeMap<u64, OpenBlock>,
    calls: usize,
    usage: UsageShape,
    cited: BTreeSet<String>,
}

#[derive(Debug)]
enum OpenBlock {
    Text,
    Thinking {
        signature: String,
    },
    Redacted {
        data: String,
    },
    Call {
        number: usize,
        /// Arguments that came whole with the block, to be given if none come in pieces.
        whole: Option<String>,
    },
    /// Of a type that is of no use here.
    Ignored,
}

impl Answer for MessageAnswer {
    const WHOLE: &'static str = "content";

    fn accept(&mut self, data: &[u8], sink: &mut Sink<'_>) {
        let Ok(event) = serde_json::from_slice::<EventShape<'_>>(data) else {
            return sink.fail(Failure::Malformed, "event is not the expected JSON");
        };
        let index = event.index.0.unwrap_or_default();
        match event.r#type.0.as_deref() {
            Some("content_block_delta") => {
                if let Some(delta) = event.delta.0 {
                    self.accept_delta(index, delta, sink);
                }
            }
            Some("content_block_start") => {
                if let Some(block) = event.content_block.0 {
                    self.start(index, *block, sink);
                }
            }
            Some("content_block_stop") => {
                if let Some(block) = self.open.remove(&index) {
                    self.stop(block, sink);
                }
            }
            Some("message_start") => {
                let usage = event.message.0.and_then(|message| message.usage.0);
                self.count(usage, sink);
            }
            Some("message_delta") => {
                self.count(event.usage.0, sink);
                if let Some(reason) = event.delta.0.and_then(|delta| delta.stop_reason.filled()) {
                    self.finish(&reason, sink);
                }
            }
            Some("message_stop") => {
                sink.finish(FinishReason::Stop);
                sink.complete();
            }
            Some("error") => sink.fail_as(&event.error.map(|error| *error).unwrap_or_default()),
            // `ping`, and whatever is added: the API's rule is to skip it.
            _ => {}
        }
    }

    fn close(&mut self, sink: &mut Sink<'_>) {
        for block in std::mem::take(&mut self.open).into_values() {
            self.stop(block, sink);
        }
    }
}

impl MessageAnswer {
    pub(super) fn new(calls_are_the_answer: bool) -> Self {
        Self { calls_are_the_answer, ..Self::default() }
    }

    fn start(&mut self, index: u64, block: BlockShape<'_>, sink: &mut Sink<'_>) {
        let opened = match block.r#type.0.as_deref() {
            Some("text") if !self.calls_are_the_answer => OpenBlock::Text,
            Some("thinking") => OpenBlock::Thinking { signature: owned(block.signature.0) },
            Some("redacted_thinking") => OpenBlock::Redacted { data: owned(block.data.0) },
            Some("tool_use") if self.calls_are_the_answer && self.calls > 0 => OpenBlock::Ignored,
            Some("tool_use") if self.calls >= MAX_CALLS => {
                return sink.fail(Failure::Malformed, "too many tool calls");
            }
            Some("tool_use") => {
                let number = self.calls;
                self.calls += 1;
                let is_answer = self.calls_are_the_answer;
                let whole = block.input.map(|input| input.get());
                let whole = whole.filter(|input| is_answer || *input != "{}");
                if !is_answer {
                    let name = block.name.0.unwrap_or_default();
                    sink.give(Event::CallStarted { call: number, id: block.id.filled(), name });
                }
                OpenBlock::Call { number, whole: whole.map(String::from) }
            }
            _ => OpenBlock::Ignored,
        };
        let (text, thinking) = match &opened {
            OpenBlock::Text => (block.text.filled(), None),
            OpenBlock::Thinking { .. } => (None, block.thinking.filled()),
            _ => (None, None),
        };
        if let Some(former) = self.open.insert(index, opened) {
            self.stop(former, sink);
        }
        if let Some(text) = text {
            sink.give(Event::Text(text));
        }
        if let Some(text) = thinking {
            sink.give(Event::Reasoning { place: THINKING, text });
        }
    }

    fn accept_delta(&mut self, index: u64, delta: DeltaShape<'_>, sink: &mut Sink<'_>) {
        match (delta.r#type.0.as_deref(), self.open.get_mut(&index)) {
            (Some("text_delta"), Some(OpenBlock::Text)) => {
                if let Some(text) = delta.text.filled() {
                    sink.give(Event::Text(text));
                }
            }
            (Some("thinking_delta"), Some(OpenBlock::Thinking { .. })) => {
                if let Some(text) = delta.thinking.filled() {
                    sink.give(Event::Reasoning { place: THINKING, text });
                }
            }
            (Some("signature_delta"), Some(OpenBlock::Thinking { signature })) => {
                *signature = owned(delta.signature.0);
            }
            (Some("input_json_delta"), Some(OpenBlock::Call { number, whole })) => {
                // The first piece is always empty.
                if let Some(text) = delta.partial_json.filled() {
                    *whole = None;
                    let call = *number;
                    self.give_arguments(call, text, sink);
                }
            }
            (Some("citations_delta"), Some(OpenBlock::Text)) => {
                if let Some(citation) = delta.citation.0 {
                    self.cite(*citation, sink);
                }
            }
            _ => {}
        }
    }

    fn stop(&mut self, block: OpenBlock, sink: &mut Sink<'_>) {
        match block {
            OpenBlock::Text => sink.give(Event::TextEnded { state: None }),
            OpenBlock::Thinking { signature } => {
                let state = (!signature.is_empty()).then(|| json(&Signed { signature })).flatten();
                sink.give(Event::ReasoningEnded { place: THINKING, state });
            }
            OpenBlock::Redacted { data } => {
                let state = json(&Redacted { data });
                sink.give(Event::ReasoningEnded { place: REDACTED, state });
            }
            OpenBlock::Call { number, whole: Some(whole) } => {
                self.give_arguments(number, whole.into(), sink);
            }
            OpenBlock::Call { .. } | OpenBlock::Ignored => {}
        }
    }

    fn give_arguments(&self, call: usize, text: Cow<'_, str>, sink: &mut Sink<'_>) {
        sink.give(if self.calls_are_the_answer {
            Event::Text(text)
        } else {
            Event::CallArguments { call, text }
        });
    }

    /// Gives the page that is cited, once. Citations of documents have no address.
    fn cite(&mut self, citation: CitationShape<'_>, sink: &mut Sink<'_>) {
        let is_page = |address: &Cow<'_, str>| {
            address.starts_with("https://") || address.starts_with("http://")
        };
        let url = [citation.url.0, citation.source.0].into_iter().flatten().find(is_page);
        if let Some(url) = url
            && !self.cited.contains(&*url)
        {
            self.cited.insert(url.clone().into_owned());
            sink.give(Event::Source { url, title: citation.title.filled() });
        }
    }

    fn count(&mut self, usage: Option<Box<UsageShape>>, sink: &mut Sink<'_>) {
        if let Some(usage) = usage {
            self.usage.update(*usage);
            sink.give(Event::Usage(self.usage.counts()));
        }
    }

    fn finish(&self, reason: &str, sink: &mut Sink<'_>) {
        if reason == "pause_turn" {
            sink.give(Event::Paused);
        }
        sink.finish(match reason {
            "end_turn" | "stop_sequence" | "pause_turn" => FinishReason::Stop,
            "tool_use" if self.calls_are_the_answer => FinishReason::Stop,
            "tool_use" => FinishReason::ToolCalls,
            "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
            "refusal" => FinishReason::ContentFilter,
            _ => FinishReason::Other,
        });
    }
}

fn owned(text: Option<Cow<'_, str>>) -> String {
    text.map(Cow::into_owned).unwrap_or_default()
}

fn json(state: &impl Serialize) -> Option<String> {
    serde_json::to_string(state).ok()
}

#[cfg(test)]
mod tests;
