//! P4: an approval is bound to user, workspace, tool, tool call id and canonical arguments, expires,
//! is signed by the host and spent once, also across replicas; a denial is final.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use jiff::Timestamp;
use palisade_state::{Binding, CanonicalArguments, KeySource, State, VALIDITY};
use palisade_tests::{
    fake::{self, Scenario, ToolCall},
    host::{Answer, FolderOptions, Host, MODEL, Person, Role, Stage, question},
};
use reqwest::Method;
use serde_json::{Value, json};

const TITLE: &str = "Renamed by the assistant";

/// A call of the editor that waits for an approval.
struct Waiting {
    asked: Value,
    answer: Answer,
}

impl Waiting {
    /// The editor asks, and the model proposes to rename an article.
    async fn new(stage: &Stage) -> Self {
        let arguments = json!({"action": "update", "collection": "articles", "keys": [3],
            "data": {"title": TITLE}});
        stage.script([ToolCall::new("items", arguments)]);
        let asked = question(MODEL, "Rename it.");
        let answer = stage.host.chat(editor(), &asked).await.expect("an answer");
        assert_eq!(answer.outcomes(), [""; 0], "{}", answer.text);
        Self { asked, answer }
    }

    /// The conversation with the user's answer.
    fn answered(&self, approved: bool) -> Value {
        self.answer.decided(&self.asked, approved).expect("an approval request")
    }

    /// The conversation with a consent, in which something about the call is changed.
    fn forged(&self, forge: impl FnOnce(&mut Value)) -> Value {
        let mut body = self.answered(true);
        forge(&mut body["messages"][1]["parts"][1]);
        body
    }

    fn approval_id(&self) -> String {
        let request = self.answer.chunk("tool-approval-request").expect("an approval request");
        request["approvalId"].as_str().expect("an id").to_owned()
    }

    fn call_id(&self) -> String {
        let call = self.answer.chunk("tool-input-available").expect("a call");
        call["toolCallId"].as_str().expect("an id").to_owned()
    }
}

fn editor() -> Person {
    Person::of(Role::Editor)
}

async fn stage() -> Stage {
    Stage::start(FolderOptions::default()).await.expect("a stage")
}

async fn title(stage: &Stage) -> Value {
    stage.item("articles", 3, "title").await.expect("an item")["title"].clone()
}

/// Operations on the project's data so far.
async fn operations(stage: &Stage) -> usize {
    stage.ledger("data_operation").await.expect("rows").len()
}

/// Posts a continuation that must run nothing, and looks for its refusal in the ledger.
async fn assert_refused(stage: &Stage, person: Person, body: &Value, code: &str, case: &str) {
    let (before, had) = (title(stage).await, operations(stage).await);
    let rows = stage.ledger("refusal").await.expect("rows").len();
    let answer = stage.host.chat(person, body).await.expect("an answer");
    assert_eq!(answer.status, 200, "{case}: {}", answer.text);
    let [error] = answer.tool_errors()[..] else { panic!("{case}: {}", answer.text) };
    assert!(error.starts_with(&format!("{code}: ")), "{case}: {error}");
    assert_eq!(answer.outcomes(), ["tool-output-error"], "{case}: {}", answer.text);
    assert_eq!(title(stage).await, before, "{case}: the item changed");
    assert_eq!(operations(stage).await, had, "{case}: an operation ran");
    let refusals = stage.ledger("refusal").await.expect("rows");
    assert_eq!(refusals.len(), rows + 1, "{case}: {refusals:?}");
    let row = refusals.last().expect("a row");
    assert_eq!(row["outcome"], code, "{case}: {row}");
    let user = user_id(&stage.host, person).await;
    assert_eq!(row["user"], user, "{case}: {row}");
}

