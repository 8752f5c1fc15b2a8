//! What was measured.

use std::{fmt, time::Duration};

/// One measurement.
#[derive(Debug, Clone)]
pub struct Row {
    /// What.
    pub what: String,
    /// How much, with its unit.
    pub measured: String,
    /// How much it should be; none where nothing was promised.
    pub target: Option<&'static str>,
}

/// All measurements. Its text is a Markdown table.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// In the order in which they were made.
    pub rows: Vec<Row>,
}

impl Report {
    pub(super) fn row(
        &mut self,
        what: impl Into<String>,
        measured: String,
        target: Option<&'static str>,
    ) {
        self.rows.push(Row { what: what.into(), measured, target });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| what | measured | target |\n|---|---|---|")?;
        for Row { what, measured, target } in &self.rows {
            writeln!(formatter, "| {what} | {measured} | {} |", target.unwrap_or(""))?;
        }
        Ok(())
    }
}

/// A time in milliseconds.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

/// A size in kilobytes of 1,000 bytes.
#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
pub(super) fn kilobytes(bytes: u64) -> String {
    format!("{:.1} KB", bytes as f64 / 1_000.0)
}
