//! `palisade:tool/identity`: who is calling.

use super::super::{
    bindings::palisade::tool::{identity, types},
    state::ToolState,
};

impl identity::Host for ToolState {
    fn get_caller(&mut self) -> wasmtime::Result<Result<identity::Caller, types::Error>> {
        self.count_call()?;
        Ok(match self.host.caller() {
            Ok(caller) => Ok(identity::Caller {
                user_id: caller.user_id,
                roles: caller.roles,
                language: caller.language,
                workspace: caller.workspace,
            }),
            Err(error) => Err(error.into()),
        })
    }
}
