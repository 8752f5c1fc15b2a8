//! How a model is asked to think, and what it wants back of its thinking.

use serde::{Deserialize, Serialize};

use super::can;
use crate::types::Endpoint;

/// The place of thinking that can be read.
pub(super) const THINKING: &str = "thinking";
/// The place of thinking that is encrypted.
pub(super) const REDACTED: &str = "redacted_thinking";

/// Tokens that a budget must have at least, by the API's rule.
const LEAST_BUDGET: u32 = 1_024;
/// Tokens of a budget at most, so that nobody waits for minutes before an answer begins.
const LARGEST_BUDGET: u32 = 16_384;

/// The `thinking` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Thinking {
    /// The model decides when and how much.
    Adaptive {
        /// Some models show nothing unless they are asked to.
        display: &'static str,
    },
    /// Up to a number of tokens, which count as output.
    Enabled {
        /// At least 1,024, and fewer than `max_tokens`.
        budget_tokens: u32,
    },
    /// Not at all. Some models think unless they are told not to.
    Disabled,
}

/// What goes back with thinking that can be read. Its text goes back too, unmodified.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Signed {
    pub(super) signature: String,
}

/// What goes back in place of encrypted thinking.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Redacted {
    pub(super) data: String,
}

/// Whether a model may think at all, so that its answer needs more room.
pub(super) fn is_known(endpoint: &Endpoint) -> bool {
    can(endpoint, "thinking-adaptive") || can(endpoint, "thinking-budget")
}

/// How a model is asked to think in an answer of at most `max_tokens`; none where it isn't.
///
/// A budget also wants the answer that goes on to have `begun` with thinking; a model that decides
/// for itself takes any.
pub(super) fn asked(endpoint: &Endpoint, max_tokens: u32, begun: bool) -> Option<Thinking> {
    if can(endpoint, "thinking-adaptive") {
        return Some(Thinking::Adaptive { display: "summarized" });
    }
    let budget_tokens = (max_tokens / 2).min(LARGEST_BUDGET);
    let fits = begun && budget_tokens >= LEAST_BUDGET;
    (fits && can(endpoint, "thinking-budget")).then_some(Thinking::Enabled { budget_tokens })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_of(capabilities: &[&str], max_tokens: u32, begun: bool) -> Option<Thinking> {
        let endpoint = Endpoint {
            provider: "anthropic".into(),
            kind: "anthropic".into(),
            model: "claude-x".into(),
            reasoning: true,
            max_output_tokens: None,
            context_tokens: None,
            capabilities: capabilities.iter().map(ToString::to_string).collect(),
        };
        asked(&endpoint, max_tokens, begun)
    }

    #[test]
    fn a_model_is_asked_to_think_as_it_can() {
        let adaptive = Some(Thinking::Adaptive { display: "summarized" });
        assert_eq!(asked_of(&[], 8_192, true), None);
        assert_eq!(asked_of(&["thinking-adaptive"], 100, true), adaptive);
        assert_eq!(asked_of(&["thinking-adaptive", "thinking-budget"], 8_192, false), adaptive);
    }

    #[test]
    fn budgets_keep_to_the_rules() {
        let budget = |tokens| match asked_of(&["thinking-budget"], tokens, true) {
            Some(Thinking::Enabled { budget_tokens }) => Some(budget_tokens),
            _ => None,
        };
        assert_eq!(budget(2_047), None, "no room for a budget and an answer");
        assert_eq!(budget(2_048), Some(1_024));
        assert_eq!(budget(8_192), Some(4_096));
        assert_eq!(budget(64_000), Some(16_384));
        assert_eq!(asked_of(&["thinking-budget"], 8_192, false), None, "begun without");
    }
}
