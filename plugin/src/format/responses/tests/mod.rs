//! The format as a whole: events for bodies, bodies for conversations.

mod ends;
mod reading;
mod requests;

use serde_json::{Value, json};

use super::Responses;
use crate::Conversation;
use crate::format::{Event, WireFormat};
use crate::types::Endpoint;

fn format(reasoning: bool, capabilities: &[&str]) -> Responses {
    Responses::new(Endpoint {
        provider: "openai".into(),
        kind: "openai".into(),
        model: "m".into(),
        reasoning,
        max_output_tokens: Some(1_000),
        context_tokens: None,
        capabilities: capabilities.iter().map(|name| String::from(*name)).collect(),
    })
}

/// The events for a body, one line each.
fn read(events: &[Value]) -> Vec<String> {
    let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    read_body(&body)
}

fn read_body(body: &str) -> Vec<String> {
    let mut reader = format(true, &[]).reader(&Conversation::default());
    let mut lines = Vec::new();
    let mut on_event = |event: Event<'_>| lines.push(line(event));
    reader.feed(body.as_bytes(), &mut on_event);
    if !reader.is_complete() {
        reader.end(&mut on_event);
    }
    assert!(reader.is_complete());
    lines
}

fn line(event: Event<'_>) -> String {
    let state = |state: Option<String>| state.unwrap_or_else(|| "-".into());
    match event {
        Event::Text(text) => format!("text {text}"),
        Event::TextEnded { state: kept } => format!("text ended {}", state(kept)),
        Event::Refusal(text) => format!("refusal {text}"),
        Event::Reasoning { place, text } => format!("{place} {text}"),
        Event::ReasoningEnded { place, state: kept } => format!("{place} ended {}", state(kept)),
        Event::CallStarted { call, id, name } => {
            format!("call {call} {} {name}", id.unwrap_or("-".into()))
        }
        Event::CallArguments { call, text } => format!("call {call} < {text}"),
        Event::CallState { call, state } => format!("call {call} state {state}"),
        Event::Source { url, title } => format!("source {url} {}", title.unwrap_or("-".into())),
        Event::Usage(count) => format!("usage {count:?}"),
        Event::Finished(reason) => {
            format!("finished {}", format!("{reason:?}").trim_start_matches("FinishReason::"))
        }
        Event::Paused => "paused".into(),
        Event::Failed { failure, detail } => format!("failed {failure:?}: {detail}"),
    }
}

fn about(kind: &str, index: usize, more: Value) -> Value {
    let mut event = json!({"type": format!("response.{kind}"), "output_index": index});
    for (name, value) in more.as_object().expect("an object") {
        event[name] = value.clone();
    }
    event
}

fn added(index: usize, item: Value) -> Value {
    about("output_item.added", index, json!({"item": item}))
}

fn done(index: usize, item: Value) -> Value {
    about("output_item.done", index, json!({"item": item}))
}

fn completed() -> Value {
    json!({"type": "response.completed", "response": {"status": "completed"}})
}

fn call(id: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "f",
           "arguments": arguments, "status": "completed"})
}
