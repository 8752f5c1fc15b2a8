//! Who may call which route: only the invited.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{
    ADMIN, API, Call, EDITOR, FOREIGN, OWN, READER, chat, with_host, with_own_host,
};

/// Callers to whom nothing of the assistant is open.
const UNINVITED: [&str; 4] = ["anonymous", "unknown token", "expired session", "API only"];

/// Every route, with a body that would be accepted and changes nothing that matters.
fn routes() -> Vec<(&'static str, &'static str, Option<Value>)> {
    vec![
        ("POST", "/ai/chat", Some(chat("Hello"))),
        ("POST", "/ai/object", Some(json!({}))),
        ("POST", "/ai/files", Some(json!({}))),
        ("DELETE", "/ai/files/plf1.a.b", None),
        ("GET", "/ai/ledger?turn=01890a5d-ac96-774b-bcce-b302099a8057", None),
        ("GET", "/ai/models", None),
        ("GET", "/ai/tools", None),
        ("GET", "/ai/admin/settings", None),
        ("PATCH", "/ai/admin/settings", Some(json!({}))),
        ("GET", "/ai/admin/providers", None),
        ("GET", "/ai/admin/providers/openai/key", None),
        ("PUT", "/ai/admin/providers/openai/key", Some(json!({"key": ""}))),
        ("DELETE", "/ai/admin/providers/openai/key", None),
        ("POST", "/ai/admin/providers/openai/test", None),
        ("GET", "/ai/admin/tools", None),
        ("GET", "/ai/admin/tools/items", None),
        ("PATCH", "/ai/admin/tools/items", Some(json!({}))),
        ("GET", "/ai/admin/ledger", None),
        ("GET", "/ai/admin/ledger/export?format=csv", None),
        ("GET", "/ai/admin/usage", None),
        ("GET", "/", None),
        ("GET", "/server/ping", None),
        ("GET", "/server/health", None),
        ("GET", "/metrics", None),
        ("GET", "/openapi.json", None),
        ("GET", "/users/me", None),
        ("GET", "/policies/me/globals", None),
        ("GET", "/permissions/me", None),
        ("GET", "/collections", None),
        ("GET", "/fields", None),
        ("GET", "/fields/articles", None),
        ("GET", "/fields/comments", None),
        ("GET", "/items/articles", None),
        ("GET", "/items/comments", None),
        ("GET", "/items/nothing", None),
        ("GET", "/items/directus_users", None),
        ("GET", "/files", None),
        ("GET", "/roles", None),
        ("GET", "/users", None),
        ("GET", "/nothing", None),
        ("GET", "/ai/nothing", None),
        ("GET", "/ai/chat", None),
        ("DELETE", "/items/articles", None),
    ]
}

#[test]
fn each_route_admits_exactly_its_callers() {
    with_host(async |host| {
        let expired = host.expired_session();
        let editor = host.session("editor@example.com").await;
        let admin = host.session("admin@example.com").await;
        type Sign<'a> = Box<dyn Fn(Call) -> Call + 'a>;
        let callers: Vec<(&str, Sign<'_>)> = vec![
            ("anonymous", Box::new(|call| call)),
            ("unknown token", Box::new(|call| call.token("nobody-has-this-token"))),
            ("expired session", Box::new(|call| call.token(&expired))),
            ("API only", Box::new(|call| call.token(API))),
            ("reader", Box::new(|call| call.token(READER))),
            ("editor", Box::new(|call| call.token(EDITOR))),
            ("admin", Box::new(|call| call.token(ADMIN))),
            ("editor on an own page", Box::new(|call| call.cookie(&editor).origin(OWN))),
            ("editor on a foreign page", Box::new(|call| call.cookie(&editor).origin(FOREIGN))),
            ("admin on a foreign page", Box::new(|call| call.cookie(&admin).origin(FOREIGN))),
            ("admin by cookie alone", Box::new(|call| call.cookie(&admin))),
        ];
        let mut table = String::new();
        for (method, path, body) in routes() {
            let mut verdicts: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (name, sign) in &callers {
                let call = sign(Call::new(method, path));
                let call = match &body {
                    Some(body) => call.json(body.clone()),
                    None => call,
                };
                let verdict = host.send(call).await.verdict();
                let is_invited = !UNINVITED.contains(name);
                let admitted = path.starts_with("/ai/") && !verdict.starts_with("40");
                assert!(is_invited || !admitted, "{name} got {verdict} from {method} {path}");
                verdicts.entry(verdict).or_default().push(name);
            }
            table.push_str(&format!("{method} {path}\n"));
            for (verdict, names) in verdicts {
                table.push_str(&format!("  {verdict}: {}\n", names.join(", ")));
            }
        }
        insta::assert_snapshot!(table);
    });
}

