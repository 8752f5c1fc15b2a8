//! What the host knows about each kind of provider. The wire format is the guest's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A kind of provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// OpenAI's own API.
    #[serde(rename = "openai")]
    OpenAi,
    /// A server that speaks OpenAI's Chat Completions: Ollama, LM Studio, vLLM, Mistral, a gateway.
    #[serde(rename = "openai-compatible")]
    OpenAiCompatible,
    /// The rule-based model inside the host.
    Demo,
    /// Anthropic's API.
    Anthropic,
    /// Google's Gemini API.
    Google,
}

/// A name that is no kind of provider.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not a kind of provider; there are openai, openai-compatible, anthropic, google and \
     demo"
)]
pub struct UnknownProviderKind(pub String);

/// Response headers that the guest may see: what the retry rule and error texts need.
const VISIBLE_RESPONSE_HEADERS: [&str; 5] =
    ["content-type", "retry-after", "retry-after-ms", "x-should-retry", "x-request-id"];

impl ProviderKind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::OpenAi, Self::OpenAiCompatible, Self::Anthropic, Self::Google, Self::Demo];

    /// The name in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::OpenAiCompatible => "openai-compatible",
            Self::Demo => "demo",
            Self::Anthropic => "anthropic",
            Self::Google => "google",
        }
    }

    /// Whether this version can talk to providers of the kind.
    pub fn is_supported(self) -> bool {
        !self.paths().is_empty()
    }

    /// Whether providers of the kind are reached over the network.
    pub fn is_remote(self) -> bool {
        self != Self::Demo
    }

    /// The base URL to use where the configuration has none. `openai-compatible` has no default, and
    /// the demo model no address.
    pub fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Google => Some("https://generativelanguage.googleapis.com/v1beta"),
            Self::OpenAiCompatible | Self::Demo => None,
        }
    }

    /// Whether a key is needed where the configuration doesn't say. Servers on one's own machine
    /// often have none.
    pub fn requires_key(self) -> bool {
        matches!(self, Self::OpenAi | Self::Anthropic | Self::Google)
    }

    /// Paths below the base URL that a request may go to, compared byte by byte.
    pub fn paths(self) -> &'static [&'static str] {
        match self {
            Self::OpenAi | Self::OpenAiCompatible | Self::Demo => &["chat/completions"],
            Self::Anthropic | Self::Google => &[],
        }
    }

    /// Lower-case names of the headers that the guest may add to a request. Content type,
    /// authentication and everything about the connection are the host's.
    pub fn request_headers(self) -> &'static [&'static str] {
        match self {
            Self::OpenAi | Self::OpenAiCompatible => &["idempotency-key", "x-client-request-id"],
            Self::Demo | Self::Anthropic | Self::Google => &[],
        }
    }

    /// Lower-case names of the response headers that the guest may see.
    pub fn response_headers(self) -> &'static [&'static str] {
        &VISIBLE_RESPONSE_HEADERS
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for ProviderKind {
    type Err = UnknownProviderKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownProviderKind(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_name_in_text_and_in_serde() {
        for kind in ProviderKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).expect("serialises"), kind.name());
        }
        let unknown = "azure".parse::<ProviderKind>().expect_err("no such kind");
        assert!(unknown.to_string().contains("openai-compatible"), "{unknown}");
    }

    #[test]
    fn kinds_without_paths_are_known_but_not_supported() {
        let supported: Vec<_> =
            ProviderKind::ALL.into_iter().filter(|kind| kind.is_supported()).collect();
        assert_eq!(
            supported,
            [ProviderKind::OpenAi, ProviderKind::OpenAiCompatible, ProviderKind::Demo]
        );
    }
}
