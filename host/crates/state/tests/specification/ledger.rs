//! What left is on record: in order, without loss, without content.

use std::time::Duration;

use jiff::Timestamp;
use palisade_state::{
    Answer, Binding, CanonicalArguments, LedgerEntry, LedgerFilter, LedgerKind, StateError,
};
use tokio::time::timeout;

use crate::Installation;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

pub(crate) fn provider_call(second: i64) -> LedgerEntry {
    LedgerEntry {
        time: at(second),
        turn: Some("0198-turn".into()),
        user: Some("alice".into()),
        provider: Some("openai".into()),
        model: Some("gpt-5-mini".into()),
        endpoint: Some("https://api.openai.com/v1/chat/completions".into()),
        region: Some("us".into()),
        bytes_sent: Some(2_000),
        bytes_received: Some(9_000),
        input_tokens: Some(500),
        output_tokens: Some(120),
        cached_tokens: Some(100),
        reasoning_tokens: Some(20),
        cost_micros: Some(365),
        ..LedgerEntry::new("main", LedgerKind::ProviderCall)
    }
}

pub(crate) fn data_operation(second: i64) -> LedgerEntry {
    LedgerEntry {
        time: at(second),
        user: Some("bob".into()),
        tool: Some("items-read".into()),
        tool_call_id: Some("call_1".into()),
        collections: vec!["articles".into(), "authors".into()],
        fields: vec!["articles.title".into(), "authors.name".into()],
        items: Some(3),
        ..LedgerEntry::new("main", LedgerKind::DataOperation)
    }
}

pub(crate) fn main() -> LedgerFilter {
    LedgerFilter { workspace: "main".into(), ..LedgerFilter::default() }
}

