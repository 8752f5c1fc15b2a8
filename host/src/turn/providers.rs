//! The configured providers, ready to be called.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use palisade_provider::{KeyLookup, ProviderError, ProviderKind, ProviderTransport};
use palisade_state::State;
use secrecy::SecretString;

/// What is known about a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelFacts {
    /// Model id, as requests name it.
    pub id: String,
    /// Name for people; the id where there is none.
    pub name: Option<String>,
    /// Tokens that fit into its context.
    pub context: Option<u64>,
    /// Tokens that it can answer with.
    pub output: Option<u32>,
    /// Whether it is a reasoning model.
    pub reasoning: bool,
    /// Whether it takes attachments.
    pub attachments: bool,
}

/// A configured provider.
#[derive(Clone)]
pub struct Provider {
    /// Id that requests name.
    pub id: String,
    /// Kind.
    pub kind: ProviderKind,
    /// Where it processes data, as the administrator says.
    pub region: Option<String>,
    /// Base URL; none for a model inside the host.
    pub base_url: Option<String>,
    /// Whether it can't be called without a key.
    pub requires_key: bool,
    /// Facts about models, by configuration.
    pub models: Vec<ModelFacts>,
    /// Sends the requests.
    pub transport: Arc<dyn ProviderTransport>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Provider")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// What is known about a model of this provider.
    pub fn facts(&self, model: &str) -> ModelFacts {
        self.models.iter().find(|facts| facts.id == model).cloned().unwrap_or_else(|| ModelFacts {
            id: model.to_owned(),
            ..ModelFacts::default()
        })
    }
}

/// All configured providers, in the order of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Providers(pub Vec<Provider>);

impl Providers {
    /// The provider of an id.
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.id == id)
    }
}

/// The provider keys of a workspace, unsealed at the moment of a call.
#[derive(Debug, Clone)]
pub struct SealedKeys {
    /// Where they are.
    pub state: State,
    /// Whose they are.
    pub workspace: String,
}

#[async_trait]
impl KeyLookup for SealedKeys {
    async fn key(&self, provider_id: &str) -> Result<Option<SecretString>, ProviderError> {
        self.state.key(&self.workspace, provider_id).await.map_err(|source| {
            ProviderError::KeyUnreadable { provider: provider_id.to_owned(), source: source.into() }
        })
    }
}
