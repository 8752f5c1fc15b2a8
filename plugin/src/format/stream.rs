//! What reading has in common in all formats: finding out what the body is, splitting it into events,
//! and telling an answer that is whole from one that isn't.

use serde_json::Value;

use super::{Event, EventReader, errors};
use crate::failure::Failure;
use crate::sse;
use crate::types::FinishReason;

/// Bytes of an answer that is no event stream, kept to see what it says.
const MAX_OTHER_BYTES: usize = 64 * 1024;

/// The events of one format.
pub(super) trait Answer {
    /// A key that a whole answer has, one that isn't a stream.
    const WHOLE: &'static str;

    /// Takes the data of one event. Never called again once the answer is complete.
    fn accept(&mut self, data: &[u8], sink: &mut Sink<'_>);

    /// The answer is complete and in good order: gives out what was held back.
    fn close(&mut self, _sink: &mut Sink<'_>) {}
}

/// Reads one response of a format.
#[derive(Debug, Default)]
pub(super) struct StreamReader<A> {
    sse: sse::Parser,
    body: BodyKind,
    progress: Progress,
    answer: A,
}

/// What the body turned out to be, by its first character.
#[derive(Debug, Default)]
enum BodyKind {
    #[default]
    Unknown,
    Events,
    Json(Vec<u8>),
}

/// How far an answer has come.
#[derive(Debug, Default)]
struct Progress {
    has_events: bool,
    finished: bool,
    complete: bool,
}

/// Where a format's events go.
pub(super) struct Sink<'a> {
    on_event: &'a mut dyn FnMut(Event<'_>),
    progress: &'a mut Progress,
}

impl Sink<'_> {
    /// Gives out an event. Not for [`Event::Finished`] and [`Event::Failed`], which have methods.
    pub(super) fn give(&mut self, event: Event<'_>) {
        (self.on_event)(event);
    }

    /// The model said why it ended. Events may follow; only the first reason counts.
    pub(super) fn finish(&mut self, reason: FinishReason) {
        if !std::mem::replace(&mut self.progress.finished, true) {
            (self.on_event)(Event::Finished(reason));
        }
    }

    /// Nothing of interest can follow.
    pub(super) fn complete(&mut self) {
        self.progress.complete = true;
    }

    /// The answer failed.
    pub(super) fn fail(&mut self, failure: Failure, detail: impl Into<String>) {
        if !std::mem::replace(&mut self.progress.complete, true) {
            (self.on_event)(Event::Failed { failure, detail: detail.into() });
        }
    }

    /// The answer failed as the provider's error object says.
    pub(super) fn fail_as(&mut self, error: &Value) {
        let (failure, detail) = errors::of_event(error);
        self.fail(failure, detail);
    }

    /// Whether nothing is taken any more.
    pub(super) fn is_complete(&self) -> bool {
        self.progress.complete
    }
}

impl<A: Answer> StreamReader<A> {
    /// A reader of an answer that hasn't begun.
    pub(super) fn new(answer: A) -> Self {
        let (sse, body, progress) = Default::default();
        Self { sse, body, progress, answer }
    }

    fn accept(
        answer: &mut A,
        progress: &mut Progress,
        data: &[u8],
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        let data = data.trim_ascii();
        if !progress.complete && !data.is_empty() {
            let failed = &mut false;
            let mut watched = |event: Event<'_>| {
                *failed |= matches!(event, Event::Failed { .. });
                on_event(event);
            };
            progress.has_events = true;
            let mut sink = Sink { on_event: &mut watched, progress };
            answer.accept(data, &mut sink);
            if sink.is_complete() && !*failed {
                answer.close(&mut Sink { on_event, progress });
            }
        }
        !progress.complete
    }
}

impl<A: Answer> EventReader for StreamReader<A> {
    fn feed(&mut self, bytes: &[u8], on_event: &mut dyn FnMut(Event<'_>)) {
        let Self { sse, body, progress, answer } = self;
        if progress.complete {
            return;
        }
        if matches!(body, BodyKind::Unknown) {
            match bytes.iter().find(|byte| !b" \t\r\n".contains(byte)) {
                None => {}
                Some(b'<') => {
                    return Sink { on_event, progress }.fail(Failure::NotAStream, "markup");
                }
                Some(b'{' | b'[') => *body = BodyKind::Json(Vec::new()),
                Some(_) => *body = BodyKind::Events,
            }
        }
        if let BodyKind::Json(kept) = body {
            let room = MAX_OTHER_BYTES.saturating_sub(kept.len());
            kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
            return;
        }
        let outcome = sse.feed(bytes, |data| Self::accept(answer, progress, data, on_event));
        if outcome.is_err() {
            Sink { on_event, progress }.fail(Failure::Malformed, "event too large");
        }
    }

    fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        let Self { sse, body, progress, answer } = self;
        if progress.complete {
            return;
        }
        if let BodyKind::Json(kept) = body {
            let mut sink = Sink { on_event, progress };
            return match serde_json::from_slice::<Value>(kept) {
                // Without server-sent events Gemini answers with a list.
                Ok(Value::Array(list)) => match list.first().filter(|it| it.get("error").is_some())
                {
                    Some(error) => sink.fail_as(error),
                    None => sink.fail(Failure::NotAStream, "JSON"),
                },
                Ok(body) if body.get(A::WHOLE).is_none() => sink.fail_as(&body),
                _ => sink.fail(Failure::NotAStream, "JSON"),
            };
        }
        sse.end(|data| {
            Self::accept(answer, progress, data, on_event);
        });
        if progress.complete {
            return;
        }
        if progress.finished {
            progress.complete = true;
            return answer.close(&mut Sink { on_event, progress });
        }
        let (failure, detail) = match body {
            _ if progress.has_events => (Failure::Cut, "no finish reason"),
            BodyKind::Unknown => (Failure::Empty, "empty body"),
            _ => (Failure::NotAStream, "no events"),
        };
        Sink { on_event, progress }.fail(failure, detail);
    }

    fn is_complete(&self) -> bool {
        self.progress.complete
    }

    fn is_finished(&self) -> bool {
        self.progress.finished
    }
}
