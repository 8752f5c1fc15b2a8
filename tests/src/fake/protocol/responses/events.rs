//! A scripted message as the events of a stream.

use serde_json::{Value, json};

use super::{
    ResponsesAsked,
    items::{End, end, output, response},
};
use crate::fake::{
    calls::calls,
    framing::Event,
    message::{MessageAnswer, Reasoning, Text},
    protocol::items,
};

/// What pads deltas; the service makes up other padding for each.
const PADDING: &str = "hB3eYwzTn0";

/// The events of a streamed answer.
pub(super) fn events(answer: &MessageAnswer, asked: &ResponsesAsked, number: u64) -> Vec<Event> {
    let mut writer = Writer { events: Vec::new(), obfuscation: asked.details.obfuscation };
    let open = response(answer, asked, number, End::Open);
    writer.frame("response.created", json!({"response": open}));
    writer.frame("response.in_progress", json!({"response": open}));
    let arguments =
        calls(answer, "call").iter().map(|call| call.pieces(answer)).collect::<Vec<_>>();
    let mut arguments = arguments.into_iter();
    for (index, item) in output(answer, asked, number).iter().enumerate() {
        match item["type"].as_str() {
            Some("reasoning") => writer.reasoning(index, item, answer),
            Some("message") => writer.message(index, item, answer),
            _ => writer.call(index, item, &arguments.next().unwrap_or_default()),
        }
    }
    if answer.finish_reason.as_deref() != Some("none") {
        let end = end(answer);
        let name = match end {
            End::Incomplete(_) => "response.incomplete",
            End::Failed => "response.failed",
            End::Open | End::Completed => "response.completed",
        };
        writer.frame(name, json!({"response": response(answer, asked, number, end)}));
    }
    writer.events
}

/// Writes events and counts them.
struct Writer {
    events: Vec<Event>,
    obfuscation: bool,
}

impl Writer {
    fn push(&mut self, name: &'static str, fields: Value, counted: bool) {
        let mut data = json!({"type": name, "sequence_number": self.events.len()});
        if let (Some(data), Value::Object(fields)) = (data.as_object_mut(), fields) {
            data.extend(fields);
        }
        self.events.push(Event { name: Some(name), data: data.to_string(), counted });
    }

    /// An event that opens or closes something.
    fn frame(&mut self, name: &'static str, fields: Value) {
        self.push(name, fields, false);
    }

    /// Deltas, each at the same place.
    fn deltas(&mut self, name: &'static str, place: &Value, pieces: &[String]) {
        for piece in pieces {
            let mut fields = place.clone();
            fields["delta"] = piece.as_str().into();
            if name == "response.output_text.delta" {
                fields["logprobs"] = json!([]);
            }
            if self.obfuscation {
                fields["obfuscation"] = PADDING.into();
            }
            self.push(name, fields, true);
        }
    }

    fn added(&mut self, index: usize, item: &Value, changes: &[(&str, Value)]) {
        let mut item = item.clone();
        if !item["status"].is_null() {
            item["status"] = "in_progress".into();
        }
        for (key, value) in changes {
            item[*key] = value.clone();
        }
        self.frame("response.output_item.added", json!({"output_index": index, "item": item}));
    }

    fn done(&mut self, index: usize, item: &Value) {
        self.frame("response.output_item.done", json!({"output_index": index, "item": item}));
    }

    fn reasoning(&mut self, index: usize, item: &Value, answer: &MessageAnswer) {
        let mut changes = vec![("summary", json!([]))];
        if let Some(content) = item["encrypted_content"].as_str() {
            // Not complete before the item is done.
            let part = content.chars().take(16).collect::<String>();
            changes.push(("encrypted_content", part.into()));
        }
        self.added(index, item, &changes);
        for (summary_index, part) in items(&item["summary"]).iter().enumerate() {
            let place = json!({
                "item_id": item["id"], "output_index": index, "summary_index": summary_index,
            });
            let with = |key: &str, value: &Value| {
                let mut fields = place.clone();
                fields[key] = value.clone();
                fields
            };
            let empty = json!({"type": "summary_text", "text": ""});
            self.frame("response.reasoning_summary_part.added", with("part", &empty));
            let pieces = answer.reasoning.as_ref().map(Reasoning::shown);
            let pieces = pieces.unwrap_or_default();
            self.deltas("response.reasoning_summary_text.delta", &place, &pieces);
            self.frame("response.reasoning_summary_text.done", with("text", &part["text"]));
            self.frame("response.reasoning_summary_part.done", with("part", part));
        }
        self.done(index, item);
    }

    fn message(&mut self, index: usize, item: &Value, answer: &MessageAnswer) {
        self.added(index, item, &[("content", json!([]))]);
        for (content_index, part) in items(&item["content"]).iter().enumerate() {
            let place = json!({
                "item_id": item["id"], "output_index": index, "content_index": content_index,
            });
            let is_text = part["type"] == "output_text";
            let key = if is_text { "text" } else { "refusal" };
            let mut empty = part.clone();
            empty[key] = "".into();
            let with = |name: &str, value: &Value| {
                let mut fields = place.clone();
                fields[name] = value.clone();
                fields
            };
            self.frame("response.content_part.added", with("part", &empty));
            if is_text {
                let pieces = answer.text.as_ref().map(Text::pieces).unwrap_or_default();
                self.deltas("response.output_text.delta", &place, &pieces);
                let mut done = with("text", &part["text"]);
                done["logprobs"] = json!([]);
                self.frame("response.output_text.done", done);
            } else {
                let refusal = part["refusal"].as_str().unwrap_or_default();
                let pieces = refusal.split_inclusive(' ').map(str::to_owned).collect::<Vec<_>>();
                self.deltas("response.refusal.delta", &place, &pieces);
                self.frame("response.refusal.done", with("refusal", &part["refusal"]));
            }
            self.frame("response.content_part.done", with("part", part));
        }
        self.done(index, item);
    }

    fn call(&mut self, index: usize, item: &Value, pieces: &[String]) {
        self.added(index, item, &[("arguments", "".into())]);
        let place = json!({"item_id": item["id"], "output_index": index});
        // The service sends no empty delta.
        let pieces = pieces.iter().filter(|piece| !piece.is_empty()).cloned().collect::<Vec<_>>();
        self.deltas("response.function_call_arguments.delta", &place, &pieces);
        let mut done = place;
        done["arguments"] = item["arguments"].clone();
        self.frame("response.function_call_arguments.done", done);
        self.done(index, item);
    }
}
