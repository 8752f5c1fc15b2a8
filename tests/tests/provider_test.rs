//! An administrator's test of a provider: a real call, on the way of all others, that tells nothing of
//! what the provider says.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use palisade_tests::{
    fake::{self, ErrorAnswer, FakeOptions, Scenario},
    host::{FolderOptions, MODEL, Person, Role, Stage},
};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/ai/admin/providers/fake/test";

/// A stage whose only allowed model answers as a test says.
async fn stage(answer: fake::Answer) -> Stage {
    let stage = Stage::start(FolderOptions::default()).await.expect("a stage");
    let only = json!({"allowed_models": {"fake": [MODEL]}});
    stage.administer("/ai/admin/settings", &only).await.expect("changed");
    stage.provider.script(MODEL, Scenario::of([answer]));
    stage
}

async fn test(stage: &Stage, role: Role) -> (u16, Value) {
    let person = Person::of(role);
    stage.host.json(Method::POST, PATH, person, Some(&json!({}))).await.expect("an answer")
}

#[tokio::test]
async fn who_may_not_test_a_provider_costs_nothing() {
    let stage = stage(fake::Answer::text("{\"ok\":true}")).await;
    for role in [Role::Editor, Role::Reader, Role::Program] {
        assert_eq!(test(&stage, role).await.0, 403, "{role:?}");
    }
    assert!(stage.provider.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_is_told_without_the_provider_s_words() {
    let echo = ErrorAnswer { status: 401, echo_authorization: true, ..ErrorAnswer::default() };
    let stage = stage(fake::Answer::Error(echo)).await;
    let (status, body) = test(&stage, Role::Admin).await;
    assert_eq!(status, 503, "{body}");
    assert_eq!(body["errors"][0]["extensions"]["reason"], "PROVIDER_AUTHENTICATION");
    assert!(!body.to_string().contains(FakeOptions::KEY), "{body}");
    let rows = stage.ledger("provider_call").await.expect("rows");
    assert_eq!(rows[0]["outcome"], "HTTP_401");
}

#[tokio::test]
async fn an_answer_is_enough_whatever_it_says() {
    for text in ["{\"ok\":true}", "I would rather not."] {
        let stage = stage(fake::Answer::text(text)).await;
        let (status, body) = test(&stage, Role::Admin).await;
        assert_eq!((status, &body["data"]["ok"]), (200, &json!(true)), "{body}");
        assert_eq!(body["data"]["model"], MODEL);
        assert!(!body.to_string().contains(text), "{body}");
        let requests = stage.provider.requests();
        assert_eq!(requests.len(), 1, "one call");
        let rows = stage.ledger("provider_call").await.expect("rows");
        assert_eq!((&rows[0]["model"], rows.len()), (&json!(MODEL), 1));
    }
}
