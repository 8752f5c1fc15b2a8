//! The configured providers, ready to be called.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use palisade_provider::{
    DemoTransport, EgressClient, FileStorage, HttpTransport, KeyLookup, ProviderError,
    ProviderTransport, file_storage,
};
use palisade_state::State;
use secrecy::SecretString;

use crate::config::ProviderConfig;

/// A configured provider.
#[derive(Clone)]
pub struct Provider {
    /// What the configuration says.
    pub config: ProviderConfig,
    /// Sends the requests.
    pub transport: Arc<dyn ProviderTransport>,
    /// Its file storage, where its kind has one.
    pub storage: Option<Arc<dyn FileStorage>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Provider").field("config", &self.config).finish_non_exhaustive()
    }
}

/// All configured providers, in the order of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Providers(Vec<Provider>);

impl Providers {
    /// Makes the transports of the configured providers, which share one HTTP client.
    ///
    /// Errors: [`ProviderError::Configuration`], [`ProviderError::Client`].
    pub fn new(
        configured: &[ProviderConfig],
        egress: &EgressClient,
        keys: &Arc<dyn KeyLookup>,
    ) -> Result<Self, ProviderError> {
        let providers = configured.iter().map(|config| {
            let config = config.clone();
            let Some(settings) = config.transport_settings() else {
                return Ok(Provider { config, transport: Arc::new(DemoTransport), storage: None });
            };
            let storage = file_storage(settings.clone(), egress.clone(), Arc::clone(keys))?;
            let transport = HttpTransport::new(settings, egress.clone(), Arc::clone(keys))?;
            Ok(Provider { config, transport: Arc::new(transport), storage })
        });
        Ok(Self(providers.collect::<Result<_, ProviderError>>()?))
    }

    /// The provider of an id.
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.0.iter().find(|provider| provider.config.id == id)
    }

    /// All providers.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
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
