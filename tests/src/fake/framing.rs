//! From the events of a protocol to what stands on the wire: framing, and what goes wrong on the way.

use super::{
    message::MessageAnswer,
    quirks::{Interruption, InterruptionKind},
};

/// Characters of a malformed event.
const MALFORMED_LENGTH: usize = 16;

/// An event of a stream.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// What stands in the `event` field.
    pub(super) name: Option<&'static str>,
    /// What stands in the `data` field, on one line.
    pub(super) data: String,
    /// Whether it carries something of the answer: those are the events that an interruption counts.
    pub(super) counted: bool,
}

/// How a stream of events ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The body is complete.
    Complete,
    /// The connection breaks.
    Cut,
    /// Nothing more comes.
    Stall,
}

/// What a protocol frames its events in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Line ending that the service has.
    pub(super) line_ending: &'static str,
    /// Data of a last event that says no more than that it is the last.
    pub(super) done: Option<&'static str>,
    /// Writes a JSON array instead of an event stream.
    pub(super) array: bool,
}

/// Applies an answer's interruption to its events. `error_event` makes the event that says what went
/// wrong, from the message and the number of events before it.
///
/// The `bool` says whether the stream still comes to its own end.
pub(super) fn interrupt(
    answer: &MessageAnswer,
    mut events: Vec<Event>,
    error_event: impl Fn(&str, usize) -> Event,
) -> (Vec<Event>, Ending, bool) {
    let Some(Interruption { after, what }) = &answer.interruption else {
        return (events, Ending::Complete, true);
    };
    let at = place(&events, *after);
    match what {
        InterruptionKind::MalformedEvent => {
            let whole = events.get(at).or(events.last()).cloned();
            if let Some(mut broken) = whole {
                broken.data = broken.data.chars().take(MALFORMED_LENGTH).collect();
                events.insert(at, broken);
            }
            (events, Ending::Complete, true)
        }
        InterruptionKind::ErrorEvent { message } => {
            events.truncate(at);
            events.push(error_event(message, at));
            (events, Ending::Complete, true)
        }
        InterruptionKind::End => {
            events.truncate(at);
            (events, Ending::Complete, false)
        }
        InterruptionKind::Cut => {
            events.truncate(at);
            (events, Ending::Cut, false)
        }
        InterruptionKind::Stall => {
            events.truncate(at);
            (events, Ending::Stall, false)
        }
    }
}

/// The place behind so many counted events.
fn place(events: &[Event], after: usize) -> usize {
    let Some(last) = after.checked_sub(1) else { return 0 };
    let counted = events.iter().enumerate().filter(|(_, event)| event.counted);
    counted.map(|(place, _)| place + 1).nth(last).unwrap_or(events.len())
}

/// Writes events as the answer and the protocol say.
pub(super) fn frame(
    answer: &MessageAnswer,
    mut events: Vec<Event>,
    ended: bool,
    frame: Frame,
) -> Vec<String> {
    if frame.array {
        return array(&events, ended);
    }
    if let Some(done) = frame.done.filter(|_| ended && !answer.without_done) {
        events.push(Event { name: None, data: done.to_owned(), counted: false });
    }
    let line_end = answer.line_ending.as_str().unwrap_or(frame.line_ending);
    let comment =
        if answer.comments { format!(": keep-alive{line_end}{line_end}") } else { String::new() };
    let space = if answer.without_space { "" } else { " " };
    events
        .into_iter()
        .map(|Event { name, data, .. }| {
            let name =
                name.map_or_else(String::new, |name| format!("event:{space}{name}{line_end}"));
            format!("{comment}{name}data:{space}{data}{line_end}{line_end}")
        })
        .collect()
}

fn array(events: &[Event], ended: bool) -> Vec<String> {
    let mut writes = Vec::new();
    for (place, event) in events.iter().enumerate() {
        writes.push(format!("{}{}", if place == 0 { "[" } else { ",\r\n" }, event.data));
    }
    if ended {
        writes.push(if writes.is_empty() { "[]".to_owned() } else { "]".to_owned() });
    }
    writes
}
