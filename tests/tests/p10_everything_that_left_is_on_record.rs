//! P10: each provider call, data operation, approval and refusal is a row of the ledger: who, when,
//! what, where to, how much and how it ended. No content.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use palisade_tests::{
    fake::{self, MessageAnswer, Scenario, Text, TokenCounts, ToolCall},
    host::{FolderOptions, MODEL, Person, Role, Stage, question},
};
use reqwest::Method;
use serde_json::{Value, json};

const QUESTION: &str = "Whereabouts of the quicksilver marmot";
const TITLE: &str = "Marmot seen in the harbour";
const REASON: &str = "Leave the fourth one alone";

fn step(calls: Vec<ToolCall>, text: Option<&str>, prompt: u64, completion: u64) -> fake::Answer {
    MessageAnswer {
        text: text.map(|text| Text::Words(text.to_owned())),
        tool_calls: calls,
        tokens: Some(TokenCounts { prompt, completion, cached: 10, reasoning: 5 }),
        ..MessageAnswer::default()
    }
    .into()
}

fn update(key: u32, id: &str) -> ToolCall {
    let data = json!({"title": TITLE});
    let arguments =
        json!({"action": "update", "collection": "articles", "keys": [key], "data": data});
    ToolCall::new("items", arguments).with_id(id)
}

/// Two reads, of which one is forbidden; two updates, which ask; a closing word.
fn scenario() -> Scenario {
    let read = |fields: Value| {
        let query = json!({"fields": fields, "limit": 2, "sort": ["id"]});
        ToolCall::new("items", json!({"action": "read", "collection": "articles", "query": query}))
    };
    Scenario::of([
        step(
            vec![
                read(json!(["id", "title", "author.name"])).with_id("call_read"),
                read(json!(["internal_note"])).with_id("call_forbidden"),
            ],
            None,
            100,
            20,
        ),
        step(vec![update(3, "call_approved"), update(4, "call_denied")], None, 200, 30),
        step(Vec::new(), Some("The marmot is in."), 300, 40),
    ])
}

/// The conversation that approves the first of the two calls that wait, and denies the second.
fn decided(asked: &Value, chunks: &[Value]) -> Value {
    let of = |kind: &str| -> Vec<&Value> {
        chunks.iter().filter(|chunk| chunk["type"] == kind).collect()
    };
    let approvals = of("tool-approval-request");
    let mut parts = vec![json!({"type": "step-start"})];
    for call in of("tool-input-available") {
        let id = &call["toolCallId"];
        let mut part = json!({"type": "tool-items", "toolCallId": id, "input": call["input"]});
        if let Some(request) = approvals.iter().find(|request| request["toolCallId"] == *id) {
            if id == "call_approved" {
                parts.push(json!({"type": "step-start"}));
            }
            part["state"] = json!("approval-responded");
            part["approval"] =
                json!({"id": request["approvalId"], "approved": id == "call_approved"});
            if id == "call_denied" {
                part["approval"]["reason"] = json!(REASON);
            }
        } else {
            part["state"] = json!("output-available");
            part["output"] = json!([]);
        }
        parts.push(part);
    }
    let mut body = asked.clone();
    let messages = body["messages"].as_array_mut().expect("messages");
    messages.push(json!({"id": "a1", "role": "assistant", "parts": parts}));
    body
}

/// Gives each id its place of appearance in place of a value that differs from run to run.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn name(&mut self, kind: &str, value: &Value) -> Value {
        let Some(text) = value.as_str() else { return value.clone() };
        let number = self.0.values().filter(|name| name.starts_with(kind)).count() + 1;
        let name = self.0.entry(text.to_owned()).or_insert_with(|| format!("{kind} {number}"));
        json!(name)
    }
}

/// The rows, without what differs from run to run; that is checked here. They come by turn, kind and
/// call: calls of one step run side by side.
fn readable(rows: &[Value], stage: &Stage, editor: &str) -> Vec<String> {
    let mut names = Names::default();
    let mut requests = stage.provider.requests().into_iter();
    let mut newest = Timestamp::UNIX_EPOCH;
    let mut lines: Vec<_> = rows
        .iter()
        .map(|row| {
            let time: Timestamp = row["time"].as_str().expect("a time").parse().expect("a time");
            assert!(newest <= time, "rows are in order");
            newest = time;
            assert!(row["id"].as_str().is_some_and(|id| id.len() == 36), "{row}");
            assert_eq!(row["user"], editor, "{row}");
            let mut row = row.clone();
            if row["kind"] == "provider_call" {
                let request = requests.next().expect("a request for each row");
                assert_eq!(row["bytes_sent"].to_string(), request.headers["content-length"]);
                assert!(row["bytes_received"].as_u64() > Some(100), "{row}");
                let path = row["endpoint"].as_str().expect("an endpoint");
                assert_eq!(path, format!("{}/chat/completions", stage.provider.base_url()));
                row["endpoint"] = json!("[base URL]/chat/completions");
                row["bytes_sent"] = json!("[length of the request]");
            }
            if !row["bytes_received"].is_null() {
                row["bytes_received"] = json!("[bytes]");
            }
            row["turn"] = names.name("turn", &row["turn"]);
            row["approval_id"] = names.name("approval", &row["approval_id"]);
            let order = ["turn", "kind", "tool_call_id"].map(|key| row[key].to_string());
            let cells = row.as_object().expect("a row").iter();
            let told = cells.filter(|(key, value)| {
                !["id", "time", "user"].contains(&key.as_str())
                    && !value.is_null()
                    && **value != json!([])
            });
            let told: Vec<_> = told.map(|(key, value)| format!("{key}={value}")).collect();
            (order, told.join(" "))
        })
        .collect();
    assert!(requests.next().is_none(), "a row for each request");
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    lines.into_iter().map(|(_, line)| line).collect()
}

