//! The conversation as messages, by the rules that the API insists on: the first is the user's,
//! roles alternate, results come first in the message after their calls, no text is blank, an
//! answer doesn't end with thinking, and the last message is the user's, unless the model goes on
//! with a paused answer.

use super::blocks::{Content, Markable, Message, ResultContent, Role};
use super::files;
use super::thinking::{REDACTED, Redacted, Signed, THINKING};
use crate::conversation::{AnswerPart, Call, CallResult, Conversation, Entry, GO_ON, UserPart};
use crate::failure::Failure;
use crate::format::wire_ids::{IdShape, WireIds};
use crate::types::Endpoint;

/// Stands where the conversation would begin with an answer, because older messages were left out.
const BEGINNING_LEFT_OUT: &str = "(The beginning of this conversation was left out.)";
/// Stands for a message without anything in it.
const EMPTY: &str = "(An empty message.)";
/// What the model reads of a failed call that says nothing.
const FAILED: &str = "The call failed.";

/// The messages of a conversation.
///
/// # Errors
/// [`Failure::InvalidRequest`] where there are none, or a call's arguments are no JSON.
pub(super) fn messages<'a>(
    endpoint: &Endpoint,
    conversation: &'a Conversation,
) -> Result<Vec<Message<'a>>, Failure> {
    let mut ids = WireIds::new(IdShape::Common);
    let mut messages = Messages::default();
    for entry in &conversation.entries {
        match entry {
            Entry::User(parts) => messages.push_user(user(endpoint, parts)),
            Entry::Answer(parts) => messages.push_answer(answer(parts, &mut ids)?),
            Entry::Results(results) => {
                messages.push_user(results.iter().map(|it| result(it, &mut ids)).collect());
            }
        }
    }
    let messages = messages.end(conversation.paused);
    if messages.is_empty() { Err(Failure::InvalidRequest) } else { Ok(messages) }
}

/// Whether the answer that goes on began with thinking; so it did if it begins now.
pub(super) fn began_with_thinking(messages: &[Message<'_>]) -> bool {
    let question = messages.iter().rposition(|message| {
        message.role == Role::User && message.content.iter().any(|block| !block.value.is_result())
    });
    let first = question.and_then(|question| messages.get(question + 1)?.content.first());
    first.is_none_or(|block| block.value.is_thinking())
}

#[derive(Default)]
struct Messages<'a> {
    messages: Vec<Message<'a>>,
}

impl<'a> Messages<'a> {
    fn push_user(&mut self, blocks: Vec<Content<'a>>) {
        self.close_answer();
        self.push(Role::User, blocks);
    }

    fn push_answer(&mut self, blocks: Vec<Content<'a>>) {
        if self.messages.is_empty() {
            self.push(Role::User, vec![Content::Text { text: BEGINNING_LEFT_OUT.into() }]);
        }
        self.push(Role::Assistant, blocks);
    }

    fn push(&mut self, role: Role, blocks: Vec<Content<'a>>) {
        let blocks = blocks.into_iter().map(Markable::from);
        match self.messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            _ if blocks.len() == 0 => {}
            _ => self.messages.push(Message { role, content: blocks.collect() }),
        }
    }

    /// Drops the thinking after which the model said nothing.
    fn close_answer(&mut self) {
        if let Some(last) = self.messages.last_mut().filter(|last| last.role == Role::Assistant) {
            while last.content.pop_if(|block| block.value.is_thinking()).is_some() {}
            if last.content.is_empty() {
                self.messages.pop();
            }
        }
    }

    fn end(mut self, paused: bool) -> Vec<Message<'a>> {
        self.close_answer();
        if let Some(last) = self.messages.last_mut().filter(|last| last.role == Role::Assistant) {
            if !paused {
                self.push(Role::User, vec![Content::Text { text: GO_ON.into() }]);
            } else if let Some(Content::Text { text }) =
                last.content.last_mut().map(|block| &mut block.value)
            {
                // A text to go on with must not end with a blank.
                *text = text.trim_end().to_owned().into();
            }
        }
        self.messages
    }
}

fn user<'a>(endpoint: &Endpoint, parts: &'a [UserPart]) -> Vec<Content<'a>> {
    let blocks: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            UserPart::Text(text) => text_block(text),
            UserPart::File { media_type, content, filename } => {
                Some(files::block(endpoint, media_type, content, filename.as_deref()))
            }
        })
        .collect();
    if blocks.is_empty() { vec![Content::Text { text: EMPTY.into() }] } else { blocks }
}

fn text_block(text: &str) -> Option<Content<'_>> {
    (!text.trim().is_empty()).then_some(Content::Text { text: text.into() })
}

fn answer<'a>(parts: &'a [AnswerPart], ids: &mut WireIds) -> Result<Vec<Content<'a>>, Failure> {
    let mut blocks = Vec::new();
    for part in parts {
        match part {
            AnswerPart::Text { text, .. } => blocks.extend(text_block(text)),
            AnswerPart::Reasoning { place, text, state } => {
                blocks.extend(state.as_deref().and_then(|state| thinking(place, text, state)));
            }
            AnswerPart::Call(call) => blocks.push(tool_use(call, ids)?),
        }
    }
    Ok(blocks)
}

/// Thinking goes back only with what proves that the model thought it.
fn thinking<'a>(place: &str, text: &'a str, state: &str) -> Option<Content<'a>> {
    match place {
        THINKING => {
            let Signed { signature } = serde_json::from_str(state).ok()?;
            Some(Content::Thinking { thinking: text, signature })
        }
        REDACTED => {
            let Redacted { data } = serde_json::from_str(state).ok()?;
            Some(Content::RedactedThinking { data })
        }
        _ => None,
    }
}

fn tool_use<'a>(call: &'a Call, ids: &mut WireIds) -> Result<Content<'a>, Failure> {
    Ok(Content::ToolUse {
        id: ids.of_call(&call.id, call.provider_id.as_deref()),
        name: &call.name,
        input: serde_json::from_str(&call.arguments).map_err(|_| Failure::InvalidRequest)?,
    })
}

fn result<'a>(result: &'a CallResult, ids: &mut WireIds) -> Content<'a> {
    let content = Some(result.content.as_str()).filter(|content| !content.trim().is_empty());
    let content = match result.media.as_deref().and_then(files::image) {
        Some(image) => {
            let text = content.map(|text| Content::Text { text: text.into() });
            Some(ResultContent::Blocks(text.into_iter().chain([image]).collect()))
        }
        None => content.or(result.failed.then_some(FAILED)).map(ResultContent::Text),
    };
    Content::ToolResult {
        tool_use_id: ids.of_call(&result.call_id, None),
        content,
        is_error: result.failed,
    }
}
