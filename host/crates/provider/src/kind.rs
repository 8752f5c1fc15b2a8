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
const VISIBLE_RESPONSE_HEADERS: [&str; 6] = [
    "content-type",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-request-id",
    "request-id",
];

/// Bytes of the name of a model at most.
const MODEL_NAME_BYTES: usize = 256;

/// Gemini's method, behind the name of the model.
const STREAM_GENERATE: &str = ":streamGenerateContent";

/// A path that a request may go to, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// The model, where the path names it instead of the body.
    pub model: Option<&'a str>,
    /// What the host adds behind the `?`.
    pub(crate) query: Option<&'static str>,
}

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

    /// Takes apart a path below the base URL; none for one that no request may go to. Paths are
    /// compared byte by byte, so that nothing has to be said about dot segments or encodings.
    pub fn route(self, path: &str) -> Option<Route<'_>> {
        let in_body =
            |paths: &[&str]| paths.contains(&path).then_some(Route { model: None, query: None });
        match self {
            Self::OpenAi => in_body(&["responses", "chat/completions"]),
            Self::OpenAiCompatible | Self::Demo => in_body(&["chat/completions"]),
            Self::Anthropic => in_body(&["v1/messages"]),
            Self::Google => {
                let model = path.strip_prefix("models/")?.strip_suffix(STREAM_GENERATE)?;
                // Without it the answer is one JSON array instead of a stream of events.
                self.accepts_model(model)
                    .then_some(Route { model: Some(model), query: Some("alt=sse") })
            }
        }
    }

    /// Whether a provider of the kind can have a model of this name: 1 to 256 bytes, and of
    /// `[A-Za-z0-9._-]` alone where the name becomes part of a path.
    pub fn accepts_model(self, model: &str) -> bool {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        (1..=MODEL_NAME_BYTES).contains(&model.len())
            && (self != Self::Google || model.bytes().all(plain))
    }

    /// What [`accepts_model`](Self::accepts_model) accepts, as the end of a sentence.
    pub fn model_name_rule(self) -> &'static str {
        match self {
            Self::Google => "1 to 256 of A-Z a-z 0-9 . _ -, without \"models/\" in front",
            Self::OpenAi | Self::OpenAiCompatible | Self::Demo | Self::Anthropic => {
                "1 to 256 bytes"
            }
        }
    }

    /// Lower-case names of the headers that the guest may add to a request. Content type,
    /// authentication and everything about the connection are the host's.
    pub fn request_headers(self) -> &'static [&'static str] {
        match self {
            Self::OpenAi | Self::OpenAiCompatible => &["idempotency-key", "x-client-request-id"],
            Self::Anthropic => &["anthropic-version"],
            Self::Google | Self::Demo => &[],
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
    fn a_path_that_names_the_model_takes_plain_names_only() {
        let path = |model: &str| format!("models/{model}:streamGenerateContent");
        for model in ["gemini-2.5-pro", "gemini-3-pro-preview", "a", &"a".repeat(256)] {
            let path = path(model);
            let route = ProviderKind::Google.route(&path).expect("a path");
            assert_eq!((route.model, route.query), (Some(model), Some("alt=sse")));
        }
        let long = "a".repeat(257);
        for model in ["", "a/b", "../a", "a?b", "a#b", "a%2fb", "a b", "a:b", "ä", "a\\b", &long] {
            assert_eq!(ProviderKind::Google.route(&path(model)), None, "{model}");
            assert!(!ProviderKind::Google.accepts_model(model), "{model}");
        }
        assert!(ProviderKind::OpenAiCompatible.accepts_model("org/model:7b"), "named in the body");
        assert!(!ProviderKind::OpenAiCompatible.accepts_model(""));
    }
}
