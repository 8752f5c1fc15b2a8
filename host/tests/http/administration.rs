//! What administrators change at run time.

use http::StatusCode;
use serde_json::{Value, json};

use crate::support::{ADMIN, Call, EDITOR, Host, chat, with_own_host, with_variables};

async fn patch(host: &Host, path: &str, body: Value) -> crate::support::Answer {
    host.send(Call::new("PATCH", path).token(ADMIN).json(body)).await
}

async fn settings(host: &Host) -> Value {
    host.send(Call::get("/ai/admin/settings").token(ADMIN)).await.data()
}

#[test]
fn settings_change_at_once_and_go_back_to_the_configuration() {
    with_own_host("", async |host| {
        let before = settings(&host).await;
        assert_eq!(before["revision"], 0);
        assert_eq!(before["approvals"], "writes");
        assert_eq!(before["max_steps"], 10);
        assert_eq!(before["locked"], json!(["allowed_models.fixed"]));

        let path = "/ai/admin/settings";
        let change = json!({
            "approvals": "all", "max_steps": 3, "system_prompt": "Be brief.",
            "allowed_models": {"openai": ["a", "b"]},
        });
        let changed = patch(&host, path, change).await.data();
        assert_eq!(changed["revision"], 1);
        assert_eq!(changed, settings(&host).await);
        assert_eq!(changed["approvals"], "all");
        assert_eq!(changed["allowed_models"]["openai"], json!(["a", "b"]));
        let models = host.send(Call::get("/ai/models").token(EDITOR)).await.data();
        assert_eq!(models.as_array().map(Vec::len), Some(3));

        let body = json!({"system_prompt": null, "allowed_models": {"openai": null, "demo": []}});
        let back = patch(&host, path, body).await.data();
        assert_eq!(back["system_prompt"], Value::Null);
        assert_eq!(
            back["allowed_models"],
            json!({"demo": [], "fixed": [], "openai": ["gpt-5-mini"]})
        );
        let refused = host.send(Call::post("/ai/chat", chat("Hello")).token(EDITOR)).await;
        assert_eq!(refused.verdict(), "403 FORBIDDEN", "a list without models allows none");

        let stale = patch(&host, path, json!({"revision": 1, "max_steps": 4})).await;
        assert_eq!(stale.verdict(), "409 CONFLICT");
        let fresh = patch(&host, path, json!({"revision": 2, "max_steps": 4})).await;
        assert_eq!(fresh.data()["max_steps"], 4);
    });
}

#[test]
fn wrong_and_locked_settings_are_refused_and_change_nothing() {
    with_own_host("", async |host| {
        let before = settings(&host).await;
        let role = "00000000-0000-4000-8000-000000000000";
        let mut report = String::new();
        for body in [
            json!({"aprovals": "all"}),
            json!({"approvals": "none"}),
            json!({"max_steps": 0}),
            json!({"max_steps": 51}),
            json!({"max_steps": "3"}),
            json!({"system_prompt": "x".repeat(64 * 1024 + 1)}),
            json!({"allowed_models": {"nothing": ["a"]}}),
            json!({"allowed_models": {"openai": [""]}}),
            json!({"allowed_models": {"fixed": ["a"]}}),
            json!({"ceilings": {"nothing": {"default": "ask"}}}),
            json!({"ceilings": {"items": {"default": "sometimes"}}}),
            json!({"ceilings": {"items": {"roles": {"editors": "ask"}}}}),
            json!({"ceilings": {"items": {"roles": {role: "ask"}, "more": 1}}}),
            json!([]),
        ] {
            let answer = patch(&host, "/ai/admin/settings", body).await;
            let reason = answer.json()["errors"][0]["message"].clone();
            report.push_str(&format!("{}: {reason}\n", answer.verdict()));
        }
        insta::assert_snapshot!(report);
        assert_eq!(settings(&host).await, before);
    });
}

#[test]
fn a_locked_workspace_keeps_its_settings() {
    with_variables(&[("PALISADE_WORKSPACE__LOCKED", "true")], async |host| {
        for body in
            [json!({"approvals": "all"}), json!({"max_steps": 3}), json!({"system_prompt": null})]
        {
            let answer = patch(&host, "/ai/admin/settings", body).await;
            assert_eq!(answer.verdict(), "403 FORBIDDEN", "{}", answer.text);
        }
        let locked = ["approvals", "max_steps", "system_prompt", "allowed_models.fixed"];
        assert_eq!(settings(&host).await["locked"], json!(locked));
    });
}

#[test]
fn a_tool_that_is_off_is_gone_for_everybody() {
    with_own_host("", async |host| {
        let ceilings = json!({"ceilings": {"items": {"default": "disabled"}}});
        assert_eq!(patch(&host, "/ai/admin/settings", ceilings).await.verdict(), "200");
        let tools = host.send(Call::get("/ai/tools").token(EDITOR)).await.data();
        let names: Vec<_> =
            tools.as_array().expect("a list").iter().map(|tool| tool["name"].clone()).collect();
        assert!(!names.contains(&json!("items")), "{names:?}");
    });
}

