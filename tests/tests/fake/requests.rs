//! The fake provider refuses what the real service refuses, with an error of the same shape.

use crate::support::{Bench, question};
use palisade_tests::fake::{Answer, FakeOptions, Scenario};
use serde_json::{Value, json};

const MODEL: &str = "scenario:hello";

fn call(id: &str, name: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}})
}

fn with(key: &str, value: Value) -> Value {
    let mut body = question(MODEL);
    body[key] = value;
    body
}

fn saying(messages: Value) -> Value {
    with("messages", messages)
}

/// Status, parameter, code and message of the answer to a body.
async fn refusal(bench: &Bench, body: &Value) -> String {
    let response = bench.post(body).send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let error = &body["error"];
    let text = |key: &str| error[key].as_str().unwrap_or("-").to_owned();
    format!(
        "{status} [{}] {} at {}: {}",
        text("type"),
        text("code"),
        text("param"),
        text("message")
    )
}

#[tokio::test]
async fn what_the_service_refuses() {
    let bench = Bench::start().await;
    let user = json!({"role": "user", "content": "Hi"});
    let calls = |calls: Value| json!({"role": "assistant", "content": null, "tool_calls": calls});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "[]"});
    let tool = |function: Value| json!([{"type": "function", "function": function}]);
    let cases: Vec<(&str, Value)> = vec![
        ("no body", Value::Null),
        ("no model", json!({"messages": [user]})),
        ("model of the wrong type", with("model", json!(7))),
        ("unknown model", with("model", json!("gpt-unknown"))),
        ("unknown parameter", with("systm", json!("…"))),
        ("stream of the wrong type", with("stream", json!("yes"))),
        ("stream options without a stream", with("stream", json!(false))),
        ("no messages", json!({"model": MODEL})),
        ("messages that are no list", saying(json!("Hi"))),
        ("empty messages", saying(json!([]))),
        ("message that is no object", saying(json!(["Hi"]))),
        ("no role", saying(json!([{"content": "Hi"}]))),
        ("unknown role", saying(json!([{"role": "robot", "content": "Hi"}]))),
        ("no content", saying(json!([{"role": "user"}]))),
        ("null content", saying(json!([{"role": "user", "content": null}]))),
        ("empty content", saying(json!([{"role": "user", "content": []}]))),
        ("content of the wrong type", saying(json!([{"role": "user", "content": 7}]))),
        ("unknown part", saying(json!([{"role": "user", "content": [{"type": "video"}]}]))),
        (
            "part without its value",
            saying(json!([{"role": "user", "content": [{"type": "text"}]}])),
        ),
        ("unknown key of a message", saying(json!([{"role": "user", "content": "Hi", "id": 1}]))),
        ("assistant that says nothing", saying(json!([user, {"role": "assistant"}]))),
        ("empty tool calls", saying(json!([user, calls(json!([]))]))),
        ("call without an answer", saying(json!([user, calls(json!([call("c1", "items")]))]))),
        (
            "call that a user message follows",
            saying(json!([user, calls(json!([call("c1", "items")])), user])),
        ),
        (
            "one of two calls answered",
            saying(json!([
                user,
                calls(json!([call("c1", "items"), call("c2", "items")])),
                result("c1"),
            ])),
        ),
        ("answer without a call", saying(json!([user, result("c1")]))),
        (
            "answer to another call",
            saying(json!([user, calls(json!([call("c1", "items")])), result("c2")])),
        ),
        (
            "call answered twice",
            saying(json!([user, calls(json!([call("c1", "items")])), result("c1"), result("c1")])),
        ),
        (
            "answer after a user message",
            saying(json!([
                user,
                calls(json!([call("c1", "items")])),
                result("c1"),
                user,
                result("c1")
            ])),
        ),
        (
            "answer without an id",
            saying(
                json!([user, calls(json!([call("c1", "items")])), {"role": "tool", "content": ""}]),
            ),
        ),
        (
            "two calls with one id",
            saying(json!([user, calls(json!([call("c1", "a"), call("c1", "b")])), result("c1")])),
        ),
        (
            "call id that is too long",
            saying(json!([user, calls(json!([call(&"c".repeat(41), "items")]))])),
        ),
        ("tool name with a dot", saying(json!([user, calls(json!([call("c1", "items.read")]))]))),
        (
            "arguments that are no text",
            saying(json!([
                user,
                calls(json!([
                    {"id": "c1", "type": "function", "function": {"name": "items", "arguments": {}}},
                ]))
            ])),
        ),
        (
            "call of an unknown type",
            saying(json!([user, calls(json!([{"id": "c1", "type": "custom"}]))])),
        ),
        ("empty tools", with("tools", json!([]))),
        ("too many tools", with("tools", vec![tool(json!({"name": "a"}))[0].clone(); 129].into())),
        ("tool without a name", with("tools", tool(json!({})))),
        ("tool with a bad name", with("tools", tool(json!({"name": "read items"})))),
        ("tool with a long name", with("tools", tool(json!({"name": "a".repeat(65)})))),
        (
            "parameters that are no object schema",
            with("tools", tool(json!({"name": "a", "parameters": {"type": "string"}}))),
        ),
        (
            "array schema without items",
            with(
                "tools",
                tool(json!({"name": "a", "parameters": {
                    "type": "object", "properties": {"keys": {"type": "array"}},
                }})),
            ),
        ),
        ("unknown tool choice", with("tool_choice", json!("maybe"))),
        (
            "choice of a tool that is not there",
            with("tool_choice", json!({"type": "function", "function": {"name": "b"}})),
        ),
        (
            "tool choice without tools",
            json!({"model": MODEL, "messages": [user], "tool_choice": "auto"}),
        ),
        (
            "parallel calls without tools",
            json!({"model": MODEL, "messages": [user], "parallel_tool_calls": true}),
        ),
        ("no tokens", with("max_tokens", json!(0))),
        ("half a token", with("max_tokens", json!(0.5))),
        (
            "both token limits",
            json!({"model": MODEL, "messages": [user], "max_tokens": 9, "max_completion_tokens": 9}),
        ),
        ("temperature out of range", with("temperature", json!(2.5))),
    ];
    let mut table = String::new();
    for (name, body) in &cases {
        table += &format!("{name}\n    {}\n", refusal(&bench, body).await);
    }
    insta::assert_snapshot!(table);
    let reached = bench.provider.requests().iter().filter(|request| request.step.is_some()).count();
    assert_eq!(reached, 0, "a refused request used up a step");
}

