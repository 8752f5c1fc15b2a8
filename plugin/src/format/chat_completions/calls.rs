//! Which tool call a piece of a tool call belongs to.
//!
//! The specification says: the one with the same `index`, and only the first piece has id and name.
//! Servers in use count every call as 0, leave out index or id, repeat id and name in every piece,
//! send the id "null", give two calls the same id, or repeat a whole call at the end.

use std::borrow::Cow;

use super::shapes::CallShape;
use crate::format::Event;

/// Calls in one answer at most; a provider that sends more is broken or hostile.
const MAX_CALLS: usize = 256;

/// More calls than [`MAX_CALLS`].
#[derive(Debug)]
pub(super) struct TooManyCalls;

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<KnownCall>,
    announced: usize,
}

#[derive(Debug, Default)]
struct KnownCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    extent: JsonExtent,
    /// The number under which the call was announced, as soon as its name was known.
    number: Option<usize>,
}

/// How far into a JSON object or array a text has come.
#[derive(Debug, Default)]
struct JsonExtent {
    depth: u32,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl JsonExtent {
    fn advance(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if std::mem::take(&mut self.escaped) => {}
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.depth += 1;
                    self.begun = true;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.begun && self.depth == 0
    }
}

/// Where a piece belongs.
enum Place {
    Existing(usize),
    New,
    /// Says again what is known.
    Repetition,
}

impl Calls {
    /// Takes a piece of a call.
    pub(super) fn accept(
        &mut self,
        piece: CallShape<'_>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), TooManyCalls> {
        let function = piece.function.unwrap_or_default();
        let id = piece.id.filled().filter(|id| id != "null").unwrap_or_default();
        let name = function.name.filled().unwrap_or_default();
        let arguments = function.arguments.filled().unwrap_or_default();
        let position = match self.place(piece.index.0, &id, &name, &arguments) {
            Place::Repetition => return Ok(()),
            Place::Existing(position) => position,
            Place::New if id.is_empty() && name.is_empty() && arguments.is_empty() => return Ok(()),
            Place::New => {
                if self.calls.len() >= MAX_CALLS {
                    return Err(TooManyCalls);
                }
                self.calls.push(KnownCall { index: piece.index.0, ..KnownCall::default() });
                self.calls.len() - 1
            }
        };
        let Some(call) = self.calls.get_mut(position) else {
            return Ok(());
        };
        if call.id.is_empty() {
            call.id = id.into_owned();
        }
        call.arguments.push_str(&arguments);
        call.extent.advance(&arguments);
        if let Some(number) = call.number {
            if !arguments.is_empty() {
                on_event(Event::CallArguments { call: number, text: arguments });
            }
        } else if !name.is_empty() {
            call.name = name.into_owned();
            call.announce(&mut self.announced, on_event);
        }
        Ok(())
    }

    /// The answer is over: calls that never got a name are given out too, so that they get an error.
    pub(super) fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        for call in self.calls.iter_mut().filter(|call| call.number.is_none()) {
            call.announce(&mut self.announced, on_event);
        }
    }

    fn place(&self, index: Option<u64>, id: &str, name: &str, arguments: &str) -> Place {
        let newest = |matches: &dyn Fn(&KnownCall) -> bool| self.calls.iter().rposition(matches);
        let same_index = |call: &KnownCall| index.is_none() || call.index == index;
        let by_id =
            if id.is_empty() { None } else { newest(&|call| same_index(call) && call.id == id) };
        let Some(position) = by_id.or_else(|| newest(&same_index)) else {
            return Place::New;
        };
        let Some(known) = self.calls.get(position) else {
            return Place::New;
        };
        let names = !name.is_empty();
        let names_another = names && !known.name.is_empty() && known.name != name;
        let complete = known.extent.is_complete();
        let has_arguments = !arguments.trim().is_empty();
        let is_new = if id.is_empty() || known.id.is_empty() {
            names && !known.name.is_empty() && (complete || names_another)
        } else if known.id == id {
            if complete && names && !names_another && arguments == known.arguments {
                return Place::Repetition;
            }
            names_another || (complete && names && has_arguments)
        } else {
            names || (complete && has_arguments)
        };
        if is_new { Place::New } else { Place::Existing(position) }
    }
}

