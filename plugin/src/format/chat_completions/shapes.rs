//! The shape of an event, with everything optional.
//!
//! These values are moved several times for each event: what is rare is boxed to keep them small.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::format::TokenCount;
use crate::format::lenient::{Content, Count, First, Plain, Text};

#[derive(Deserialize)]
pub(super) struct ChunkShape<'a> {
    #[serde(borrow, default)]
    pub(super) choices: First<ChoiceShape<'a>>,
    #[serde(default)]
    pub(super) usage: Option<Box<UsageShape>>,
    #[serde(default)]
    pub(super) error: Option<Box<Value>>,
    #[serde(borrow, default)]
    pub(super) object: Text<'a>,
}

impl<'a> ChunkShape<'a> {
    /// The text of an event that says nothing else, where it is a part of the event.
    pub(super) fn only_text(&self) -> Option<&'a str> {
        let Self { choices: First(Some(choice)), usage: None, error: None, .. } = self else {
            return None;
        };
        let ChoiceShape { delta: Some(delta), finish_reason, usage: None } = choice else {
            return None;
        };
        let DeltaShape { content, refusal, reasoning_content, reasoning, tool_calls } = delta;
        let Content { text: Some(Cow::Borrowed(text)), thinking: None } = content else {
            return None;
        };
        let others = [&finish_reason.0, &refusal.0, &reasoning_content.0, &reasoning.0];
        let silent = |other: &&Option<Cow<'_, str>>| other.as_deref().is_none_or(str::is_empty);
        let alone = tool_calls.is_none() && others.iter().all(silent);
        alone.then_some(*text)
    }
}

#[derive(Deserialize)]
pub(super) struct ChoiceShape<'a> {
    #[serde(borrow, default)]
    pub(super) delta: Option<DeltaShape<'a>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'a>,
    #[serde(default)]
    pub(super) usage: Option<Box<UsageShape>>,
}

#[derive(Deserialize, Default)]
pub(super) struct DeltaShape<'a> {
    #[serde(borrow, default)]
    pub(super) content: Content<'a>,
    #[serde(borrow, default)]
    pub(super) refusal: Text<'a>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Plain<'a>,
    #[serde(borrow, default)]
    pub(super) reasoning: Plain<'a>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<CallShape<'a>>>,
}

#[derive(Deserialize, Default)]
pub(super) struct CallShape<'a> {
    #[serde(default)]
    pub(super) index: Count,
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) function: Option<FunctionShape<'a>>,
}

#[derive(Deserialize, Default)]
pub(super) struct FunctionShape<'a> {
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) arguments: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct UsageShape {
    #[serde(default)]
    prompt_tokens: Count,
    #[serde(default)]
    completion_tokens: Count,
    #[serde(default)]
    prompt_tokens_details: Option<DetailsShape>,
    #[serde(default)]
    completion_tokens_details: Option<DetailsShape>,
    #[serde(default)]
    prompt_cache_hit_tokens: Count,
}

#[derive(Deserialize)]
struct DetailsShape {
    #[serde(default)]
    cached_tokens: Count,
    #[serde(default)]
    reasoning_tokens: Count,
}

impl UsageShape {
    /// The counts; none where all are absent.
    pub(super) fn counts(&self) -> Option<TokenCount> {
        let cached =
            self.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens.0);
        let reasoning =
            self.completion_tokens_details.as_ref().and_then(|details| details.reasoning_tokens.0);
        self.prompt_tokens.0.or(self.completion_tokens.0)?;
        Some(TokenCount {
            input: self.prompt_tokens.0.unwrap_or_default(),
            output: self.completion_tokens.0.unwrap_or_default(),
            cached: cached.or(self.prompt_cache_hit_tokens.0).unwrap_or_default(),
            reasoning: reasoning.unwrap_or_default(),
            ..TokenCount::default()
        })
    }
}
