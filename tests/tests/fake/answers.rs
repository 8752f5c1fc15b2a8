//! What the fake provider sends, byte for byte, and how its answers end.

use crate::support::{Bench, events, question};
use futures_util::StreamExt;
use palisade_tests::fake::{
    Answer, FakeOptions, MessageAnswer, Outcome, Scenario, Text, ToolCall, Write, named_scenario,
    scenario_names,
};
use serde_json::{Value, json};

/// Snapshots a stream without the parts that differ from run to run.
macro_rules! assert_stream {
    ($name:literal, $stream:expr) => {
        let stream = $stream;
        insta::with_settings!({filters => vec![(r#""created":\d+"#, r#""created":0"#)]}, {
            insta::assert_snapshot!($name, stream);
        });
    };
}

#[tokio::test]
async fn text_as_the_service_streams_it() {
    assert_stream!("text", Bench::start().await.stream("scenario:hello").await);
}

#[tokio::test]
async fn parallel_tool_calls_as_the_service_streams_them() {
    assert_stream!("parallel_tool_calls", Bench::start().await.stream("scenario:two-reads").await);
}

#[tokio::test]
async fn reasoning_and_refusals() {
    let bench = Bench::start().await;
    assert_stream!("reasoning", bench.stream("scenario:reasoning").await);
    assert_stream!("refusal", bench.stream("scenario:refusal").await);
}

#[tokio::test]
async fn the_same_answers_unstreamed() {
    let bench = Bench::start().await;
    let mut answers = Vec::new();
    for model in ["hello", "two-reads", "reasoning", "refusal"] {
        let body = json!({
            "model": format!("scenario:{model}"),
            "messages": [{"role": "user", "content": "What is there?"}],
        });
        let mut answer: Value = bench.post(&body).send().await.unwrap().json().await.unwrap();
        answer["created"] = 0.into();
        answers.push(answer);
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn usage_is_reported_only_if_asked_for() {
    let bench = Bench::start().await;
    let mut body = question("scenario:hello");
    body.as_object_mut().unwrap().remove("stream_options");
    let stream = bench.post(&body).send().await.unwrap().text().await.unwrap();
    assert!(!stream.contains("usage"), "{stream}");
}

#[tokio::test]
async fn each_quirk_differs_from_the_service_in_its_own_way() {
    let bench = Bench::start().await;
    let mut summary = String::new();
    for name in scenario_names().filter(|name| name.starts_with("quirk-")) {
        let stream = bench.stream(&format!("scenario:{name}")).await;
        let writes = bench.wait_for(Outcome::Completed).await.writes;
        let digest = if name == "quirk-long-event" {
            format!("{} bytes", stream.len())
        } else {
            digest(&stream)
        };
        summary += &format!("{name}, writes: {writes}\n{digest}\n");
    }
    insta::with_settings!({filters => vec![(r"call_\d+_", "call_N_")]}, {
        insta::assert_snapshot!(summary);
    });
}

/// What is particular about a stream: its tool call deltas, finish reason, usage and framing.
fn digest(stream: &str) -> String {
    let mut lines = Vec::new();
    let framing: String = stream
        .chars()
        .filter(|character| *character == '\r' || *character == '\n')
        .take(4)
        .collect();
    lines.push(format!("    line ends {framing:?}, comments {}", stream.matches(": keep").count()));
    let normal = stream.replace("\r\n", "\n").replace('\r', "\n").replace("data:{", "data: {");
    for event in events(&normal).into_iter().filter(|event| *event != "[DONE]") {
        let chunk: Value = serde_json::from_str(event).unwrap();
        let choice = &chunk["choices"][0];
        if choice.is_null() || !choice["finish_reason"].is_null() {
            lines.push(format!(
                "    finish {}, usage {}",
                choice["finish_reason"],
                chunk.get("usage").map_or("missing".to_owned(), |usage| {
                    usage.get("total_tokens").unwrap_or(usage).to_string()
                }),
            ));
        } else {
            lines.push(format!("    {}", choice["delta"]));
        }
    }
    lines.push(format!("    done: {}", normal.contains("[DONE]")));
    lines.join("\n")
}

#[tokio::test]
async fn the_size_of_writes_changes_no_byte() {
    let bench = Bench::start().await;
    let text = || Some(Text::Words("Grüße und 你好, in pieces.".to_owned()));
    let mut streams = Vec::new();
    for write in [Write::Event, Write::Whole, Write::Bytes(1), Write::Bytes(3), Write::Bytes(64)] {
        let call = ToolCall::new("items", json!({"a": "ü"})).with_id("call_1");
        let answer =
            MessageAnswer { text: text(), tool_calls: vec![call], write, ..Default::default() };
        bench.provider.script("pieces", Scenario::of([answer.into()]));
        let stream = bench.stream("pieces").await;
        // Number of the answer and second of its making.
        streams.push(stream.split("\"model\"").skip(1).map(tail).collect::<Vec<_>>().concat());
    }
    assert!(streams.iter().all(|stream| *stream == streams[0]), "{streams:#?}");
}

/// What stands behind the parts of a chunk that differ from answer to answer.
fn tail(chunk: &str) -> String {
    chunk.split("data: {").next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_step_is_found_by_the_conversation() {
    let bench = Bench::start().await;
    let mut body = question("scenario:read-articles");
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "items", "arguments": "{}"}},
    ]}));
    messages.push(json!({"role": "tool", "tool_call_id": "c1", "content": "[]"}));
    for _ in 0..2 {
        let stream = bench.post(&body).send().await.unwrap().text().await.unwrap();
        assert!(stream.contains("\"done.\""), "{stream}");
    }
    let steps: Vec<_> = bench.provider.requests().iter().map(|request| request.step).collect();
    assert_eq!(steps, [Some(1), Some(1)]);

    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({"role": "assistant", "content": "Done."}));
    messages.push(json!({"role": "user", "content": "Once more"}));
    bench.post(&body).send().await.unwrap();
    assert_eq!(bench.provider.requests().pop().unwrap().step, Some(0));
}

