//! P3: by default every tool call asks. A call that isn't read-only runs only if the caller approved
//! exactly it, or set that tool to "always" and the workspace's ceiling allows it.

use palisade_tests::{
    fake::{FakeOptions, FakeProvider},
    host::{Folder, FolderOptions, Host, Person, Role, question},
};
use reqwest::Method;
use serde_json::{Value, json};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// It runs at once.
    Runs,
    /// The user is asked.
    Asks,
    /// The tool isn't there.
    Absent,
}

use Becomes::{Absent, Asks, Runs};

struct Scene {
    provider: FakeProvider,
    folder: Folder,
    host: Host,
}

impl Scene {
    async fn start(approvals: &str) -> Self {
        let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
        let workspace = match approvals {
            "" => String::new(),
            mode => format!("approvals = {mode:?}"),
        };
        let options = FolderOptions { workspace, ..FolderOptions::default() };
        let folder = Folder::prepare(&provider, &options).await.expect("a folder");
        let host = folder.serve().await.expect("a host");
        Self { provider, folder, host }
    }

    async fn title(&self) -> Value {
        let admin = Person::of(Role::Admin);
        let path = "/items/articles/3";
        let (_, body) = self.host.json(Method::GET, path, admin, None).await.expect("an article");
        body["data"]["title"].clone()
    }

    async fn set_ceiling(&self, mode: Value) {
        let admin = Person::of(Role::Admin);
        let path = "/ai/admin/tools/items";
        let body = json!({ "default": mode });
        let (status, body) =
            self.host.json(Method::PATCH, path, admin, Some(&body)).await.expect("an answer");
        assert_eq!(status, 200, "{body}");
    }

    /// What becomes of the editor's call with this mode of the user's own.
    async fn outcome(&self, scenario: &str, user_mode: Option<&str>) -> Becomes {
        let mut body = question(&format!("scenario:{scenario}"), "Please do it");
        if let Some(mode) = user_mode {
            body["toolApprovals"] = json!({ "items": mode });
        }
        let before = self.title().await;
        let answer = self.host.chat(Person::of(Role::Editor), &body).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
        let asks = answer.chunk("tool-approval-request").is_some();
        let ran = answer.chunk("tool-output-available").is_some();
        let first = self.provider.requests().into_iter().rev().find(|request| request.step == Some(0));
        let tools = first.expect("a request").body["tools"].clone();
        let offered = tools.to_string().contains("\"items\"");
        let changed = self.title().await != before;
        match (asks, ran, offered) {
            (true, false, true) => {
                assert!(!changed, "the call ran although it asked");
                Asks
            }
            (false, true, true) => Runs,
            (false, false, false) => {
                assert!(!changed, "a call of an absent tool ran");
                Absent
            }
            odd => panic!("asks, ran, offered: {odd:?}\n{}", answer.text),
        }
    }
}

#[tokio::test]
async fn by_default_every_call_asks() {
    let scene = Scene::start("").await;
    for scenario in ["read-articles", "schema", "update-article", "delete-article"] {
        assert_eq!(scene.outcome(scenario, None).await, Asks, "{scenario}");
        assert_eq!(scene.outcome(scenario, Some("always")).await, Asks, "{scenario}, always");
    }
}

#[tokio::test]
async fn reads_may_run_at_once_but_writes_ask() {
    let scene = Scene::start("writes").await;
    for (scenario, user_mode, expected) in [
        ("read-articles", None, Runs),
        ("read-articles", Some("always"), Runs),
        ("read-articles", Some("ask"), Asks),
        ("read-articles", Some("disabled"), Absent),
        ("update-article", None, Asks),
        ("update-article", Some("always"), Asks),
        ("update-article", Some("disabled"), Absent),
        ("delete-article", None, Asks),
        ("delete-article", Some("always"), Asks),
    ] {
        let outcome = scene.outcome(scenario, user_mode).await;
        assert_eq!(outcome, expected, "{scenario} {user_mode:?}");
    }
}

#[tokio::test]
async fn a_write_runs_at_once_only_where_the_user_and_the_ceiling_say_always() {
    let scene = Scene::start("writes").await;
    for (ceiling, user_mode, write, read) in [
        (json!(null), Some("always"), Asks, Runs),
        (json!("ask"), Some("always"), Asks, Asks),
        (json!("ask"), None, Asks, Asks),
        (json!("always"), None, Asks, Runs),
        (json!("always"), Some("ask"), Asks, Asks),
        (json!("always"), Some("always"), Runs, Runs),
        (json!("disabled"), Some("always"), Absent, Absent),
        (json!("always"), Some("disabled"), Absent, Absent),
    ] {
        scene.set_ceiling(ceiling.clone()).await;
        let case = format!("ceiling {ceiling}, user {user_mode:?}");
        assert_eq!(scene.outcome("update-article", user_mode).await, write, "write, {case}");
        assert_eq!(scene.outcome("read-articles", user_mode).await, read, "read, {case}");
    }
}

#[tokio::test]
async fn a_tool_that_is_off_is_not_listed_and_a_call_of_it_does_nothing() {
    let scene = Scene::start("writes").await;
    let editor = Person::of(Role::Editor);
    let listed = async || {
        let (_, body) = scene.host.json(Method::GET, "/ai/tools", editor, None).await.expect("tools");
        body["data"].to_string().contains("\"items\"")
    };
    assert!(listed().await);
    scene.set_ceiling(json!("disabled")).await;
    assert!(!listed().await);
    assert_eq!(scene.outcome("update-article", None).await, Absent);
}

#[tokio::test]
async fn a_granted_call_runs_and_both_are_on_record() {
    let scene = Scene::start("").await;
    let editor = Person::of(Role::Editor);
    let asked = question("scenario:update-article", "Please do it");
    let answer = scene.host.chat(editor, &asked).await.expect("an answer");
    let approved = answer.decided(&asked, true).expect("an approval request");
    let answer = scene.host.chat(editor, &approved).await.expect("an answer");
    assert_eq!(answer.outcomes(), ["tool-output-available"]);
    assert_eq!(scene.title().await, "Renamed by the assistant");
    let ledger = scene.folder.ledger().await.expect("a ledger");
    let row = |kind: &str| ledger.iter().find(|row| row["kind"] == kind).cloned();
    let granted = row("approval_granted").expect("the approval");
    let operation = row("data_operation").expect("the operation");
    assert_eq!(operation["approval_id"], granted["approval_id"]);
    assert!(operation["approval_id"].is_string(), "{operation}");
}