#[tokio::test]
async fn a_row_comes_back_as_it_was_appended() {
    let installation = Installation::new();
    let state = installation.open().await;
    let rows = [provider_call(0), data_operation(1)];
    for row in &rows {
        state.ledger().append(row.clone()).await.expect("appended");
    }
    state.flush().await.expect("flushed");
    let page = state.ledger().query(&main()).await.expect("read");
    assert_eq!(page.next, None);
    assert_eq!(page.entries.len(), 2);
    for (row, read) in rows.iter().zip(&page.entries) {
        assert_eq!(read.id.get_version_num(), 7);
        assert_eq!(&LedgerEntry { id: row.id, ..read.clone() }, row);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_appends_at_once_from_two_hosts_lose_nothing_and_keep_their_order() {
    let installation = Installation::new();
    let hosts = [installation.open().await, installation.open().await];
    let turns: Vec<_> = (0..8)
        .map(|turn: usize| {
            let state = hosts[turn % 2].clone();
            tokio::spawn(async move {
                for second in 0..300 {
                    let row = LedgerEntry {
                        turn: Some(turn.to_string()),
                        items: Some(second),
                        ..LedgerEntry::new("main", LedgerKind::DataOperation)
                    };
                    state.ledger().append(row).await.expect("appended");
                }
            })
        })
        .collect();
    for turn in turns {
        turn.await.expect("no panic");
    }
    for host in &hosts {
        host.close().await.expect("closed");
    }
    let state = installation.open().await;
    for turn in 0..8 {
        let filter = LedgerFilter { turn: Some(turn.to_string()), limit: Some(1000), ..main() };
        let rows = state.ledger().query(&filter).await.expect("read").entries;
        let items: Vec<_> = rows.iter().filter_map(|row| row.items).collect();
        assert_eq!(items, (0..300).collect::<Vec<u64>>(), "turn {turn}");
    }
}

#[tokio::test]
async fn rows_cloned_from_one_another_are_rows_of_their_own() {
    let installation = Installation::new();
    let state = installation.open().await;
    let row = provider_call(0);
    for _ in 0..3 {
        state.ledger().append(row.clone()).await.expect("appended");
    }
    state.flush().await.expect("flushed");
    assert_eq!(state.ledger().query(&main()).await.expect("read").entries.len(), 3);
}

#[tokio::test]
async fn a_row_is_refused_once_the_state_is_closed() {
    let installation = Installation::new();
    let state = installation.open().await;
    state.close().await.expect("closed");
    let error = state.ledger().append(provider_call(0)).await.expect_err("refused");
    assert!(matches!(error, StateError::LedgerUnavailable), "{error}");
}

#[tokio::test]
async fn rows_that_cannot_be_written_are_reported_kept_and_written_later() {
    let installation = Installation::new();
    let state = installation.open().await;
    let mut sql = installation.sql().await;
    sqlx::query("ALTER TABLE palisade_ledger RENAME TO away")
        .execute(&mut sql)
        .await
        .expect("away");
    state.ledger().append(provider_call(0)).await.expect("queued");
    let error = state.flush().await.expect_err("not written");
    assert!(matches!(error, StateError::LedgerUnavailable), "{error}");
    sqlx::query("ALTER TABLE away RENAME TO palisade_ledger")
        .execute(&mut sql)
        .await
        .expect("back");
    drop(sql);
    state.ledger().append(provider_call(1)).await.expect("queued");
    // The first flush after the repair may still be answered by an attempt from before it.
    let mut flushed = state.flush().await;
    for _ in 0..10 {
        if flushed.is_ok() {
            break;
        }
        flushed = state.flush().await;
    }
    flushed.expect("written");
    assert_eq!(state.ledger().query(&main()).await.expect("read").entries.len(), 2);
}

#[tokio::test]
async fn with_a_full_queue_appends_wait_and_none_that_was_accepted_is_lost() {
    let installation = Installation::new();
    let state = installation.open().await;
    let mut sql = installation.sql().await;
    sqlx::query("ALTER TABLE palisade_ledger RENAME TO away")
        .execute(&mut sql)
        .await
        .expect("away");
    let mut accepted = 0;
    // Dropping an append that waits takes its row back.
    while accepted < 10_000
        && timeout(Duration::from_millis(200), state.ledger().append(provider_call(accepted)))
            .await
            .is_ok_and(|appended| appended.is_ok())
    {
        accepted += 1;
    }
    assert!((1_000..10_000).contains(&accepted), "{accepted}");
    let waiting = tokio::spawn({
        let ledger = state.ledger().clone();
        async move { ledger.append(provider_call(accepted)).await }
    });
    sqlx::query("ALTER TABLE away RENAME TO palisade_ledger")
        .execute(&mut sql)
        .await
        .expect("back");
    drop(sql);
    waiting.await.expect("no panic").expect("accepted");
    state.flush().await.expect("flushed");
    let mut filter = LedgerFilter { limit: Some(1000), ..main() };
    let mut times = Vec::new();
    for _ in 0..20 {
        let page = state.ledger().query(&filter).await.expect("read");
        times.extend(page.entries.into_iter().map(|row| row.time));
        let Some(next) = page.next else { break };
        filter.after = Some(next);
    }
    assert_eq!(times, (0..=accepted).map(at).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_approval_is_on_record_without_what_would_let_anybody_use_it() {
    let installation = Installation::new();
    let state = installation.open().await;
    let arguments = CanonicalArguments::parse("{}").expect("arguments");
    let binding = Binding {
        user: "alice",
        workspace: "main",
        tool: "items-update",
        tool_call_id: "call_1",
        arguments: &arguments,
    };
    let id = state.approvals().issue(&binding, Timestamp::now()).expect("issued");
    let row = LedgerEntry {
        approval_id: Some(id.clone()),
        ..LedgerEntry::new("main", LedgerKind::ApprovalRequested)
    };
    state.ledger().append(row).await.expect("appended");
    state.flush().await.expect("flushed");
    let (reference, signature) = id.rsplit_once('.').expect("signature");
    let page = state.ledger().query(&main()).await.expect("read");
    assert_eq!(page.entries[0].approval_id.as_deref(), Some(reference));
    for (name, content) in installation.files() {
        let found = content.windows(8).any(|window| window == &signature.as_bytes()[..8]);
        assert!(!found, "{name}");
    }
    let redeemed = state
        .approvals()
        .redeem(&id, &binding, Answer::Approved, Timestamp::now())
        .await
        .expect("accepted");
    assert_eq!(redeemed.reference, reference);
}
