//! What goes back to the provider with a part of an answer, and what of it may.
//!
//! The provider ties each message and each call to the reasoning items that led to it, by their ids,
//! and refuses a request that holds one without the other or has something in between. What can't
//! go back whole goes back without ids, as text that could be anyone's: that is always accepted.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::shapes::{ItemShape, no_elements};

/// Characters of an id that the provider takes. Gateways give longer ones.
const MAX_ID: usize = 64;

/// The place of reasoning, whose state is the whole item.
pub(super) const PLACE: &str = "reasoning";

/// The state of reasoning: the item, as far as requests take it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ReasoningState<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    encrypted_content: Option<&'a RawValue>,
    #[serde(borrow, default, serialize_with = "list")]
    summary: Option<&'a RawValue>,
    /// Reasoning in plain text, of models whose reasoning is open.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    content: Option<&'a RawValue>,
}

/// The state of a message or a call.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ItemState<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Cow<'a, str>>,
    /// Ids of the reasoning items that led to it.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) after: Vec<Cow<'a, str>>,
    /// Whether a message is a commentary or the final answer.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) phase: Option<Cow<'a, str>>,
}

/// A request must hold the list, if only an empty one.
fn list<S: Serializer>(list: &Option<&RawValue>, serializer: S) -> Result<S::Ok, S::Error> {
    match list {
        Some(list) => list.serialize(serializer),
        None => serializer.collect_seq([(); 0]),
    }
}

/// The state of reasoning; none where the provider could not make anything of it, because nothing
/// is stored there and the item doesn't hold the reasoning itself.
pub(super) fn of_reasoning(item: &ItemShape<'_>) -> Option<String> {
    let filled = |json: &&RawValue| !matches!(json.get(), "\"\"") && !no_elements(json);
    let encrypted_content = item.encrypted_content.filter(filled);
    let content = item.content.filter(filled);
    let id = item.id.as_filled().filter(|id| id.len() <= MAX_ID)?;
    if item.is_cut() || (encrypted_content.is_none() && content.is_none()) {
        return None;
    }
    let (id, summary) = (Cow::Borrowed(id), item.summary);
    serde_json::to_string(&ReasoningState { id, encrypted_content, summary, content }).ok()
}

/// The state of a message or a call that reasoning items led to; none where there is nothing to
/// keep. An item that was cut is none that the provider could know again.
pub(super) fn of_item(item: &ItemShape<'_>, after: &[String]) -> Option<String> {
    let usable = |id: &&str| id.len() <= MAX_ID && !item.is_cut();
    let id = item.id.as_filled().filter(usable).map(Cow::Borrowed);
    let phase = item.phase.as_filled().map(Cow::Borrowed);
    if id.is_none() && phase.is_none() {
        return None;
    }
    let after = match &id {
        Some(_) => after.iter().map(|id| Cow::Borrowed(id.as_str())).collect(),
        None => Vec::new(),
    };
    serde_json::to_string(&ItemState { id, after, phase }).ok()
}

/// Reasoning items in a row at most that are remembered; models write one or two.
const MAX_LEAD: usize = 16;

/// The reasoning items that lead to what comes now.
#[derive(Debug, Default)]
pub(super) struct Lead {
    ids: Vec<String>,
    followed: bool,
}

impl Lead {
    /// A reasoning item is done.
    pub(super) fn reasoned(&mut self, id: &str) {
        if std::mem::take(&mut self.followed) {
            self.ids.clear();
        }
        if self.ids.len() == MAX_LEAD {
            self.ids.remove(0);
        }
        self.ids.push(id.into());
    }

    /// Something else is done: what led to it.
    pub(super) fn follow(&mut self) -> &[String] {
        self.followed = true;
        &self.ids
    }
}
