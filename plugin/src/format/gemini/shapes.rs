//! The shape of an event, with everything optional.
//!
//! These values are moved several times for each event: what is rare is boxed to keep them small.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::format::TokenCount;
use crate::format::lenient::{Count, First, Text};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChunkShape<'a> {
    #[serde(borrow, default)]
    pub(super) candidates: First<CandidateShape<'a>>,
    #[serde(borrow, default)]
    pub(super) prompt_feedback: Option<Box<FeedbackShape<'a>>>,
    #[serde(default)]
    pub(super) usage_metadata: Option<UsageShape>,
    #[serde(default)]
    pub(super) error: Option<Box<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeedbackShape<'a> {
    #[serde(borrow, default)]
    pub(super) block_reason: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CandidateShape<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<ContentShape<'a>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'a>,
    #[serde(borrow, default)]
    pub(super) grounding_metadata: Option<Box<GroundingShape<'a>>>,
    #[serde(borrow, default)]
    pub(super) citation_metadata: Option<Box<CitationsShape<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct ContentShape<'a> {
    #[serde(borrow, default)]
    pub(super) parts: Option<Vec<PartShape<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartShape<'a> {
    #[serde(borrow, default)]
    pub(super) text: Text<'a>,
    #[serde(default)]
    pub(super) thought: Option<bool>,
    #[serde(borrow, default)]
    pub(super) thought_signature: Text<'a>,
    #[serde(borrow, default)]
    pub(super) function_call: Option<Box<CallShape<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct CallShape<'a> {
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) args: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroundingShape<'a> {
    #[serde(borrow, default)]
    pub(super) grounding_chunks: Option<Vec<GroundShape<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct GroundShape<'a> {
    #[serde(borrow, default)]
    pub(super) web: Option<LinkShape<'a>>,
}

/// Google's two APIs name the list differently.
#[derive(Deserialize)]
pub(super) struct CitationsShape<'a> {
    #[serde(borrow, default, alias = "citationSources")]
    pub(super) citations: Option<Vec<LinkShape<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct LinkShape<'a> {
    #[serde(borrow, default)]
    pub(super) uri: Text<'a>,
    #[serde(borrow, default)]
    pub(super) title: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageShape {
    #[serde(default)]
    prompt_token_count: Count,
    #[serde(default)]
    tool_use_prompt_token_count: Count,
    #[serde(default)]
    cached_content_token_count: Count,
    #[serde(default)]
    candidates_token_count: Count,
    #[serde(default)]
    thoughts_token_count: Count,
}

impl UsageShape {
    /// The counts; none where all are absent. Google counts thoughts beside the output, and what
    /// its own tools gave the model beside the prompt.
    pub(super) fn counts(&self) -> Option<TokenCount> {
        let count = |count: Count| count.0.unwrap_or_default();
        self.prompt_token_count.0.or(self.candidates_token_count.0)?;
        let reasoning = count(self.thoughts_token_count);
        let tools = count(self.tool_use_prompt_token_count);
        Some(TokenCount {
            input: count(self.prompt_token_count).saturating_add(tools),
            output: count(self.candidates_token_count).saturating_add(reasoning),
            cached: count(self.cached_content_token_count),
            reasoning,
            ..TokenCount::default()
        })
    }
}
