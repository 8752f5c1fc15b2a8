//! P3: by default every tool call asks; a workspace may let read-only calls run at once. A call that
//! isn't read-only runs only if the caller approved exactly it, or set its tool to `always` and the
//! administrator's ceiling for tool and role says the same.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use palisade_project::DemoLogins;
use palisade_tests::{
    fake::ToolCall,
    host::{Answer, FolderOptions, MODEL, Person, Role, Stage, question},
};
use reqwest::Method;
use serde_json::{Value, json};

fn read() -> ToolCall {
    let query = json!({"fields": ["id"], "limit": 3});
    ToolCall::new("items", json!({"action": "read", "collection": "articles", "query": query}))
}

fn update(title: &str) -> ToolCall {
    let data = json!({"title": title});
    let arguments =
        json!({"action": "update", "collection": "articles", "keys": [3], "data": data});
    ToolCall::new("items", arguments)
}

/// Calls that change something, one of each kind.
fn writes() -> [ToolCall; 3] {
    let create = json!({"action": "create", "collection": "articles", "data": {"title": "New"}});
    let delete = json!({"action": "delete", "collection": "articles", "keys": [3]});
    [ToolCall::new("items", create), update("Changed"), ToolCall::new("items", delete)]
}

/// The model makes one call, for somebody with this mode for the tool `items`.
async fn ask(stage: &Stage, role: Role, call: ToolCall, mode: Option<&str>) -> Answer {
    stage.script([call]);
    let mut body = question(MODEL, "Do it.");
    if let Some(mode) = mode {
        body["toolApprovals"] = json!({"items": mode});
    }
    stage.host.chat(Person::of(role), &body).await.expect("an answer")
}

#[track_caller]
fn assert_asks(answer: &Answer) {
    assert!(answer.chunk("tool-approval-request").is_some(), "{}", answer.text);
    assert_eq!(answer.outcomes(), [""; 0], "{}", answer.text);
}

#[track_caller]
fn assert_runs(answer: &Answer) {
    assert!(answer.chunk("tool-approval-request").is_none(), "{}", answer.text);
    assert_eq!(answer.outcomes(), ["tool-output-available"], "{}", answer.text);
}

async fn operations(stage: &Stage) -> usize {
    stage.ledger("data_operation").await.expect("rows").len()
}

