//! What a wrong request gets to hear.

use serde_json::{Value, json};

use crate::support::{Call, EDITOR, chat, with_host};

/// The good request with other keys.
fn changed(more: Value) -> Value {
    let mut body = chat("Hello");
    let keys = more.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(keys);
    body
}

fn message(part: Value) -> Value {
    changed(json!({"messages": [{"id": "1", "role": "assistant", "parts": [part]}]}))
}

#[test]
fn a_wrong_chat_request_is_told_what_is_wrong() {
    let json = |body: Value| ("application/json", body.to_string().into_bytes());
    let responded = |approval: Value| {
        message(json!({"type": "tool-items", "toolCallId": "c", "state": "approval-responded",
            "input": {}, "approval": approval}))
    };
    let cases: Vec<(&str, (&str, Vec<u8>))> = vec![
        ("no body", ("application/json", Vec::new())),
        ("invalid JSON", ("application/json", b"{\"messages\":".to_vec())),
        ("not JSON by its type", ("text/plain", chat("Hello").to_string().into_bytes())),
        ("2 MB", ("application/json", vec![b' '; 2_000_000])),
        ("unknown provider", json(changed(json!({"provider": "nothing"})))),
        ("model that is not allowed", json(changed(json!({"model": "gpt-9"})))),
        ("provider without allowed models", json(changed(json!({"provider": "fixed"})))),
        (
            "provider without a key",
            json(changed(json!({"provider": "openai", "model": "gpt-5-mini"}))),
        ),
        ("no messages", json(json!({"provider": "demo", "model": "demo"}))),
        ("empty messages", json(changed(json!({"messages": []})))),
        ("malformed part", json(message(json!({"type": "text"})))),
        ("unknown part", json(message(json!({"type": "image"})))),
        ("approval without answer", json(responded(json!({"id": "a"})))),
        ("null reason", json(responded(json!({"id": "a", "approved": true, "reason": null})))),
        (
            "denied and run",
            json(message(json!({"type": "tool-items", "toolCallId": "c",
            "state": "output-available", "input": {}, "output": 1,
            "approval": {"id": "a", "approved": false}}))),
        ),
        (
            "client tool with a built-in name",
            json(changed(json!({"tools": [
            {"name": "items", "description": "", "inputSchema": {"type": "object"}}]}))),
        ),
        ("approval mode", json(changed(json!({"toolApprovals": {"items": "yes"}})))),
        (
            "eleven attachments",
            json(changed(json!({"context": {"attachments": vec![
            json!({"type": "item", "display": "", "data": {}, "snapshot": {}}); 11]}}))),
        ),
    ];
    with_host(async |host| {
        let mut report = String::new();
        for (name, (content_type, body)) in cases {
            let call = Call::new("POST", "/ai/chat").token(EDITOR).raw(content_type, body);
            let answer = host.send(call).await;
            assert_eq!(answer.headers["content-type"], "application/json");
            report.push_str(&format!("{name}\n  {} {}\n", answer.status.as_u16(), answer.text));
        }
        insta::assert_snapshot!(report);
    });
}

#[test]
fn a_wrong_question_for_an_object_is_told_what_is_wrong() {
    let question = |more: Value| {
        let mut body = json!({"provider": "demo", "model": "demo", "prompt": "How many?",
            "outputSchema": {"type": "object"}});
        let keys = more.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(keys);
        body.to_string().into_bytes()
    };
    let cases = [
        ("not JSON by its type", "text/plain", question(json!({}))),
        ("invalid JSON", "application/json", b"{\"prompt\":".to_vec()),
        ("no prompt", "application/json", question(json!({"prompt": ""}))),
        ("a schema of text", "application/json", question(json!({"outputSchema": "object"}))),
        ("too few tokens", "application/json", question(json!({"maxOutputTokens": 100}))),
        ("unknown provider", "application/json", question(json!({"provider": "nothing"}))),
        ("model that is not allowed", "application/json", question(json!({"model": "gpt-9"}))),
        (
            "provider without a key",
            "application/json",
            question(json!({"provider": "openai", "model": "gpt-5-mini"})),
        ),
    ];
    with_host(async |host| {
        let mut report = String::new();
        for (name, content_type, body) in cases {
            let call = Call::new("POST", "/ai/object").token(EDITOR).raw(content_type, body);
            let answer = host.send(call).await;
            assert_eq!(answer.headers["content-type"], "application/json");
            report.push_str(&format!("{name}\n  {} {}\n", answer.status.as_u16(), answer.text));
        }
        insta::assert_snapshot!(report);
    });
}

#[test]
fn an_error_has_an_id_to_find_it_by() {
    with_host(async |host| {
        let mut ids = Vec::new();
        for _ in 0..2 {
            let call = Call::get("/nothing").header("x-request-id", "chosen-by-the-client");
            let answer = host.send(call).await;
            ids.push(answer.headers["x-request-id"].to_str().expect("ASCII").to_owned());
        }
        assert_ne!(ids[0], ids[1]);
        assert!(!ids.contains(&"chosen-by-the-client".to_owned()));
    });
}

#[test]
fn answers_are_data_and_nothing_a_browser_may_run_or_keep() {
    with_host(async |host| {
        for path in ["/nothing", "/server/ping", "/items/articles"] {
            let answer = host.send(Call::get(path)).await;
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("cache-control", "no-store"),
                ("referrer-policy", "no-referrer"),
            ] {
                assert_eq!(answer.headers[name], value, "{path}");
            }
            let policy = answer.headers["content-security-policy"].to_str().expect("ASCII");
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        }
    });
}
