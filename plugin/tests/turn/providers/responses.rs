//! OpenAI Responses, as the provider itself writes it for a model that reasons.

use palisade_plugin::types::Endpoint;
use serde_json::{Value, json};

use super::wire::{Called, Refusal, Wire};

/// OpenAI.
pub(crate) struct Responses;

/// The events of one response, in the making.
pub(crate) struct Script {
    events: Vec<Value>,
    output: Vec<Value>,
}

impl Script {
    pub(crate) fn new() -> Self {
        let mut script = Self { events: Vec::new(), output: Vec::new() };
        for kind in ["response.created", "response.in_progress"] {
            let response = script.response("in_progress", json!({}));
            script.event(json!({"type": kind, "response": response}));
        }
        script
    }

    pub(crate) fn event(&mut self, event: Value) {
        self.events.push(event);
    }

    /// The response as the events repeat it, with some fields changed.
    fn response(&self, status: &str, changes: Value) -> Value {
        let mut response = json!({
            "id": "resp_1", "object": "response", "created_at": 1_795_305_600, "status": status,
            "background": false, "completed_at": null, "error": null, "incomplete_details": null,
            "instructions": "Be brief.", "max_output_tokens": 4096, "max_tool_calls": null,
            "model": "gpt-5.6-2026-08-01", "output": self.output, "parallel_tool_calls": true,
            "previous_response_id": null, "prompt_cache_key": null,
            "reasoning": {"effort": "medium", "summary": "detailed"}, "safety_identifier": null,
            "service_tier": "default", "store": false, "temperature": 1.0,
            "text": {"format": {"type": "text"}, "verbosity": "medium"}, "tool_choice": "auto",
            "tools": [{"type": "function", "name": "schema", "description": "Describes.",
                       "parameters": {"type": "object"}, "strict": false}],
            "top_logprobs": 0, "top_p": 0.98, "truncation": "disabled", "usage": null,
            "user": null, "metadata": {},
        });
        for (name, value) in changes.as_object().expect("an object") {
            response[name] = value.clone();
        }
        response
    }

    /// Ends the response with an event of this type.
    pub(crate) fn end(mut self, status: &str, changes: Value) -> String {
        let response = self.response(status, changes);
        self.event(json!({"type": format!("response.{status}"), "response": response}));
        self.stream()
    }

    pub(crate) fn completed(self) -> String {
        self.end("completed", json!({"completed_at": 1_795_305_601, "usage": usage()}))
    }

    /// What was written so far, without an end.
    pub(crate) fn stream(self) -> String {
        let mut stream = String::new();
        for (number, mut event) in self.events.into_iter().enumerate() {
            event["sequence_number"] = number.into();
            if event["type"].as_str().is_some_and(|kind| kind.ends_with(".delta")) {
                event["obfuscation"] = "x7Rk2".into();
            }
            let kind = event["type"].as_str().expect("a type");
            stream.push_str(&format!("event: {kind}\ndata: {event}\n\n"));
        }
        stream
    }

    fn index(&self) -> usize {
        self.output.len()
    }

    pub(crate) fn added(&mut self, item: Value) {
        let index = self.index();
        self.event(
            json!({"type": "response.output_item.added", "output_index": index, "item": item}),
        );
    }

    pub(crate) fn done(&mut self, item: Value) {
        let index = self.index();
        self.event(
            json!({"type": "response.output_item.done", "output_index": index, "item": item}),
        );
        self.output.push(item);
    }

    /// An event about the item in the making, at an index in it.
    pub(crate) fn about(&mut self, kind: &str, id: &str, more: Value) {
        let mut event = json!({
            "type": format!("response.{kind}"), "item_id": id, "output_index": self.index(),
        });
        for (name, value) in more.as_object().expect("an object") {
            event[name] = value.clone();
        }
        self.event(event);
    }

    /// A message whose text comes in pieces.
    pub(crate) fn message(mut self, id: &str, pieces: &[&str]) -> Self {
        self.part(id, pieces, ("output_text", "text"), json!([]), "completed");
        self
    }

