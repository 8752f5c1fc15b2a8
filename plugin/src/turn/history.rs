//! From the posted messages to a conversation: which calls wait for this turn, and what the model
//! gets to read of all others.

use std::collections::BTreeMap;

use serde_json::Value;

use super::calls::ProposedCall;
use super::context::{Counted, Layout};
use super::metadata;
use super::results::{ResultLimit, bounded};
use super::usage;
use crate::conversation::{
    AnswerPart, Call, CallResult, Conversation, Entry, FileContent, GO_ON, UserPart,
};
use crate::tools::Toolset;
use crate::types::{Endpoint, Message, Part, Role, ToolPart, ToolState};

const NOT_EXECUTED: &str = "Not executed: the user went on without it. Do not assume any result.";
const NOT_ANSWERED: &str = "Not executed: the user did not answer whether it may run, and went on. Do not assume any result.";
const DENIED: &str = "The user declined this call. Don't repeat it; ask what they would like \
                      instead if that is unclear.";
const CUT: &str = "\n\n[Truncated: this is only the beginning.]";

/// What the last message asks of this turn besides an answer.
#[derive(Debug)]
pub(super) enum Continuation {
    /// Nothing.
    None,
    /// The user or the client still has to answer: the model is not asked.
    Incomplete,
    /// These calls were answered by the user; the host decides what the answers are worth.
    Answered(Vec<ProposedCall>),
}

/// Looks for answered calls in the last step of the conversation, the only ones that may still run.
pub(super) fn continuation(messages: &[Message], tools: &Toolset) -> Continuation {
    let Some(message) = messages.last().filter(|message| message.role == Role::Assistant) else {
        return Continuation::None;
    };
    let mut answered = Vec::new();
    let last_step = message.parts.rsplit(|part| matches!(part, Part::StepStart)).next();
    for part in last_step.into_iter().flatten() {
        let Part::Tool(call) = part else { continue };
        match call.state {
            ToolState::ApprovalRequested => return Continuation::Incomplete,
            ToolState::InputAvailable => {
                if tools.is_of_client(&call.tool_name) && !call.provider_executed {
                    return Continuation::Incomplete;
                }
            }
            ToolState::ApprovalResponded => answered.push(ProposedCall {
                id: call.tool_call_id.clone(),
                name: call.tool_name.clone(),
                arguments: call.input.clone().unwrap_or_else(|| "{}".into()),
                dynamic: call.dynamic,
            }),
            _ => {}
        }
    }
    if answered.is_empty() { Continuation::None } else { Continuation::Answered(answered) }
}

/// Ids of all tool calls in the conversation.
pub(super) fn call_ids(messages: &[Message]) -> impl Iterator<Item = &str> {
    messages.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        Part::Tool(call) => Some(call.tool_call_id.as_str()),
        _ => None,
    })
}

/// What replaying needs to know.
pub(super) struct Replay<'a> {
    /// Results of the calls that this turn settled, by call id.
    pub(super) settled: &'a BTreeMap<String, CallResult>,
    pub(super) endpoint: &'a Endpoint,
    pub(super) limit: ResultLimit,
}

