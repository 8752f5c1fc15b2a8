//! How much of a tool's result the model reads.

use crate::types::{Endpoint, Settings};

/// Bytes of a token at the least, in text as tools return it: an estimate of tokens from it errs high.
pub(super) const TOKEN_BYTES: u64 = 3;

const TRUNCATED: &str = "\n\n[Truncated: this is only the beginning. Ask for less: fewer fields, a filter, a smaller limit.]";

/// The limit of results.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResultLimit {
    /// Bytes of one result, as the workspace sets it.
    each: u64,
    /// Bytes of the results of one step together: a quarter of the model's context, so that there is
    /// room left for the question, the calls and the answer.
    together: u64,
}

impl ResultLimit {
    pub(super) fn new(settings: &Settings, endpoint: &Endpoint) -> Self {
        let tokens = endpoint.context_tokens.map(|tokens| tokens / 4);
        Self {
            each: settings.tool_result_bytes.into(),
            together: tokens.map_or(u64::MAX, |tokens| tokens.saturating_mul(TOKEN_BYTES)),
        }
    }

    /// Bytes that each of `results` results of a step may have, at least 1.
    pub(super) fn of(self, results: usize) -> u32 {
        let share = self.together / (results as u64).max(1);
        u32::try_from(self.each.min(share)).unwrap_or(u32::MAX).max(1)
    }
}

/// A result that may be too long.
pub(super) fn bounded(mut text: String, bytes: u32) -> String {
    if text.len() > bytes as usize {
        text.truncate(text.floor_char_boundary(bytes as usize));
        return truncated(text);
    }
    text
}

/// The beginning of a result, told as such.
pub(super) fn truncated(mut beginning: String) -> String {
    beginning.push_str(TRUNCATED);
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ToolMode;

    fn limit(tool_result_bytes: u32, context_tokens: Option<u64>) -> ResultLimit {
        let settings = Settings {
            max_steps: 1,
            system_prompt: None,
            tool_result_bytes,
            tool_mode: ToolMode::Direct,
        };
        let endpoint = Endpoint {
            provider: String::new(),
            kind: String::new(),
            model: String::new(),
            reasoning: false,
            max_output_tokens: None,
            context_tokens,
            capabilities: Vec::new(),
        };
        ResultLimit::new(&settings, &endpoint)
    }

    #[test]
    fn results_share_a_quarter_of_the_context() {
        assert_eq!(limit(32_000, None).of(64), 32_000);
        assert_eq!(limit(32_000, Some(200_000)).of(1), 32_000);
        assert_eq!(limit(32_000, Some(8_000)).of(1), 6_000);
        assert_eq!(limit(32_000, Some(8_000)).of(3), 2_000);
        assert_eq!(limit(32_000, Some(0)).of(3), 1);
        assert_eq!(limit(u32::MAX, Some(u64::MAX)).of(0), u32::MAX);
    }

    #[test]
    fn a_cut_is_between_characters_and_told() {
        assert_eq!(bounded("aé".into(), 3), "aé");
        assert_eq!(bounded("aé".into(), 2), format!("a{TRUNCATED}"));
    }
}