    /// A message with annotations, each told by an event and again at the end.
    pub(crate) fn cited(mut self, id: &str, pieces: &[&str], annotations: Value) -> Self {
        self.part(id, pieces, ("output_text", "text"), annotations, "completed");
        self
    }

    pub(crate) fn refused(mut self, id: &str, pieces: &[&str]) -> Self {
        self.part(id, pieces, ("refusal", "refusal"), json!([]), "completed");
        self
    }

    /// A message that the response's end cuts off.
    pub(crate) fn cut(mut self, id: &str, pieces: &[&str]) -> Self {
        self.part(id, pieces, ("output_text", "text"), json!([]), "incomplete");
        self
    }

    fn part(
        &mut self,
        id: &str,
        pieces: &[&str],
        (kind, field): (&str, &str),
        annotations: Value,
        status: &str,
    ) {
        let is_text = kind == "output_text";
        let part = |text: &str, annotations: &Value| {
            let mut part = json!({"type": kind, field: text});
            if is_text {
                part["annotations"] = annotations.clone();
                part["logprobs"] = json!([]);
            }
            part
        };
        let message = |status: &str, content: Vec<Value>| {
            json!({"id": id, "type": "message", "status": status, "role": "assistant",
                   "phase": "final_answer", "content": content})
        };
        let logprobs = |mut event: Value| {
            if is_text {
                event["logprobs"] = json!([]);
            }
            event
        };
        self.added(message("in_progress", vec![]));
        let none = json!([]);
        let empty = part("", &none);
        self.about("content_part.added", id, json!({"content_index": 0, "part": empty}));
        for piece in pieces {
            let delta = logprobs(json!({"content_index": 0, "delta": piece}));
            self.about(&format!("{kind}.delta"), id, delta);
        }
        for (number, annotation) in annotations.as_array().into_iter().flatten().enumerate() {
            let added = json!({"content_index": 0, "annotation_index": number,
                               "annotation": annotation});
            self.about("output_text.annotation.added", id, added);
        }
        let text = pieces.concat();
        self.about(&format!("{kind}.done"), id, logprobs(json!({"content_index": 0, field: text})));
        let whole = part(&text, &annotations);
        self.about("content_part.done", id, json!({"content_index": 0, "part": whole}));
        self.done(message(status, vec![whole]));
    }

    /// A reasoning item with the parts of its summary, each in pieces.
    pub(crate) fn reasoning(mut self, id: &str, summary: &[&[&str]]) -> Self {
        let item = |encrypted: &str, summary: Vec<Value>| {
            json!({"id": id, "type": "reasoning", "encrypted_content": encrypted,
                   "summary": summary})
        };
        let part = |text: &str| json!({"type": "summary_text", "text": text});
        self.added(item("gAAAAAB-begun", vec![]));
        let mut parts = Vec::new();
        for (number, pieces) in summary.iter().enumerate() {
            let begun = json!({"summary_index": number, "part": part("")});
            self.about("reasoning_summary_part.added", id, begun);
            for piece in *pieces {
                let delta = json!({"summary_index": number, "delta": piece});
                self.about("reasoning_summary_text.delta", id, delta);
            }
            let whole = part(&pieces.concat());
            let text = json!({"summary_index": number, "text": pieces.concat()});
            self.about("reasoning_summary_text.done", id, text);
            let done = json!({"summary_index": number, "part": whole});
            self.about("reasoning_summary_part.done", id, done);
            parts.push(whole);
        }
        self.done(item(&format!("gAAAAAB-{id}-whole=="), parts));
        self
    }