#[test]
fn a_refusal_comes_before_anything_is_read() {
    with_host(async |host| {
        for (path, token) in [("/ai/chat", API), ("/ai/admin/settings", EDITOR)] {
            let method = if path == "/ai/chat" { "POST" } else { "PATCH" };
            let call = Call::new(method, path).token(token).raw("text/plain", "{");
            assert_eq!(host.send(call).await.verdict(), "403 FORBIDDEN");
        }
    });
}

#[test]
fn a_token_in_the_query_string_is_never_looked_at() {
    with_host(async |host| {
        let call = Call::get(&format!("/users/me?access_token={ADMIN}"));
        assert_eq!(host.send(call).await.verdict(), "403 FORBIDDEN");
        let call = Call::post(&format!("/ai/chat?access_token={ADMIN}"), chat("Hello"));
        assert_eq!(host.send(call).await.verdict(), "403 FORBIDDEN");
    });
}

#[test]
fn a_cookie_counts_only_in_a_form_that_a_foreign_page_cannot_send() {
    with_host(async |host| {
        let session = host.session("editor@example.com").await;
        let own = |call: Call| call.cookie(&session).origin(OWN);
        let verdict = async |call: Call| host.send(call).await.verdict();
        let body = chat("Hello").to_string();
        let post = || Call::new("POST", "/ai/chat");
        assert_eq!(verdict(own(post().raw("application/json", body.clone()))).await, "200");
        for form in ["text/plain", "application/x-www-form-urlencoded"] {
            assert_eq!(verdict(own(post().raw(form, body.clone()))).await, "403 FORBIDDEN");
        }
        let json = post().raw("application/json", body.clone()).cookie(&session);
        for origin in
            [FOREIGN, "null", "http://127.0.0.1:8091", "http://127.0.0.1:8090.evil.example"]
        {
            assert_eq!(verdict(json.clone().origin(origin)).await, "403 FORBIDDEN", "{origin}");
        }
        let sites = json.origin(OWN).header("sec-fetch-site", "cross-site");
        assert_eq!(verdict(sites).await, "403 FORBIDDEN");
        // A token in a header was put there on purpose: no page can make a browser add it.
        let token = post().raw("application/json", body).token(EDITOR).origin(FOREIGN);
        assert_eq!(verdict(token).await, "200");
    });
}

#[test]
fn the_header_wins_over_the_cookie() {
    with_host(async |host| {
        let session = host.session("admin@example.com").await;
        let both = Call::get("/ai/admin/settings").token(EDITOR).cookie(&session);
        assert_eq!(host.send(both).await.verdict(), "403 FORBIDDEN");
        let wrong = Call::get("/ai/admin/settings").token("wrong").cookie(&session);
        assert_eq!(host.send(wrong).await.verdict(), "401 INVALID_CREDENTIALS");
    });
}

#[test]
fn a_user_who_tries_a_route_that_is_for_others_is_on_record() {
    with_own_host("", async |host| {
        for token in ["nobody-has-this-token", API] {
            let answer = host.send(Call::post("/ai/chat", chat("Hello")).token(token)).await;
            assert!(answer.verdict().starts_with("40"));
        }
        host.send(Call::get("/ai/admin/settings").token(EDITOR)).await;
        let path = "/ai/admin/ledger?kind=refusal&order=oldest";
        let rows = host.send(Call::get(path).token(ADMIN)).await.data();
        let reasons: Vec<_> =
            rows.as_array().expect("a list").iter().map(|row| row["reason"].clone()).collect();
        assert_eq!(reasons, ["POST /ai/chat", "GET /ai/admin/settings"]);
    });
}
