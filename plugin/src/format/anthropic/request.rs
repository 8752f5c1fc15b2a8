//! The request body.

use serde::Serialize;
use serde_json::value::RawValue;

use super::Output;
use super::blocks::{Content, Markable, Message};
use super::messages::{began_with_thinking, messages};
use super::thinking::{self, Thinking};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::Endpoint;

/// Output tokens where the endpoint doesn't say how many: what every model that is still served can
/// give.
const DEFAULT_MAX_TOKENS: u32 = 8_192;
/// The same for a model that thinks, whose thinking counts as output.
const DEFAULT_MAX_TOKENS_THINKING: u32 = 16_384;
/// Name of the tool whose arguments are the answer.
const ANSWER_TOOL: &str = "answer";

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Markable<Content<'a>>>,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Markable<Tool<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ToolChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
    stream: bool,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a RawValue,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ToolChoice {
    Tool { name: &'static str, disable_parallel_tool_use: bool },
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    format: OutputFormat<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OutputFormat<'a> {
    JsonSchema { schema: &'a RawValue },
}

pub(super) fn body(
    endpoint: &Endpoint,
    output: &Output<'_>,
    conversation: &Conversation,
) -> Result<String, Failure> {
    let messages = messages(endpoint, conversation)?;
    let max_tokens = max_tokens(endpoint, output);
    let mut body = Body {
        model: &endpoint.model,
        max_tokens,
        system: Vec::new(),
        thinking: thinking::asked(endpoint, max_tokens, began_with_thinking(&messages)),
        messages,
        tools: tools(conversation),
        tool_choice: None,
        output_config: None,
        stream: true,
    };
    if !conversation.system.trim().is_empty() {
        body.system = vec![Content::Text { text: (&conversation.system).into() }.into()];
    }
    match output {
        Output::Free => mark_for_cache(&mut body),
        Output::Native(_, schema) => {
            let format = OutputFormat::JsonSchema { schema };
            body.output_config = Some(OutputConfig { format });
        }
        Output::Tool(shape) => {
            let tool = Tool {
                name: ANSWER_TOOL,
                description: "Gives the answer, whole and in the shape of the arguments.",
                input_schema: &shape.schema,
            };
            body.tools = vec![tool.into()];
            body.tool_choice =
                Some(ToolChoice::Tool { name: ANSWER_TOOL, disable_parallel_tool_use: true });
            // A model that thinks refuses to be forced to call a tool.
            body.thinking = Some(Thinking::Disabled);
        }
    }
    serde_json::to_string(&body).map_err(|_| Failure::InvalidRequest)
}

fn max_tokens(endpoint: &Endpoint, output: &Output<'_>) -> u32 {
    let default = match output {
        Output::Tool(_) => DEFAULT_MAX_TOKENS,
        _ if thinking::is_known(endpoint) => DEFAULT_MAX_TOKENS_THINKING,
        _ => DEFAULT_MAX_TOKENS,
    };
    let own = match output {
        Output::Free => None,
        Output::Native(shape, _) | Output::Tool(shape) => shape.max_tokens,
    };
    own.or(endpoint.max_output_tokens).unwrap_or(default)
}

fn tools(conversation: &Conversation) -> Vec<Markable<Tool<'_>>> {
    let tools = conversation.tools.iter().map(|tool| {
        Markable::from(Tool {
            name: &tool.name,
            description: &tool.description,
            input_schema: &tool.input_schema,
        })
    });
    tools.collect()
}

/// Three marks, of the four that the API takes: the tools alone serve every conversation of the
/// project, the system prompt all of one user's, and the last block the next step or turn of this
/// one. An answer of a fixed shape has no next step, so nothing of it is worth the price of writing
/// it to the cache.
fn mark_for_cache(body: &mut Body<'_>) {
    if let Some(tool) = body.tools.last_mut() {
        tool.mark();
    }
    if let Some(block) = body.system.last_mut() {
        block.mark();
    }
    let last = body.messages.last_mut().map(|message| &mut message.content);
    let markable = last.into_iter().flatten().rfind(|block| !block.value.is_thinking());
    if let Some(block) = markable {
        block.mark();
    }
}

#[cfg(test)]
mod tests;
