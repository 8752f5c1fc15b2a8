//! Response bytes in, events out.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::calls::{Calls, TooManyCalls};
use super::shapes::{AnnotationShape, EventShape, ItemShape, ResponseShape, parts};
use super::state::{self, Lead, PLACE};
use crate::failure::Failure;
use crate::format::Event;
use crate::format::lenient::{Count, Text};
use crate::format::stream::{Answer, Sink, StreamReader};
use crate::types::FinishReason;

/// Reads one response.
pub(super) type ResponsesReader = StreamReader<ResponsesAnswer>;

/// How far the answer has come.
#[derive(Debug, Default)]
pub(super) struct ResponsesAnswer {
    calls: Calls,
    lead: Lead,
    /// Indexes of the items whose text came in pieces.
    streamed: BTreeSet<u64>,
    /// The part of a reasoning item that was told last, while the item isn't done.
    reasoning_part: Option<ReasoningPart>,
    /// Addresses that were cited.
    cited: BTreeSet<String>,
}

/// A paragraph of reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReasoningPart {
    /// Of the summary, by number.
    Summary(u64),
    /// Of reasoning that is open, by number.
    Content(u64),
}

/// Why an event can't be taken.
#[derive(Debug)]
enum Unusable {
    NotTheExpectedJson,
    TooManyCalls,
}

impl From<serde_json::Error> for Unusable {
    fn from(_: serde_json::Error) -> Self {
        Self::NotTheExpectedJson
    }
}

impl From<TooManyCalls> for Unusable {
    fn from(_: TooManyCalls) -> Self {
        Self::TooManyCalls
    }
}

impl Answer for ResponsesAnswer {
    const WHOLE: &'static str = "output";

    fn accept(&mut self, data: &[u8], sink: &mut Sink<'_>) {
        // The format has no such end. Some gateways write it nevertheless, after the last event.
        if data == b"[DONE]" {
            return;
        }
        let outcome = serde_json::from_slice::<EventShape<'_>>(data)
            .map_err(Unusable::from)
            .and_then(|event| self.accept_event(event, data, sink));
        match outcome {
            Ok(()) => {}
            Err(Unusable::NotTheExpectedJson) => {
                sink.fail(Failure::Malformed, "event is not the expected JSON");
            }
            Err(Unusable::TooManyCalls) => sink.fail(Failure::Malformed, "too many tool calls"),
        }
    }
}

impl ResponsesAnswer {
    fn accept_event(
        &mut self,
        event: EventShape<'_>,
        data: &[u8],
        sink: &mut Sink<'_>,
    ) -> Result<(), Unusable> {
        let kind = event.r#type.0.as_deref().unwrap_or_default();
        match kind {
            "response.output_text.delta" => {
                if let Some(text) = self.piece(event.output_index, event.delta) {
                    sink.give(Event::Text(text));
                }
            }
            "response.refusal.delta" => {
                if let Some(text) = self.piece(event.output_index, event.delta) {
                    sink.give(Event::Refusal(text));
                }
            }
            "response.reasoning_summary_text.delta" => {
                let part = ReasoningPart::Summary(key(event.summary_index));
                let text = self.piece(event.output_index, event.delta);
                self.reason(part, text, sink);
            }
            "response.reasoning_text.delta" => {
                let part = ReasoningPart::Content(key(event.content_index));
                let text = self.piece(event.output_index, event.delta);
                self.reason(part, text, sink);
            }
            "response.function_call_arguments.delta" => {
                let text = event.delta.0.unwrap_or_default();
                let give = &mut |event: Event<'_>| sink.give(event);
                self.calls.append(event.output_index, &event.item_id, text, give);
            }
            "response.function_call_arguments.done" => {
                let arguments = event.arguments.0.unwrap_or_default();
                if let Some(call) = self.calls.find(event.output_index, &event.item_id) {
                    self.calls.complete(call, &arguments, &mut |event| sink.give(event));
                }
            }
            "response.output_item.added" => {
                let item = read::<ItemShape<'_>>(event.item)?;
                if item.is("function_call") && item.name.as_filled().is_some() {
                    self.calls.begin(&item, event.output_index, &mut |event| sink.give(event))?;
                }
            }
            "response.output_item.done" => {
                self.accept_item(read(event.item)?, event.output_index, sink)?;
            }
            "response.output_text.annotation.added" => {
                if let Some(annotation) = event.annotation {
                    self.cite(serde_json::from_str(annotation.get())?, sink);
                }
            }
            "response.completed" => {
                let called = !self.calls.is_empty();
                let reason = if called { FinishReason::ToolCalls } else { FinishReason::Stop };
                end(&read(event.response)?, reason, sink);
            }
            "response.incomplete" => {
                let response = read::<ResponseShape<'_>>(event.response)?;
                let details = response.incomplete_details.as_ref();
                let reason = match details.and_then(|details| details.reason.0.as_deref()) {
                    Some("max_output_tokens") => FinishReason::Length,
                    Some("content_filter") => FinishReason::ContentFilter,
                    _ => FinishReason::Other,
                };
                end(&response, reason, sink);
            }
            "response.failed" if event.response.is_some() => {
                let response = read::<ResponseShape<'_>>(event.response)?;
                tell_usage(&response, sink);
                match response.error {
                    Some(error) => sink.fail_as(&error),
                    None => sink.fail(Failure::Unavailable, "response.failed"),
                }
            }
            // Documented with code and message beside the type; sent with an object around them.
            "error" | "response.failed" => sink.fail_as(&serde_json::from_slice(data)?),
            "" if event.error.is_some() => sink.fail_as(&serde_json::from_slice(data)?),
            _ => {}
        }
        Ok(())
    }

