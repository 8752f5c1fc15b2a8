//! What the fake provider sends in the protocols besides Chat Completions, byte for byte.
//!
//! That the official SDKs read it, and what each service refuses, is tested with them in `tests/sdk`.

use crate::support::Bench;
use palisade_tests::fake::{Answer, FakeOptions, Scenario, scenario_names};
use serde_json::{Value, json};

/// Protocols by the name of their snapshots.
const PROTOCOLS: [&str; 3] = ["responses", "anthropic", "gemini"];

/// Asks a model in a protocol and returns status and body.
async fn ask(bench: &Bench, protocol: &str, model: &str) -> (u16, String) {
    let root = bench.provider.root_url();
    let key = FakeOptions::KEY;
    let request = match protocol {
        "responses" => {
            bench.client.post(format!("{root}/v1/responses")).bearer_auth(key).json(&json!({
                "model": model, "stream": true, "store": false,
                "stream_options": {"include_obfuscation": false},
                "reasoning": {"summary": "auto"},
                "input": "What is there?",
            }))
        }
        "anthropic" => bench
            .client
            .post(format!("{root}/v1/messages"))
            .header("x-api-key", key)
            .header("anthropic-version", "2026-10-21")
            .json(&json!({
                "model": model, "stream": true, "max_tokens": 1000,
                "thinking": {"type": "adaptive"},
                "messages": [{"role": "user", "content": "What is there?"}],
            })),
        _ => bench
            .client
            .post(format!("{root}/v1beta/models/{model}:streamGenerateContent?alt=sse"))
            .header("x-goog-api-key", key)
            .json(&json!({
                "contents": [{"role": "user", "parts": [{"text": "What is there?"}]}],
                "generationConfig": {"thinkingConfig": {"includeThoughts": true}},
            })),
    };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Snapshots a stream without the parts that differ from run to run.
macro_rules! assert_stream {
    ($name:expr, $stream:expr) => {
        insta::with_settings!({filters => vec![
            (r#""(created_at|completed_at)":\d+"#, r#""$1":0"#),
        ]}, {
            insta::assert_snapshot!($name, $stream);
        });
    };
}

#[tokio::test]
async fn reasoning_and_a_tool_call_as_each_service_streams_them() {
    for protocol in PROTOCOLS {
        let bench = Bench::start().await;
        let (status, stream) = ask(&bench, protocol, "scenario:reasoning-with-tools").await;
        assert_eq!(status, 200);
        assert_stream!(format!("{protocol}_reasoning_with_tools"), stream);
    }
}

#[tokio::test]
async fn text_as_each_service_streams_it() {
    for protocol in PROTOCOLS {
        let bench = Bench::start().await;
        let (status, stream) = ask(&bench, protocol, "scenario:hello").await;
        assert_eq!(status, 200);
        assert_stream!(format!("{protocol}_text"), stream);
    }
}

#[tokio::test]
async fn errors_have_the_shape_of_each_service() {
    let mut table = String::new();
    for protocol in PROTOCOLS {
        let bench = Bench::start().await;
        for name in scenario_names().filter(|name| name.starts_with("error-")) {
            let (status, body) = ask(&bench, protocol, &format!("scenario:{name}")).await;
            let body = if body.contains("data:") { tail(&body).to_owned() } else { body };
            table += &format!("{protocol}, {name}: {status}\n    {body}\n");
        }
    }
    insta::assert_snapshot!(table);
}

/// The last event of a stream.
fn tail(stream: &str) -> &str {
    stream.lines().rfind(|line| line.starts_with("data:")).unwrap_or_default()
}

#[tokio::test]
async fn an_interruption_comes_behind_so_many_pieces_of_the_answer() {
    for protocol in PROTOCOLS {
        let bench = Bench::start().await;
        let (_, stream) = ask(&bench, protocol, "scenario:ends-early").await;
        assert!(stream.contains("three ") && !stream.contains("four "), "{protocol}: {stream}");
        let (_, stream) = ask(&bench, protocol, "scenario:error-event-first").await;
        assert_eq!(stream.matches("data:").count(), 1, "{protocol}: {stream}");
        let (_, stream) = ask(&bench, protocol, "scenario:malformed-event").await;
        let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
        let broken = data.filter(|data| serde_json::from_str::<Value>(data).is_err());
        assert_eq!(broken.count(), 1, "{protocol}: {stream}");
        assert!(stream.contains("seven."), "{protocol}: {stream}");
    }
}

#[tokio::test]
async fn one_script_plays_in_every_protocol() {
    let bench = Bench::start().await;
    bench.provider.script("mine", Scenario::of([Answer::text("Said everywhere.")]));
    for protocol in PROTOCOLS {
        let (status, stream) = ask(&bench, protocol, "mine").await;
        assert_eq!(status, 200);
        assert!(stream.contains("everywhere."), "{protocol}: {stream}");
    }
    let chat = bench.stream("mine").await;
    assert!(chat.contains("everywhere."), "{chat}");
}

#[tokio::test]
async fn chat_completions_takes_reasoning_back_where_a_scenario_asks_for_it() {
    let bench = Bench::start().await;
    let mut body = crate::support::question("scenario:reasoning-with-tools");
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "items", "arguments": "{}"}},
    ]}));
    messages.push(json!({"role": "tool", "tool_call_id": "c1", "content": "[]"}));
    let refused = bench.post(&body).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let message = refused.json::<Value>().await.unwrap()["error"]["message"].to_string();
    assert!(message.contains("`reasoning_content`"), "{message}");

    body["messages"][1]["reasoning_content"] = "The articles come first.".into();
    assert_eq!(bench.post(&body).send().await.unwrap().status(), 200);
}
