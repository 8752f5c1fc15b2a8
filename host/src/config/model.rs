//! The configuration as the host uses it: complete and checked.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use palisade_directus::DirectusOptions;
use palisade_policy::ApprovalMode;
use palisade_provider::{EgressPolicy, ProviderKind, ProviderSettings};
use palisade_state::KeySource;
use secrecy::SecretString;
use url::Url;

use super::defaults;
use crate::{
    models::{ModelEntry, ModelFacts, ModelLists},
    settings::{ConfiguredModels, ConfiguredSettings},
};

/// A complete, checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it came from.
    pub file: Option<PathBuf>,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of databases, keys and caches.
    pub data_dir: PathBuf,
    /// State database, `sqlite://…`.
    pub database_url: String,
    /// Master key file; not used where the key is in the environment.
    pub master_key_file: PathBuf,
    /// Where the master key comes from.
    pub key_source: KeySource,
    /// The address that browsers reach the host by: scheme, host and port. None: the one that it
    /// listens on.
    pub public_url: Option<Url>,
    /// The workspace.
    pub workspace: WorkspaceConfig,
    /// Where the project is.
    pub backend: BackendConfig,
    /// Providers, with ids of their own, in the order of the file.
    pub providers: Vec<ProviderConfig>,
    /// Which addresses providers may have.
    pub egress: EgressPolicy,
    /// Limits.
    pub limits: LimitsConfig,
}

/// Where the project is.
#[derive(Debug, Clone)]
pub enum BackendConfig {
    /// In the data folder.
    Embedded,
    /// A running Directus.
    Directus(DirectusConfig),
}

/// A running Directus.
#[derive(Debug, Clone)]
pub struct DirectusConfig {
    /// Address of its API.
    pub url: Url,
    /// Address under which people open it. None: the same.
    pub public_url: Option<Url>,
    /// What the extension in this Directus proves itself with.
    pub extension_secret: Option<SecretString>,
}

impl DirectusConfig {
    /// Options of the client.
    pub fn options(&self, egress: &EgressPolicy) -> DirectusOptions {
        DirectusOptions {
            url: self.url.clone(),
            public_url: self.public_url.clone().unwrap_or_else(|| self.url.clone()),
            imports: egress.clone(),
        }
    }
}

/// The workspace.
#[derive(Debug, Clone)]
pub struct WorkspaceConfig {
    /// Id, for the state and the ledger. 1 to 128 bytes.
    pub id: String,
    /// Name, for people, in place of the project's own.
    pub name: Option<String>,
    /// Which calls ask.
    pub approvals: ApprovalMode,
    /// Provider calls per turn, 1 to 50.
    pub max_steps: u32,
    /// Replaces the built-in system prompt. At most 64 KiB.
    pub system_prompt: Option<String>,
    /// Whether approvals, steps and system prompt can't be changed at run time.
    pub locked: bool,
}

/// A provider.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// What chat requests name. 1 to 64 of `[A-Za-z0-9_.-]`.
    pub id: String,
    /// Kind.
    pub kind: ProviderKind,
    /// Name, for people.
    pub name: Option<String>,
    /// Base URL, checked against the egress policy. None for the demo model.
    pub base_url: Option<Url>,
    /// Where the provider processes data, as the administrator says.
    pub region: Option<String>,
    /// Whether a call without a stored key is refused.
    pub requires_key: bool,
    /// Models that may be used; empty: none.
    pub allowed_models: Vec<String>,
    /// Whether the models can't be changed at run time.
    pub locked: bool,
    /// What the configuration says about its models.
    pub models: Vec<ModelEntry>,
    /// What is known about models besides.
    pub lists: ModelLists,
}

/// Limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Wall time of a turn, 1 second to 1 hour.
    pub turn_time: Duration,
    /// Memory of a guest, 8 to 1024 MiB.
    pub guest_memory_mb: u32,
    /// Turns that run at a time, 1 to 100,000.
    pub live_turns: u32,
}

impl Config {
    /// The embedded project's database.
    pub fn project_file(&self) -> PathBuf {
        self.data_dir.join(defaults::PROJECT_FILE)
    }

    /// Folder of compiled components.
    pub fn image_cache(&self) -> PathBuf {
        self.data_dir.join(defaults::IMAGE_CACHE)
    }

    /// The provider with an id.
    pub fn provider(&self, id: &str) -> Option<&ProviderConfig> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// What the configuration says about settings that an administrator may change at run time.
    pub fn settings(&self) -> ConfiguredSettings {
        ConfiguredSettings {
            approvals: self.workspace.approvals,
            max_steps: self.workspace.max_steps,
            system_prompt: self.workspace.system_prompt.clone(),
            workspace_locked: self.workspace.locked,
            providers: self
                .providers
                .iter()
                .map(|provider| {
                    let models = ConfiguredModels {
                        allowed: provider.allowed_models.clone(),
                        locked: provider.locked,
                    };
                    (provider.id.clone(), models)
                })
                .collect(),
        }
    }

    /// A folder named before anything else, as the folder of the configuration file.
    pub(super) fn file_in(folder: &Path) -> PathBuf {
        folder.join(defaults::FILE_NAME)
    }
}

impl ProviderConfig {
    /// Settings for reaching the provider over the network. None for the demo model.
    pub fn transport_settings(&self) -> Option<ProviderSettings> {
        Some(ProviderSettings {
            id: self.id.clone(),
            kind: self.kind,
            base_url: self.base_url.clone()?,
            region: self.region.clone(),
            requires_key: self.requires_key,
        })
    }

    /// What is known about a model; no more than its id where nobody says anything.
    pub fn model_facts(&self, model: &str) -> ModelFacts {
        self.lists.facts(&self.models, self.kind, model)
    }
}
