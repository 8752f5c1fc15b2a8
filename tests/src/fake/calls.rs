//! The tool calls of a scripted message with everything decided.

use super::{message::MessageAnswer, quirks::ToolIds};

/// Characters of one arguments delta.
const ARGUMENT_PIECE: usize = 12;

/// A tool call with everything decided.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Id.
    pub(super) id: String,
    /// Name of the tool.
    pub(super) name: String,
    /// The arguments as text.
    pub(super) arguments: String,
}

impl Call {
    /// The deltas of the arguments: an empty one first, unless the answer sends calls whole.
    pub(super) fn pieces(&self, answer: &MessageAnswer) -> Vec<String> {
        if answer.whole_tool_calls {
            return vec![self.arguments.clone()];
        }
        let characters = self.arguments.chars().collect::<Vec<_>>();
        let pieces = characters.chunks(ARGUMENT_PIECE).map(|piece| piece.iter().collect());
        std::iter::once(String::new()).chain(pieces).collect()
    }
}

/// The tool calls of an answer. An id that the script leaves out is `prefix`, and the call's place.
pub(super) fn calls(answer: &MessageAnswer, prefix: &str) -> Vec<Call> {
    let id = |position: usize| {
        let given = answer.tool_calls.get(position).and_then(|call| call.id.clone());
        given.unwrap_or_else(|| format!("{prefix}_{position}"))
    };
    let same = answer.tool_ids == ToolIds::Same;
    answer
        .tool_calls
        .iter()
        .enumerate()
        .map(|(position, call)| Call {
            id: id(if same { 0 } else { position }),
            name: call.name.clone(),
            arguments: call.arguments.to_text(),
        })
        .collect()
}
