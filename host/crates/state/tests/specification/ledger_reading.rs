//! The ledger is read by page, summed up and exported, each workspace by itself.

use palisade_state::{
    ExportFormat, LedgerCursor, LedgerEntry, LedgerFilter, LedgerKind, LedgerOrder, State,
    StateError, UsageFilter,
};

use crate::{
    Installation,
    ledger::{at, data_operation, main, provider_call},
};

async fn export(state: &State, filter: &LedgerFilter, format: ExportFormat) -> String {
    let mut output = Vec::new();
    state.ledger().export(filter, format, &mut output).await.expect("exported");
    String::from_utf8(output).expect("UTF-8")
}

#[tokio::test]
async fn rows_of_another_workspace_are_not_shown() {
    let installation = Installation::new();
    let state = installation.open().await;
    let other = LedgerEntry { workspace: "other".into(), ..provider_call(0) };
    state.ledger().append(other).await.expect("appended");
    state.flush().await.expect("flushed");
    assert!(state.ledger().query(&main()).await.expect("read").entries.is_empty());
    let usage = UsageFilter { workspace: "main".into(), ..UsageFilter::default() };
    assert!(state.ledger().usage(&usage).await.expect("read").is_empty());
    assert_eq!(export(&state, &main(), ExportFormat::JsonLines).await, "");
}

#[tokio::test]
async fn rows_are_filtered_and_paged_in_both_orders() {
    let installation = Installation::new();
    let state = installation.open().await;
    for second in 0..25 {
        let row = if second % 5 == 0 { data_operation(second) } else { provider_call(second / 2) };
        state.ledger().append(row).await.expect("appended");
    }
    state.flush().await.expect("flushed");
    let ledger = state.ledger();

    let all = ledger.query(&main()).await.expect("read").entries;
    assert_eq!(all.len(), 25);
    assert!(all.is_sorted_by_key(|row| (row.time, row.id)));
    for (order, limit) in [
        (LedgerOrder::OldestFirst, 7),
        (LedgerOrder::NewestFirst, 7),
        (LedgerOrder::NewestFirst, 5),
    ] {
        let mut filter = LedgerFilter { limit: Some(limit), order, ..main() };
        let mut paged = Vec::new();
        for _ in 0..10 {
            let page = ledger.query(&filter).await.expect("read");
            assert!(page.entries.len() <= limit as usize);
            paged.extend(page.entries);
            let Some(next) = page.next else { break };
            // A cursor survives its trip through a client.
            filter.after = Some(next.to_string().parse().expect("cursor"));
        }
        if order == LedgerOrder::NewestFirst {
            paged.reverse();
        }
        assert_eq!(paged, all);
    }

    let count =
        async |filter: LedgerFilter| ledger.query(&filter).await.expect("read").entries.len();
    assert_eq!(count(LedgerFilter { kind: Some(LedgerKind::DataOperation), ..main() }).await, 5);
    assert_eq!(count(LedgerFilter { user: Some("alice".into()), ..main() }).await, 20);
    assert_eq!(count(LedgerFilter { user: Some("nobody".into()), ..main() }).await, 0);
    assert_eq!(count(LedgerFilter { turn: Some("0198-turn".into()), ..main() }).await, 20);
    let between = LedgerFilter { since: Some(at(5)), until: Some(at(10)), ..main() };
    let expected = all.iter().filter(|row| row.time >= at(5) && row.time < at(10)).count();
    assert_eq!(count(between).await, expected);
    assert!(expected > 0 && expected < 25);
}

#[test]
fn a_cursor_that_is_none_is_refused() {
    for text in ["", "1", "x.0198", "1.x", ".", "1 OR 1=1.0"] {
        let error = text.parse::<LedgerCursor>().expect_err(text);
        assert!(matches!(error, StateError::Cursor), "{text}");
    }
}

#[tokio::test]
async fn consumption_is_summed_by_provider_and_model() {
    let installation = Installation::new();
    let state = installation.open().await;
    for second in 0..3 {
        state.ledger().append(provider_call(second)).await.expect("appended");
    }
    let other = LedgerEntry { model: Some("gpt-5".into()), cost_micros: None, ..provider_call(3) };
    state.ledger().append(other).await.expect("appended");
    state.ledger().append(data_operation(3)).await.expect("appended");
    state.flush().await.expect("flushed");
    let filter = UsageFilter { workspace: "main".into(), ..UsageFilter::default() };
    let usage = state.ledger().usage(&filter).await.expect("summed");
    assert_eq!(usage.len(), 2);
    assert_eq!((usage[0].model.as_str(), usage[0].calls, usage[0].cost_micros), ("gpt-5", 1, 0));
    assert_eq!((usage[1].model.as_str(), usage[1].calls), ("gpt-5-mini", 3));
    assert_eq!((usage[1].input_tokens, usage[1].cost_micros), (1_500, 3 * 365));
    let since = UsageFilter { since: Some(at(2)), ..filter.clone() };
    assert_eq!(state.ledger().usage(&since).await.expect("summed")[1].calls, 1);
    let nobody = UsageFilter { user: Some("nobody".into()), ..filter };
    assert!(state.ledger().usage(&nobody).await.expect("summed").is_empty());
}

#[tokio::test]
async fn the_json_lines_export_has_one_object_per_row() {
    let installation = Installation::new();
    let state = installation.open().await;
    for second in 0..5 {
        state.ledger().append(data_operation(second)).await.expect("appended");
    }
    state.flush().await.expect("flushed");
    let text =
        export(&state, &LedgerFilter { limit: Some(2), ..main() }, ExportFormat::JsonLines).await;
    let rows: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0]["kind"], "data_operation");
    assert_eq!(rows[0]["time"], "2027-01-15T08:00:00Z");
    assert_eq!(rows[0]["fields"], serde_json::json!(["articles.title", "authors.name"]));
    assert_eq!(rows[0]["provider"], serde_json::Value::Null);
    assert_eq!("jsonl".parse(), Ok(ExportFormat::JsonLines));
    assert!("xml".parse::<ExportFormat>().is_err());
}

#[tokio::test]
async fn the_csv_export_has_a_header_and_no_formulas() {
    let installation = Installation::new();
    let state = installation.open().await;
    let row = LedgerEntry {
        tool: Some("=HYPERLINK(\"http://evil.example\",\"x\")".into()),
        collections: vec!["@sum".into(), "b".into()],
        model: Some("-model, with comma".into()),
        ..data_operation(0)
    };
    state.ledger().append(row).await.expect("appended");
    state.flush().await.expect("flushed");
    let text = export(&state, &main(), ExportFormat::Csv).await;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("header").clone();
    assert_eq!((header.len(), &header[0], &header[24]), (25, "id", "reason"));
    let rows: Vec<_> = reader.records().map(|row| row.expect("row")).collect();
    assert_eq!(rows.len(), 1);
    let cell = |name: &str| {
        let column = header.iter().position(|column| column == name).expect(name);
        rows[0][column].to_owned()
    };
    assert_eq!(cell("tool"), "'=HYPERLINK(\"http://evil.example\",\"x\")");
    assert_eq!(cell("collections"), "'@sum;b");
    assert_eq!(cell("model"), "'-model, with comma");
    assert_eq!(cell("items"), "3");
    assert_eq!(cell("cost_micros"), "");
    assert_eq!(cell("outcome"), "ok");

    let empty = LedgerFilter { workspace: "empty".into(), ..LedgerFilter::default() };
    assert_eq!(export(&state, &empty, ExportFormat::Csv).await.lines().count(), 1);
}
