//! The bytes: a Chat Completions stream, and errors in OpenAI's shape.

use palisade_provider::{DemoTransport, ProviderError, ProviderRequest, ProviderTransport};
use serde_json::{Value, json};

use crate::client::{events, post, text_of, tools};

fn body(question: &str, more: Value) -> String {
    let mut body = json!({
        "model": "demo", "stream": true, "tools": tools(),
        "messages": [{"role": "user", "content": [{"type": "text", "text": question}]}],
    });
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body.to_string()
}

#[tokio::test]
async fn a_tool_call_arrives_in_pieces_and_ends_with_usage() {
    let options = json!({"stream_options": {"include_usage": true}});
    let response = post(body("List articles", options)).await;
    assert_eq!(response.headers, [("content-type".to_owned(), "text/event-stream".to_owned())]);
    let events: Vec<Value> = events(&text_of(response).await)
        .into_iter()
        .map(|mut event| {
            assert!(event["id"].as_str().is_some_and(|id| id.starts_with("chatcmpl-")));
            assert!(event["created"].as_u64().is_some());
            event["id"] = "chatcmpl-…".into();
            event["created"] = 0.into();
            if let Some(id) = event.pointer_mut("/choices/0/delta/tool_calls/0/id") {
                *id = "call_…".into();
            }
            event
        })
        .collect();
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn usage_comes_only_when_asked_for() {
    for event in events(&text_of(post(body("Hello", json!({}))).await).await) {
        assert!(event.get("usage").is_none());
        assert_eq!(event["choices"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn text_arrives_word_by_word() {
    let events = events(&text_of(post(body("Hello", json!({}))).await).await);
    let words = events.iter().filter(|event| event["choices"][0]["delta"]["content"].is_string());
    assert!(words.count() > 30);
    assert_eq!(events.last().expect("an event")["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn without_tools_the_model_says_what_it_lacks() {
    let text = text_of(post(body("List articles", json!({"tools": null}))).await).await;
    assert!(text.contains("`schema`") && text.contains("not"), "{text}");
    assert!(!text.contains("tool_calls"));
}

#[tokio::test]
async fn a_request_that_is_none_gets_an_error_in_openai_s_shape() {
    for (body, code) in [
        ("{".to_owned(), "invalid_json"),
        ("{}".to_owned(), "invalid_json"),
        (body("Hello", json!({"stream": false})), "stream_required"),
    ] {
        let response = post(body).await;
        assert_eq!(response.status, 400);
        let error: Value = serde_json::from_str(&text_of(response).await).expect("JSON");
        assert_eq!(error["error"]["code"], code);
    }
}

#[tokio::test]
async fn other_paths_and_headers_are_refused_as_for_any_provider() {
    let request = |path: &str, headers: &[(&str, &str)]| ProviderRequest {
        path: path.into(),
        headers: headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
        body: body("Hello", json!({})).into(),
    };
    let refused = DemoTransport.send(request("models", &[])).await;
    assert!(matches!(refused, Err(ProviderError::PathDenied { .. })));
    let refused = DemoTransport.send(request("chat/completions", &[("x-any", "1")])).await;
    assert!(matches!(refused, Err(ProviderError::HeaderDenied { .. })));
}
