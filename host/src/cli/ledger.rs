//! `palisade ledger …`

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use palisade_state::{ExportFormat, LedgerFilter, State};
use tokio::io::AsyncWriteExt;

use super::{
    CliError,
    arguments::{LedgerCommand, LedgerFormat},
};
use crate::config::Config;

/// Rows that are read at a time.
const PAGE: u32 = 500;

pub(super) async fn run(config: Config, command: LedgerCommand) -> Result<(), CliError> {
    let LedgerCommand::Export { since, format } = command;
    let since = since.as_deref().map(time).transpose()?;
    let state = State::open(&config.database_url, config.key_source.clone()).await?;
    let filter = LedgerFilter {
        workspace: config.workspace.id.clone(),
        since,
        limit: Some(PAGE),
        ..LedgerFilter::default()
    };
    let format = match format {
        LedgerFormat::Jsonl => ExportFormat::JsonLines,
        LedgerFormat::Csv => ExportFormat::Csv,
    };
    let mut output = tokio::io::stdout();
    state.ledger().export(&filter, format, &mut output).await?;
    output.flush().await?;
    Ok(())
}

/// A point in time: RFC 3339, or a date, which begins at midnight UTC.
fn time(text: &str) -> Result<Timestamp, CliError> {
    let date = || {
        let date: Date = text.parse().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(date).ok_or_else(|| {
        CliError::Usage(format!(
            "--since {text:?} is no time; write a date (2026-01-31) or a time (2026-01-31T12:00:00Z)"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_begins_at_midnight() {
        assert_eq!(
            time("2026-01-31").expect("a time"),
            time("2026-01-31T00:00:00Z").expect("a time")
        );
        assert!(time("yesterday").is_err());
    }
}
