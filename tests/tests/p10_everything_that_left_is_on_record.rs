//! P10: each provider call, data operation, approval and refusal is a ledger row, and no row holds
//! content.

use palisade_tests::{
    fake::{Answer, FakeOptions, FakeProvider, Outcome, Scenario, ToolCall},
    host::{Folder, FolderOptions, Host, Person, Role, question},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const MODEL: &str = "scripted";

/// Words that stand nowhere but in what somebody said or wrote.
const QUESTION: &str = "Quokkaquestion";
const SPOKEN: &str = "Wombatanswer";
const WRITTEN: &str = "Numbattitle";
const REASON: &str = "Bilbyreason";

struct Scene {
    provider: FakeProvider,
    folder: Folder,
    host: Host,
}

impl Scene {
    async fn start(approvals: &str) -> Self {
        let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
        let options = FolderOptions {
            workspace: format!("approvals = {approvals:?}"),
            models: vec![MODEL.to_owned()],
            ..FolderOptions::default()
        };
        let folder = Folder::prepare(&provider, &options).await.expect("a folder");
        let host = folder.serve().await.expect("a host");
        Self { provider, folder, host }
    }

    /// Rows of the last turn, in order.
    async fn last_turn(&self) -> Vec<Value> {
        let ledger = self.folder.ledger().await.expect("a ledger");
        let last = ledger.iter().rev().find(|row| row["kind"] == "turn").expect("a turn")["turn"].clone();
        ledger.into_iter().filter(|row| row["turn"] == last).collect()
    }
}

fn kinds(rows: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<_> = rows.iter().filter_map(|row| row["kind"].as_str()).collect();
    kinds.sort_unstable();
    kinds
}

fn row<'a>(rows: &'a [Value], kind: &str) -> &'a Value {
    rows.iter().find(|row| row["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {rows:#?}"))
}

