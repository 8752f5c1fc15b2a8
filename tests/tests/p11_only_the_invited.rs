//! P11: chat needs authentication and app access; settings need admin. Anonymous, API-only and public
//! callers are turned away on every route.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use palisade_tests::{
    fake::{FakeOptions, FakeProvider},
    host::{Folder, FolderOptions, Host, Person, Role, question},
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const MODEL: &str = "scenario:hello";
const OWN_LEDGER: &str = "/ai/ledger?turn=01890a5d-ac96-774b-bcce-b302099a8057";

/// Who may use a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Needs {
    AppAccess,
    Admin,
}

/// Every route of the assistant: method, path, body, and who may use it.
fn routes() -> Vec<(Method, &'static str, Option<Value>, Needs)> {
    let settings = json!({"approvals": "all"});
    let object = json!({"provider": "fake", "model": "scenario:object", "prompt": "Hi",
    "outputSchema": {"type": "object", "properties": {
        "title": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}},
    }}});
    vec![
        (Method::POST, "/ai/chat", Some(question(MODEL, "Hi")), Needs::AppAccess),
        (Method::POST, "/ai/object", Some(object), Needs::AppAccess),
        (Method::POST, "/ai/files", Some(json!({})), Needs::AppAccess),
        (Method::GET, OWN_LEDGER, None, Needs::AppAccess),
        (Method::GET, "/ai/models", None, Needs::AppAccess),
        (Method::GET, "/ai/tools", None, Needs::AppAccess),
        (Method::GET, "/ai/admin/settings", None, Needs::Admin),
        (Method::PATCH, "/ai/admin/settings", Some(settings), Needs::Admin),
        (Method::GET, "/ai/admin/providers", None, Needs::Admin),
        (Method::GET, "/ai/admin/providers/fake/key", None, Needs::Admin),
        (Method::PUT, "/ai/admin/providers/fake/key", Some(json!({"key": "x"})), Needs::Admin),
        (Method::DELETE, "/ai/admin/providers/fake/key", None, Needs::Admin),
        (Method::POST, "/ai/admin/providers/fake/test", None, Needs::Admin),
        (Method::GET, "/ai/admin/tools", None, Needs::Admin),
        (Method::PATCH, "/ai/admin/tools/items", Some(json!({})), Needs::Admin),
        (Method::GET, "/ai/admin/ledger", None, Needs::Admin),
        (Method::GET, "/ai/admin/ledger/export", None, Needs::Admin),
        (Method::GET, "/ai/admin/usage", None, Needs::Admin),
    ]
}

async fn start() -> (FakeProvider, Folder, Host) {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let folder = Folder::prepare(&provider, &FolderOptions::default()).await.expect("a folder");
    let host = folder.serve().await.expect("a host");
    (provider, folder, host)
}

/// Status and Directus code of an answer.
async fn answer(request: RequestBuilder, body: Option<&Value>) -> (u16, String) {
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    (status, body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn who_is_not_invited_is_turned_away_on_every_route() {
    let (provider, _folder, host) = start().await;
    for (method, path, body, needs) in routes() {
        let case = format!("{method} {path}");
        let ask = |person| answer(host.request(method.clone(), path, person), body.as_ref());
        let forbidden = (403, "FORBIDDEN".to_owned());

        let (status, code) = ask(None).await;
        assert!([401, 403].contains(&status), "{case}: nobody got {status}");
        assert!(["FORBIDDEN", "INVALID_CREDENTIALS"].contains(&code.as_str()), "{case}: {code}");

        let unknown = host.request(method.clone(), path, None).bearer_auth("unknown-token");
        let unknown = answer(unknown, body.as_ref()).await;
        assert_eq!(unknown, (401, "INVALID_CREDENTIALS".to_owned()), "{case}: unknown token");

        let program = ask(Some(Person::of(Role::Program))).await;
        assert_eq!(program, forbidden, "{case}: without app access");
        if needs == Needs::Admin {
            for role in [Role::Reader, Role::Editor] {
                assert_eq!(ask(Some(Person::of(role))).await, forbidden, "{case}: {role:?}");
            }
        }
    }
    assert!(provider.requests().is_empty(), "a refused request reached the provider");
}

#[tokio::test]
async fn who_is_invited_gets_in() {
    let (_provider, _folder, host) = start().await;
    for (method, path, body, needs) in routes() {
        let role = if needs == Needs::Admin { Role::Admin } else { Role::Reader };
        let request = host.request(method.clone(), path, Some(Person::of(role)));
        let (status, code) = answer(request, body.as_ref()).await;
        assert!(![401, 403, 404, 405].contains(&status), "{method} {path}: {status} {code}");
    }
}

#[tokio::test]
async fn a_token_in_the_address_is_no_token() {
    let (provider, _folder, host) = start().await;
    let token = Person::of(Role::Admin).token;
    for path in [format!("/ai/models?access_token={token}"), format!("/ai/chat?token={token}")] {
        let method = if path.starts_with("/ai/chat") { Method::POST } else { Method::GET };
        let (status, _) =
            answer(host.request(method, &path, None), Some(&question(MODEL, "Hi"))).await;
        assert!([401, 403].contains(&status), "{path}: {status}");
    }
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn a_cookie_counts_only_from_the_hosts_own_pages() {
    let (provider, _folder, host) = start().await;
    let editor = Person::of(Role::Editor);
    let login = json!({"email": editor.email, "password": editor.password, "mode": "session"});
    let response = host
        .request(Method::POST, "/auth/login", None)
        .json(&login)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 200);
    let cookies: Vec<_> = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let session = cookies
        .iter()
        .find(|cookie| cookie.starts_with("directus_session_token="))
        .expect("a session cookie");
    let flags = session.to_lowercase();
    assert!(flags.contains("httponly") && flags.contains("samesite"), "{session}");
    let pair = session.split(';').next().expect("a name and a value");

    let with_origin = |origin: Option<&str>| {
        let request = host.request(Method::POST, "/ai/chat", None).header("cookie", pair);
        let request = request.json(&question(MODEL, "Hi"));
        match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        }
    };
    for foreign in [Some("https://evil.example"), Some("null"), Some("http://127.0.0.1:1"), None] {
        let (status, code) = answer(with_origin(foreign), None).await;
        assert_eq!((status, code.as_str()), (403, "FORBIDDEN"), "{foreign:?}");
    }
    assert!(provider.requests().is_empty());
    let own = with_origin(Some(host.url())).send().await.expect("an answer");
    assert_eq!(own.status(), 200);

    let logout = host.request(Method::POST, "/auth/logout", None).header("cookie", pair);
    let logout = logout.header("origin", host.url()).json(&json!({"mode": "session"}));
    assert!(logout.send().await.expect("an answer").status().is_success());
    let (status, _) = answer(with_origin(Some(host.url())), None).await;
    assert_eq!(status, 401, "a session that ended still counts");
}
