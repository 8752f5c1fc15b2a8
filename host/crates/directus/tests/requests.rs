//! What goes over the wire: the caller's credential on every request, look-ups that are kept for
//! seconds, and writes that are sent once.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use std::time::Duration;

use palisade_data::{
    Authenticator, Caller, Credential, DataBackend, DataError, Operation, Query, Selection,
};
use palisade_directus::{Directus, DirectusOptions};
use palisade_provider::EgressPolicy;
use serde_json::{Map, Value, json};
use url::Url;
use wiremock::{
    Match, Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path},
};

const TOKEN: &str = "a-token";

/// A Directus that knows one user.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    for (at, data) in [
        ("/users/me", json!({"id": "ada", "first_name": "Ada", "last_name": null, "role": "r"})),
        ("/policies/me/globals", json!({"app_access": true, "admin_access": false})),
        ("/roles/me", json!([{"id": "parent"}, {"id": "r"}])),
        ("/permissions/me", json!({"articles": {"update": {"access": "full", "fields": ["*"]}}})),
        ("/collections", json!([{"collection": "articles", "meta": {}, "schema": {}}])),
        (
            "/fields",
            json!([{"collection": "articles", "field": "id", "type": "integer",
            "schema": {"is_primary_key": true}, "meta": {}}]),
        ),
        ("/relations", json!([])),
    ] {
        Mock::given(method("GET"))
            .and(path(at))
            .and(header("authorization", format!("Bearer {TOKEN}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "data": data })))
            .mount(&server)
            .await;
    }
    server
}

fn directus(server: &MockServer) -> Directus {
    let url = Url::parse(&server.uri()).expect("a URL");
    let public_url = Url::parse("https://cms.example.com").expect("a URL");
    let options = DirectusOptions { url, public_url, imports: EgressPolicy::default() };
    Directus::new(options).expect("a client")
}

async fn caller(directus: &Directus) -> Caller {
    directus.authenticate(&Credential::new(TOKEN), None).await.expect("a caller")
}

fn update() -> Operation {
    let payload: Map<String, Value> = [("title".to_owned(), "Hello".into())].into_iter().collect();
    Operation::UpdateItems {
        collection: "articles".into(),
        selection: Selection::Keys(vec![3.into()]),
        payload,
        query: Query::default(),
    }
}

fn read() -> Operation {
    Operation::ReadItems { collection: "articles".into(), keys: None, query: Query::default() }
}

/// How often a request was made.
async fn count(server: &MockServer, verb: &str, at: &str) -> usize {
    let requests = server.received_requests().await.expect("recorded");
    requests
        .iter()
        .filter(|request| request.method.as_str() == verb && request.url.path() == at)
        .count()
}

async fn answer(server: &MockServer, verb: &str, at: &str, template: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(template).mount(server).await;
}

fn refusal(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({"errors": [{"message": "No.", "extensions": {"code": code}}]});
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn a_caller_is_looked_up_once_and_forgotten_when_directus_refuses_it() {
    let server = server().await;
    let directus = directus(&server);
    let many = (0..10).map(|_| caller(&directus));
    let callers = futures_util::future::join_all(many).await;
    assert_eq!(count(&server, "GET", "/users/me").await, 1);
    let accountability = &callers[0].accountability;
    assert_eq!(accountability.roles, ["r", "parent"], "the user's own role first");
    assert_eq!((accountability.app, accountability.admin), (true, false));
    assert_eq!(callers[0].display_name, "Ada");

    answer(&server, "SEARCH", "/items/articles", refusal(401, "INVALID_CREDENTIALS")).await;
    let refused = directus.execute(&callers[0], &read()).await.expect_err("refused");
    assert!(matches!(refused, DataError::InvalidCredentials), "{refused}");
    caller(&directus).await;
    assert_eq!(count(&server, "GET", "/users/me").await, 2, "asked anew");
}

#[tokio::test]
async fn an_older_directus_is_told_from_one_that_is_down() {
    let server = MockServer::start().await;
    answer(&server, "GET", "/policies/me/globals", refusal(404, "ROUTE_NOT_FOUND")).await;
    let data = json!({"data": {"id": "ada"}});
    answer(&server, "GET", "/users/me", ResponseTemplate::new(200).set_body_json(data)).await;
    let data = json!({"data": []});
    answer(&server, "GET", "/roles/me", ResponseTemplate::new(200).set_body_json(data)).await;
    let found = directus(&server).authenticate(&Credential::new(TOKEN), None).await;
    let error = found.expect_err("refused").to_string();
    assert!(error.contains("older than version 11"), "{error}");

    let down = directus(&server);
    drop(server);
    let error = down.authenticate(&Credential::new(TOKEN), None).await.expect_err("refused");
    assert_eq!((error.status(), error.code()), (503, "SERVICE_UNAVAILABLE"));
}

/// Matches the first requests only.
struct First(std::sync::atomic::AtomicUsize);

impl Match for First {
    fn matches(&self, request: &Request) -> bool {
        request.method.as_str() == "PATCH"
            && self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0
    }
}

#[tokio::test]
async fn a_write_without_an_answer_is_unknown_and_never_sent_again() {
    let server = server().await;
    let directus = directus(&server);
    let caller = caller(&directus).await;
    for template in [
        // A gateway that gave up, an answer of somebody else's, and half an answer.
        ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"),
        ResponseTemplate::new(200).set_body_string("<html>Hello</html>"),
        ResponseTemplate::new(307).insert_header("location", "https://elsewhere.example/"),
    ] {
        let before = count(&server, "PATCH", "/items/articles").await;
        let mock = Mock::given(First(0.into())).respond_with(template).mount_as_scoped(&server);
        let _mock = mock.await;
        let error = directus.execute(&caller, &update()).await.expect_err("unknown");
        assert!(matches!(error, DataError::OutcomeUnknown), "{error}");
        assert_eq!(count(&server, "PATCH", "/items/articles").await, before + 1);
    }
}

#[tokio::test]
async fn a_refused_write_is_told_as_refused() {
    let server = server().await;
    let directus = directus(&server);
    let caller = caller(&directus).await;
    for (status, code) in [
        (403, "FORBIDDEN"),
        (400, "FAILED_VALIDATION"),
        (429, "REQUESTS_EXCEEDED"),
        (503, "SERVICE_UNAVAILABLE"),
    ] {
        let mock = Mock::given(method("PATCH")).respond_with(refusal(status, code));
        let _mock = mock.mount_as_scoped(&server).await;
        let error = directus.execute(&caller, &update()).await.expect_err("refused");
        assert_eq!((error.status(), error.code()), (status, code));
    }
}

#[tokio::test]
async fn a_write_waits_for_a_slow_directus_and_gives_a_link_to_the_item() {
    let server = server().await;
    let directus = directus(&server);
    let caller = caller(&directus).await;
    let data = json!({"data": [{"id": 3, "title": "Hello"}]});
    let slow = ResponseTemplate::new(200).set_body_json(data).set_delay(Duration::from_secs(1));
    answer(&server, "PATCH", "/items/articles", slow).await;
    let outcome = directus.execute(&caller, &update()).await.expect("an outcome");
    assert_eq!(outcome.link.as_deref(), Some("https://cms.example.com/admin/content/articles/3"));
    assert_eq!(outcome.fields, ["articles.id", "articles.title"]);
    let requests = server.received_requests().await.expect("recorded");
    let sent = requests.iter().find(|request| request.method.as_str() == "PATCH");
    let body: Value = serde_json::from_slice(&sent.expect("sent").body).expect("JSON");
    assert_eq!(body, json!({"keys": [3], "data": {"title": "Hello"}}));
}

#[tokio::test]
async fn names_stay_in_their_segment_of_the_path() {
    let server = server().await;
    let directus = directus(&server);
    let caller = caller(&directus).await;
    for collection in ["../users", "a/b?c#d", "..", ""] {
        let operation = Operation::ReadItems {
            collection: collection.into(),
            keys: None,
            query: Query::default(),
        };
        directus.execute(&caller, &operation).await.expect_err("refused");
    }
    let requests = server.received_requests().await.expect("recorded");
    let searched = requests.iter().filter(|request| request.method.as_str() == "SEARCH");
    let paths: Vec<&str> = searched.map(|request| request.url.path()).collect();
    assert_eq!(paths, ["/items/..%2Fusers", "/items/a%2Fb%3Fc%23d"]);
}
