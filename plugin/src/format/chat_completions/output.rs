//! An answer in a given shape: natively where the server can, else as the arguments of a call that
//! the model has to make.

use serde_json::Value;

use crate::conversation::Conversation;
use crate::format::Event;
use crate::types::Endpoint;

/// Name of the shape, and of the tool that stands in for it.
pub(super) const NAME: &str = "response";

/// How the shape of an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutputMode {
    /// The answer is free.
    Free,
    /// With `response_format`.
    Native,
    /// With a forced call of a tool that takes the value.
    Call,
}

impl OutputMode {
    /// A model of which nothing is known counts as one that can: most servers take the field.
    pub(super) fn of(endpoint: &Endpoint, conversation: &Conversation) -> Self {
        let capabilities = &endpoint.capabilities;
        match conversation.output {
            None => Self::Free,
            Some(_) if capabilities.is_empty() => Self::Native,
            Some(_) if capabilities.iter().any(|it| it == "structured-output") => Self::Native,
            Some(_) => Self::Call,
        }
    }
}

/// Whether a schema is of the kind that servers can hold a model to: it requires each property that
/// it names. They refuse any other as `strict`.
pub(super) fn is_strict(schema: &Value) -> bool {
    match schema {
        Value::Object(schema) => {
            let required = schema.get("required").and_then(Value::as_array);
            let properties = schema.get("properties").and_then(Value::as_object);
            let requires =
                |name: &String| required.is_some_and(|names| names.iter().any(|it| it == name));
            properties.into_iter().flat_map(|map| map.keys()).all(requires)
                && schema.values().all(is_strict)
        }
        Value::Array(schemas) => schemas.iter().all(is_strict),
        _ => true,
    }
}

/// Makes text of the arguments of the call that the model had to make.
#[derive(Debug, Default)]
pub(super) struct CallAsText {
    /// What the model wrote beside the call, or instead of it: not every server knows `tool_choice`.
    beside: String,
    called: bool,
}

impl CallAsText {
    /// Gives out an event of the answer, or keeps it.
    pub(super) fn give(&mut self, event: Event<'_>, on_event: &mut dyn FnMut(Event<'_>)) {
        match event {
            Event::Text(text) => self.beside.push_str(&text),
            Event::CallStarted { .. } => self.called = true,
            Event::CallArguments { call: 0, text } => on_event(Event::Text(text)),
            Event::CallArguments { .. } => {}
            event => on_event(event),
        }
    }

    /// The answer is whole.
    pub(super) fn end(&mut self, on_event: &mut dyn FnMut(Event<'_>)) {
        if !self.called && !self.beside.is_empty() {
            on_event(Event::Text(std::mem::take(&mut self.beside).into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_strict_schema_requires_what_it_names() {
        let inner = |required: Value| {
            json!({"type": "array", "items": {
                "type": "object", "properties": {"b": {"type": "string"}}, "required": required,
            }})
        };
        let outer = |required: Value, inner: Value| json!({"type": "object", "properties": {"a": inner}, "required": required});
        assert!(is_strict(&outer(json!(["a"]), inner(json!(["b"])))));
        assert!(!is_strict(&outer(json!(["a"]), inner(json!([])))));
        assert!(!is_strict(&outer(json!(["x"]), inner(json!(["b"])))));
        assert!(!is_strict(&json!({"properties": {"a": true}})));
        assert!(is_strict(&json!({"type": "object"})));
    }
}
