//! What a turn consumed, as the browser is told and posts it back.

use serde::Deserialize;

use crate::format::TokenCount;
use crate::types::{DataPart, Part};

/// Sums over the steps of a turn.
#[derive(Debug, Default)]
pub(super) struct Totals {
    sum: Option<TokenCount>,
    /// Tokens of the last request and its answer, which is how long the conversation is by now.
    context: u64,
}

impl Totals {
    pub(super) fn add(&mut self, count: TokenCount) {
        self.context = count.input.saturating_add(count.output);
        let sum = self.sum.get_or_insert_default();
        sum.input = sum.input.saturating_add(count.input);
        sum.output = sum.output.saturating_add(count.output);
        sum.cached = sum.cached.saturating_add(count.cached);
        sum.cache_written = sum.cache_written.saturating_add(count.cache_written);
        sum.reasoning = sum.reasoning.saturating_add(count.reasoning);
    }

    /// The `data-usage` part; none where the provider never said what it counted.
    pub(super) fn data_part(&self) -> Option<DataPart> {
        let TokenCount { input, output, cached, cache_written, .. } = self.sum?;
        let total = input.saturating_add(output);
        let mut value =
            format!("{{\"inputTokens\":{input},\"outputTokens\":{output},\"totalTokens\":{total}");
        if cached > 0 {
            value.push_str(&format!(",\"cacheReadTokens\":{cached}"));
        }
        if cache_written > 0 {
            value.push_str(&format!(",\"cacheCreationTokens\":{cache_written}"));
        }
        if self.context != total {
            value.push_str(&format!(",\"contextTokens\":{}", self.context));
        }
        value.push('}');
        Some(DataPart { name: "usage".into(), id: None, value, transient: false })
    }
}

/// A data part as posted.
#[derive(Deserialize)]
struct Posted<Data> {
    r#type: String,
    data: Data,
}

/// The data of a `data-usage` part. Whoever posts it may write anything, and harms nobody's
/// conversation but their own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedUsage {
    #[serde(default)]
    input_tokens: u64,
    #[serde(default)]
    output_tokens: u64,
    context_tokens: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostedContext {
    dropped_messages: usize,
}

/// How long the conversation was after the step that the last `data-usage` among these parts follows.
pub(super) fn context_tokens(parts: &[Part]) -> Option<u64> {
    let usage: PostedUsage = posted(parts, "data-usage")?;
    let tokens = usage
        .context_tokens
        .unwrap_or_else(|| usage.input_tokens.saturating_add(usage.output_tokens));
    (tokens > 0).then_some(tokens)
}

/// Messages that the model didn't get to read when it wrote an answer with these parts.
pub(super) fn dropped_messages(parts: &[Part]) -> usize {
    posted(parts, "data-context").map_or(0, |context: PostedContext| context.dropped_messages)
}

fn posted<'a, Data: Deserialize<'a>>(parts: &'a [Part], name: &str) -> Option<Data> {
    parts.iter().rev().find_map(|part| {
        let Part::Other(json) = part else { return None };
        // Sources are not looked at twice.
        let posted =
            json.contains(name).then(|| serde_json::from_str::<Posted<Data>>(json).ok())??;
        (posted.r#type == name).then_some(posted.data)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: u64, output: u64) -> TokenCount {
        TokenCount { input, output, ..TokenCount::default() }
    }

    fn posted_back(totals: &Totals) -> Part {
        let part = totals.data_part().expect("usage");
        Part::Other(format!("{{\"type\":\"data-{}\",\"data\":{}}}", part.name, part.value))
    }

    #[test]
    fn the_length_of_the_conversation_comes_back() {
        let mut totals = Totals::default();
        totals.add(tokens(100, 10));
        assert_eq!(context_tokens(&[posted_back(&totals)]), Some(110));
        totals.add(tokens(130, 20));
        assert_eq!(context_tokens(&[Part::StepStart, posted_back(&totals)]), Some(150));
    }

    #[test]
    fn anything_else_says_nothing() {
        for json in [
            "{}",
            "[\"data-usage\"]",
            r#"{"type":"data-usage"}"#,
            r#"{"type":"data-usage","data":{"inputTokens":-1}}"#,
            r#"{"type":"data-usage","data":{}}"#,
            r#"{"type":"data-x","data":{"inputTokens":1,"of":"data-usage"}}"#,
        ] {
            assert_eq!(context_tokens(&[Part::Other(json.into())]), None, "{json}");
        }
        assert_eq!(dropped_messages(&[Part::StepStart]), 0);
    }
}
