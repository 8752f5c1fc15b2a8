//! `palisade:tool/http`: requests to the network.

use super::super::{
    ToolHttpRequest,
    bindings::palisade::tool::{
        http::{self, Header},
        types,
    },
    state::ToolState,
};

impl http::Host for ToolState {
    async fn send(
        &mut self,
        request: http::Request,
    ) -> wasmtime::Result<Result<http::Response, types::Error>> {
        self.count_call()?;
        let request = ToolHttpRequest {
            method: request.method,
            url: request.url,
            headers: request.headers.into_iter().map(|it| (it.name, it.value)).collect(),
            body: request.body,
        };
        Ok(match self.host.http(request).await {
            Ok(response) => Ok(http::Response {
                status: response.status,
                headers: response
                    .headers
                    .into_iter()
                    .map(|(name, value)| Header { name, value })
                    .collect(),
                body: response.body,
            }),
            Err(error) => Err(error.into()),
        })
    }
}
