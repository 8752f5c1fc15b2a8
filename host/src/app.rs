//! The host, put together from its configuration.

use std::{path::PathBuf, sync::Arc};

use palisade_directus::Directus;
use palisade_project::{Project, ProjectError};
use palisade_provider::{EgressClient, KeyLookup, ProviderError};
use palisade_sandbox::{
    CacheOptions, ComponentSource, Limits, Sandbox, SandboxError, SandboxOptions, ToolLimits,
    ToolLoadError, ToolRuntime,
};
use palisade_state::{State, StateError};
use palisade_tools::{FolderSource, Library, ToolsError};
use thiserror::Error;

use crate::{
    backend::Backend,
    config::{BackendConfig, Config},
    files::FileService,
    turn::{Providers, SealedKeys, TurnService},
};

/// Why a host can't be put together. The text says what to do.
#[derive(Debug, Error)]
pub enum AppError {
    /// Database or master key.
    #[error(transparent)]
    State(#[from] StateError),
    /// Embedded project.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Component or engine.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// Providers.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// Tools of components.
    #[error(transparent)]
    Tools(#[from] ToolsError),
}

/// A host: its state, its project and its turns. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// Configuration.
    pub config: Config,
    /// Sealed keys, settings, approvals, ledger.
    pub state: State,
    /// The project.
    pub backend: Backend,
    /// Turns.
    pub turns: TurnService,
    /// Files for providers.
    pub files: FileService,
}

impl App {
    /// Opens state and project, loads the component and makes the providers ready.
    ///
    /// `component` replaces the built-in assistant component.
    pub async fn open(config: Config, component: Option<PathBuf>) -> Result<Self, AppError> {
        let state = State::open(&config.database_url, config.key_source.clone()).await?;
        let backend = match &config.backend {
            BackendConfig::Embedded => {
                let secret = state.derive("palisade/sessions/v1");
                let project = Project::open(config.project_file()).await?;
                Backend::Embedded(project.with_session_secret(*secret))
            }
            BackendConfig::Directus(directus) => {
                Backend::Directus(Arc::new(Directus::new(directus.options(&config.egress))?))
            }
        };
        let sandbox = load_sandbox(&config, &state, component).await?;
        let egress = EgressClient::new(config.egress.clone())?;
        let keys: Arc<dyn KeyLookup> =
            Arc::new(SealedKeys { state: state.clone(), workspace: config.workspace.id.clone() });
        let turns = TurnService::new(
            config.workspace.id.clone(),
            config.workspace.name.clone(),
            config.settings(),
            sandbox,
            backend.data(),
            state.clone(),
            Providers::new(&config.providers, &egress, &keys)?,
            load_tools(&config, &state).await?,
            egress,
        );
        let files = FileService::new(
            config.workspace.id.clone(),
            state.clone(),
            backend.clone(),
            turns.clone(),
        );
        Ok(Self { config, state, backend, turns, files })
    }

    /// Waits for running turns, writes what is queued and closes the databases. Nothing may be
    /// started any more.
    ///
    /// Errors: [`StateError::LedgerUnavailable`] when ledger rows could not be written; everything is
    /// closed all the same.
    pub async fn close(&self) -> Result<(), StateError> {
        self.turns.finish().await;
        self.files.finish().await;
        self.backend.close().await;
        self.state.close().await
    }
}

/// Loads the components that lie in the tools folder. One that can't be used is there as broken.
///
/// Errors: the engine doesn't start, the folder can't be read.
pub async fn load_tools(config: &Config, state: &State) -> Result<Library, ToolsError> {
    let library = Library::new(tool_runtime(config, state)?, Arc::new(tool_folder(config)));
    library.refresh().await?;
    Ok(library)
}

/// What runs components.
///
/// Errors: the engine doesn't start.
pub fn tool_runtime(config: &Config, state: &State) -> Result<ToolRuntime, ToolLoadError> {
    let cache = CacheOptions {
        folder: config.image_cache().join("tools"),
        key: *state.derive("palisade/tool-image-cache/v1"),
    };
    ToolRuntime::new(Some(cache), ToolLimits::default())
}

/// The folder that components lie in.
pub fn tool_folder(config: &Config) -> FolderSource {
    FolderSource::new(config.data_dir.join("tools"))
}

/// Loads the assistant component within the configured limits. Its compiled image is cached, under a
/// key of this installation.
///
/// Errors: those of the sandbox.
pub async fn load_sandbox(
    config: &Config,
    state: &State,
    component: Option<PathBuf>,
) -> Result<Sandbox, SandboxError> {
    Sandbox::new(SandboxOptions {
        component: component.map_or(ComponentSource::Embedded, ComponentSource::File),
        cache: Some(CacheOptions {
            folder: config.image_cache(),
            key: *state.derive("palisade/image-cache/v1"),
        }),
        limits: Limits {
            live_turns: config.limits.live_turns,
            turn_time: config.limits.turn_time,
            memory_bytes: config.limits.guest_memory_mb as usize * 1024 * 1024,
            ..Limits::default()
        },
    })
    .await
}
