//! The request body.

use serde::Serialize;
use serde_json::value::RawValue;

use super::input::{Item, items};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::Endpoint;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    /// The system prompt stands here and not in an item of its own because the provider then gives
    /// it the role that the model knows: older models know `system`, reasoning models `developer`.
    instructions: &'a str,
    input: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
}

#[derive(Serialize)]
struct Reasoning {
    summary: &'static str,
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    name: &'a str,
    description: &'a str,
    parameters: &'a RawValue,
    /// Strictness would want every property required. It must be said, it is the default.
    strict: bool,
}

#[derive(Serialize)]
struct Text<'a> {
    format: OutputFormat<'a>,
}

#[derive(Serialize)]
struct OutputFormat<'a> {
    r#type: &'static str,
    name: &'static str,
    schema: &'a RawValue,
    strict: bool,
}

pub(super) fn body(endpoint: &Endpoint, conversation: &Conversation) -> Result<String, Failure> {
    let tools = conversation.tools.iter().map(|tool| Tool {
        r#type: "function",
        name: &tool.name,
        description: &tool.description,
        parameters: &tool.input_schema,
        strict: false,
    });
    let output = conversation.output.as_ref();
    let own_limit = output.and_then(|output| output.max_tokens);
    let body = Body {
        model: &endpoint.model,
        instructions: &conversation.system,
        input: items(endpoint, conversation),
        tools: tools.collect(),
        stream: true,
        store: false,
        // Other models refuse both.
        include: endpoint.reasoning.then_some(["reasoning.encrypted_content"]),
        reasoning: endpoint.reasoning.then_some(Reasoning { summary: "auto" }),
        text: output.map(|output| Text {
            format: OutputFormat {
                r#type: "json_schema",
                name: "response",
                schema: &output.schema,
                strict: true,
            },
        }),
        max_output_tokens: own_limit.or(endpoint.max_output_tokens),
    };
    serde_json::to_string(&body).map_err(|_| Failure::InvalidRequest)
}