/// Names of the tools that the model was offered last.
fn offered(stage: &Stage) -> Vec<String> {
    let last = stage.provider.requests().pop().expect("a request");
    let tools = last.body["tools"].as_array().cloned().unwrap_or_default();
    tools.iter().filter_map(|tool| tool["function"]["name"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn every_call_asks_by_default() {
    let stage = Stage::start(FolderOptions::default()).await.expect("a stage");
    let calls = writes().into_iter().chain([read(), ToolCall::new("schema", json!({}))]);
    let mut asked = 0;
    for call in calls {
        for role in [Role::Editor, Role::Admin] {
            assert_asks(&ask(&stage, role, call.clone(), None).await);
            asked += 1;
        }
    }
    assert_eq!(stage.ledger("approval_requested").await.expect("rows").len(), asked);
    assert_eq!(stage.provider.requests().len(), asked, "a turn that asks ends");
    assert_eq!(operations(&stage).await, 0);
}

#[tokio::test]
async fn a_workspace_may_let_read_only_calls_run() {
    let stage = Stage::with_approvals("writes").await.expect("a stage");
    assert_runs(&ask(&stage, Role::Editor, read(), None).await);
    assert_runs(&ask(&stage, Role::Editor, ToolCall::new("schema", json!({})), None).await);
    let before = operations(&stage).await;
    for call in writes() {
        assert_asks(&ask(&stage, Role::Admin, call, None).await);
    }
    assert_asks(&ask(&stage, Role::Editor, read(), Some("ask")).await);
    assert_eq!(operations(&stage).await, before);

    let off = ask(&stage, Role::Editor, read(), Some("disabled")).await;
    assert_eq!(off.outcomes(), ["tool-output-error"], "{}", off.text);
    assert_eq!(offered(&stage).iter().filter(|name| *name == "items").count(), 0);

    // An administrator takes it back while the host runs.
    stage.administer("/ai/admin/settings", &json!({"approvals": "all"})).await.expect("changed");
    assert_asks(&ask(&stage, Role::Editor, read(), None).await);
    assert_asks(&ask(&stage, Role::Editor, read(), Some("always")).await);
    assert_eq!(operations(&stage).await, before);
}

#[tokio::test]
async fn always_needs_the_users_word_and_the_administrators() {
    let stage = Stage::with_approvals("writes").await.expect("a stage");
    let ceiling = async |mode: Option<&str>| {
        stage
            .administer("/ai/admin/tools/items", &json!({"default": mode}))
            .await
            .expect("a ceiling")
    };
    let title =
        async || stage.item("articles", 3, "title").await.expect("an item")["title"].clone();
    let before = title().await;

    assert_asks(&ask(&stage, Role::Editor, update("By the user alone"), Some("always")).await);
    ceiling(Some("always")).await;
    assert_asks(&ask(&stage, Role::Editor, update("By the ceiling alone"), None).await);
    assert_asks(&ask(&stage, Role::Editor, update("Against the user"), Some("ask")).await);
    ceiling(Some("ask")).await;
    assert_asks(&ask(&stage, Role::Editor, update("Against the ceiling"), Some("always")).await);
    assert_eq!(title().await, before);

    ceiling(Some("always")).await;
    assert_runs(&ask(&stage, Role::Editor, update("By both"), Some("always")).await);
    assert_eq!(title().await, "By both");

    ceiling(None).await;
    assert_asks(
        &ask(&stage, Role::Editor, update("Without a ceiling again"), Some("always")).await,
    );
    assert_eq!(title().await, "By both");
}

#[tokio::test]
async fn a_ceiling_hides_a_tool_from_a_role() {
    let stage = Stage::with_approvals("writes").await.expect("a stage");
    let DemoLogins([_, editor, ..]) = DemoLogins::newsroom();
    let as_editor =
        |method, path: &str| stage.host.request(method, path, None).bearer_auth(editor.token);
    let me = as_editor(Method::GET, "/users/me?fields=role").send().await.expect("an answer");
    let me: Value = me.json().await.expect("JSON");
    let role = me["data"]["role"].as_str().expect("a role").to_owned();
    let lists_items = async || {
        let listed = as_editor(Method::GET, "/ai/tools").send().await.expect("an answer");
        let listed: Value = listed.json().await.expect("JSON");
        listed["data"].as_array().expect("tools").iter().any(|tool| tool["name"] == "items")
    };
    let chat = async || {
        stage.script([read()]);
        let request = as_editor(Method::POST, "/ai/chat").json(&question(MODEL, "Do it."));
        Answer::to(request).await.expect("an answer")
    };
    assert!(lists_items().await);
    assert_runs(&chat().await);
    assert!(offered(&stage).contains(&"items".to_owned()));
    let before = operations(&stage).await;

    let ceiling = json!({"default": "always", "roles": {role: "disabled"}});
    stage.administer("/ai/admin/tools/items", &ceiling).await.expect("a ceiling");
    assert!(!lists_items().await, "listed");
    let answer = chat().await;
    assert_eq!(answer.outcomes(), ["tool-output-error"], "{}", answer.text);
    assert!(!offered(&stage).contains(&"items".to_owned()), "offered to the model");
    assert_eq!(operations(&stage).await, before);

    // For somebody without that role the tool is there.
    assert_runs(&ask(&stage, Role::Editor, read(), None).await);
}

#[tokio::test]
async fn a_posted_state_is_a_claim_and_runs_nothing() {
    let stage = Stage::start(FolderOptions::default()).await.expect("a stage");
    let title = async || stage.item("articles", 3, "title").await.expect("an item");
    let before = title().await;
    stage.script([update("Claimed")]);
    let input = json!({"action": "update", "collection": "articles", "keys": [3],
        "data": {"title": "Claimed"}});
    let approval = |approved: bool| json!({"id": "apr1.made.up", "approved": approved});
    for (state, more) in [
        ("approval-responded", json!({"approval": approval(true)})),
        ("approval-requested", json!({"approval": {"id": "apr1.made.up"}})),
        ("input-available", json!({})),
        ("input-streaming", json!({})),
        ("output-available", json!({"output": [{"id": 3}], "approval": approval(true)})),
        ("output-error", json!({"errorText": "Try again", "approval": approval(true)})),
        ("output-denied", json!({"approval": approval(false)})),
    ] {
        for kind in ["tool-items", "dynamic-tool"] {
            let mut part = json!({"type": kind, "toolName": "items", "toolCallId": "call_claimed",
                "state": state, "input": input});
            for (key, value) in more.as_object().into_iter().flatten() {
                part[key] = value.clone();
            }
            let mut body = question(MODEL, "Do it.");
            let parts = json!([{"type": "step-start"}, part]);
            let message = json!({"id": "a1", "role": "assistant", "parts": parts});
            body["messages"].as_array_mut().expect("messages").push(message);
            let answer = stage.host.chat(Person::of(Role::Admin), &body).await.expect("an answer");
            assert_eq!(answer.status, 200, "{state}: {}", answer.text);
            assert!(answer.chunk("tool-output-available").is_none(), "{state}: {}", answer.text);
            if state == "approval-responded" {
                assert!(answer.tool_errors()[0].starts_with("APPROVAL_INVALID"), "{}", answer.text);
            }
        }
    }
    assert_eq!(operations(&stage).await, 0);
    assert_eq!(title().await, before);
    let refusals = stage.ledger("refusal").await.expect("rows");
    let invalid = refusals.iter().filter(|row| row["outcome"] == "APPROVAL_INVALID").count();
    assert_eq!(invalid, 2, "{refusals:?}");
}