#[test]
fn ceilings_are_set_by_tool_and_role() {
    with_own_host("", async |host| {
        let role = "6d2f1c1e-52f3-4a5c-9b0e-0d8f6a3b2c11";
        let path = "/ai/admin/tools/items";
        let set = patch(&host, path, json!({"default": "always", "roles": {role: "ask"}})).await;
        assert_eq!(set.data()["ceiling"], json!({"default": "always", "roles": {role: "ask"}}));
        let unset = patch(&host, path, json!({"roles": {role: null}})).await;
        assert_eq!(unset.data()["ceiling"], json!({"default": "always", "roles": {}}));
        let shown = host.send(Call::get(path).token(ADMIN)).await.data();
        assert_eq!(shown["ceiling"]["default"], "always");
        let tools = host.send(Call::get("/ai/admin/tools").token(ADMIN)).await.data();
        let names: Vec<_> = tools
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|tool| tool["name"].as_str())
            .collect();
        assert_eq!(names[..2], ["schema", "items"]);
        let missing = patch(&host, "/ai/admin/tools/nothing", json!({})).await;
        assert_eq!(missing.verdict(), "404 ROUTE_NOT_FOUND");
    });
}

#[test]
fn a_key_goes_in_and_is_never_read_back() {
    with_own_host("", async |host| {
        let key = "sk-test-0123456789-abcdefghij-klmnop";
        let path = "/ai/admin/providers/openai/key";
        let get = async || host.send(Call::get(path).token(ADMIN)).await;
        assert_eq!(get().await.data(), json!({"set": false}));
        let put = Call::new("PUT", path).token(ADMIN).json(json!({ "key": key }));
        let set = host.send(put).await;
        assert_eq!(set.data()["masked"], "sk-…mnop");
        let shown = get().await;
        assert_eq!(shown.data()["set"], true);
        assert!(shown.data()["keyId"].is_string() && shown.data()["updatedAt"].is_string());
        let list = host.send(Call::get("/ai/admin/providers").token(ADMIN)).await;
        assert!(list.text.contains("sk-…mnop"));
        for answer in [&set, &shown, &list] {
            assert!(!answer.text.contains("0123456789"), "{}", answer.text);
        }
        for body in [json!({"key": ""}), json!({"key": "two words"}), json!({"key": 1}), json!({})]
        {
            let put = Call::new("PUT", path).token(ADMIN).json(body.clone());
            assert_eq!(host.send(put).await.verdict(), "400 INVALID_PAYLOAD", "{body}");
        }
        let unknown = "/ai/admin/providers/nothing/key";
        let put = Call::new("PUT", unknown).token(ADMIN).json(json!({ "key": key }));
        assert_eq!(host.send(put).await.verdict(), "404 ROUTE_NOT_FOUND");
        for _ in 0..2 {
            let deleted = host.send(Call::new("DELETE", path).token(ADMIN)).await;
            assert_eq!(deleted.status, StatusCode::NO_CONTENT);
        }
        assert_eq!(get().await.data(), json!({"set": false}));

        let ledger = "/ai/admin/ledger?kind=administration&order=oldest";
        let rows = host.send(Call::get(ledger).token(ADMIN)).await;
        let reasons: Vec<_> = rows
            .data()
            .as_array()
            .expect("a list")
            .iter()
            .map(|row| row["reason"].clone())
            .collect();
        assert_eq!(reasons, [json!("key set"), json!("key deleted")]);
        assert!(!rows.text.contains("sk-"), "{}", rows.text);
    });
}

