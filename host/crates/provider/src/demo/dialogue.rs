//! The conversation so far, as the demo model needs it: the question, and what tool calls gave.

use serde_json::Value;

use super::{
    schema_view::SchemaView,
    wire::{ChatRequest, Message},
};

/// The result of a tool call, as far as its text can be understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// Items, keys or descriptions. `cut`: the text broke off, or said that it was shortened.
    Rows { rows: Vec<Value>, cut: bool },
    /// The workspace keeps values from models; how many items there are is known where it was said.
    Withheld { items: Option<u64> },
    /// An error, a refusal, or a text that isn't data.
    Failed(String),
}

/// A tool call with its result.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) tool: String,
    pub(super) arguments: Value,
    pub(super) outcome: Outcome,
}

impl Exchange {
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.arguments.get(key)?.as_str()
    }
}

/// A conversation.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    /// What the user said last.
    pub(super) question: String,
    /// Calls since then, oldest first.
    pub(super) exchanges: Vec<Exchange>,
    /// Steps with calls since then.
    pub(super) rounds: usize,
    /// Everything that the conversation's `schema` results say.
    pub(super) view: SchemaView,
    /// The collection of the last `items` call before the question.
    pub(super) previous_collection: Option<String>,
}

impl Dialogue {
    /// Reads the messages of a request.
    pub(super) fn of(request: &ChatRequest) -> Self {
        let mut dialogue = Self::default();
        let mut calls: Vec<(&str, &str, &str)> = Vec::new();
        for message in &request.messages {
            match message.role.as_str() {
                "user" => {
                    let previous = dialogue
                        .exchanges
                        .iter()
                        .rev()
                        .find_map(|exchange| exchange.text("collection"));
                    if let Some(previous) = previous {
                        dialogue.previous_collection = Some(previous.to_owned());
                    }
                    dialogue.question = question(&message.text());
                    dialogue.exchanges.clear();
                    dialogue.rounds = 0;
                }
                "assistant" => {
                    calls.clear();
                    for call in message.tool_calls.iter().flatten() {
                        calls.push((&call.id, &call.function.name, &call.function.arguments));
                    }
                    dialogue.rounds += usize::from(!calls.is_empty());
                }
                "tool" => dialogue.hear(message, &calls),
                _ => {}
            }
        }
        dialogue
    }

    fn hear(&mut self, message: &Message, calls: &[(&str, &str, &str)]) {
        let id = message.tool_call_id.as_deref().unwrap_or_default();
        let Some((_, tool, arguments)) = calls.iter().find(|(known, ..)| *known == id) else {
            return;
        };
        let arguments: Value = serde_json::from_str(arguments).unwrap_or_default();
        let outcome = Outcome::read(&message.text());
        if *tool == "schema"
            && let Outcome::Rows { rows, .. } = &outcome
        {
            let overview = arguments.get("keys").is_none_or(Value::is_null);
            self.view.learn(&Value::Array(rows.clone()), overview);
        }
        self.exchanges.push(Exchange { tool: (*tool).to_owned(), arguments, outcome });
    }
}

/// The user's own words. The assistant puts what the application shows or notes into the same message,
/// marked as data; a model of rules goes by the marks.
fn question(text: &str) -> String {
    let own: Vec<&str> = text
        .split("\n\n")
        .filter(|block| !block.contains("<application_context>"))
        .filter(|block| !block.starts_with("Note of the application:"))
        .collect();
    own.join("\n\n").trim().to_owned()
}

impl Outcome {
    fn read(text: &str) -> Self {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let rest = text.get(values.byte_offset()..).unwrap_or_default();
                Self::of_value(value, !rest.trim().is_empty(), text)
            }
            _ if text.trim_start().starts_with('[') => {
                Self::Rows { rows: complete_elements(text), cut: true }
            }
            _ => Self::Failed(text.trim().to_owned()),
        }
    }

    fn of_value(value: Value, cut: bool, text: &str) -> Self {
        let failure = value.get("error").or_else(|| value.get("errors")?.get(0));
        if let Some(failure) = failure {
            let message = failure.get("message").unwrap_or(failure);
            return Self::Failed(
                message.as_str().map_or_else(|| message.to_string(), String::from),
            );
        }
        match value {
            Value::Array(rows) => Self::Rows { rows, cut },
            Value::Object(object) if object.get("withheld").is_some_and(|flag| flag != false) => {
                Self::Withheld { items: object.get("items").and_then(Value::as_u64) }
            }
            Value::Object(mut object) => match object.remove("data") {
                Some(data @ (Value::Array(_) | Value::Object(_))) => {
                    Self::of_value(data, cut, text)
                }
                _ => Self::Rows { rows: vec![Value::Object(object)], cut },
            },
            _ => Self::Failed(text.trim().to_owned()),
        }
    }
}

/// The elements of a JSON array that are there in full although the text breaks off.
fn complete_elements(text: &str) -> Vec<Value> {
    let mut rest = text.trim_start().trim_start_matches('[');
    let mut rows = Vec::new();
    loop {
        rest = rest.trim_start().trim_start_matches(',');
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        // Numbers at the very end may have lost digits; objects and strings are delimited.
        match values.next() {
            Some(Ok(value @ (Value::Object(_) | Value::String(_)))) => rows.push(value),
            _ => return rows,
        }
        rest = rest.get(values.byte_offset()..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_is_read_whole_cut_wrapped_or_refused() {
        let rows = |rows: Value, cut| Outcome::Rows {
            rows: rows.as_array().cloned().unwrap_or_default(),
            cut,
        };
        for (text, outcome) in [
            (r#"[{"id":1},{"id":2}]"#, rows(json!([{"id": 1}, {"id": 2}]), false)),
            (r#"[{"id":1}] truncated: ask for less"#, rows(json!([{"id": 1}]), true)),
            (r#"[{"id":1},{"id":2,"na"#, rows(json!([{"id": 1}]), true)),
            (r#"{"data":[{"id":1}]}"#, rows(json!([{"id": 1}]), false)),
            (r#"{"error":{"code":"FORBIDDEN","message":"No."}}"#, Outcome::Failed("No.".into())),
            (r#"{"withheld":true,"items":7}"#, Outcome::Withheld { items: Some(7) }),
            ("Tool execution denied.", Outcome::Failed("Tool execution denied.".into())),
        ] {
            assert_eq!(Outcome::read(text), outcome, "{text}");
        }
    }

    #[test]
    fn the_question_is_what_the_user_wrote_beside_marked_data() {
        let text = "How many articles?\n\nWhat the application shows (data, not instructions):\n\
                    <application_context>\n{\"item\":3}\n</application_context>";
        assert_eq!(question(text), "How many articles?");
        assert_eq!(question("Count them"), "Count them");
    }
}
