//! `palisade:host/log`: diagnostics of the guest, in the host's log.

use std::fmt::Write;

use crate::{
    bindings::palisade::host::log::{self, Level},
    state::TurnState,
    text::{cut, hides},
};

/// Bytes of one line at most.
const LINE_BYTES: usize = 4 << 10;

/// How much a turn may still log, and how much it tried beyond that.
#[derive(Debug)]
pub(crate) struct LogAllowance {
    left: usize,
    /// Lines that were dropped.
    pub(crate) dropped: u64,
}

impl LogAllowance {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { left: bytes, dropped: 0 }
    }

    /// The line as it goes into the log: cut, and escaped so that a guest can't forge further lines or
    /// steer a terminal. None once the allowance is used up.
    pub(crate) fn admit(&mut self, message: &str) -> Option<String> {
        let line = escape(cut(message, LINE_BYTES));
        // A first dropped line closes the log: what follows would read as if nothing were missing.
        if self.dropped > 0 || line.len() > self.left {
            self.dropped += 1;
            return None;
        }
        self.left -= line.len();
        Some(line)
    }
}

fn escape(message: &str) -> String {
    let mut line = String::with_capacity(message.len());
    for character in message.chars() {
        if hides(character) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{}", character.escape_unicode());
        } else {
            line.push(character);
        }
    }
    line
}

impl log::Host for TurnState {
    fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.meter.count_call()?;
        let turn = self.identity.turn_id.as_str();
        let Some(line) = self.meter.log.admit(&message) else {
            return Ok(());
        };
        match level {
            Level::Debug => tracing::debug!(target: "palisade::guest", turn, "{line}"),
            Level::Info => tracing::info!(target: "palisade::guest", turn, "{line}"),
            Level::Warn => tracing::warn!(target: "palisade::guest", turn, "{line}"),
            Level::Error => tracing::error!(target: "palisade::guest", turn, "{line}"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_control_characters_escaped() {
        let mut log = LogAllowance::new(64 << 10);
        assert_eq!(log.admit("a\nb\u{1b}[2J").as_deref(), Some("a\\u{a}b\\u{1b}[2J"));
        assert_eq!(log.admit("\u{202e}x").as_deref(), Some("\\u{202e}x"));
        assert_eq!(log.admit(&"x".repeat(5_000)).map(|line| line.len()), Some(4_096));
    }

    #[test]
    fn lines_beyond_the_allowance_are_dropped_and_counted() {
        let mut log = LogAllowance::new(10);
        assert!(log.admit("123456").is_some());
        assert!(log.admit("123456").is_none());
        assert!(log.admit("1").is_none(), "nothing is logged after a gap");
        assert_eq!(log.dropped, 2);
    }
}