#[tokio::test]
async fn a_conversation_leaves_exactly_these_rows() {
    let options = FolderOptions {
        workspace: "approvals = \"writes\"".to_owned(),
        provider: "region = \"eu-central\"".to_owned(),
        ..FolderOptions::default()
    };
    let stage = Stage::start(options).await.expect("a stage");
    let editor = Person::of(Role::Editor);
    stage.provider.script(MODEL, scenario());
    let (_, me) =
        stage.host.json(Method::GET, "/users/me?fields=id", editor, None).await.expect("me");
    let editor_id = me["data"]["id"].as_str().expect("an id").to_owned();
    let mut titles = Vec::new();
    for key in 1..=4 {
        let item =
            stage.item("articles", key, "title,author.name,internal_note").await.expect("an item");
        let texts = [&item["title"], &item["author"]["name"], &item["internal_note"]];
        titles.extend(texts.into_iter().filter_map(Value::as_str).map(str::to_owned));
    }

    let asked = question(MODEL, QUESTION);
    let first = stage.host.chat(editor, &asked).await.expect("an answer");
    let second = stage.host.chat(editor, &decided(&asked, &first.chunks)).await.expect("an answer");
    assert_eq!(second.said(), "The marmot is in.", "{}", second.text);
    assert_eq!(stage.item("articles", 3, "title").await.expect("an item")["title"], TITLE);
    assert_ne!(stage.item("articles", 4, "title").await.expect("an item")["title"], TITLE);

    // What the administrator is shown, and both exports, are the same rows.
    let path = "/ai/admin/ledger?order=oldest&limit=1000";
    let admin = Person::of(Role::Admin);
    let (_, shown) = stage.host.json(Method::GET, path, admin, None).await.expect("rows");
    let mut rows = stage.folder.ledger().await.expect("an export");
    assert_eq!(shown["data"].as_array().expect("rows"), &rows);
    let csv =
        stage.folder.command(&["ledger", "export", "--format", "csv"], "").await.expect("csv");
    assert_eq!(csv.lines().count(), rows.len() + 1, "{csv}");

    // No content, anywhere.
    let exported = format!("{}{csv}", json!(rows));
    let contents = [QUESTION, TITLE, REASON, "marmot"].into_iter();
    for content in contents.chain(titles.iter().map(String::as_str)) {
        assert!(!exported.contains(content), "{content:?} in {exported}");
    }

    // The key was set at the command line when the folder was prepared.
    let setting = rows.remove(0);
    assert_eq!(
        (&setting["kind"], &setting["reason"]),
        (&json!("administration"), &json!("key set at the command line"),)
    );
    insta::assert_snapshot!(readable(&rows, &stage, &editor_id).join("\n"));
}

#[tokio::test]
async fn what_was_refused_and_changed_is_on_record_too() {
    let stage = Stage::start(FolderOptions::default()).await.expect("a stage");
    let (reader, admin) = (Person::of(Role::Reader), Person::of(Role::Admin));
    let settings = "/ai/admin/settings";
    let change = json!({"approvals": "writes", "system_prompt": "Mention the marmot."});
    let refused =
        stage.host.json(Method::PATCH, settings, reader, Some(&change)).await.expect("an answer");
    assert_eq!(refused.0, 403);
    stage.administer(settings, &change).await.expect("changed");
    let denied =
        stage.host.chat(reader, &question("another-model", "Hello")).await.expect("an answer");
    assert_eq!(denied.status, 403);
    let key = json!({"key": "sk-Wq4Zt9Xk2Jm7Rb5Vc8Hn3Gd6Lf1Ps0"});
    let path = "/ai/admin/providers/fake/key";
    stage.host.json(Method::PUT, path, admin, Some(&key)).await.expect("an answer");
    stage.host.json(Method::DELETE, path, admin, None).await.expect("an answer");

    // The host writes its rows before it answers a question about them.
    stage.ledger("turn").await.expect("rows");
    let rows = stage.folder.ledger().await.expect("an export");
    let told: Vec<_> = rows[1..]
        .iter()
        .map(|row| format!("{} {} {}", row["kind"], row["outcome"], row["reason"]))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(rows[1..].iter().all(|row| row["user"].is_string()), "{rows:?}");
    let exported = json!(rows).to_string();
    assert!(!exported.contains("marmot") && !exported.contains("Zt9Xk2Jm"), "{exported}");
}
