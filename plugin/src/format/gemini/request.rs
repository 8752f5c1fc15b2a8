//! The request body. It doesn't name the model: the path does.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::parts::{Content, Part};
use super::{can, contents, names, schema};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::Endpoint;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction<'a>>,
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tools<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation_config: Option<GenerationConfig>,
}

#[derive(Serialize)]
struct Instruction<'a> {
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools<'a> {
    function_declarations: Vec<FunctionDeclaration<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionDeclaration<'a> {
    name: Cow<'a, str>,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<Value>,
}

#[derive(Serialize, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<Value>,
}

/// A budget and a level exclude each other; models of the level have a default that suits them.
#[derive(Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
struct ThinkingConfig {
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<i32>,
}

/// The model decides how much it thinks.
const DYNAMIC_BUDGET: i32 = -1;

/// The body of the request that continues a conversation.
pub(super) fn body(endpoint: &Endpoint, conversation: &Conversation) -> Result<String, Failure> {
    let declarations: Vec<_> = conversation
        .tools
        .iter()
        .map(|tool| FunctionDeclaration {
            name: names::to_wire(&tool.name),
            description: &tool.description,
            parameters_json_schema: schema::of_parameters(&tool.input_schema),
        })
        .collect();
    let has_tools = !declarations.is_empty();
    let generation_config = generation_config(endpoint, conversation);
    let body = Body {
        system_instruction: (!conversation.system.is_empty())
            .then(|| Instruction { parts: [Part::text(&conversation.system)] }),
        contents: contents::of(endpoint, &conversation.entries)?,
        tools: has_tools
            .then_some(Tools { function_declarations: declarations })
            .into_iter()
            .collect(),
        generation_config: (generation_config != GenerationConfig::default())
            .then_some(generation_config),
    };
    serde_json::to_string(&body).map_err(|_| Failure::InvalidRequest)
}

fn generation_config(endpoint: &Endpoint, conversation: &Conversation) -> GenerationConfig {
    let output = conversation.output.as_ref();
    let thinking = |thinking_budget| ThinkingConfig { include_thoughts: true, thinking_budget };
    GenerationConfig {
        max_output_tokens: output
            .and_then(|output| output.max_tokens)
            .or(endpoint.max_output_tokens),
        // Models that don't think refuse the whole field.
        thinking_config: if can(endpoint, "thinking-level") {
            Some(thinking(None))
        } else if can(endpoint, "thinking-budget") {
            Some(thinking(Some(DYNAMIC_BUDGET)))
        } else {
            None
        },
        response_mime_type: output.map(|_| "application/json"),
        response_json_schema: output.map(|output| schema::of_output(&output.schema)),
    }
}
