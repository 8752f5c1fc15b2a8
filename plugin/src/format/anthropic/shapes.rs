//! The shape of an event, with everything optional.
//!
//! These values are moved several times for each event: what is rare is boxed to keep them small.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::format::TokenCount;
use crate::format::lenient::{Count, Object, Text};

#[derive(Deserialize)]
pub(super) struct EventShape<'a> {
    #[serde(borrow, default)]
    pub(super) r#type: Text<'a>,
    #[serde(default)]
    pub(super) index: Count,
    #[serde(borrow, default)]
    pub(super) delta: Object<DeltaShape<'a>>,
    #[serde(borrow, default)]
    pub(super) content_block: Object<Box<BlockShape<'a>>>,
    #[serde(default)]
    pub(super) message: Object<Box<MessageShape>>,
    #[serde(default)]
    pub(super) usage: Object<Box<UsageShape>>,
    #[serde(default)]
    pub(super) error: Option<Box<Value>>,
}

/// Of `content_block_delta` and `message_delta`.
#[derive(Deserialize)]
pub(super) struct DeltaShape<'a> {
    #[serde(borrow, default)]
    pub(super) r#type: Text<'a>,
    #[serde(borrow, default)]
    pub(super) text: Text<'a>,
    #[serde(borrow, default)]
    pub(super) thinking: Text<'a>,
    #[serde(borrow, default)]
    pub(super) signature: Text<'a>,
    #[serde(borrow, default)]
    pub(super) partial_json: Text<'a>,
    #[serde(borrow, default)]
    pub(super) citation: Object<Box<CitationShape<'a>>>,
    #[serde(borrow, default)]
    pub(super) stop_reason: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct BlockShape<'a> {
    #[serde(borrow, default)]
    pub(super) r#type: Text<'a>,
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) text: Text<'a>,
    #[serde(borrow, default)]
    pub(super) thinking: Text<'a>,
    #[serde(borrow, default)]
    pub(super) signature: Text<'a>,
    #[serde(borrow, default)]
    pub(super) data: Text<'a>,
}

/// A citation; one of a search result has its address as `source`.
#[derive(Deserialize)]
pub(super) struct CitationShape<'a> {
    #[serde(borrow, default)]
    pub(super) url: Text<'a>,
    #[serde(borrow, default)]
    pub(super) source: Text<'a>,
    #[serde(borrow, default)]
    pub(super) title: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct MessageShape {
    #[serde(default)]
    pub(super) usage: Object<Box<UsageShape>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct UsageShape {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    #[serde(default)]
    output_tokens_details: Object<OutputDetails>,
}

#[derive(Debug, Deserialize)]
struct OutputDetails {
    #[serde(default)]
    thinking_tokens: Count,
}

impl UsageShape {
    /// Takes what a later event counts: counts are cumulative, and it may leave some out.
    pub(super) fn update(&mut self, later: Self) {
        let newer = |count: &mut Count, later: Count| count.0 = later.0.or(count.0);
        newer(&mut self.input_tokens, later.input_tokens);
        newer(&mut self.output_tokens, later.output_tokens);
        newer(&mut self.cache_read_input_tokens, later.cache_read_input_tokens);
        newer(&mut self.cache_creation_input_tokens, later.cache_creation_input_tokens);
        if later.output_tokens_details.0.is_some() {
            self.output_tokens_details = later.output_tokens_details;
        }
    }

    /// The counts in our terms: the provider's input leaves out what was read from and written to
    /// the cache.
    pub(super) fn counts(&self) -> TokenCount {
        let [input, output, cached, cache_written] = [
            self.input_tokens,
            self.output_tokens,
            self.cache_read_input_tokens,
            self.cache_creation_input_tokens,
        ]
        .map(|count| count.0.unwrap_or_default());
        let details = self.output_tokens_details.0.as_ref();
        TokenCount {
            input: input.saturating_add(cached).saturating_add(cache_written),
            output,
            cached,
            cache_written,
            reasoning: details.and_then(|details| details.thinking_tokens.0).unwrap_or_default(),
        }
    }
}