/// Adds the posted messages to a conversation, and says how they stand in it. The context goes before
/// the user's last message, in the same entry.
pub(super) fn replay(
    messages: &[Message],
    replay: &Replay<'_>,
    mut context: Option<UserPart>,
    conversation: &mut Conversation,
) -> Layout {
    let mut layout = Layout::default();
    let last_question = messages.iter().rposition(|message| message.role == Role::User);
    if last_question.is_none() {
        conversation.push_user(context.take().into_iter().collect());
    }
    for (index, message) in messages.iter().enumerate() {
        match message.role {
            Role::User => {
                if Some(index) == last_question {
                    conversation.push_user(context.take().into_iter().collect());
                }
                conversation.push_user(user_parts(&message.parts));
                layout.question = conversation.entries.len().saturating_sub(1);
            }
            Role::System => {
                // Whoever posts the conversation is a user: this is no second system prompt.
                let texts = user_parts(&message.parts).into_iter().filter_map(|part| match part {
                    UserPart::Text(text) => {
                        Some(UserPart::Text(format!("Note of the application:\n{text}")))
                    }
                    UserPart::File { .. } => None,
                });
                conversation.push_user(texts.collect());
            }
            Role::Assistant => {
                let is_last = index + 1 == messages.len();
                let left_out = usage::dropped_messages(&message.parts);
                let from = left_out.checked_sub(1).and_then(|last| layout.ends.get(last));
                let from = from.copied().unwrap_or_default();
                for step in message.parts.split(|part| matches!(part, Part::StepStart)) {
                    replay_step(step, is_last, replay, conversation);
                    if let Some(tokens) = usage::context_tokens(step) {
                        // Results came after the provider counted.
                        let answered = |entry: &Entry| matches!(entry, Entry::Answer(_));
                        let to = conversation.entries.iter().rposition(answered);
                        layout.counted = to
                            .map(|last| Counted { from, to: last + 1, tokens })
                            .filter(|it| it.to > from);
                    }
                }
            }
        }
        layout.ends.push(conversation.entries.len());
    }
    if let Some(Entry::Answer(_)) = conversation.entries.last() {
        // Not every model goes on with an answer of its own.
        conversation.push_user(vec![UserPart::Text(GO_ON.into())]);
    }
    layout
}

fn user_parts(parts: &[Part]) -> Vec<UserPart> {
    parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) if !text.text.is_empty() => Some(UserPart::Text(text.text.clone())),
            Part::File(file) => Some(UserPart::File {
                media_type: file.media_type.clone(),
                content: match &file.stored {
                    Some(stored) => FileContent::Stored(stored.clone()),
                    None if file.url.starts_with("data:") => FileContent::Inline(file.url.clone()),
                    None => FileContent::Missing,
                },
                filename: file.filename.clone(),
            }),
            _ => None,
        })
        .collect()
}

fn replay_step(
    parts: &[Part],
    is_last_message: bool,
    replay: &Replay<'_>,
    conversation: &mut Conversation,
) {
    let (mut answer, mut results) = (Vec::new(), Vec::new());
    let bytes = replay.limit.of(parts.iter().filter(|part| matches!(part, Part::Tool(_))).count());
    for part in parts {
        match part {
            Part::Text(text) => {
                let kept = metadata::read(text.provider_metadata.as_deref(), replay.endpoint);
                if !text.text.trim().is_empty() || kept.state.is_some() {
                    answer.push(AnswerPart::Text { text: text.text.clone(), state: kept.state });
                }
            }
            Part::Reasoning(reasoning) => {
                let kept = metadata::read(reasoning.provider_metadata.as_deref(), replay.endpoint);
                // Mere text is of use only to a tool loop that goes on.
                let of_use =
                    kept.state.is_some() || (is_last_message && !reasoning.text.is_empty());
                if let Some(place) = kept.place.filter(|_| of_use) {
                    let (text, state) = (reasoning.text.clone(), kept.state);
                    answer.push(AnswerPart::Reasoning { place, text, state });
                }
            }
            Part::Tool(call)
                if call.state != ToolState::InputStreaming && !call.provider_executed =>
            {
                let kept = metadata::read(call.call_metadata.as_deref(), replay.endpoint);
                answer.push(AnswerPart::Call(Call {
                    id: call.tool_call_id.clone(),
                    provider_id: kept.id,
                    name: wire_name(&call.tool_name),
                    arguments: object_text(call.input.as_deref().unwrap_or_default()),
                    state: kept.state,
                }));
                results.push(result(call, is_last_message, bytes, replay));
            }
            _ => {}
        }
    }
    conversation.push_step(answer, results);
}

