//! `palisade:host/ui`: the stream to the caller's screen.

use wasmtime::component::Resource;

use super::data::OutcomeData;
use crate::{bindings::palisade::host::ui, state::TurnState};

impl ui::Host for TurnState {
    async fn emit(&mut self, chunks: Vec<ui::Chunk>) -> wasmtime::Result<()> {
        self.meter.count_call()?;
        self.stream.emit(&chunks).await?;
        Ok(())
    }

    async fn emit_outcome(
        &mut self,
        tool_call_id: String,
        outcome: Resource<OutcomeData>,
    ) -> wasmtime::Result<()> {
        self.meter.count_call()?;
        let json = self.resources.get(&outcome)?.json.clone();
        self.stream.emit_outcome(&tool_call_id, &json).await?;
        Ok(())
    }
}