    /// An item is done: what it says counts where its pieces were missing.
    fn accept_item(
        &mut self,
        item: ItemShape<'_>,
        output_index: Count,
        sink: &mut Sink<'_>,
    ) -> Result<(), Unusable> {
        let streamed = self.streamed.contains(&key(output_index));
        if item.is("reasoning") {
            if !streamed {
                for (number, part) in (0..).zip(parts(item.summary)?) {
                    self.reason(ReasoningPart::Summary(number), part.text.filled(), sink);
                }
                for (number, part) in (0..).zip(parts(item.content)?) {
                    self.reason(ReasoningPart::Content(number), part.text.filled(), sink);
                }
            }
            self.reasoning_part = None;
            self.lead.reasoned(item.id.0.as_deref().unwrap_or_default());
            sink.give(Event::ReasoningEnded { place: PLACE, state: state::of_reasoning(&item) });
        } else if item.is("message") {
            self.accept_message(&item, streamed, sink)?;
        } else if item.is("function_call") {
            let give = &mut |event: Event<'_>| sink.give(event);
            let call = match self.calls.find_item(&item, output_index) {
                Some(call) => call,
                None => self.calls.begin(&item, output_index, give)?,
            };
            self.calls.complete(call, item.arguments.0.as_deref().unwrap_or_default(), give);
            if let Some(state) = state::of_item(&item, self.lead.follow()) {
                give(Event::CallState { call, state });
            }
        } else {
            self.lead.follow();
        }
        Ok(())
    }

    fn accept_message(
        &mut self,
        item: &ItemShape<'_>,
        streamed: bool,
        sink: &mut Sink<'_>,
    ) -> Result<(), Unusable> {
        let (mut said, mut refused) = (streamed, false);
        for part in parts(item.content)? {
            let (text, refusal) = (part.text.filled(), part.refusal.filled());
            said |= text.is_some() || refusal.is_some();
            refused |= refusal.is_some();
            if !streamed {
                if let Some(text) = text {
                    sink.give(Event::Text(text));
                }
                if let Some(text) = refusal {
                    sink.give(Event::Refusal(text));
                }
            }
            for annotation in part.annotations.into_iter().flatten() {
                self.cite(annotation, sink);
            }
        }
        let after = self.lead.follow();
        // A refusal goes back as text, so it isn't the same item any more.
        let state = if said && !refused { state::of_item(item, after) } else { None };
        sink.give(Event::TextEnded { state });
        Ok(())
    }

    /// A piece of an item's text, unless it is empty.
    fn piece<'a>(&mut self, output_index: Count, delta: Text<'a>) -> Option<Cow<'a, str>> {
        let text = delta.filled()?;
        self.streamed.insert(key(output_index));
        Some(text)
    }

    /// Gives out reasoning. The parts of an item are paragraphs of one block, so that the item goes
    /// back as a whole or not at all.
    fn reason(&mut self, part: ReasoningPart, text: Option<Cow<'_, str>>, sink: &mut Sink<'_>) {
        let Some(text) = text else { return };
        let last = self.reasoning_part.replace(part);
        let text = match last {
            Some(last) if last != part => Cow::Owned(format!("\n\n{text}")),
            _ => text,
        };
        sink.give(Event::Reasoning { place: PLACE, text });
    }

    /// Tells a page that the model cites, once. Files can be cited too: nobody can open those.
    fn cite(&mut self, annotation: AnnotationShape<'_>, sink: &mut Sink<'_>) {
        let url = annotation.url.0.unwrap_or_default();
        let is_page = annotation.r#type.0.as_deref() == Some("url_citation")
            && (url.starts_with("https://") || url.starts_with("http://"));
        if is_page && !self.cited.contains(&*url) {
            self.cited.insert(url.clone().into_owned());
            sink.give(Event::Source { url, title: annotation.title.filled() });
        }
    }
}

/// What an event holds of a kind that it must hold.
fn read<'a, T: Deserialize<'a>>(json: Option<&'a RawValue>) -> Result<T, Unusable> {
    let json = json.ok_or(Unusable::NotTheExpectedJson)?;
    Ok(serde_json::from_str(json.get())?)
}

/// An index, or one that none has.
fn key(index: Count) -> u64 {
    index.0.unwrap_or(u64::MAX)
}

fn end(response: &ResponseShape<'_>, reason: FinishReason, sink: &mut Sink<'_>) {
    tell_usage(response, sink);
    sink.finish(reason);
    sink.complete();
}

fn tell_usage(response: &ResponseShape<'_>, sink: &mut Sink<'_>) {
    if let Some(counts) = response.usage.as_ref().and_then(|usage| usage.counts()) {
        sink.give(Event::Usage(counts));
    }
}
