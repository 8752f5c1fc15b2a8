//! The ledger as JSON lines or CSV.

use std::{io, str::FromStr};

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    LedgerEntry, LedgerFilter,
    query::{self, MAX_PAGE},
};
use crate::{StateError, store::Store};

/// How the ledger is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object per line.
    JsonLines,
    /// Comma-separated values (RFC 4180) with a header line. Lists are joined with `;`. A text that
    /// a spreadsheet would take for a formula gets an apostrophe in front.
    Csv,
}

impl FromStr for ExportFormat {
    type Err = String;

    /// `jsonl` or `csv`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "jsonl" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            other => Err(format!("\"{other}\" is not an export format; there are jsonl and csv")),
        }
    }
}

/// Columns of the CSV export, in order.
const COLUMNS: [&str; 25] = [
    "id",
    "time",
    "workspace",
    "turn",
    "user",
    "kind",
    "tool",
    "tool_call_id",
    "provider",
    "model",
    "endpoint",
    "region",
    "collections",
    "fields",
    "items",
    "bytes_sent",
    "bytes_received",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cost_micros",
    "approval_id",
    "outcome",
    "reason",
];

pub(super) async fn write<W: AsyncWrite + Unpin>(
    store: &Store,
    filter: &LedgerFilter,
    format: ExportFormat,
    output: &mut W,
) -> Result<u64, StateError> {
    let mut filter = LedgerFilter { limit: filter.limit.or(Some(MAX_PAGE)), ..filter.clone() };
    let mut rows = 0;
    if format == ExportFormat::Csv {
        let header = csv_lines([COLUMNS.map(str::to_owned)]).map_err(StateError::Export)?;
        output.write_all(&header).await.map_err(StateError::Export)?;
    }
    loop {
        let page = query::page(store, &filter).await?;
        let lines = match format {
            ExportFormat::JsonLines => json_lines(&page.entries),
            ExportFormat::Csv => csv_lines(page.entries.iter().map(cells)),
        };
        output.write_all(&lines.map_err(StateError::Export)?).await.map_err(StateError::Export)?;
        rows += page.entries.len() as u64;
        if page.next.is_none() {
            break;
        }
        filter.after = page.next;
    }
    output.flush().await.map_err(StateError::Export)?;
    Ok(rows)
}

fn json_lines(entries: &[LedgerEntry]) -> io::Result<Vec<u8>> {
    let mut lines = Vec::with_capacity(entries.len() * 512);
    for entry in entries {
        serde_json::to_writer(&mut lines, entry)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

fn csv_lines(rows: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

fn cells(entry: &LedgerEntry) -> [String; COLUMNS.len()] {
    let optional = |value: &Option<String>| value.as_deref().map(text).unwrap_or_default();
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    [
        entry.id.to_string(),
        entry.time.to_string(),
        text(&entry.workspace),
        optional(&entry.turn),
        optional(&entry.user),
        entry.kind.to_string(),
        optional(&entry.tool),
        optional(&entry.tool_call_id),
        optional(&entry.provider),
        optional(&entry.model),
        optional(&entry.endpoint),
        optional(&entry.region),
        text(&entry.collections.join(";")),
        text(&entry.fields.join(";")),
        number(entry.items),
        number(entry.bytes_sent),
        number(entry.bytes_received),
        number(entry.input_tokens),
        number(entry.output_tokens),
        number(entry.cached_tokens),
        number(entry.reasoning_tokens),
        number(entry.cost_micros),
        optional(&entry.approval_id),
        text(&entry.outcome),
        optional(&entry.reason),
    ]
}

/// A text cell that no spreadsheet runs: names of tools, models and collections come from outside,
/// and a cell that starts with one of these is a formula to common spreadsheets (OWASP, "CSV
/// Injection").
fn text(value: &str) -> String {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        return format!("'{value}");
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(text(formula), format!("'{formula}"));
        }
        assert_eq!(text("articles"), "articles");
        assert_eq!(text("a=b"), "a=b");
        assert_eq!(text(""), "");
    }
}