impl KnownCall {
    fn announce(&mut self, announced: &mut usize, on_event: &mut dyn FnMut(Event<'_>)) {
        let call = *announced;
        *announced += 1;
        self.number = Some(call);
        on_event(Event::CallStarted {
            call,
            id: (!self.id.is_empty()).then_some(Cow::Borrowed(&*self.id)),
            name: Cow::Borrowed(&self.name),
        });
        if !self.arguments.is_empty() {
            on_event(Event::CallArguments { call, text: Cow::Borrowed(&self.arguments) });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The calls that pieces add up to, as `id name arguments`.
    fn calls(pieces: Value) -> Vec<String> {
        let mut calls = Calls::default();
        let mut seen: Vec<(String, String, String)> = Vec::new();
        let mut on_event = |event: Event<'_>| match event {
            Event::CallStarted { call, id, name } => {
                assert_eq!(call, seen.len(), "calls are numbered in order");
                seen.push((id.unwrap_or("-".into()).into(), name.into(), String::new()));
            }
            Event::CallArguments { call, text } => seen[call].2.push_str(&text),
            other => panic!("{other:?}"),
        };
        for piece in pieces.as_array().expect("a list") {
            let piece = piece.to_string();
            calls
                .accept(serde_json::from_str(&piece).expect("a piece"), &mut on_event)
                .expect("few calls");
        }
        calls.end(&mut on_event);
        seen.into_iter().map(|(id, name, arguments)| format!("{id} {name} {arguments}")).collect()
    }

    fn piece(index: Option<u64>, id: Option<&str>, name: Option<&str>, arguments: &str) -> Value {
        json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
    }

    #[test]
    fn pieces_as_specified() {
        let pieces = json!([
            piece(Some(0), Some("a"), Some("f"), ""),
            piece(Some(0), None, None, "{\"x\""),
            piece(Some(1), Some("b"), Some("g"), ""),
            piece(Some(0), None, None, ":1}"),
            piece(Some(1), None, None, "{}"),
        ]);
        assert_eq!(calls(pieces), ["a f {\"x\":1}", "b g {}"]);
    }

    #[test]
    fn parallel_calls_that_are_all_number_0() {
        let whole = |id, name| piece(Some(0), id, Some(name), "{\"q\":\"}{\"}");
        assert_eq!(
            calls(json!([whole(Some("a"), "f"), whole(Some("b"), "f")])),
            ["a f {\"q\":\"}{\"}", "b f {\"q\":\"}{\"}"]
        );
        assert_eq!(calls(json!([whole(None, "f"), whole(None, "f")])).len(), 2, "without ids");
    }

    #[test]
    fn pieces_without_index() {
        let pieces = json!([
            piece(None, Some("a"), Some("f"), "{"),
            piece(None, None, None, "}"),
            piece(None, Some("b"), Some("g"), "{"),
            piece(None, Some("b"), None, "}"),
        ]);
        assert_eq!(calls(pieces), ["a f {}", "b g {}"]);
    }

    #[test]
    fn pieces_without_id() {
        let pieces = json!([
            piece(Some(0), None, Some("f"), "{"),
            piece(Some(0), None, None, "}"),
            piece(Some(1), Some(""), Some("g"), "{}"),
        ]);
        assert_eq!(calls(pieces), ["- f {}", "- g {}"]);
    }

    #[test]
    fn id_and_name_in_every_piece() {
        let pieces = json!([
            piece(Some(0), Some("a"), Some("f"), ""),
            piece(Some(0), Some("a"), Some("f"), "{\"x\":"),
            piece(Some(0), Some("a"), Some("f"), "1}"),
            piece(Some(0), Some("a"), Some("f"), ""),
        ]);
        assert_eq!(calls(pieces), ["a f {\"x\":1}"]);
    }

    #[test]
    fn the_id_null_on_later_pieces() {
        let pieces = json!([
            piece(Some(0), Some("a"), Some("f"), "{"),
            piece(Some(0), Some("null"), None, "}"),
        ]);
        assert_eq!(calls(pieces), ["a f {}"]);
    }

    #[test]
    fn one_id_for_two_calls() {
        let pieces = json!([
            piece(Some(0), Some("a"), Some("f"), "{\"x\":1}"),
            piece(Some(1), Some("a"), Some("f"), "{\"x\":1}"),
            piece(Some(1), Some("a"), Some("g"), "{}"),
        ]);
        assert_eq!(calls(pieces), ["a f {\"x\":1}", "a f {\"x\":1}", "a g {}"]);
    }

    #[test]
    fn a_whole_call_said_twice_runs_once() {
        let pieces = json!([
            piece(Some(0), Some("a"), Some("f"), "{\"x\":1}"),
            piece(Some(0), Some("a"), Some("f"), "{\"x\":1}"),
        ]);
        assert_eq!(calls(pieces), ["a f {\"x\":1}"]);
    }

    #[test]
    fn a_new_id_on_every_piece() {
        let pieces = json!([
            piece(Some(0), Some("a"), Some("f"), ""),
            piece(Some(0), Some("b"), None, "{\"x\":"),
            piece(Some(0), Some("c"), None, "1}"),
        ]);
        assert_eq!(calls(pieces), ["a f {\"x\":1}"]);
    }

    #[test]
    fn a_name_that_comes_late_or_never() {
        let pieces = json!([
            piece(Some(0), Some("a"), None, "{"),
            piece(Some(0), None, Some("f"), "}"),
            piece(Some(1), Some("b"), None, "{}"),
        ]);
        assert_eq!(calls(pieces), ["a f {}", "b  {}"]);
    }

    #[test]
    fn null_everywhere_and_arguments_as_an_object() {
        let pieces = json!([
            {"index": null, "id": null, "type": null, "function": null},
            {"index": 0, "id": 7, "function": {"name": "f", "arguments": {"x": 1}}},
        ]);
        assert_eq!(calls(pieces).last().map(String::as_str), Some("7 f {\"x\":1}"));
    }

    #[test]
    fn more_calls_than_anyone_makes_are_refused() {
        let mut calls = Calls::default();
        let outcomes: Vec<_> = (0..=MAX_CALLS)
            .map(|index| {
                let piece = piece(Some(index as u64), None, Some("f"), "{}").to_string();
                calls.accept(serde_json::from_str(&piece).expect("a piece"), &mut |_| {}).is_ok()
            })
            .collect();
        assert_eq!(outcomes.iter().filter(|taken| **taken).count(), MAX_CALLS);
    }
}