    /// Calls, arguments in two pieces.
    pub(crate) fn calls(mut self, calls: &[Called]) -> Self {
        for call in calls {
            let id = format!("fc_{}", call.id);
            let item = |status: &str, arguments: &str| {
                json!({"id": id, "type": "function_call", "status": status,
                       "arguments": arguments, "call_id": call.id, "name": call.name})
            };
            let arguments = call.arguments.to_string();
            self.added(item("in_progress", ""));
            let (first, second) = arguments.split_at(arguments.len() / 2);
            for piece in [first, second] {
                self.about("function_call_arguments.delta", &id, json!({"delta": piece}));
            }
            self.about("function_call_arguments.done", &id, json!({"arguments": arguments}));
            self.done(item("completed", &arguments));
        }
        self
    }
}

pub(crate) fn usage() -> Value {
    json!({"input_tokens": 12, "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
           "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 0},
           "total_tokens": 15})
}

fn refusal(status: u16, kind: &str, code: &str) -> Refusal {
    let message = "Prose of the provider, with sk-secret in it.";
    let error = json!({"message": message, "type": kind, "param": null, "code": code});
    Refusal { status, headers: Vec::new(), body: json!({"error": error}).to_string() }
}

impl Wire for Responses {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: "openai".into(),
            kind: "openai".into(),
            model: "gpt-5.6".into(),
            reasoning: true,
            max_output_tokens: Some(4_096),
            context_tokens: Some(400_000),
            capabilities: vec!["images".into(), "documents".into(), "structured-output".into()],
        }
    }

    fn text(&self) -> String {
        Script::new().message("msg_1", &["Hel", "lo ", "there."]).completed()
    }

    fn reasoning(&self) -> String {
        Script::new()
            .reasoning("rs_1", &[&["Let me ", "think."]])
            .message("msg_1", &["Four."])
            .completed()
    }

    fn reasoned_calls(&self, calls: &[Called]) -> String {
        Script::new().reasoning("rs_1", &[&["I look."]]).calls(calls).completed()
    }

    fn calls(&self, calls: &[Called]) -> String {
        Script::new().calls(calls).completed()
    }

    fn refusal(&self) -> String {
        Script::new().refused("msg_1", &["I can't ", "help with that."]).completed()
    }

    fn length(&self) -> String {
        let details = json!({"reason": "max_output_tokens"});
        Script::new()
            .cut("msg_1", &["This is as far as"])
            .end("incomplete", json!({"incomplete_details": details, "usage": usage()}))
    }

    fn large(&self, text: &str) -> String {
        Script::new().message("msg_1", &[text]).completed()
    }

    fn error_event(&self) -> String {
        let error = json!({"type": "error", "sequence_number": 9, "error": {
            "type": "server_error", "code": "server_is_overloaded", "param": null,
            "message": "Prose of the provider, with sk-secret in it.",
        }});
        format!("event: error\ndata: {error}\n\n")
    }

    fn unknown_event(&self) -> String {
        let event = json!({"type": "response.future.thing", "sequence_number": 9, "item": 5,
                           "delta": {"a": [1]}, "response": "?", "output_index": "x"});
        format!("event: response.future.thing\ndata: {event}\n\n")
    }

    fn context_too_long(&self) -> Refusal {
        refusal(400, "invalid_request_error", "context_length_exceeded")
    }

    fn unauthorised(&self) -> Refusal {
        refusal(401, "invalid_request_error", "invalid_api_key")
    }

    fn rate_limited(&self) -> Vec<(&'static str, Refusal)> {
        [
            ("without_a_hint", vec![]),
            ("seconds", vec![("retry-after", "7")]),
            ("date", vec![("retry-after", "Sun, 22 Nov 2026 00:00:09 GMT")]),
            ("milliseconds", vec![("retry-after-ms", "250"), ("retry-after", "9")]),
            ("should_not", vec![("x-should-retry", "false")]),
        ]
        .into_iter()
        .map(|(name, headers)| {
            (name, Refusal { headers, ..refusal(429, "requests", "rate_limit_exceeded") })
        })
        .collect()
    }

    fn overloaded(&self) -> Refusal {
        refusal(503, "service_unavailable_error", "server_is_overloaded")
    }
}
