//! A small Chat Completions client: sends the conversation, puts the streamed answer together.

use futures_util::TryStreamExt;
use palisade_provider::{DemoTransport, ProviderRequest, ProviderResponse, ProviderTransport};
use serde_json::{Value, json};

/// A tool call of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) tool: String,
    pub(crate) arguments: Value,
}

/// An answer, put together from its chunks.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) calls: Vec<Call>,
    pub(crate) finish: String,
}

pub(crate) async fn post(body: String) -> ProviderResponse {
    DemoTransport
        .send(ProviderRequest {
            path: "chat/completions".into(),
            headers: Vec::new(),
            body: body.into(),
        })
        .await
        .expect("the demo model answers")
}

pub(crate) async fn text_of(response: ProviderResponse) -> String {
    let pieces: Vec<_> = response.body.try_collect().await.expect("the body is complete");
    pieces.iter().map(|piece| std::str::from_utf8(piece).expect("UTF-8")).collect()
}

/// The JSON of the events, the end marker checked and left out.
pub(crate) fn events(body: &str) -> Vec<Value> {
    let mut events: Vec<&str> = body
        .split_terminator("\n\n")
        .map(|event| event.strip_prefix("data: ").expect("data"))
        .collect();
    assert_eq!(events.pop(), Some("[DONE]"));
    events.iter().map(|event| serde_json::from_str(event).expect("JSON")).collect()
}

pub(crate) fn tools() -> Value {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name, "description": "", "parameters": {"type": "object"}}});
    json!([tool("schema"), tool("items"), tool("ask_user")])
}

/// Sends the messages and reads the answer.
pub(crate) async fn ask(messages: &[Value]) -> Answer {
    let body = json!({"model": "demo", "messages": messages, "tools": tools(), "stream": true});
    let response = post(body.to_string()).await;
    assert_eq!(response.status, 200);
    let mut answer = Answer::default();
    let mut arguments = String::new();
    for event in events(&text_of(response).await) {
        let choice = &event["choices"][0];
        answer.text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        if let Some(call) = choice["delta"]["tool_calls"].get(0) {
            if let Some(id) = call["id"].as_str() {
                answer.calls.push(Call {
                    id: id.into(),
                    tool: call["function"]["name"].as_str().expect("a name").into(),
                    arguments: Value::Null,
                });
            }
            arguments.push_str(call["function"]["arguments"].as_str().expect("arguments"));
        }
        if let Some(finish) = choice["finish_reason"].as_str() {
            answer.finish = finish.into();
        }
    }
    if let Some(call) = answer.calls.first_mut() {
        call.arguments = serde_json::from_str(&arguments).expect("the arguments are JSON");
    }
    answer
}

/// The messages that an answer with a call and the call's result add to a conversation.
pub(crate) fn continuation(answer: &Answer, result: &str) -> Vec<Value> {
    let call = answer.calls.first().expect("a call");
    vec![
        json!({"role": "assistant", "content": null, "tool_calls": [{
            "id": call.id, "type": "function",
            "function": {"name": call.tool, "arguments": call.arguments.to_string()},
        }]}),
        json!({"role": "tool", "tool_call_id": call.id, "content": result}),
    ]
}