#[test]
fn the_ledger_is_read_in_pages() {
    with_own_host("", async |host| {
        for _ in 0..2 {
            let call = Call::post("/ai/chat", chat("Hello")).token(EDITOR);
            assert_eq!(host.send(call).await.verdict(), "200");
        }
        // A turn is put on record when its stream is over, so its row may come a moment later.
        let rows = async |query: &str| {
            let path = format!("/ai/admin/ledger?kind=turn{query}");
            host.send(Call::get(&path).token(ADMIN)).await.json()
        };
        for _ in 0..100 {
            if rows("").await["data"].as_array().map(Vec::len) == Some(2) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let first = rows("&limit=1").await;
        let cursor = first["meta"]["cursor"].as_str().expect("there is more").to_owned();
        let second = rows(&format!("&limit=1&cursor={cursor}")).await;
        assert_ne!(first["data"][0]["id"], second["data"][0]["id"]);
        let future = rows("&since=2999-01-01T00:00:00Z").await;
        assert_eq!(future, json!({"data": [], "meta": {"cursor": null}}));
        let usage = host.send(Call::get("/ai/admin/usage").token(ADMIN)).await.data();
        assert_eq!(usage[0]["provider"], "demo");

        for wrong in [
            "limit=0",
            "limit=1001",
            "since=yesterday",
            "kind=gossip",
            "cursor=x",
            "order=up",
            "limit=1&limit=2",
            "users=x",
        ] {
            let path = format!("/ai/admin/ledger?{wrong}");
            let answer = host.send(Call::get(&path).token(ADMIN)).await;
            assert_eq!(answer.verdict(), "400 INVALID_QUERY", "{wrong}");
        }
    });
}

#[test]
fn a_provider_that_cannot_be_used_is_not_said_to_work() {
    let unreachable = r#"
[[providers]]
id = "inside"
kind = "openai-compatible"
base_url = "http://127.0.0.1:9/v1"
requires_key = false
allowed_models = ["a"]
[egress]
allow_private = ["127.0.0.1:9"]
"#;
    with_own_host(unreachable, async |host| {
        let mut report = String::new();
        for provider in ["nothing", "fixed", "openai", "inside"] {
            let path = format!("/ai/admin/providers/{provider}/test");
            let answer = host.send(Call::new("POST", &path).token(ADMIN)).await;
            report.push_str(&format!("{provider}: {} {}\n", answer.status.as_u16(), answer.text));
        }
        insta::assert_snapshot!(report);
    });
}

#[test]
fn a_provider_is_tested_with_a_real_call_that_is_on_record() {
    with_own_host("", async |host| {
        let call = Call::new("POST", "/ai/admin/providers/demo/test").token(ADMIN);
        let tested = host.send(call).await.data();
        assert_eq!((&tested["ok"], &tested["model"]), (&json!(true), &json!("demo")));
        assert!(tested["milliseconds"].is_u64(), "{tested}");
        let rows = ledger(&host, "kind=provider_call", 1).await;
        assert_eq!((&rows[0]["provider"], &rows[0]["outcome"]), (&json!("demo"), &json!("ok")));
    });
}

#[test]
fn administrators_learn_what_is_wrong_with_the_host() {
    with_own_host("", async |host| {
        let public = host.send(Call::get("/server/health")).await.json();
        assert_eq!(public, json!({"status": "ok"}));
        let health = host.send(Call::get("/server/health").token(ADMIN)).await.json();
        let checks = &health["checks"];
        assert_eq!((&checks["state"], &checks["project"]), (&json!("ok"), &json!("ok")));
        assert_eq!(checks["image"], "compiled");
        assert_eq!(checks["turns"]["running"], 0);
        let providers = json!([
            {"id": "demo", "state": "ok"},
            {"id": "openai", "state": "no key"},
            {"id": "fixed", "state": "no model"},
        ]);
        assert_eq!(checks["providers"], providers);
    });
}

/// The rows that a query finds, once there are so many.
async fn ledger(host: &Host, query: &str, count: usize) -> Vec<Value> {
    for _ in 0..100 {
        let path = format!("/ai/admin/ledger?{query}");
        let rows = host.send(Call::get(&path).token(ADMIN)).await.data();
        if let Some(rows) = rows.as_array().filter(|rows| rows.len() >= count) {
            return rows.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("there are never {count} rows for {query}");
}

#[test]
fn the_ledger_is_exported_as_it_is_read() {
    with_own_host("", async |host| {
        for wrong in ["format=xml", "limit=1", "cursor=x", "kind=gossip", "since=yesterday"] {
            let path = format!("/ai/admin/ledger/export?{wrong}");
            let answer = host.send(Call::get(&path).token(ADMIN)).await;
            assert_eq!(answer.verdict(), "400 INVALID_QUERY", "{wrong}");
        }
        for _ in 0..2 {
            let call = Call::post("/ai/chat", chat("Hello")).token(EDITOR);
            assert_eq!(host.send(call).await.verdict(), "200");
        }
        ledger(&host, "kind=turn", 2).await;
        let export = async |query: &str| {
            let path = format!("/ai/admin/ledger/export?{query}");
            host.send(Call::get(&path).token(ADMIN)).await
        };
        let lines = export("kind=turn").await;
        assert_eq!(lines.headers["content-type"], "application/x-ndjson");
        let file = "attachment; filename=\"palisade-ledger.jsonl\"";
        assert_eq!(lines.headers["content-disposition"], file);
        let rows: Vec<Value> =
            lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row["kind"] == "turn"));

        let table = export("format=csv&kind=turn").await;
        assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
        assert!(table.text.starts_with("id,time,workspace,turn,user,kind,"), "{}", table.text);
        assert_eq!(table.text.lines().count(), 3);

        let exports = ledger(&host, "kind=administration", 2).await;
        assert!(exports.iter().all(|row| row["reason"] == "ledger exported"), "{exports:?}");
    });
}
