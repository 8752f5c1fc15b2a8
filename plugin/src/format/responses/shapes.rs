//! The shapes of events, with everything optional.
//!
//! What only some events hold is left as it stands until the event's type says that it is of use: a
//! type that nobody knows yet may give it any shape.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::format::TokenCount;
use crate::format::lenient::{Count, Text};

#[derive(Deserialize)]
pub(super) struct EventShape<'a> {
    #[serde(borrow, default)]
    pub(super) r#type: Text<'a>,
    #[serde(borrow, default)]
    pub(super) delta: Text<'a>,
    #[serde(default)]
    pub(super) output_index: Count,
    #[serde(borrow, default)]
    pub(super) item_id: Text<'a>,
    #[serde(default)]
    pub(super) summary_index: Count,
    #[serde(default)]
    pub(super) content_index: Count,
    #[serde(borrow, default)]
    pub(super) arguments: Text<'a>,
    #[serde(borrow, default)]
    pub(super) item: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) annotation: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
}

/// An item of the answer.
#[derive(Deserialize, Default)]
pub(super) struct ItemShape<'a> {
    #[serde(borrow, default)]
    pub(super) r#type: Text<'a>,
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) status: Text<'a>,
    #[serde(borrow, default)]
    pub(super) call_id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) arguments: Text<'a>,
    #[serde(borrow, default)]
    pub(super) phase: Text<'a>,
    #[serde(borrow, default)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) summary: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) encrypted_content: Option<&'a RawValue>,
}

impl ItemShape<'_> {
    pub(super) fn is(&self, kind: &str) -> bool {
        self.r#type.0.as_deref() == Some(kind)
    }

    /// Whether the item ended before its end. Some items come without a status.
    pub(super) fn is_cut(&self) -> bool {
        self.status.0.as_deref().is_some_and(|status| status != "completed")
    }
}

/// A part of a message's content, of a reasoning item's content or of its summary.
#[derive(Deserialize)]
pub(super) struct PartShape<'a> {
    #[serde(borrow, default)]
    pub(super) text: Text<'a>,
    #[serde(borrow, default)]
    pub(super) refusal: Text<'a>,
    #[serde(borrow, default)]
    pub(super) annotations: Option<Vec<AnnotationShape<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct AnnotationShape<'a> {
    #[serde(borrow, default)]
    pub(super) r#type: Text<'a>,
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) title: Text<'a>,
}

/// The response, as the last event tells it.
#[derive(Deserialize, Default)]
pub(super) struct ResponseShape<'a> {
    #[serde(default)]
    pub(super) error: Option<Box<Value>>,
    #[serde(borrow, default)]
    pub(super) incomplete_details: Option<IncompleteShape<'a>>,
    #[serde(default)]
    pub(super) usage: Option<UsageShape>,
}

#[derive(Deserialize)]
pub(super) struct IncompleteShape<'a> {
    #[serde(borrow, default)]
    pub(super) reason: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct UsageShape {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    input_tokens_details: Option<DetailsShape>,
    #[serde(default)]
    output_tokens_details: Option<DetailsShape>,
}

#[derive(Deserialize, Default)]
struct DetailsShape {
    #[serde(default)]
    cached_tokens: Count,
    #[serde(default)]
    cache_write_tokens: Count,
    #[serde(default)]
    reasoning_tokens: Count,
}

impl UsageShape {
    /// The counts; none where all are absent.
    pub(super) fn counts(&self) -> Option<TokenCount> {
        self.input_tokens.0.or(self.output_tokens.0)?;
        let input = self.input_tokens_details.as_ref();
        let output = self.output_tokens_details.as_ref();
        let count = |count: Option<Count>| count.and_then(|count| count.0).unwrap_or_default();
        Some(TokenCount {
            input: count(Some(self.input_tokens)),
            output: count(Some(self.output_tokens)),
            cached: count(input.map(|details| details.cached_tokens)),
            cache_written: count(input.map(|details| details.cache_write_tokens)),
            reasoning: count(output.map(|details| details.reasoning_tokens)),
        })
    }
}

/// Parts that an item holds; none for an absent list.
pub(super) fn parts<'a>(list: Option<&'a RawValue>) -> serde_json::Result<Vec<PartShape<'a>>> {
    list.map_or(Ok(Vec::new()), |list| serde_json::from_str(list.get()))
}

/// Whether the JSON is an empty list.
pub(super) fn no_elements(json: &RawValue) -> bool {
    serde_json::from_str::<[IgnoredAny; 0]>(json.get()).is_ok()
}
