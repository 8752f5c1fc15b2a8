//! P4: an approval is bound to user, workspace, tool, call and arguments, and used once, also across
//! replicas and restarts; a denial is final for that call.
//!
//! The attacks on one host are in `tests/sdk/approvals.test.mjs`; here several hosts share one state.

use palisade_tests::{
    fake::{Answer, FakeOptions, FakeProvider, Scenario, ToolCall},
    host::{self, Folder, FolderOptions, Host, Person, Role, question},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const MODEL: &str = "scripted";

struct Scene {
    provider: FakeProvider,
    folder: Folder,
    first: Host,
    second: Host,
}

impl Scene {
    async fn start() -> Self {
        let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
        let options = FolderOptions { models: vec![MODEL.to_owned()], ..FolderOptions::default() };
        let folder = Folder::prepare(&provider, &options).await.expect("a folder");
        let first = folder.serve().await.expect("a host");
        let second = folder.serve().await.expect("another host");
        Self { provider, folder, first, second }
    }

    /// Asks the first host, and gives the conversation in which the user decides.
    async fn proposal(&self, title: &str, approved: bool) -> Value {
        let data = json!({"title": title, "slug": title, "status": "draft"});
        let create = json!({"action": "create", "collection": "articles", "data": data});
        let steps = [Answer::tools([ToolCall::new("items", create)]), Answer::text("I see.")];
        self.provider.script(MODEL, Scenario::of(steps));
        let asked = question(MODEL, "Write an article");
        let answer = send(&self.first, &asked).await;
        answer.decided(&asked, approved).expect("an approval request")
    }

    /// How many articles have this title.
    async fn written(&self, title: &str) -> usize {
        let path = format!("/items/articles?filter[title][_eq]={title}");
        let admin = Person::of(Role::Admin);
        let (_, body) = self.second.json(Method::GET, &path, admin, None).await.expect("articles");
        body["data"].as_array().expect("a list").len()
    }

    async fn refusals(&self) -> usize {
        let ledger = self.folder.ledger().await.expect("a ledger");
        ledger.iter().filter(|row| row["kind"] == "refusal").count()
    }
}

async fn send(host: &Host, body: &Value) -> host::Answer {
    host.chat(Person::of(Role::Editor), body).await.expect("an answer")
}

#[tokio::test]
async fn a_replica_takes_the_answer_to_what_another_asked() {
    let scene = Scene::start().await;
    let approved = scene.proposal("across", true).await;
    assert_eq!(send(&scene.second, &approved).await.outcomes(), ["tool-output-available"]);
    assert_eq!(send(&scene.first, &approved).await.outcomes(), ["tool-output-error"]);
    assert_eq!(scene.written("across").await, 1);
    assert_eq!(scene.refusals().await, 1);
}

#[tokio::test]
async fn of_twenty_answers_at_once_to_two_replicas_one_counts() {
    let Scene { provider, folder, first, second } = Scene::start().await;
    let scene = std::sync::Arc::new(Scene { provider, folder, first, second });
    let approved = scene.proposal("race", true).await;
    let mut racing = JoinSet::new();
    for number in 0..20 {
        let (scene, approved) = (std::sync::Arc::clone(&scene), approved.clone());
        racing.spawn(async move {
            let host = if number % 2 == 0 { &scene.first } else { &scene.second };
            send(host, &approved).await.outcomes() == ["tool-output-available"]
        });
    }
    let won = racing.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
    assert_eq!(scene.written("race").await, 1);
    assert_eq!(scene.refusals().await, 19);
}

#[tokio::test]
async fn a_denial_at_one_replica_is_final_at_the_other() {
    let scene = Scene::start().await;
    let denied = scene.proposal("denied", false).await;
    assert_eq!(send(&scene.first, &denied).await.outcomes(), ["tool-output-denied"]);
    let mut approved = denied.clone();
    approved["messages"][1]["parts"][1]["approval"]["approved"] = true.into();
    assert_eq!(send(&scene.second, &approved).await.outcomes(), ["tool-output-error"]);
    assert_eq!(scene.written("denied").await, 0);
}

#[tokio::test]
async fn an_approval_that_was_spent_stays_spent_when_the_host_is_killed() {
    let mut scene = Scene::start().await;
    let approved = scene.proposal("killed", true).await;
    assert_eq!(send(&scene.first, &approved).await.outcomes(), ["tool-output-available"]);
    scene.first.kill().await.expect("a dead host");
    let restarted = scene.folder.serve().await.expect("a host");
    assert_eq!(send(&restarted, &approved).await.outcomes(), ["tool-output-error"]);
    assert_eq!(scene.written("killed").await, 1);
}

#[tokio::test]
async fn an_approval_that_was_asked_for_outlives_the_host_that_asked() {
    let mut scene = Scene::start().await;
    let approved = scene.proposal("outlived", true).await;
    scene.first.kill().await.expect("a dead host");
    let restarted = scene.folder.serve().await.expect("a host");
    assert_eq!(send(&restarted, &approved).await.outcomes(), ["tool-output-available"]);
    assert_eq!(scene.written("outlived").await, 1);
}

#[tokio::test]
async fn changed_arguments_are_refused_by_each_replica() {
    let scene = Scene::start().await;
    let approved = scene.proposal("asked", true).await;
    let mut changed = approved.clone();
    changed["messages"][1]["parts"][1]["input"]["data"]["title"] = "changed".into();
    for host in [&scene.first, &scene.second] {
        assert_eq!(send(host, &changed).await.outcomes(), ["tool-output-error"]);
    }
    assert_eq!(scene.written("changed").await, 0);
    // What was not approved didn't spend what was.
    assert_eq!(send(&scene.second, &approved).await.outcomes(), ["tool-output-available"]);
    assert_eq!(scene.written("asked").await, 1);
}
