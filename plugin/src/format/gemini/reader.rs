//! Response bytes in, events out.
//!
//! The body's end is the end of the answer: parts and usage may follow the finish reason.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::shapes::{CallShape, CandidateShape, ChunkShape, LinkShape, PartShape};
use super::signatures::{BlockState, CallState};
use super::{THOUGHT, names, refusal};
use crate::failure::Failure;
use crate::format::Event;
use crate::format::stream::{Answer, Sink, StreamReader};
use crate::types::FinishReason;

/// Calls in one answer at most; a provider that sends more is broken or hostile.
const MAX_CALLS: usize = 256;

/// Reads one Gemini response.
pub(super) type GeminiReader = StreamReader<GeminiAnswer>;

/// How far the answer has come.
#[derive(Debug, Default)]
pub(super) struct GeminiAnswer {
    block: Option<OpenBlock>,
    calls: usize,
    cited: BTreeSet<String>,
}

/// A block of text or thoughts, as the screen has it.
#[derive(Debug)]
struct OpenBlock {
    thought: bool,
    bytes: usize,
    state: BlockState<'static>,
}

impl Answer for GeminiAnswer {
    const WHOLE: &'static str = "candidates";

    fn accept(&mut self, data: &[u8], sink: &mut Sink<'_>) {
        let Ok(chunk) = serde_json::from_slice::<ChunkShape<'_>>(data) else {
            return sink.fail(Failure::Malformed, "event is not the expected JSON");
        };
        if let Some(error) = chunk.error {
            let (failure, detail) = refusal::of_event(&error);
            return sink.fail(failure, detail);
        }
        if let Some(counts) = chunk.usage_metadata.and_then(|usage| usage.counts()) {
            sink.give(Event::Usage(counts));
        }
        if let Some(candidate) = chunk.candidates.0 {
            self.accept_candidate(candidate, sink);
        }
        let blocked = chunk.prompt_feedback.and_then(|feedback| feedback.block_reason.filled());
        if blocked.is_some_and(|reason| reason != "BLOCK_REASON_UNSPECIFIED") {
            sink.finish(FinishReason::ContentFilter);
        }
    }

    fn close(&mut self, sink: &mut Sink<'_>) {
        self.end_block(sink);
    }
}

impl GeminiAnswer {
    fn accept_candidate(&mut self, candidate: CandidateShape<'_>, sink: &mut Sink<'_>) {
        for part in candidate.content.and_then(|content| content.parts).into_iter().flatten() {
            self.accept_part(part, sink);
            if sink.is_complete() {
                return;
            }
        }
        let grounds = candidate.grounding_metadata.and_then(|metadata| metadata.grounding_chunks);
        for link in grounds.into_iter().flatten().filter_map(|ground| ground.web) {
            self.cite(link, sink);
        }
        let citations = candidate.citation_metadata.and_then(|metadata| metadata.citations);
        for link in citations.into_iter().flatten() {
            self.cite(link, sink);
        }
        if let Some(reason) = candidate.finish_reason.filled() {
            self.finish(&reason, sink);
        }
    }

    fn accept_part(&mut self, part: PartShape<'_>, sink: &mut Sink<'_>) {
        let signature = part.thought_signature.filled();
        if let Some(call) = part.function_call {
            return self.accept_call(*call, signature, sink);
        }
        let text = part.text.filled();
        if text.is_none() && signature.is_none() {
            return;
        }
        let thought = part.thought == Some(true);
        let block = self.block(thought, sink);
        let from = block.bytes;
        block.bytes += text.as_ref().map_or(0, |text| text.len());
        if let Some(signature) = signature {
            block.state.sign(from, block.bytes, signature.into_owned());
        }
        match text {
            Some(text) if thought => sink.give(Event::Reasoning { place: THOUGHT, text }),
            Some(text) => sink.give(Event::Text(text)),
            None => {}
        }
    }

    /// Calls come whole.
    fn accept_call(
        &mut self,
        call: CallShape<'_>,
        signature: Option<Cow<'_, str>>,
        sink: &mut Sink<'_>,
    ) {
        self.end_block(sink);
        if self.calls >= MAX_CALLS {
            return sink.fail(Failure::Malformed, "too many tool calls");
        }
        let number = self.calls;
        self.calls += 1;
        let id = call.id.filled();
        let state = CallState { id: id.as_deref().map(Cow::Borrowed), signature }.write();
        let name = call.name.filled().unwrap_or_default();
        let name = Cow::Borrowed(names::from_wire(&name));
        sink.give(Event::CallStarted { call: number, id, name });
        if let Some(args) = call.args.map(RawValue::get).filter(|args| *args != "null") {
            sink.give(Event::CallArguments { call: number, text: args.into() });
        }
        if let Some(state) = state {
            sink.give(Event::CallState { call: number, state });
        }
    }

    fn cite(&mut self, link: LinkShape<'_>, sink: &mut Sink<'_>) {
        let Some(url) = link.uri.filled() else { return };
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        if is_web && self.cited.insert(url.clone().into_owned()) {
            sink.give(Event::Source { url, title: link.title.filled() });
        }
    }

    /// The block of a kind; ends one of the other kind.
    fn block(&mut self, thought: bool, sink: &mut Sink<'_>) -> &mut OpenBlock {
        if self.block.as_ref().is_some_and(|block| block.thought != thought) {
            self.end_block(sink);
        }
        self.block.get_or_insert_with(|| OpenBlock {
            thought,
            bytes: 0,
            state: BlockState::default(),
        })
    }

    /// Ends the block that is open. One without signatures ends by itself when another begins.
    fn end_block(&mut self, sink: &mut Sink<'_>) {
        let Some(mut block) = self.block.take() else { return };
        if let Some(state) = block.state.take() {
            let state = Some(state);
            sink.give(if block.thought {
                Event::ReasoningEnded { place: THOUGHT, state }
            } else {
                Event::TextEnded { state }
            });
        }
    }

    fn finish(&self, reason: &str, sink: &mut Sink<'_>) {
        sink.finish(match reason {
            // Not a reason, but the lack of one.
            "FINISH_REASON_UNSPECIFIED" => return,
            // Calls end with STOP too.
            "STOP" if self.calls > 0 => FinishReason::ToolCalls,
            "STOP" => FinishReason::Stop,
            "MAX_TOKENS" => FinishReason::Length,
            "SAFETY"
            | "RECITATION"
            | "PROHIBITED_CONTENT"
            | "BLOCKLIST"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION" => FinishReason::ContentFilter,
            "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS" => {
                return sink.fail(Failure::BrokenCall, format!("finishReason={reason}"));
            }
            "MALFORMED_RESPONSE" => {
                return sink.fail(Failure::Malformed, "finishReason=MALFORMED_RESPONSE");
            }
            _ => FinishReason::Other,
        });
    }
}