#[tokio::test]
async fn a_step_in_order_is_found_by_count_and_one_too_many_is_refused() {
    let bench = Bench::start().await;
    let steps = [Answer::error(503), Answer::text("Now it works.")];
    bench.provider.script("flaky", Scenario::in_order(steps));
    assert_eq!(bench.open("flaky").await.status(), 503);
    assert_eq!(bench.open("flaky").await.status(), 200);
    let refused = bench.open("flaky").await;
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("script_exhausted"));
}

#[tokio::test]
async fn requests_are_recorded_with_headers_and_body() {
    let bench = Bench::start().await;
    bench.stream("scenario:hello").await;
    let recorded = bench.wait_for(Outcome::Completed).await;
    assert_eq!(recorded.headers["authorization"], format!("Bearer {}", FakeOptions::KEY));
    assert_eq!(recorded.body, question("scenario:hello"));
    assert_eq!((recorded.status, recorded.step), (Some(200), Some(0)));
    assert!(recorded.ended_ms.unwrap() >= recorded.received_ms);
    bench.provider.forget_requests();
    assert!(bench.provider.requests().is_empty());
}

#[tokio::test]
async fn errors_have_their_status_body_and_hints() {
    let bench = Bench::start().await;
    let mut table = String::new();
    for name in scenario_names().filter(|name| name.starts_with("error-")) {
        let response = bench.open(&format!("scenario:{name}")).await;
        let header = |name: &str| {
            response.headers().get(name).map_or("-", |value| value.to_str().unwrap()).to_owned()
        };
        let hints = format!("retry-after {} {}", header("retry-after"), header("retry-after-ms"));
        let status = response.status();
        table += &format!("{name}: {status}, {hints}\n{}\n", response.text().await.unwrap());
    }
    insta::with_settings!({filters => vec![
        (r#""created":\d+"#, r#""created":0"#), (r"chatcmpl-\d+", "chatcmpl-N"),
    ]}, {
        insta::assert_snapshot!(table);
    });
}

#[tokio::test]
async fn what_is_no_stream_at_all() {
    let bench = Bench::start().await;
    let html = bench.open("scenario:html").await;
    assert_eq!(html.headers()["content-type"], "text/html");
    assert!(html.text().await.unwrap().starts_with("<!doctype html>"));
    assert_eq!(bench.open("scenario:html-502").await.status(), 502);
    assert_eq!(bench.stream("scenario:empty-stream").await, "");
    assert_eq!(bench.stream("scenario:only-done").await, "data: [DONE]\n\n");
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("{}/chat/completions", bench.provider.base_url());
    let redirect = client
        .post(url)
        .bearer_auth(FakeOptions::KEY)
        .json(&question("scenario:redirect"))
        .send()
        .await
        .unwrap();
    assert_eq!(redirect.status(), 307);
}

#[tokio::test]
async fn a_malformed_event_does_not_end_the_stream() {
    let stream = Bench::start().await.stream("scenario:malformed-event").await;
    let events = events(&stream);
    let broken = events.iter().filter(|event| serde_json::from_str::<Value>(event).is_err());
    assert_eq!(broken.collect::<Vec<_>>(), [&"{\"id\":\"chatcmpl-", &"[DONE]"]);
    assert!(stream.contains("seven."));
}

#[tokio::test]
async fn a_stream_that_ends_early_is_complete_for_http_alone() {
    let stream = Bench::start().await.stream("scenario:ends-early").await;
    assert_eq!(events(&stream).len(), 3);
    assert!(!stream.contains("[DONE]") && !stream.contains("\"stop\""));
}

#[tokio::test]
async fn a_cut_arrives_after_what_was_sent_before_it() {
    let bench = Bench::start().await;
    let mut body = bench.open("scenario:cut").await.bytes_stream();
    let mut arrived = Vec::new();
    let error = loop {
        match body.next().await {
            Some(Ok(bytes)) => arrived.extend_from_slice(&bytes),
            Some(Err(error)) => break error,
            None => panic!("the body ended as if it was complete"),
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!(events(&String::from_utf8(arrived).unwrap()).len(), 3);
    assert_eq!(bench.wait_for(Outcome::Cut).await.writes, 3);
}

#[tokio::test]
async fn a_client_that_leaves_in_mid_stream_is_noticed() {
    let bench = Bench::start().await;
    for model in ["scenario:stall", "scenario:tokens-100000-every-20"] {
        let mut body = bench.open(model).await.bytes_stream();
        body.next().await.unwrap().unwrap();
        assert_eq!(bench.provider.requests().pop().unwrap().outcome, Outcome::Pending);
        drop(body);
        let recorded = bench.wait_for(Outcome::ClientClosed).await;
        assert!(recorded.writes < 1_000, "{recorded:?}");
        bench.provider.forget_requests();
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_headers_is_noticed() {
    let bench = Bench::start().await;
    let request = tokio::spawn(bench.post(&question("scenario:hang")).send());
    bench.wait_for(Outcome::Pending).await;
    request.abort();
    assert_eq!(bench.wait_for(Outcome::ClientClosed).await.status, None);
}

#[tokio::test]
async fn tokens_come_in_any_number() {
    let bench = Bench::start().await;
    let stream = bench.stream("scenario:tokens-250").await;
    assert_eq!(events(&stream).len(), 250 + 4);
    for unknown in ["scenario:tokens-100001", "scenario:tokens-x", "scenario:nothing", "hello"] {
        assert!(named_scenario(unknown).is_none(), "{unknown}");
    }
}

#[tokio::test]
async fn a_scenario_reads_as_json_and_typing_errors_in_it_are_told() {
    let bench = Bench::start().await;
    let url = format!("{}/__script", bench.provider.control_url());
    let script = |scenario: Value| {
        bench.client.post(&url).json(&json!({"model": "mine", "scenario": scenario})).send()
    };
    let good = json!({"selection": "order", "after_last": "repeat", "steps": [
        {"answer": "message", "text": "Hi", "tool_calls": [
            {"name": "items", "arguments": {"action": "read"}},
            {"name": "items", "arguments": "{", "id": "call_1"},
        ], "write": {"bytes": 3}, "interruption": {"after": 99, "what": "cut"}},
        {"answer": "error", "status": 429, "headers": {"retry-after": "3"}},
        {"answer": "raw", "body": ["data: x\n\n"]},
        {"answer": "redirect", "location": "http://127.0.0.1:9"},
        {"answer": "hang"},
    ]});
    assert_eq!(script(good).await.unwrap().status(), 204);
    for bad in [
        json!({"steps": [{"answer": "message", "txt": "Hi"}]}),
        json!({"steps": [{"answer": "shout"}]}),
        json!({"step": []}),
    ] {
        assert_eq!(script(bad.clone()).await.unwrap().status(), 400, "{bad}");
    }
}

#[test]
fn every_scenario_of_the_catalogue_reads_back_from_its_json() {
    for name in scenario_names() {
        let scenario = named_scenario(&format!("scenario:{name}")).unwrap();
        let text = serde_json::to_string(&scenario).unwrap();
        let again: Scenario = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text, "{name}");
    }
}
