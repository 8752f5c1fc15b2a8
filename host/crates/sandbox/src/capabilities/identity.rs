//! `palisade:host/identity`: who is asking.

use crate::{bindings::palisade::host::identity, state::TurnState};

/// The authenticated caller and the turn, as the guest may know them. No credential is part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TurnIdentity {
    /// Directus user id (UUID).
    pub user_id: String,
    /// First and last name, or the e-mail address where there is none.
    pub display_name: String,
    /// Role ids (UUIDs), own role first.
    pub roles: Vec<String>,
    /// Whether one of the caller's policies has `admin_access`.
    pub admin: bool,
    /// BCP 47 language tag.
    pub language: String,
    /// Unique id of the turn (UUID version 7).
    pub turn_id: String,
    /// Id of the workspace.
    pub workspace: String,
    /// Name of the project.
    pub project_name: String,
}

impl identity::Host for TurnState {
    fn get_caller(&mut self) -> wasmtime::Result<identity::Caller> {
        self.meter.count_call()?;
        let facts = &self.identity;
        Ok(identity::Caller {
            user_id: facts.user_id.clone(),
            display_name: facts.display_name.clone(),
            roles: facts.roles.clone(),
            admin: facts.admin,
            language: facts.language.clone(),
        })
    }

    fn get_turn(&mut self) -> wasmtime::Result<identity::Turn> {
        self.meter.count_call()?;
        let facts = &self.identity;
        Ok(identity::Turn {
            id: facts.turn_id.clone(),
            workspace: facts.workspace.clone(),
            project_name: facts.project_name.clone(),
        })
    }
}
