//! A component's secret reaches the remote and nobody else, also when the remote gives it back.

use std::net::Ipv4Addr;

use palisade_state::LedgerKind;
use palisade_tools::{Grant, HttpGrant};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{
    network::{Remote, client},
    support::{Bench, WORKSPACE, http},
};

const FIRST: &str = "s3cr3t-Zq7";
const SECOND: &str = "WmX4vT9kLp";

async fn bench() -> (Bench, Remote) {
    let remote = Remote::start(Ipv4Addr::new(127, 0, 0, 2), 0).await;
    let bench = Bench::with(client(&[])).await;
    let secret = SecretString::from(format!("{FIRST}{SECOND}"));
    let set = bench.state.set_tool_secret(WORKSPACE, "probe", "api-key", secret, "me");
    set.await.expect("set");
    (bench, remote)
}

fn with(value: &str, body: Option<&str>) -> Value {
    json!({"try": "http", "method": "POST", "url": "{origin:first}/",
        "headers": [["authorization", value]], "body": body})
}

#[tokio::test]
async fn a_secret_that_comes_back_is_blotted_out_before_the_tool_sees_it() {
    let (bench, remote) = bench().await;
    let grant = http(&format!("http://{}", remote.address));
    let remembers = json!({"try": "remembers", "first": FIRST, "second": SECOND});
    let apart = json!({"try": "say", "text": format!("{SECOND}{FIRST}")});
    let deeds = json!([with("Bearer {secret:api-key}", Some("hello")), apart, remembers]);
    let answers = bench.answers(&grant, deeds).await;
    assert_eq!(remote.heard(), [format!("Bearer {FIRST}{SECOND}")]);
    let told = answers[0].to_string();
    assert!(told.contains("Bearer [secret:api-key]") && told.contains("hello"), "{told}");
    assert!(!told.contains(FIRST), "{told}");
    assert_eq!(answers[2], json!(false), "it is nowhere in the component's memory");

    // The question isn't one that always has this answer.
    let there = json!({"try": "remembers", "first": SECOND, "second": FIRST});
    let said = json!({"try": "say", "text": format!("{SECOND}{FIRST}")});
    assert_eq!(bench.answers(&grant, json!([said, there])).await[1], json!(true));

    let rows = bench.rows(LedgerKind::ToolRequest).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].endpoint.as_deref(), Some(grant.http[0].origin.as_str()));
    let row = serde_json::to_string(&rows).expect("JSON");
    assert!(!row.contains(FIRST) && !row.contains(SECOND), "{row}");
}

#[tokio::test]
async fn a_secret_goes_only_where_it_was_granted_for() {
    let (bench, remote) = bench().await;
    let origin = format!("http://{}", remote.address);
    let refused =
        async |grant: &Grant, value: &str| bench.failure(grant, with(value, None)).await.0;

    let none = Grant { secrets: vec![], ..http(&origin) };
    assert_eq!(refused(&none, "{secret:api-key}").await, "NOT_GRANTED");
    assert_eq!(refused(&http(&origin), "{secret:other-key}").await, "NOT_GRANTED");
    assert_eq!(refused(&http(&origin), "{secret:no-such-key}").await, "NOT_GRANTED");
    assert_eq!(refused(&http(&origin), "{secret:api-key").await, "INVALID_PAYLOAD");

    // Another origin of the same component.
    let second = HttpGrant { name: "second".into(), ..http(&origin).http[0].clone() };
    let elsewhere = Grant { http: vec![second], ..http(&origin) };
    let deed = json!({"try": "http", "method": "POST", "url": "{origin:second}/",
        "headers": [["authorization", "{secret:api-key}"]], "body": null});
    assert_eq!(bench.failure(&elsewhere, deed).await.0, "NOT_GRANTED");

    // Granted, and not set any more.
    bench.state.delete_tool_secret(WORKSPACE, "probe", "api-key").await.expect("deleted");
    assert_eq!(refused(&http(&origin), "{secret:api-key}").await, "SECRET_NOT_SET");
    assert!(remote.heard().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_secret_stands_in_no_url_and_no_body() {
    let (bench, remote) = bench().await;
    let grant = http(&format!("http://{}", remote.address));
    let deed = json!({"try": "http", "method": "POST", "url": "{origin:first}/{secret:api-key}",
        "headers": [], "body": "{secret:api-key}"});
    let answers = bench.answers(&grant, json!([deed])).await;
    let told = answers[0].to_string();
    assert!(told.contains("{secret:api-key}") && !told.contains(FIRST), "{told}");
}
