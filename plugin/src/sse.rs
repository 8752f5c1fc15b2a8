//! Server-sent events (WHATWG HTML, section 9.2), as far as providers use them: the data of events.
//!
//! Tolerated beyond the specification: a last event without its blank line. Field names other than
//! `data` are skipped.

use memchr::memchr2;

/// Bytes of one event at most; a provider that sends more is broken or hostile.
pub const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// An event was larger than [`MAX_EVENT_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTooLarge;

/// Splits a byte stream into events, whatever the pieces in which it arrives.
#[derive(Debug, Default)]
pub struct Parser {
    /// The line that hasn't ended yet.
    line: Vec<u8>,
    /// Data of the event that hasn't ended yet, where it can't be handed out as a slice.
    data: Vec<u8>,
    has_data: bool,
    /// Whether the last line ended with a carriage return, so that a line feed belongs to it.
    after_return: bool,
    after_first_line: bool,
}

impl Parser {
    /// Calls `on_event` with the data of each event that `bytes` completes. It may return `false`
    /// to have the rest ignored.
    ///
    /// # Errors
    /// [`EventTooLarge`]; the parser can't be used any further then.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        mut on_event: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), EventTooLarge> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                bytes = bytes.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', bytes) else {
                self.line.extend_from_slice(bytes);
                return self.check();
            };
            let (line, rest) = bytes.split_at(end);
            self.after_return = rest.first() == Some(&b'\r');
            bytes = rest.get(1..).unwrap_or_default();
            let go_on = if self.line.is_empty() {
                self.end_line(line, bytes, &mut on_event)
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                let go_on = self.end_line(&whole, bytes, &mut on_event);
                whole.clear();
                self.line = whole;
                go_on
            };
            self.check()?;
            if !go_on {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Hands out an event that the end of the stream completes.
    pub fn end(&mut self, mut on_event: impl FnMut(&[u8])) {
        let line = std::mem::take(&mut self.line);
        let mut on_event = |data: &[u8]| {
            on_event(data);
            true
        };
        self.end_line(&line, b"", &mut on_event);
        self.dispatch(&mut on_event);
    }

    fn check(&self) -> Result<(), EventTooLarge> {
        if self.line.len() + self.data.len() > MAX_EVENT_BYTES {
            return Err(EventTooLarge);
        }
        Ok(())
    }

    fn end_line(
        &mut self,
        line: &[u8],
        rest: &[u8],
        on_event: &mut impl FnMut(&[u8]) -> bool,
    ) -> bool {
        let mut line = line;
        if !std::mem::replace(&mut self.after_first_line, true) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(on_event);
        }
        let Some(data) = line.strip_prefix(b"data") else {
            return true;
        };
        let data = match data.split_first() {
            None => data,
            Some((b':', value)) => value.strip_prefix(b" ").unwrap_or(value),
            Some(_) => return true,
        };
        // Nearly every event is one line whose end is already here: no copy then.
        if !self.has_data && self.blank_line_follows(rest) {
            return on_event(data);
        }
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(data);
        true
    }

    fn blank_line_follows(&self, rest: &[u8]) -> bool {
        match rest {
            [b'\r', ..] => true,
            [b'\n', b'\n' | b'\r', ..] => true,
            [b'\n', ..] => !self.after_return,
            _ => false,
        }
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(&[u8]) -> bool) -> bool {
        if !std::mem::take(&mut self.has_data) {
            return true;
        }
        let mut data = std::mem::take(&mut self.data);
        let go_on = on_event(&data);
        data.clear();
        self.data = data;
        go_on
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser
                .feed(piece, |data| {
                    events.push(String::from_utf8_lossy(data).into_owned());
                    true
                })
                .expect("small events");
        }
        parser.end(|data| events.push(String::from_utf8_lossy(data).into_owned()));
        events
    }

    #[test]
    fn all_line_ends_comments_and_other_fields_are_understood() {
        for (stream, expected) in [
            ("data: a\n\ndata: b\n\n", vec!["a", "b"]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", vec!["a", "b"]),
            ("data: a\r\rdata: b\r\r", vec!["a", "b"]),
            ("\u{feff}data: a\n\n", vec!["a"]),
            (": ping\n\ndata:a\n: pong\n\n", vec!["a"]),
            ("event: x\nid: 1\ndata: a\nretry: 5\n\n", vec!["a"]),
            ("data: a\ndata: b\n\n", vec!["a\nb"]),
            ("data\n\n", vec![""]),
            ("dataset: a\n\n", vec![]),
            ("data: a\n\ndata: last", vec!["a", "last"]),
            ("\n\n\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(events([stream.as_bytes()]), expected, "{stream:?}");
        }
    }

    #[test]
    fn the_rest_is_ignored_once_the_reader_says_so() {
        let mut seen = 0;
        let outcome = Parser::default().feed(b"data: a\n\ndata: b\n\n", |_| {
            seen += 1;
            false
        });
        assert_eq!((outcome, seen), (Ok(()), 1));
    }

    #[test]
    fn an_event_without_an_end_is_refused() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; 1024 * 1024];
        let outcomes: Vec<_> = (0..5).map(|_| parser.feed(&piece, |_| true)).collect();
        assert_eq!(outcomes.last(), Some(&Err(EventTooLarge)));
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events(
            lines in prop::collection::vec("(data: ?[a-zé\u{1F600}]{0,6}|: c|event: e|)", 0..12),
            ends in prop::collection::vec(0..3usize, 12),
            cuts in prop::collection::vec(0..200usize, 0..6),
        ) {
            let mut stream = Vec::new();
            for (line, end) in lines.iter().zip(&ends) {
                stream.extend_from_slice(line.as_bytes());
                stream.extend_from_slice(["\n", "\r\n", "\r"][*end].as_bytes());
            }
            let mut cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut < stream.len()).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&stream[from..cut]);
                from = cut;
            }
            pieces.push(&stream[from..]);
            prop_assert_eq!(events(pieces), events([stream.as_slice()]));
        }
    }
}
