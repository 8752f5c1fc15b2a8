//! The items of a request: the conversation as the provider takes it.

use std::borrow::Cow;

use serde::Serialize;

use super::state::{ItemState, ReasoningState};
use crate::conversation::{
    AnswerPart, Call, CallResult, Conversation, Entry, FileContent, UserPart,
};
use crate::format::files::{DataUrl, Url, unreadable_note};
use crate::format::wire_ids::{IdShape, WireIds};
use crate::types::Endpoint;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item<'a> {
    #[serde(rename = "message")]
    Question {
        role: &'static str,
        content: Vec<Content<'a>>,
    },
    /// What the model said, as the item that the provider knows.
    #[serde(rename = "message")]
    Answer {
        id: Cow<'a, str>,
        role: &'static str,
        status: &'static str,
        content: [OutputText<'a>; 1],
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<Cow<'a, str>>,
    },
    /// What the model, or another one, said, without an id, which only this form does without.
    #[serde(rename = "message")]
    PlainAnswer {
        role: &'static str,
        content: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<Cow<'a, str>>,
    },
    Reasoning(ReasoningState<'a>),
    FunctionCall {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Cow<'a, str>>,
        call_id: String,
        name: &'a str,
        arguments: &'a str,
    },
    FunctionCallOutput {
        call_id: String,
        output: Output<'a>,
    },
}

/// What a call gave.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Output<'a> {
    Text(&'a str),
    Content([Content<'a>; 2]),
}

#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum Content<'a> {
    #[serde(rename = "input_text")]
    Text { text: Cow<'a, str> },
    #[serde(rename = "input_image")]
    Image {
        detail: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        image_url: Option<Url<'a>>,
    },
    #[serde(rename = "input_file")]
    File {
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_data: Option<&'a str>,
    },
}

#[derive(Serialize)]
pub(super) struct OutputText<'a> {
    r#type: &'static str,
    text: &'a str,
    annotations: [&'a str; 0],
}

/// The items of a conversation.
pub(super) fn items<'a>(endpoint: &Endpoint, conversation: &'a Conversation) -> Vec<Item<'a>> {
    let mut ids = WireIds::new(IdShape::Common);
    let mut items = Vec::new();
    for entry in &conversation.entries {
        match entry {
            Entry::User(parts) => items.push(Item::Question {
                role: "user",
                content: parts.iter().map(|part| content(endpoint, part)).collect(),
            }),
            Entry::Answer(parts) => answer(parts, &mut ids, &mut items),
            Entry::Results(results) => {
                items.extend(results.iter().map(|result| Item::FunctionCallOutput {
                    call_id: ids.of_call(&result.call_id, None),
                    output: output(result),
                }));
            }
        }
    }
    items
}

fn output(result: &CallResult) -> Output<'_> {
    let Some(media) = result.media.as_deref() else { return Output::Text(&result.content) };
    let image_url = Some(Url::Data(DataUrl(media)));
    let image = Content::Image { detail: "auto", file_id: None, image_url };
    Output::Content([Content::Text { text: result.content.as_str().into() }, image])
}

fn content<'a>(endpoint: &Endpoint, part: &'a UserPart) -> Content<'a> {
    let (media_type, content, filename) = match part {
        UserPart::Text(text) => return Content::Text { text: text.into() },
        UserPart::File { media_type, content, filename } => (media_type, content, filename),
    };
    let (file_id, data) = match content {
        FileContent::Stored(id) => (Some(id.as_str()), None),
        FileContent::Inline(url) => (None, Some(url.as_str())),
        FileContent::Missing => (None, None),
    };
    match kind(endpoint, media_type) {
        Some(_) if *content == FileContent::Missing => unreadable(media_type, filename.as_deref()),
        Some(FileKind::Image) => {
            Content::Image { detail: "auto", file_id, image_url: data.map(Url::Given) }
        }
        Some(FileKind::Document) => {
            // Next to an id no name is taken.
            let filename = data.map(|_| filename.as_deref().unwrap_or("file"));
            Content::File { file_id, filename, file_data: data }
        }
        None => unreadable(media_type, filename.as_deref()),
    }
}

