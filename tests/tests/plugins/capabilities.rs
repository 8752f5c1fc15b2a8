//! What is granted works, and what isn't is refused in the same words whether it exists or not.

use palisade_state::LedgerKind;
use palisade_tools::{DataAction, Grant, IdentityGrant};
use serde_json::{Value, json};

use crate::support::{Bench, data, get, http, storage};

const REFUSAL: (&str, &str) = ("NOT_GRANTED", "The administrator hasn't granted this to the tool.");

fn refusal() -> (String, String) {
    (REFUSAL.0.to_owned(), REFUSAL.1.to_owned())
}

#[tokio::test]
async fn a_tool_that_was_granted_nothing_is_refused_everything_in_the_same_words() {
    let bench = Bench::new().await;
    let item = json!([{"title": "Mine"}]);
    for deed in [
        json!({"try": "describe", "collections": ["articles"]}),
        json!({"try": "describe", "collections": ["no_such_collection"]}),
        json!({"try": "read", "collection": "articles", "query": {}}),
        json!({"try": "read", "collection": "no_such_collection", "query": {}}),
        json!({"try": "read", "collection": "directus_users", "query": {}}),
        json!({"try": "create", "collection": "articles", "items": item}),
        json!({"try": "create", "collection": "no_such_collection", "items": item}),
        json!({"try": "update", "collection": "articles", "keys": ["1"], "changes": {"title": "x"}}),
        json!({"try": "delete", "collection": "articles", "keys": ["1"]}),
        json!({"try": "delete", "collection": "articles", "keys": ["999"]}),
        get("https://first.example/"),
        get("{origin:first}/"),
        get("{origin:no-such-origin}/"),
        get("https://no-such-host.invalid/"),
        json!({"try": "kv_get", "key": "a"}),
        json!({"try": "kv_set", "key": "a", "value": "b"}),
        json!({"try": "kv_keys", "prefix": ""}),
        json!({"try": "caller"}),
    ] {
        assert_eq!(bench.failure(&Grant::default(), deed.clone()).await, refusal(), "{deed}");
    }
    assert!(bench.rows(LedgerKind::DataOperation).await.is_empty(), "nothing was done");
    let refused = bench.rows(LedgerKind::Refusal).await;
    assert!(refused.iter().all(|row| row.outcome == "NOT_GRANTED"));
    assert!(!refused.is_empty());
}

#[tokio::test]
async fn what_needs_no_grant_is_there() {
    let bench = Bench::new().await;
    let deeds = json!([
        {"try": "progress", "times": 1, "message": "Half way"},
        {"try": "log", "times": 1, "message": "A line"},
        {"try": "host_calls", "times": 3},
        {"try": "say", "text": "Hello"},
    ]);
    let answers = bench.answers(&Grant::default(), deeds).await;
    assert_eq!(answers, ["done", "done", "done", "Hello"]);
    assert_eq!(bench.shown(), ["Half way"]);
}

#[tokio::test]
async fn data_is_read_and_written_where_it_was_granted() {
    let bench = Bench::new().await;
    let all = [DataAction::Read, DataAction::Create, DataAction::Update, DataAction::Delete];
    let grant = data("articles", &all);
    let answers = bench
        .answers(
            &grant,
            json!([
                {"try": "read", "collection": "articles", "query": {"fields": ["title"], "sort": ["id"]}},
                {"try": "create", "collection": "articles", "items": [{"title": "Three"}]},
                {"try": "update", "collection": "articles", "keys": ["1"], "changes": {"title": "Eins"}},
                {"try": "delete", "collection": "articles", "keys": ["2"]},
                {"try": "read", "collection": "articles", "query": {"fields": ["title"], "sort": ["id"]}},
            ]),
        )
        .await;
    assert_eq!(answers[0], json!([{"title": "One"}, {"title": "Two"}]));
    assert_eq!(answers[1][0]["title"], "Three");
    assert_eq!(answers[2][0]["title"], "Eins");
    assert_eq!(answers[4], json!([{"title": "Eins"}, {"title": "Three"}]));
    let rows = bench.rows(LedgerKind::DataOperation).await;
    let done: Vec<_> = rows.iter().map(|row| row.reason.as_deref().unwrap_or_default()).collect();
    assert_eq!(done, ["read", "create", "update", "delete", "read"]);
    assert!(rows.iter().all(|row| row.tool.as_deref() == Some("probe__try_it")));
    assert!(rows.iter().all(|row| row.collections == ["articles"]));
}

