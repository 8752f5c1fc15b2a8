//! `palisade:host/provider`: HTTP to the one endpoint that the turn was started for.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use wasmtime::component::Resource;

use super::{
    DenyAll,
    body::Body,
    error::{CapabilityError, CapabilityErrorKind},
};
use crate::{
    bindings::palisade::host::{provider, types},
    state::TurnState,
};

/// Extra headers of a request.
const HEADERS: usize = 16;
/// Bytes of a request body.
const BODY_BYTES: usize = 4 << 20;
/// Bytes that one `read` gives at most.
const READ_BYTES: u32 = 1 << 20;
/// The provider and model of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Endpoint {
    /// Provider id from the configuration.
    pub provider: String,
    /// Kind of the provider.
    pub kind: String,
    /// Model name.
    pub model: String,
    /// Whether the model is a reasoning model.
    pub reasoning: bool,
    /// Output tokens of one answer at most, where the workspace sets it.
    pub max_output_tokens: Option<u32>,
    /// Tokens that fit into the model's context, where that is known.
    pub context_tokens: Option<u64>,
    /// What the model can do, in the words of the list of models.
    pub capabilities: Vec<String>,
}

/// A request that the guest wants to make. Nothing of it is checked but its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderCall {
    /// Path below the base URL.
    pub path: String,
    /// Extra headers, at most 16.
    pub headers: Vec<(String, String)>,
    /// JSON body, at most 4 MiB.
    pub body: Bytes,
}

/// What a provider call consumed, as the guest read it from the provider's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProviderUsage {
    /// Input tokens, cached ones included.
    pub input_tokens: u64,
    /// Input tokens written to a cache.
    pub cache_written_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: u64,
    /// Input tokens read from a cache.
    pub cached_tokens: u64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: u64,
}

/// A provider's response, whose body is still arriving.
pub struct ProviderReply {
    /// HTTP status.
    pub status: u16,
    /// Headers that the guest may see, by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body. Dropping it closes the connection. Counting its bytes is the gateway's.
    pub body: BoxStream<'static, Result<Bytes, CapabilityError>>,
    /// Called with each report of the guest; the last counts.
    pub on_usage: Box<dyn FnMut(ProviderUsage) + Send>,
}

impl fmt::Debug for ProviderReply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ProviderReply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The way to the provider: base URL, key, allowed paths, headers and models are its own.
#[async_trait]
pub trait ProviderGateway: Send + Sync + 'static {
    /// The provider and model of the turn.
    fn endpoint(&self) -> Endpoint;

    /// Sends a request and returns when the response's headers are there.
    async fn send(&self, call: ProviderCall) -> Result<ProviderReply, CapabilityError>;
}

#[async_trait]
impl ProviderGateway for DenyAll {
    fn endpoint(&self) -> Endpoint {
        Endpoint::default()
    }

    async fn send(&self, _call: ProviderCall) -> Result<ProviderReply, CapabilityError> {
        Err(CapabilityError::new(
            CapabilityErrorKind::Denied,
            "FORBIDDEN",
            "No provider may be called here.",
        ))
    }
}

/// A response in the turn's resource table.
#[expect(unreachable_pub, reason = "the generated bindings re-export it, in a private module")]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Body,
    on_usage: Box<dyn FnMut(ProviderUsage) + Send>,
}

impl From<ProviderReply> for Response {
    fn from(reply: ProviderReply) -> Self {
        let ProviderReply { status, headers, body, on_usage } = reply;
        Self { status, headers, body: Body::new(body), on_usage }
    }
}

impl provider::Host for TurnState {
    fn get_endpoint(&mut self) -> wasmtime::Result<provider::Endpoint> {
        self.meter.count_call()?;
        let endpoint = self.provider.endpoint();
        Ok(provider::Endpoint {
            provider: endpoint.provider,
            kind: endpoint.kind,
            model: endpoint.model,
            reasoning: endpoint.reasoning,
            max_output_tokens: endpoint.max_output_tokens,
            context_tokens: endpoint.context_tokens,
            capabilities: endpoint.capabilities,
        })
    }

    #[tracing::instrument(level = "debug", skip_all, fields(bytes = request.body.len()))]
    async fn send(
        &mut self,
        request: provider::Request,
    ) -> wasmtime::Result<Result<Resource<Response>, types::Error>> {
        self.meter.count_call()?;
        if request.headers.len() > HEADERS {
            return Ok(Err(over("HEADERS_TOO_MANY", "A request has at most 16 extra headers.")));
        }
        if request.body.len() > BODY_BYTES {
            return Ok(Err(over("BODY_TOO_LARGE", "The body of a request has at most 4 MiB.")));
        }
        if !self.meter.count_provider_call(self.gatekeeper.settings().max_steps) {
            return Ok(Err(over("MAX_STEPS", "The turn made as many provider calls as it may.")));
        }
        let call = ProviderCall {
            path: request.path,
            headers: request
                .headers
                .into_iter()
                .map(|header| (header.name, header.value))
                .collect(),
            body: Bytes::from(request.body),
        };
        match self.provider.send(call).await {
            Ok(reply) => {
                self.meter.count_provider_answer(reply.status);
                Ok(Ok(self.resources.push(Response::from(reply))?))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl provider::HostResponse for TurnState {
    fn status(&mut self, response: Resource<Response>) -> wasmtime::Result<u16> {
        self.meter.count_call()?;
        Ok(self.resources.get(&response)?.status)
    }

    fn header(
        &mut self,
        response: Resource<Response>,
        name: String,
    ) -> wasmtime::Result<Option<String>> {
        self.meter.count_call()?;
        let headers = &self.resources.get(&response)?.headers;
        Ok(headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }

    async fn read(
        &mut self,
        response: Resource<Response>,
        max_bytes: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, types::Error>> {
        self.meter.count_call()?;
        if !(1..=READ_BYTES).contains(&max_bytes) {
            return Ok(Err(CapabilityError::new(
                CapabilityErrorKind::Invalid,
                "INVALID_PAYLOAD",
                "A read asks for 1 to 1,048,576 bytes.",
            )
            .into()));
        }
        let paced = self.stream.is_answering();
        let response = self.resources.get_mut(&response)?;
        Ok(response.body.read(max_bytes as usize, paced).await.map_err(Into::into))
    }

    fn report_usage(
        &mut self,
        response: Resource<Response>,
        usage: provider::Usage,
    ) -> wasmtime::Result<()> {
        self.meter.count_call()?;
        let response = self.resources.get_mut(&response)?;
        (response.on_usage)(ProviderUsage {
            input_tokens: usage.input_tokens,
            cache_written_tokens: usage.cache_written_tokens,
            output_tokens: usage.output_tokens,
            cached_tokens: usage.cached_tokens,
            reasoning_tokens: usage.reasoning_tokens,
        });
        Ok(())
    }

    fn drop(&mut self, response: Resource<Response>) -> wasmtime::Result<()> {
        self.resources.delete(response)?;
        Ok(())
    }
}

fn over(code: &'static str, message: &'static str) -> types::Error {
    CapabilityError::new(CapabilityErrorKind::Limit, code, message).into()
}
