//! `palisade:tool/kv`: the component's own storage.

use super::super::{
    bindings::palisade::tool::{kv, types},
    state::ToolState,
};

impl kv::Host for ToolState {
    async fn get(
        &mut self,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, types::Error>> {
        self.count_call()?;
        Ok(self.host.kv_get(key).await.map_err(Into::into))
    }

    async fn set(
        &mut self,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), types::Error>> {
        self.count_call()?;
        Ok(self.host.kv_set(key, value).await.map_err(Into::into))
    }

    async fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), types::Error>> {
        self.count_call()?;
        Ok(self.host.kv_delete(key).await.map_err(Into::into))
    }

    async fn keys(
        &mut self,
        prefix: String,
    ) -> wasmtime::Result<Result<Vec<String>, types::Error>> {
        self.count_call()?;
        Ok(self.host.kv_keys(prefix).await.map_err(Into::into))
    }
}
