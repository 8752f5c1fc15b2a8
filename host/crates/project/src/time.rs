//! Timestamps as the project stores them: RFC 3339 in UTC with milliseconds.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, fmt::temporal::DateTimePrinter};

/// Milliseconds always, so that text order is time order.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// A moment as text.
pub(crate) fn text(moment: Timestamp) -> String {
    PRINTER.timestamp_to_string(&moment)
}

/// The present moment as text.
pub(crate) fn now() -> String {
    text(Timestamp::now())
}

/// A moment in the future; the last representable one where it would lie beyond.
pub(crate) fn after(moment: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| moment.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_have_milliseconds_and_utc() {
        let moment: Timestamp = "2026-01-02T03:04:05.6789+01:00".parse().expect("timestamp");
        assert_eq!(text(moment), "2026-01-02T02:04:05.678Z");
        assert_eq!(text(after(moment, Duration::from_secs(60))), "2026-01-02T02:05:05.678Z");
    }
}
