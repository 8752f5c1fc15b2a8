//! The conversation as contents: what the user and the model said, in turn.

use std::collections::VecDeque;

use super::parts::{
    Content, FunctionCall, FunctionResponse, Part, ResponsePart, ResultObject, Role,
};
use super::signatures::{self, CallState};
use super::{THOUGHT, can, media, names};
use crate::conversation::{AnswerPart, Call, CallResult, Entry, UserPart};
use crate::failure::Failure;
use crate::types::Endpoint;

/// What stands before a conversation that begins with an answer, because its beginning was dropped: a
/// call may come only after something that the user said.
const BEGINNING: &str = "[The beginning of this conversation is not shown.]";

/// Builds the contents of one request.
struct Contents<'a> {
    endpoint: &'a Endpoint,
    contents: Vec<Content<'a>>,
    /// The calls of the last answer, whose results follow in the same order.
    open: VecDeque<&'a Call>,
}

/// The contents of a conversation.
pub(super) fn of<'a>(
    endpoint: &'a Endpoint,
    entries: &'a [Entry],
) -> Result<Vec<Content<'a>>, Failure> {
    let mut contents = Contents { endpoint, contents: Vec::new(), open: VecDeque::new() };
    let turn = current_turn(entries);
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Entry::User(parts) => {
                let parts = parts.iter().map(|part| contents.said(part)).collect();
                contents.push(Role::User, parts);
            }
            Entry::Answer(parts) => contents.answer(parts, index >= turn)?,
            Entry::Results(results) => contents.results(results),
        }
    }
    Ok(contents.contents)
}

/// Where the turn begins in which signatures are checked: with the last thing that the user said,
/// unless it goes in one content with results.
fn current_turn(entries: &[Entry]) -> usize {
    let begins = |index: &usize| {
        let follows_results = index
            .checked_sub(1)
            .is_some_and(|before| matches!(entries.get(before), Some(Entry::Results(_))));
        matches!(entries.get(*index), Some(Entry::User(_))) && !follows_results
    };
    (0..entries.len()).rev().find(begins).unwrap_or_default()
}

impl<'a> Contents<'a> {
    /// Adds parts; roles alternate.
    fn push(&mut self, role: Role, parts: Vec<Part<'a>>) {
        if parts.is_empty() {
            return;
        }
        match self.contents.last_mut() {
            Some(last) if last.role == role => return last.parts.extend(parts),
            None if role == Role::Model => self.push(Role::User, vec![Part::text(BEGINNING)]),
            _ => {}
        }
        self.contents.push(Content { role, parts });
    }

    fn said(&self, part: &'a UserPart) -> Part<'a> {
        match part {
            UserPart::Text(text) => Part::text(text),
            UserPart::File { media_type, content, filename } => {
                media::part(self.endpoint, media_type, content, filename.as_deref())
            }
        }
    }

    fn answer(&mut self, parts: &'a [AnswerPart], current: bool) -> Result<(), Failure> {
        self.open.clear();
        let mut needs_signature = current && can(self.endpoint, "thinking-level");
        let mut sent = Vec::new();
        for part in parts {
            match part {
                AnswerPart::Text { text, state } => {
                    sent.extend(block(text, state.as_deref(), None));
                }
                AnswerPart::Reasoning { place, text, state } if place == THOUGHT => {
                    sent.extend(block(text, state.as_deref(), Some(true)));
                }
                AnswerPart::Reasoning { .. } => {}
                AnswerPart::Call(call) => {
                    let mut part = function_call(call)?;
                    // Only the first call of a step has to have one.
                    if std::mem::take(&mut needs_signature) && part.thought_signature.is_none() {
                        part.thought_signature = Some(signatures::FOREIGN.into());
                    }
                    sent.push(part);
                    self.open.push_back(call);
                }
            }
        }
        self.push(Role::Model, sent);
        Ok(())
    }

    fn results(&mut self, results: &'a [CallResult]) {
        let mut parts = Vec::new();
        // The responses stand together, as the calls did.
        let mut beside = Vec::new();
        for result in results {
            let Some(call) = self.open.pop_front() else { break };
            let response = if result.failed {
                ResultObject::Error(&result.content)
            } else {
                ResultObject::Output(&result.content)
            };
            let id = CallState::read(call.state.as_deref()).id;
            let name = names::to_wire(&call.name);
            let mut within = Vec::new();
            if let Some(media) = result.media.as_deref() {
                let inline_data = media::of_result(media);
                if media::is_within_result(self.endpoint, &media.media_type) {
                    within.push(ResponsePart { inline_data });
                } else {
                    beside.push(Part::text(format!("[From the result of {name}:]")));
                    beside.push(Part { inline_data: Some(inline_data), ..Part::default() });
                }
            }
            let function_response = Some(FunctionResponse { id, name, response, parts: within });
            parts.push(Part { function_response, ..Part::default() });
        }
        parts.append(&mut beside);
        self.push(Role::User, parts);
    }
}

fn block<'a>(
    text: &'a str,
    state: Option<&'a str>,
    thought: Option<bool>,
) -> impl Iterator<Item = Part<'a>> {
    signatures::parts(text, state).into_iter().map(move |(text, thought_signature)| Part {
        thought,
        thought_signature,
        ..Part::text(text)
    })
}

fn function_call(call: &Call) -> Result<Part<'_>, Failure> {
    let state = CallState::read(call.state.as_deref());
    let args = serde_json::from_str(&call.arguments).map_err(|_| Failure::InvalidRequest)?;
    let name = names::to_wire(&call.name);
    Ok(Part {
        function_call: Some(FunctionCall { id: state.id, name, args }),
        thought_signature: state.signature,
        ..Part::default()
    })
}