fn result(call: &ToolPart, is_last_message: bool, bytes: u32, replay: &Replay<'_>) -> CallResult {
    if is_last_message
        && call.state == ToolState::ApprovalResponded
        && let Some(result) = replay.settled.get(&call.tool_call_id)
    {
        return result.clone();
    }
    let approval = call.approval.as_ref();
    let reason = approval.and_then(|approval| approval.reason.as_deref());
    let content = match call.state {
        ToolState::OutputAvailable => plain_text(call.output.as_deref().unwrap_or_default()),
        ToolState::OutputError => call.error_text.clone().unwrap_or_else(|| NOT_EXECUTED.into()),
        ToolState::OutputDenied => denial(reason),
        ToolState::ApprovalResponded => match approval.and_then(|approval| approval.approved) {
            Some(false) => denial(reason),
            _ => NOT_EXECUTED.into(),
        },
        ToolState::ApprovalRequested => NOT_ANSWERED.into(),
        ToolState::InputAvailable | ToolState::InputStreaming => NOT_EXECUTED.into(),
    };
    let content = bounded(content, bytes);
    if call.state == ToolState::OutputAvailable {
        CallResult::succeeded(&call.tool_call_id, content)
    } else {
        CallResult::failed(&call.tool_call_id, content)
    }
}

/// The model reads the user's own reason where there is one.
pub(super) fn denial(reason: Option<&str>) -> String {
    match reason.map(str::trim) {
        None | Some("") => DENIED.into(),
        Some(reason) => format!("{DENIED} The user's reason: {reason}"),
    }
}

/// A JSON string as what it says, any other JSON as it is.
fn plain_text(json: &str) -> String {
    serde_json::from_str::<String>(json).unwrap_or_else(|_| json.into())
}

fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push_str(CUT);
    }
    text
}

/// Providers parse a call's arguments, or refuse them: what isn't the text of a JSON object is put
/// into one, so that the model still sees what it wrote.
pub(super) fn object_text(written: &str) -> String {
    let written = written.trim();
    match serde_json::from_str::<BTreeMap<&str, serde::de::IgnoredAny>>(written) {
        Ok(_) => written.into(),
        Err(_) if written.is_empty() || written == "null" => "{}".into(),
        Err(_) => match serde_json::from_str::<Value>(written) {
            Ok(object @ Value::Object(_)) => object.to_string(),
            Ok(Value::String(text)) => unparsed(&text),
            _ => unparsed(written),
        },
    }
}

fn unparsed(written: &str) -> String {
    serde_json::json!({ "unparsed_arguments": cut(written.into(), 2_000) }).to_string()
}

/// A tool's name in the shape that providers insist on: `^[a-zA-Z0-9_-]{1,64}$`.
pub(super) fn wire_name(name: &str) -> String {
    let usual = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    let name: String = name.chars().map(|c| if usual(c) { c } else { '_' }).take(64).collect();
    if name.is_empty() { "unknown".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_always_an_object() {
        for (written, expected) in [
            ("", "{}"),
            ("null", "{}"),
            (" {\"a\":1} ", "{\"a\":1}"),
            ("{\"a\\n\":1}", "{\"a\\n\":1}"),
            ("[1]", "{\"unparsed_arguments\":\"[1]\"}"),
            ("{\"a\":", "{\"unparsed_arguments\":\"{\\\"a\\\":\"}"),
            ("\"{\"", "{\"unparsed_arguments\":\"{\"}"),
        ] {
            assert_eq!(object_text(written), expected, "{written}");
        }
    }

    #[test]
    fn a_cut_is_between_characters_and_told() {
        assert_eq!(cut("aé".into(), 3), "aé");
        assert_eq!(cut("aé".into(), 2), format!("a{CUT}"));
    }

    #[test]
    fn names_take_the_shape_that_providers_insist_on() {
        assert_eq!(wire_name("set-form_1"), "set-form_1");
        assert_eq!(wire_name("a b.é"), "a_b__");
        assert_eq!(wire_name(""), "unknown");
        assert_eq!(wire_name(&"x".repeat(80)).len(), 64);
    }
}