#[tokio::test]
async fn one_action_or_collection_doesn_t_open_another() {
    let bench = Bench::new().await;
    let reads = data("articles", &[DataAction::Read]);
    for deed in [
        json!({"try": "read", "collection": "letters", "query": {}}),
        json!({"try": "update", "collection": "articles", "keys": ["1"], "changes": {"title": "x"}}),
        json!({"try": "create", "collection": "articles", "items": [{"title": "x"}]}),
        json!({"try": "delete", "collection": "articles", "keys": ["1"]}),
        json!({"try": "read", "collection": "directus_users", "query": {}}),
    ] {
        assert_eq!(bench.failure(&reads, deed.clone()).await, refusal(), "{deed}");
    }
    for query in [
        json!({"fields": ["author.email"]}),
        json!({"filter": {"author": {"email": {"_eq": "a"}}}}),
        json!({"deep": {"author": {"_limit": 1}}}),
    ] {
        let deed = json!({"try": "read", "collection": "articles", "query": query});
        let (code, message) = bench.failure(&reads, deed.clone()).await;
        assert_eq!(code, "NOT_GRANTED", "{deed}");
        assert!(message.contains("follows relations"), "{message}");
    }
    let writes = data("articles", &[DataAction::Create]);
    let nested = json!({"try": "create", "collection": "articles",
        "items": [{"title": "x", "comments": [{"text": "x"}]}]});
    let (code, message) = bench.failure(&writes, nested).await;
    assert_eq!(code, "NOT_GRANTED", "{message}");
}

#[tokio::test]
async fn what_is_stored_stays_within_its_quota_and_its_component() {
    let bench = Bench::new().await;
    let set = |key: &str, value: &str| json!({"try": "kv_set", "key": key, "value": value});
    let get = |key: &str| json!({"try": "kv_get", "key": key});
    let keys = json!({"try": "kv_keys", "prefix": "a"});
    let deeds = json!([set("a1", "x"), set("a2", "y"), set("b", "z"), set("a1", "X"), keys]);
    let answers = bench.answers(&storage(), deeds).await;
    assert_eq!(answers[4], json!(["a1", "a2"]));
    assert_eq!(
        bench.answers(&storage(), json!([get("a1"), get("c")])).await,
        [json!("X"), Value::Null]
    );

    let (code, message) = bench.failure(&storage(), set("d", "w")).await;
    assert_eq!(code, "LIMIT_EXCEEDED", "a fourth value: {message}");
    let fill = json!({"try": "kv_fill", "key": "b", "bytes": 9_999});
    assert_eq!(bench.failure(&storage(), fill).await.0, "LIMIT_EXCEEDED");
    assert_eq!(bench.answers(&storage(), json!([get("b")])).await, [json!("z")], "unchanged");
    let long = json!({"try": "kv_get", "key": "k".repeat(129)});
    assert_eq!(bench.failure(&storage(), long).await.0, "INVALID_PAYLOAD");

    let other = bench.attempt_as("another", &storage(), json!([get("a1"), keys])).await;
    let answer = other.result.expect("an answer").screen;
    assert!(answer.contains(r#""json":null"#) && answer.contains(r#""json":[]"#), "{answer}");

    bench.state.forget_tool(crate::support::WORKSPACE, "probe").await.expect("forgotten");
    assert_eq!(bench.answers(&storage(), json!([get("a1")])).await, [Value::Null]);
}

#[tokio::test]
async fn who_calls_is_told_where_it_was_granted() {
    let bench = Bench::new().await;
    let grant = Grant { identity: Some(IdentityGrant {}), ..Grant::default() };
    let answers = bench.answers(&grant, json!([{"try": "caller"}])).await;
    let id = answers[0][0].as_str().expect("an id");
    assert_eq!((id.len(), answers[0][1].as_str()), (36, Some("de-DE")));
}

#[tokio::test]
async fn methods_and_origins_are_granted_by_themselves() {
    let bench = Bench::new().await;
    let grant = http("https://first.example");
    for url in [
        "https://first.example:8443/",
        "http://first.example/",
        "https://first.example.evil.example/",
        "https://evil.example/https://first.example/",
        "https://second.example/",
    ] {
        assert_eq!(bench.failure(&grant, get(url)).await, refusal(), "{url}");
    }
    for url in ["https://first.example@evil.example/", "{origin:first}@evil.example/", "nonsense"] {
        assert_eq!(bench.failure(&grant, get(url)).await.0, "INVALID_PAYLOAD", "{url}");
    }
    let delete = json!({"try": "http", "method": "DELETE", "url": "{origin:first}/", "headers": [], "body": null});
    assert_eq!(bench.failure(&grant, delete).await, refusal());
    for name in ["host", "content-length", "Accept", "te"] {
        let deed = json!({"try": "http", "method": "GET", "url": "{origin:first}/",
            "headers": [[name, "x"]], "body": null});
        assert_eq!(bench.failure(&grant, deed).await.0, "INVALID_PAYLOAD", "{name}");
    }
    assert!(bench.rows(LedgerKind::ToolRequest).await.is_empty(), "nothing was sent");
}
