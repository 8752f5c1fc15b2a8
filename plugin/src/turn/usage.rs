//! What a turn consumed.

use crate::format::TokenCount;
use crate::types::DataPart;

/// Sums over the steps of a turn.
#[derive(Debug, Default)]
pub(super) struct Totals {
    sum: Option<TokenCount>,
}

impl Totals {
    pub(super) fn add(&mut self, count: TokenCount) {
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
        value.push('}');
        Some(DataPart { name: "usage".into(), id: None, value, transient: false })
    }
}