#[tokio::test]
async fn what_the_service_takes() {
    let bench = Bench::start().await;
    let user = json!({"role": "user", "content": "Hi"});
    let answered = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [
            {"type": "text", "text": "Look"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        ]},
        {"role": "assistant", "content": null, "reasoning_content": "…",
            "tool_calls": [call("c1", "items"), call("c2", "items")]},
        {"role": "tool", "tool_call_id": "c2", "content": "[]"},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "[]"}]},
        {"role": "assistant", "content": "Nothing there."},
        user,
    ]);
    for body in [
        saying(json!([user])),
        saying(answered),
        with("tool_choice", json!("required")),
        with("max_tokens", json!(100)),
        json!({"model": MODEL, "messages": [user], "max_completion_tokens": 100, "stream": null}),
    ] {
        let response = bench.post(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{body}");
    }
}

#[tokio::test]
async fn a_key_is_needed_before_anything_else() {
    let bench = Bench::start().await;
    let url = format!("{}/chat/completions", bench.provider.base_url());
    for (authorization, code) in [
        (None, Value::Null),
        (Some("Basic abc".to_owned()), Value::Null),
        (Some("Bearer wrong".to_owned()), json!("invalid_api_key")),
        (Some(format!("Bearer {}x", FakeOptions::KEY)), json!("invalid_api_key")),
    ] {
        let mut request = bench.client.post(&url).body("not json");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], code);
    }
}

#[tokio::test]
async fn a_reasoning_model_takes_only_the_newer_token_limit() {
    let bench = Bench::start().await;
    let scenario = Scenario::of([Answer::text("Hi")]);
    bench.provider.script("thinker", Scenario { reasoning_model: true, ..scenario });
    let old_limit = json!({
        "model": "thinker", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}],
    });
    insta::assert_snapshot!(refusal(&bench, &old_limit).await, @"400 [invalid_request_error] unsupported_parameter at max_tokens: Unsupported parameter: 'max_tokens' is not supported with this model.");
    let taken = json!({
        "model": "thinker", "max_completion_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
    });
    assert_eq!(bench.post(&taken).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn other_addresses_do_not_exist_but_are_recorded() {
    let bench = Bench::start().await;
    let url = bench.provider.base_url().replace("/v1", "/v2/secrets?all=1");
    let response = bench.client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 404);
    let last = bench.provider.requests().pop().unwrap();
    assert_eq!((last.method.as_str(), last.path.as_str()), ("GET", "/v2/secrets?all=1"));

    let wrong_method = format!("{}/chat/completions", bench.provider.base_url());
    assert_eq!(bench.client.get(wrong_method).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn models_are_listed() {
    let bench = Bench::start().await;
    bench.provider.script("mine", Scenario::of([Answer::text("Hi")]));
    let url = format!("{}/models", bench.provider.base_url());
    let response = bench.client.get(&url).bearer_auth(FakeOptions::KEY).send().await.unwrap();
    let list: Value = response.json().await.unwrap();
    let names: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"mine") && names.contains(&"scenario:two-reads"), "{names:?}");
    assert_eq!(bench.client.get(&url).send().await.unwrap().status(), 401);
}