async fn user_id(host: &Host, person: Person) -> String {
    let me = host.json(Method::GET, "/users/me?fields=id", person, None).await.expect("an answer");
    me.1["data"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn an_approval_counts_for_exactly_what_was_asked() {
    let stage = stage().await;
    let waiting = Waiting::new(&stage).await;
    let invented = format!(
        "apr1.{}.{}",
        URL_SAFE_NO_PAD.encode([0x7f; 24]),
        URL_SAFE_NO_PAD.encode([0x2a; 32])
    );
    let mut flipped = waiting.approval_id().into_bytes();
    // The first character of the signature: all its bits count, unlike the last one's.
    let signature = flipped.iter().rposition(|byte| *byte == b'.').expect("a signature") + 1;
    flipped[signature] = if flipped[signature] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("text");
    let other = Waiting::new(&stage).await;

    type Forge = Box<dyn Fn(&mut Value)>;
    let forge = |change: fn(&mut Value)| -> Forge { Box::new(change) };
    let cases: Vec<(&str, Forge)> = vec![
        ("no id", forge(|call| call["approval"]["id"] = json!(""))),
        ("an invented id", Box::new(move |call| call["approval"]["id"] = json!(invented))),
        ("a changed signature", Box::new(move |call| call["approval"]["id"] = json!(flipped))),
        (
            "the approval of another call",
            Box::new(move |call| call["approval"]["id"] = json!(other.approval_id())),
        ),
        ("another value", forge(|call| call["input"]["data"]["title"] = json!("Other"))),
        ("another key", forge(|call| call["input"]["keys"] = json!([4]))),
        ("one more key", forge(|call| call["input"]["keys"] = json!([3, 4]))),
        ("one more field", forge(|call| call["input"]["data"]["body"] = json!("x"))),
        ("one field less", forge(|call| call["input"]["data"] = json!({}))),
        ("a field in result", forge(|call| call["input"]["query"] = json!({"fields": ["id"]}))),
        ("another collection", forge(|call| call["input"]["collection"] = json!("authors"))),
        ("the value as text", forge(|call| call["input"]["data"] = json!("{\"title\":\"x\"}"))),
        (
            "another action",
            forge(|call| {
                call["input"] = json!({"action": "delete", "collection": "articles", "keys": [3]});
            }),
        ),
        ("another call id", forge(|call| call["toolCallId"] = json!("call_other"))),
        (
            "another tool",
            forge(|call| {
                call["type"] = json!("tool-schema");
                call["input"] = json!({});
            }),
        ),
    ];
    for (case, forge) in &cases {
        let body = waiting.forged(forge);
        assert_refused(&stage, editor(), &body, "APPROVAL_INVALID", case).await;
    }
    let body = waiting.answered(true);
    for role in [Role::Admin, Role::Reader] {
        let case = format!("approved by {role:?}");
        assert_refused(&stage, Person::of(role), &body, "APPROVAL_INVALID", &case).await;
    }

    // None of that spent it. The order of an object's keys is no difference.
    let body = waiting.forged(|call| {
        call["input"] = json!({"data": {"title": TITLE}, "keys": [3], "collection": "articles",
            "action": "update"});
    });
    let answer = stage.host.chat(editor(), &body).await.expect("an answer");
    assert_eq!(answer.outcomes(), ["tool-output-available"], "{}", answer.text);
    assert_eq!(title(&stage).await, TITLE);
}

#[tokio::test]
async fn an_approval_is_spent_once() {
    let stage = stage().await;
    let waiting = Waiting::new(&stage).await;
    let body = waiting.answered(true);
    let answer = stage.host.chat(editor(), &body).await.expect("an answer");
    assert_eq!(answer.outcomes(), ["tool-output-available"], "{}", answer.text);
    assert_eq!(operations(&stage).await, 1);
    assert_refused(&stage, editor(), &body, "APPROVAL_SPENT", "replayed").await;
    let denied = waiting.answered(false);
    assert_refused(&stage, editor(), &denied, "APPROVAL_SPENT", "denied afterwards").await;
}

#[tokio::test]
async fn of_twenty_connections_to_two_replicas_one_wins() {
    let stage = stage().await;
    let replica = stage.folder.serve().await.expect("another host");
    let body = Waiting::new(&stage).await.answered(true);
    let answers = join_all((0..20).map(|number| {
        let host = if number % 2 == 0 { &stage.host } else { &replica };
        host.chat(editor(), &body)
    }))
    .await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.expect("an answer")).collect();
    let won =
        answers.iter().filter(|answer| answer.outcomes() == ["tool-output-available"]).count();
    let spent = answers.iter().filter(|answer| {
        matches!(answer.tool_errors()[..], [error] if error.starts_with("APPROVAL_SPENT: "))
    });
    assert_eq!((won, spent.count()), (1, 19));

    // Both hosts write their rows before they answer a question about the ledger.
    let ledger = replica.json(Method::GET, "/ai/admin/ledger", Person::of(Role::Admin), None);
    assert_eq!(ledger.await.expect("an answer").0, 200);
    assert_eq!(operations(&stage).await, 1);
    let refusals = stage.ledger("refusal").await.expect("rows");
    assert_eq!(refusals.iter().filter(|row| row["outcome"] == "APPROVAL_SPENT").count(), 19);
    assert_eq!(stage.ledger("approval_granted").await.expect("rows").len(), 1);
}

#[tokio::test]
async fn a_denial_is_final() {
    let stage = stage().await;
    let before = title(&stage).await;
    let waiting = Waiting::new(&stage).await;
    let answer = stage.host.chat(editor(), &waiting.answered(false)).await.expect("an answer");
    assert_eq!(answer.outcomes(), ["tool-output-denied"], "{}", answer.text);
    assert_eq!(stage.ledger("approval_denied").await.expect("rows").len(), 1);
    let approved = waiting.answered(true);
    assert_refused(&stage, editor(), &approved, "APPROVAL_SPENT", "approved afterwards").await;
    assert_eq!(title(&stage).await, before);
}

#[tokio::test]
async fn an_approval_in_an_older_message_or_step_runs_nothing() {
    let stage = stage().await;
    let before = title(&stage).await;
    let waiting = Waiting::new(&stage).await;
    let mut older_message = waiting.answered(true);
    let next = question(MODEL, "And now?")["messages"][0].clone();
    older_message["messages"].as_array_mut().expect("messages").push(next);
    let mut older_step = waiting.answered(true);
    let parts = older_step["messages"][1]["parts"].as_array_mut().expect("parts");
    parts.extend([json!({"type": "step-start"}), json!({"type": "text", "text": "Well."})]);

    for (case, body) in [("message", older_message), ("step", older_step)] {
        // The model only talks: whatever runs, runs because of what was posted.
        let talk = Scenario::of([fake::Answer::text("That is done.")]).repeating();
        stage.provider.script(MODEL, talk);
        let answer = stage.host.chat(editor(), &body).await.expect("an answer");
        assert_eq!(answer.outcomes(), [""; 0], "{case}: {}", answer.text);
        assert_eq!(title(&stage).await, before, "{case}");
        let refusals = stage.ledger("refusal").await.expect("rows");
        let row = refusals.last().expect("a row");
        assert_eq!(row["outcome"], "APPROVAL_STALE", "{case}: {row}");
    }
    assert_eq!(operations(&stage).await, 0);
}

#[tokio::test]
async fn an_approval_counts_in_its_own_workspace_only() {
    let stage = stage().await;
    let body = Waiting::new(&stage).await.answered(true);
    let before = title(&stage).await;
    let other = FolderOptions {
        workspace: "id = \"other\"".to_owned(),
        models: vec![MODEL.to_owned()],
        ..FolderOptions::default()
    };
    stage.folder.configure(&stage.provider, &other).expect("configured");
    let host = stage.folder.serve().await.expect("a host of the other workspace");
    let answer = host.chat(editor(), &body).await.expect("an answer");
    let [error] = answer.tool_errors()[..] else { panic!("{}", answer.text) };
    assert!(error.starts_with("APPROVAL_INVALID: "), "{error}");
    assert_eq!(title(&stage).await, before);
    let path = "/ai/admin/ledger?kind=refusal";
    let (_, rows) =
        host.json(Method::GET, path, Person::of(Role::Admin), None).await.expect("rows");
    let row = &rows["data"][0];
    assert_eq!((&row["workspace"], &row["outcome"]), (&json!("other"), &json!("APPROVAL_INVALID")));

    // In its own workspace it still counts.
    let answer = stage.host.chat(editor(), &body).await.expect("an answer");
    assert_eq!(answer.outcomes(), ["tool-output-available"], "{}", answer.text);
}

#[tokio::test]
async fn an_approval_expires() {
    let stage = stage().await;
    let waiting = Waiting::new(&stage).await;
    let requested = stage.ledger("approval_requested").await.expect("rows").remove(0);
    let workspace = requested["workspace"].as_str().expect("a workspace");
    let input = waiting.answered(true)["messages"][1]["parts"][1]["input"].to_string();
    let arguments = CanonicalArguments::parse(&input).expect("arguments");
    let (user, call) = (user_id(&stage.host, editor()).await, waiting.call_id());
    let binding = Binding {
        user: &user,
        workspace,
        tool: "items",
        tool_call_id: &call,
        arguments: &arguments,
    };
    let data = stage.folder.data_dir();
    let url = format!("sqlite://{}", data.join("palisade.db").display());
    let state = State::open(&url, KeySource::File(data.join("master.key"))).await.expect("a state");
    let issued = |ago: Duration| {
        let id = state.approvals().issue(&binding, Timestamp::now() - ago).expect("an id");
        waiting.forged(|call| call["approval"]["id"] = json!(id))
    };
    let late = issued(VALIDITY + Duration::from_secs(1));
    assert_refused(&stage, editor(), &late, "APPROVAL_EXPIRED", "too late").await;

    // The same a minute before its end counts: what was wrong above is its age.
    let in_time = issued(VALIDITY - Duration::from_secs(60));
    let answer = stage.host.chat(editor(), &in_time).await.expect("an answer");
    assert_eq!(answer.outcomes(), ["tool-output-available"], "{}", answer.text);
    assert_eq!(title(&stage).await, TITLE);
}