#[tokio::test]
async fn a_turn_that_reads_leaves_its_calls_and_operations() {
    let scene = Scene::start("writes").await;
    let editor = Person::of(Role::Editor);
    let answer = scene.host.chat(editor, &question("scenario:read-articles", "Hi")).await;
    assert_eq!(answer.expect("an answer").outcomes(), ["tool-output-available"]);
    let rows = scene.last_turn().await;
    assert_eq!(kinds(&rows), ["data_operation", "provider_call", "provider_call", "turn"]);

    let (_, me) = scene.host.json(Method::GET, "/users/me", editor, None).await.expect("me");
    for row in &rows {
        assert_eq!(row["user"], me["data"]["id"], "{row}");
        assert_eq!(row["workspace"], rows[0]["workspace"]);
        assert_eq!(row["outcome"], "ok", "{row}");
        assert!(row["time"].as_str().is_some_and(|time| time.contains('T')), "{row}");
    }
    let call = row(&rows, "provider_call");
    assert_eq!((&call["provider"], &call["model"]), (&json!("fake"), &json!("scenario:read-articles")));
    assert_eq!(call["endpoint"], format!("{}/chat/completions", scene.provider.base_url()));
    let sent = scene.provider.requests()[0].headers["content-length"].parse::<u64>().expect("a size");
    assert_eq!(call["bytes_sent"], sent);
    assert!(call["bytes_received"].as_u64().is_some_and(|bytes| bytes > 0), "{call}");
    assert!(call["input_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{call}");
    let operation = row(&rows, "data_operation");
    assert_eq!(operation["collections"], json!(["articles"]));
    assert_eq!(operation["fields"], json!(["articles.id"]));
    assert_eq!(operation["items"], 3);
    assert_eq!(operation["tool"], "items");
}

#[tokio::test]
async fn approvals_denials_and_refusals_are_rows() {
    let scene = Scene::start("all").await;
    let editor = Person::of(Role::Editor);
    let asked = question("scenario:update-article", "Hi");
    let answer = scene.host.chat(editor, &asked).await.expect("an answer");
    let requested = scene.last_turn().await;
    assert_eq!(kinds(&requested), ["approval_requested", "provider_call", "turn"]);

    let denied = answer.decided(&asked, false).expect("an approval request");
    scene.host.chat(editor, &denied).await.expect("an answer");
    let rows = scene.last_turn().await;
    assert_eq!(kinds(&rows), ["approval_denied", "provider_call", "turn"]);
    let id = &row(&requested, "approval_requested")["approval_id"];
    assert_eq!(&row(&rows, "approval_denied")["approval_id"], id);
    let full = denied["messages"][1]["parts"][1]["approval"]["id"].as_str().expect("an id");
    assert_ne!(id, full, "the ledger holds the signature of an approval");

    let approved = answer.decided(&asked, true).expect("an approval request");
    scene.host.chat(editor, &approved).await.expect("an answer");
    let rows = scene.last_turn().await;
    assert_eq!(kinds(&rows), ["provider_call", "refusal", "turn"]);
    let refusal = row(&rows, "refusal");
    assert_eq!(refusal["outcome"], "APPROVAL_SPENT", "{refusal}");
    assert_eq!(refusal["tool_call_id"], row(&requested, "approval_requested")["tool_call_id"]);
}

#[tokio::test]
async fn what_failed_is_on_record_with_its_code() {
    let scene = Scene::start("writes").await;
    let editor = Person::of(Role::Editor);
    for model in ["error-500", "cut", "html", "error-event", "redirect"] {
        scene.host.chat(editor, &question(&format!("scenario:{model}"), "Hi")).await.expect("an answer");
        let rows = scene.last_turn().await;
        assert_eq!(kinds(&rows), ["provider_call", "turn"], "{model}");
        assert_ne!(row(&rows, "turn")["outcome"], "ok", "{model}");
    }
    let forbidden = json!({"action": "read", "collection": "directus_sessions"});
    let steps = [Answer::tools([ToolCall::new("items", forbidden)]), Answer::text("I see.")];
    scene.provider.script(MODEL, Scenario::of(steps));
    scene.host.chat(editor, &question(MODEL, "Hi")).await.expect("an answer");
    assert_eq!(row(&scene.last_turn().await, "data_operation")["outcome"], "FORBIDDEN");
}

#[tokio::test]
async fn a_turn_whose_client_left_is_on_record() {
    let scene = Scene::start("writes").await;
    let editor = Some(Person::of(Role::Editor));
    let request = scene.host.request(Method::POST, "/ai/chat", editor);
    let mut response =
        request.json(&question("scenario:stall", "Hi")).send().await.expect("an answer");
    response.chunk().await.expect("the first bytes");
    drop(response);
    for _ in 0..200 {
        let ended = scene.provider.requests().iter().any(|request| request.outcome == Outcome::ClientClosed);
        let rows = scene.folder.ledger().await.expect("a ledger");
        if ended && rows.iter().any(|row| row["kind"] == "turn") {
            let turn = rows.iter().find(|row| row["kind"] == "turn").expect("a turn");
            assert_ne!(turn["outcome"], "ok");
            assert!(rows.iter().any(|row| row["kind"] == "provider_call"), "{rows:#?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the turn is not on record:\n{}", scene.host.log());
}

#[tokio::test]
async fn no_row_and_no_log_line_holds_content() {
    let scene = Scene::start("all").await;
    let editor = Person::of(Role::Editor);
    let data = json!({"title": WRITTEN, "slug": "a-slug", "status": "draft"});
    let create = json!({"action": "create", "collection": "articles", "data": data});
    let steps = [Answer::tools([ToolCall::new("items", create)]), Answer::text(SPOKEN)];
    scene.provider.script(MODEL, Scenario::of(steps));
    let asked = question(MODEL, QUESTION);
    for approved in [true, false] {
        let answer = scene.host.chat(editor, &asked).await.expect("an answer");
        let mut decided = answer.decided(&asked, approved).expect("an approval request");
        decided["messages"][1]["parts"][1]["approval"]["reason"] = REASON.into();
        let answer = scene.host.chat(editor, &decided).await.expect("an answer");
        assert_eq!(answer.said(), SPOKEN);
    }
    let rows = scene.folder.command(&["ledger", "export"], "").await.expect("a ledger");
    let csv = scene.folder.command(&["ledger", "export", "--format", "csv"], "").await.expect("CSV");
    assert_eq!(csv.lines().count(), rows.lines().count() + 1, "{csv}");
    let mut places = vec![("the ledger", rows.into_bytes()), ("the CSV", csv.into_bytes())];
    places.push(("the log", scene.host.log().into_bytes()));
    for file in ["palisade.db", "palisade.db-wal"] {
        places.push((file, std::fs::read(scene.folder.data_dir().join(file)).unwrap_or_default()));
    }
    for (place, bytes) in places {
        for word in [QUESTION, SPOKEN, WRITTEN, REASON] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} stands in {place}");
        }
    }
}

#[tokio::test]
async fn an_administrator_reads_the_same_rows_over_http() {
    let scene = Scene::start("writes").await;
    let editor = Person::of(Role::Editor);
    scene.host.chat(editor, &question("scenario:read-articles", "Hi")).await.expect("an answer");
    let exported = scene.folder.ledger().await.expect("a ledger");
    let admin = Person::of(Role::Admin);
    let (status, body) =
        scene.host.json(Method::GET, "/ai/admin/ledger?limit=100", admin, None).await.expect("rows");
    assert_eq!(status, 200, "{body}");
    let ids = |rows: &[Value]| {
        let mut ids: Vec<_> = rows.iter().map(|row| row["id"].to_string()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids(body["data"].as_array().expect("rows")), ids(&exported));
}
