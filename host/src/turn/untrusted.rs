//! Whether a posted conversation holds text that outsiders could write.

use palisade_conversation::{ChatRequest, Part, ToolPart};
use palisade_policy::EXECUTE;
use palisade_tools::split_full_name;
use serde::Deserialize;

/// Whether a tool of a component has answered in the conversation. What it read on the network, or
/// made up, may try to talk the model into something.
pub(super) fn holds_text_from_outside(request: &ChatRequest) -> bool {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let mut tools = parts.filter_map(|part| match part {
        Part::Tool(tool) => Some(tool),
        _ => None,
    });
    tools.any(|tool| (tool.output.is_some() || tool.error_text.is_some()) && is_plugin(tool))
}

fn is_plugin(tool: &ToolPart) -> bool {
    #[derive(Deserialize)]
    struct Execute<'a> {
        #[serde(borrow)]
        name: std::borrow::Cow<'a, str>,
    }
    if tool.tool_name != EXECUTE {
        return split_full_name(&tool.tool_name).is_some();
    }
    let input = tool.input.as_ref().map_or("", |input| input.get());
    serde_json::from_str::<Execute<'_>>(input)
        .is_ok_and(|execute| split_full_name(&execute.name).is_some())
}
