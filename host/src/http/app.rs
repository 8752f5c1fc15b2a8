//! What all routes share.

use std::sync::Arc;

use palisade_project::Project;
use palisade_state::State;

use crate::{config::Config, settings::ConfiguredSettings, turn::TurnService};

/// The parts of a running host. Clones share them.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    config: Config,
    configured: ConfiguredSettings,
    project: Project,
    state: State,
    turns: TurnService,
}

impl App {
    /// Joins the parts.
    pub fn new(config: Config, project: Project, state: State, turns: TurnService) -> Self {
        let configured = config.settings();
        Self(Arc::new(Parts { config, configured, project, state, turns }))
    }

    /// The configuration.
    pub(super) fn config(&self) -> &Config {
        &self.0.config
    }

    /// What the configuration says about settings that can change at run time.
    pub(super) fn configured(&self) -> &ConfiguredSettings {
        &self.0.configured
    }

    /// Id of the workspace.
    pub(super) fn workspace(&self) -> &str {
        &self.0.config.workspace.id
    }

    /// The embedded project, which also knows who is who.
    pub(super) fn project(&self) -> &Project {
        &self.0.project
    }

    /// The state.
    pub(super) fn state(&self) -> &State {
        &self.0.state
    }

    /// Starts turns.
    pub(super) fn turns(&self) -> &TurnService {
        &self.0.turns
    }
}
