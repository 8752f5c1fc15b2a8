//! The deltas in which a stream writes tool calls.

use serde_json::{Map, Value};

use crate::fake::{
    calls::{Call, calls},
    message::MessageAnswer,
    quirks::{ToolIds, ToolIndexes},
};

/// The tool call deltas of an answer, in the order of the wire.
pub(super) fn tool_deltas(answer: &MessageAnswer, number: u64) -> Vec<Value> {
    let mut by_call = calls(answer, &format!("call_{number}"))
        .iter()
        .enumerate()
        .map(|(position, call)| deltas_of_call(answer, position, call).into_iter())
        .collect::<Vec<_>>();
    if !answer.interleaved {
        return by_call.into_iter().flatten().collect();
    }
    let mut mixed = Vec::new();
    loop {
        let before = mixed.len();
        mixed.extend(by_call.iter_mut().filter_map(Iterator::next));
        if mixed.len() == before {
            return mixed;
        }
    }
}

fn deltas_of_call(answer: &MessageAnswer, position: usize, call: &Call) -> Vec<Value> {
    let mut pieces = call.pieces(answer).into_iter();
    let first = pieces.next().unwrap_or_default();
    let mut deltas = vec![delta_of_call(answer, position, call, true, first)];
    deltas.extend(pieces.map(|piece| delta_of_call(answer, position, call, false, piece)));
    deltas
}

fn delta_of_call(
    answer: &MessageAnswer,
    position: usize,
    call: &Call,
    first: bool,
    piece: String,
) -> Value {
    let mut delta = Map::new();
    match answer.tool_indexes {
        ToolIndexes::Counted => drop(delta.insert("index".into(), position.into())),
        ToolIndexes::AllZero => drop(delta.insert("index".into(), 0.into())),
        ToolIndexes::Missing => {}
    }
    let id = match answer.tool_ids {
        ToolIds::Each => Some(call.id.as_str()),
        ToolIds::First | ToolIds::Same => first.then_some(call.id.as_str()),
        ToolIds::TextNull => Some(if first { call.id.as_str() } else { "null" }),
        ToolIds::Missing => None,
    };
    let named = first || answer.tool_ids == ToolIds::Each;
    let mut function = Map::new();
    for (key, value) in [("id", id), ("type", named.then_some("function"))] {
        match value {
            Some(value) => drop(delta.insert(key.into(), value.into())),
            None if answer.null_fields => drop(delta.insert(key.into(), Value::Null)),
            None => {}
        }
    }
    if named {
        function.insert("name".into(), call.name.clone().into());
    } else if answer.null_fields {
        function.insert("name".into(), Value::Null);
    }
    function.insert("arguments".into(), piece.into());
    delta.insert("function".into(), function.into());
    delta.into()
}
