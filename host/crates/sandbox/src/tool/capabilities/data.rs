//! `palisade:tool/data`: the project's data.

use super::super::{
    ToolDataRequest,
    bindings::palisade::tool::{data, types},
    state::ToolState,
};

impl ToolState {
    async fn ask_for_data(
        &mut self,
        request: ToolDataRequest,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.count_call()?;
        Ok(self.host.data(request).await.map_err(Into::into))
    }
}

impl data::Host for ToolState {
    async fn describe(
        &mut self,
        collections: Vec<String>,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.ask_for_data(ToolDataRequest::Describe { collections }).await
    }

    async fn read(
        &mut self,
        collection: String,
        query: String,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.ask_for_data(ToolDataRequest::Read { collection, query }).await
    }

    async fn create(
        &mut self,
        collection: String,
        items: String,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.ask_for_data(ToolDataRequest::Create { collection, items }).await
    }

    async fn update(
        &mut self,
        collection: String,
        keys: Vec<String>,
        changes: String,
    ) -> wasmtime::Result<Result<String, types::Error>> {
        self.ask_for_data(ToolDataRequest::Update { collection, keys, changes }).await
    }

    async fn delete(
        &mut self,
        collection: String,
        keys: Vec<String>,
    ) -> wasmtime::Result<Result<(), types::Error>> {
        let deleted = self.ask_for_data(ToolDataRequest::Delete { collection, keys }).await?;
        Ok(deleted.map(drop))
    }
}
