//! The stream of a turn, as AI SDK clients expect it.

use serde_json::{Value, json};

use crate::support::{Call, EDITOR, chat, with_host};

#[test]
fn a_turn_is_a_stream_of_events() {
    with_host(async |host| {
        let call = Call::post("/ai/chat", chat("How many articles are drafts?")).token(EDITOR);
        let answer = host.send(call).await;
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache"),
            ("connection", "keep-alive"),
            ("x-vercel-ai-ui-message-stream", "v1"),
            ("x-accel-buffering", "no"),
        ] {
            assert_eq!(answer.headers[name], value);
        }
        assert!(!answer.headers.contains_key("content-length"));
        assert!(!answer.headers.contains_key("content-encoding"));

        let mut frames: Vec<&str> = answer.text.split("\n\n").collect();
        assert_eq!(frames.pop(), Some(""), "the last frame is closed");
        assert_eq!(frames.pop(), Some("data: [DONE]"));
        let chunks: Vec<Value> = frames
            .iter()
            .map(|frame| frame.strip_prefix("data: ").expect("a data line"))
            .map(|data| serde_json::from_str(data).expect("one line of JSON"))
            .collect();
        let types: Vec<_> = chunks.iter().filter_map(|chunk| chunk["type"].as_str()).collect();
        assert_eq!(types.first(), Some(&"start"));
        assert!(types.contains(&"tool-output-available") && types.contains(&"text-delta"));
        assert!(types.contains(&"finish"), "{types:?}");
    });
}

#[test]
fn provider_and_model_have_a_default() {
    with_host(async |host| {
        let mut body = chat("Hello");
        body.as_object_mut().expect("an object").retain(|key, _| key == "messages");
        let answer = host.send(Call::post("/ai/chat", body).token(EDITOR)).await;
        assert_eq!(answer.verdict(), "200");
        assert!(answer.text.contains("\"type\":\"finish\""), "{}", answer.text);
    });
}

#[test]
fn callers_choose_from_what_they_may_use() {
    with_host(async |host| {
        let models = host.send(Call::get("/ai/models").token(EDITOR)).await.data();
        assert_eq!(
            models[1],
            json!({
                "provider": "openai", "model": "gpt-5-mini", "name": "GPT-5 mini",
                "context": 400_000, "output": 128_000, "attachments": true, "reasoning": true,
                "capabilities": ["images", "documents", "structured-output"],
                "price": {"currency": "USD", "input": 0.25, "cached": 0.025, "output": 2.0},
            })
        );
        let models: Vec<_> = models
            .as_array()
            .expect("a list")
            .iter()
            .map(|model| (model["provider"].as_str(), model["model"].as_str()))
            .collect();
        assert_eq!(models, [(Some("demo"), Some("demo")), (Some("openai"), Some("gpt-5-mini"))]);
        let tools = host.send(Call::get("/ai/tools").token(EDITOR)).await.data();
        let items = tools
            .as_array()
            .expect("a list")
            .iter()
            .find(|tool| tool["name"] == "items")
            .expect("the items tool");
        assert_eq!(items["inputSchema"]["type"], "object");
        for (key, value) in [("readOnly", false), ("destructive", true), ("openWorld", false)] {
            assert_eq!(items[key], value, "{key}");
        }
        assert_eq!(items["ceiling"], "ask");
        assert_eq!(items["source"], "built-in");
    });
}
