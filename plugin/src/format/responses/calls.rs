//! The tool calls of one answer, and which of them a piece of arguments belongs to.

use std::borrow::Cow;

use super::shapes::ItemShape;
use crate::format::Event;
use crate::format::lenient::{Count, Text};

/// Calls in one answer at most; a provider that sends more is broken or hostile.
const MAX_CALLS: usize = 256;

/// More calls than [`MAX_CALLS`].
#[derive(Debug)]
pub(super) struct TooManyCalls;

/// The calls of one answer, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<KnownCall>,
}

#[derive(Debug)]
struct KnownCall {
    output_index: Option<u64>,
    item_id: String,
    call_id: String,
    /// The arguments that were given out.
    arguments: String,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// A call begins: gives its number. A call that has no name yet begins when it is done.
    pub(super) fn begin(
        &mut self,
        item: &ItemShape<'_>,
        output_index: Count,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<usize, TooManyCalls> {
        let call = self.calls.len();
        if call >= MAX_CALLS {
            return Err(TooManyCalls);
        }
        let call_id = item.call_id.0.as_deref().unwrap_or_default();
        self.calls.push(KnownCall {
            output_index: output_index.0,
            item_id: item.id.0.as_deref().unwrap_or_default().into(),
            call_id: call_id.into(),
            arguments: String::new(),
        });
        let id = (!call_id.is_empty()).then_some(Cow::Borrowed(call_id));
        let name = Cow::Borrowed(item.name.0.as_deref().unwrap_or_default());
        on_event(Event::CallStarted { call, id, name });
        Ok(call)
    }

    /// A piece of arguments.
    pub(super) fn append(
        &mut self,
        output_index: Count,
        item_id: &Text<'_>,
        text: Cow<'_, str>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) {
        let call = self.find(output_index, item_id);
        if let Some((call, known)) = call.and_then(|call| Some((call, self.calls.get_mut(call)?)))
            && !text.is_empty()
        {
            known.arguments.push_str(&text);
            on_event(Event::CallArguments { call, text });
        }
    }

    /// The arguments in full: gives out what the pieces left out.
    pub(super) fn complete(
        &mut self,
        call: usize,
        arguments: &str,
        on_event: &mut dyn FnMut(Event<'_>),
    ) {
        if let Some(known) = self.calls.get_mut(call)
            && let Some(rest) = arguments.strip_prefix(&known.arguments)
            && !rest.is_empty()
        {
            known.arguments.push_str(rest);
            on_event(Event::CallArguments { call, text: Cow::Borrowed(rest) });
        }
    }

    /// The call that an item says in full.
    pub(super) fn find_item(&self, item: &ItemShape<'_>, output_index: Count) -> Option<usize> {
        match item.call_id.as_filled() {
            None => self.find(output_index, &item.id),
            Some(id) => self.calls.iter().rposition(|call| call.call_id == id),
        }
    }

    /// The call that a piece of arguments belongs to. Gateways change an item's id from event to event, so its
    /// index counts for more.
    pub(super) fn find(&self, output_index: Count, item_id: &Text<'_>) -> Option<usize> {
        self.calls.iter().rposition(|call| match (output_index.0, &item_id.0) {
            (Some(index), _) => call.output_index == Some(index),
            (None, Some(id)) => call.item_id == *id,
            (None, None) => true,
        })
    }
}
