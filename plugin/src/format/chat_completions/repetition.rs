//! Events that differ from the one before them in their text alone.
//!
//! Nearly all of an answer are such events: ids, names and nulls come again with each piece of text.
//! To read them as JSON is most of what an event costs, so they are compared instead.

/// Bytes around a text that are kept at most.
const MAX_KEPT: usize = 4 * 1024;

/// What stood around the text of the last event that said nothing else.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// What was before the text and what was behind it, quotes included.
    kept: Vec<u8>,
    /// Bytes of it before the text. 0: nothing is kept.
    before: usize,
}

impl Surroundings {
    /// Keeps what is around `text`, which is a string of the event as it stands there, and all that
    /// the event says.
    pub(super) fn keep(&mut self, event: &[u8], text: &str) {
        self.before = 0;
        let start = text.as_ptr().addr().wrapping_sub(event.as_ptr().addr());
        let Some((before, rest)) = event.split_at_checked(start) else { return };
        let Some(behind) = rest.get(text.len()..) else { return };
        let quoted = before.ends_with(b"\"") && behind.starts_with(b"\"");
        if quoted && before.len() + behind.len() <= MAX_KEPT {
            self.kept.clear();
            self.kept.extend_from_slice(before);
            self.kept.extend_from_slice(behind);
            self.before = before.len();
        }
    }

    /// The text of an event whose every other byte is as it was, so that it says nothing else either.
    /// None where it has to be read.
    pub(super) fn text_of<'e>(&self, event: &'e [u8]) -> Option<&'e str> {
        let (before, behind) = self.kept.split_at_checked(self.before)?;
        let (start, rest) = event.split_at_checked(before.len())?;
        let (text, end) = rest.split_at_checked(rest.len().checked_sub(behind.len())?)?;
        // Within quotes these bytes are the text itself, and the string ends where it ended before.
        let plain = |byte: &u8| *byte >= b' ' && *byte != b'"' && *byte != b'\\';
        let same =
            self.before > 0 && !text.is_empty() && equal(start, before) && equal(end, behind);
        if same && text.iter().all(plain) { str::from_utf8(text).ok() } else { None }
    }
}

/// Compares eight bytes at a time. What slices are compared with on WebAssembly takes each by itself.
fn equal(one: &[u8], other: &[u8]) -> bool {
    let ((words, rest), (other_words, other_rest)) = (one.as_chunks(), other.as_chunks());
    let same =
        |(one, other): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*one) == u64::from_ne_bytes(*other);
    one.len() == other.len() && words.iter().zip(other_words).all(same) && rest == other_rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::reader::ChatAnswer;
    use super::*;
    use crate::format::EventReader;
    use crate::format::stream::StreamReader;

    /// An event, and its text as a part of it.
    fn event(text: &str) -> (String, usize) {
        let before = r#"{"id":"a","choices":[{"delta":{"content":""#;
        (format!(r#"{before}{text}"}},"finish_reason":null}}]}}"#), before.len())
    }

    fn kept(text: &str) -> Surroundings {
        let (event, start) = event(text);
        let mut surroundings = Surroundings::default();
        surroundings.keep(event.as_bytes(), &event[start..start + text.len()]);
        surroundings
    }

    #[test]
    fn the_text_is_all_that_may_differ() {
        let surroundings = kept("Hi");
        for text in ["Hi", " there", "é 🙂", "x", "\u{7f}"] {
            assert_eq!(surroundings.text_of(event(text).0.as_bytes()), Some(text));
        }
        let (whole, _) = event("Hi");
        for other in [
            whole.replace("\"a\"", "\"b\""),
            whole.replace("null", "\"stop\""),
            whole.replace("}]}", "}],\"usage\":{}}"),
            whole.replace("\"id\":\"a\",", ""),
            whole[..whole.len() - 1].to_owned(),
            String::new(),
        ] {
            assert_eq!(surroundings.text_of(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn what_is_more_than_its_bytes_is_read() {
        let surroundings = kept("Hi");
        for text in ["", "\\n", "\\\"", "\"", "a\",\"refusal\":\"b", "a\nb", "\t"] {
            assert_eq!(surroundings.text_of(event(text).0.as_bytes()), None, "{text:?}");
        }
        let (whole, start) = event("..");
        let mut broken = whole.into_bytes();
        broken[start] = 0xC3;
        assert_eq!(surroundings.text_of(&broken), None, "no UTF-8");
    }

    #[test]
    fn nothing_is_kept_of_what_is_elsewhere_or_too_long() {
        let (whole, start) = event("Hi");
        let mut surroundings = kept("Hi");
        for (place, text) in [
            ("not in the event", String::from("Hi").as_str()),
            ("not a whole string", &whole[start + 1..start + 2]),
            ("no string", &whole[..1]),
        ] {
            surroundings.keep(whole.as_bytes(), text);
            assert_eq!(surroundings.text_of(whole.as_bytes()), None, "{place}");
        }
        let long = format!("\"Hi\"{}", " ".repeat(MAX_KEPT));
        surroundings.keep(long.as_bytes(), &long[1..3]);
        assert_eq!(surroundings.text_of(long.as_bytes()), None);
        assert_eq!(Surroundings::default().text_of(b"x"), None);
    }

    /// What one reader makes of events.
    fn read(written: &[String]) -> Vec<String> {
        let mut reader = StreamReader::new(ChatAnswer::default());
        let mut events = Vec::new();
        for event in written {
            reader.feed(event.as_bytes(), &mut |event| events.push(format!("{event:?}")));
        }
        events
    }

    proptest! {
        #[test]
        fn events_say_the_same_whatever_came_before(
            texts in prop::collection::vec("[a-c \"\\\\{}:,\u{e9}\u{1F600}\n]{0,4}", 1..8),
            shapes in prop::collection::vec(0..7usize, 8),
        ) {
            let event = |(text, shape): (&String, &usize)| {
                let chunk = match shape {
                    0 => json!({"choices": [{"delta": {"content": text, "refusal": text}}]}),
                    1 => json!({"choices": [{"delta": {"content": text, "reasoning": text}}]}),
                    2 => json!({"choices": [{"delta": {"content": text}}], "usage": {"prompt_tokens": 1}}),
                    3 => json!({"id": text, "choices": [{"delta": {"content": "a"}}]}),
                    _ => json!({"choices": [{"delta": {"content": text}, "finish_reason": null}]}),
                };
                format!("data: {chunk}\n\n")
            };
            let events: Vec<_> = texts.iter().zip(&shapes).map(event).collect();
            let alone: Vec<_> = events.chunks(1).flat_map(read).collect();
            prop_assert_eq!(read(&events), alone);
        }
    }
}