fn unreadable<'a>(media_type: &str, filename: Option<&str>) -> Content<'a> {
    Content::Text { text: unreadable_note(filename, media_type).into() }
}

/// Media types of images.
pub(super) const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/gif"];

enum FileKind {
    Image,
    Document,
}

/// As what the model reads a file of a type, if it does. Of a model that nothing is known of, images
/// and PDF files are expected, which all current ones read; the provider takes the text out of other
/// documents.
fn kind(endpoint: &Endpoint, media_type: &str) -> Option<FileKind> {
    const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";
    let unknown = endpoint.capabilities.is_empty();
    let can = |name: &str| endpoint.capabilities.iter().any(|can| can == name);
    let is_text = media_type.starts_with("text/")
        || media_type.starts_with(OFFICE)
        || media_type == "application/json";
    if IMAGES.contains(&media_type) && (unknown || can("images")) {
        return Some(FileKind::Image);
    }
    let is_document = (media_type == "application/pdf" && (unknown || can("documents")))
        || (is_text && can("documents"));
    is_document.then_some(FileKind::Document)
}

/// One step of the model. Reasoning waits until what it led to is there.
fn answer<'a>(parts: &'a [AnswerPart], ids: &mut WireIds, items: &mut Vec<Item<'a>>) {
    let mut waiting = Vec::new();
    let mut lead = Vec::new();
    for part in parts {
        let state = match part {
            AnswerPart::Reasoning { state, .. } => {
                waiting.extend(known::<ReasoningState<'_>>(state.as_ref()));
                continue;
            }
            AnswerPart::Text { state, .. } => state,
            AnswerPart::Call(call) => &call.state,
        };
        let state = known::<ItemState<'_>>(state.as_ref()).unwrap_or_default();
        let is_whole = bring_lead(&state.after, &mut waiting, &mut lead, items);
        let id = state.id.filter(|_| is_whole);
        match part {
            AnswerPart::Reasoning { .. } => {}
            AnswerPart::Text { text, .. } => items.push(message(id, text, state.phase)),
            AnswerPart::Call(Call { id: own, provider_id, name, arguments, .. }) => {
                let call_id = ids.of_call(own, provider_id.as_deref());
                items.push(Item::FunctionCall { id, call_id, name, arguments });
            }
        }
    }
}

fn message<'a>(id: Option<Cow<'a, str>>, text: &'a str, phase: Option<Cow<'a, str>>) -> Item<'a> {
    match id {
        Some(id) => Item::Answer {
            id,
            role: "assistant",
            status: "completed",
            content: [OutputText { r#type: "output_text", text, annotations: [] }],
            phase,
        },
        None => Item::PlainAnswer { role: "assistant", content: text, phase },
    }
}

/// Brings the reasoning that an item comes after, where it waits. Whether all of it is there; what
/// else waits led to nothing that goes back, and is dropped.
fn bring_lead<'a>(
    after: &[Cow<'a, str>],
    waiting: &mut Vec<ReasoningState<'a>>,
    lead: &mut Vec<Cow<'a, str>>,
    items: &mut Vec<Item<'a>>,
) -> bool {
    let mut waiting = std::mem::take(waiting);
    if after.is_empty() {
        return true;
    }
    // The calls of one step share what led to them.
    if waiting.is_empty() {
        return lead == after;
    }
    let brought = waiting.split_off(waiting.len().saturating_sub(after.len()));
    if !brought.iter().map(|reasoning| &reasoning.id).eq(after) {
        return false;
    }
    *lead = after.to_vec();
    items.extend(brought.into_iter().map(Item::Reasoning));
    true
}

/// A state that is one of ours. It has been with the browser and may be anything.
fn known<'a, T: serde::Deserialize<'a>>(state: Option<&'a String>) -> Option<T> {
    state.and_then(|state| serde_json::from_str(state).ok())
}
