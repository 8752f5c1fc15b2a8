//! `palisade:host/provider`: HTTP to the one endpoint that the turn was started for.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream::BoxStream};
use tokio::time::{Instant, sleep_until, timeout};
use wasmtime::component::Resource;

use super::{
    DenyAll,
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
/// Time between two reads of an answer that is being shown. What arrives faster is gathered: nobody
/// reads a text that changes more often, and each way through the guest and to the client costs several
/// times what a further event on the same way does. The beginning of an answer is never held back, and
/// neither is a model that writes fewer than 500 pieces a second.
const PACE: Duration = Duration::from_millis(2);
/// How long a read that was held back takes pieces over from the connection's task, which decodes each
/// one only when it is asked for it.
const TAKE_OVER: Duration = Duration::from_millis(1);

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
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it, in a private module")]
pub struct Response {
    reply: ProviderReply,
    /// Bytes that arrived and didn't fit into the last read.
    rest: Bytes,
    end: Option<End>,
    /// When the last read gave all that there was.
    given: Option<Instant>,
}

/// How a body ended. An error is given again on each further read: a body that broke off must never
/// look like one that is complete.
#[derive(Debug, Clone)]
enum End {
    Complete,
    Broken(CapabilityError),
}

impl Response {
    /// Waits for bytes, then takes along what is already there, up to `limit`. Empty at the end.
    /// `paced`: whether what comes faster than [`PACE`] waits for more, in the connection's buffers.
    async fn read(&mut self, limit: usize, paced: bool) -> Result<Vec<u8>, CapabilityError> {
        while self.rest.is_empty() && self.end.is_none() {
            let item = self.reply.body.next().await;
            self.accept(item);
        }
        if self.rest.is_empty() {
            return match &self.end {
                Some(End::Broken(error)) => Err(error.clone()),
                _ => Ok(Vec::new()),
            };
        }
        let due = self.given.map(|given| given + PACE).filter(|due| paced && *due > Instant::now());
        let mut bytes = Vec::new();
        if let Some(due) = due
            && self.end.is_none()
        {
            sleep_until(due).await;
            let taken = timeout(TAKE_OVER, async {
                while !self.take(&mut bytes, limit) {
                    let item = self.reply.body.next().await;
                    self.accept(item);
                }
            });
            // Whether the time was up says nothing: what was taken over is in `bytes`.
            drop(taken.await);
        }
        while !self.take(&mut bytes, limit)
            && let Some(item) = self.reply.body.next().now_or_never()
        {
            self.accept(item);
        }
        // A backlog is worked off without a pause.
        self.given = (bytes.len() < limit).then(Instant::now);
        Ok(bytes)
    }

    /// Moves the last piece to `bytes`, as far as there is room. Whether that is all that a read gives.
    fn take(&mut self, bytes: &mut Vec<u8>, limit: usize) -> bool {
        let part = self.rest.split_to(self.rest.len().min(limit - bytes.len()));
        bytes.extend_from_slice(&part);
        bytes.len() == limit || self.end.is_some()
    }

    fn accept(&mut self, item: Option<Result<Bytes, CapabilityError>>) {
        match item {
            Some(Ok(bytes)) => self.rest = bytes,
            Some(Err(error)) => self.end = Some(End::Broken(error)),
            None => self.end = Some(End::Complete),
        }
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
                let response = Response { reply, rest: Bytes::new(), end: None, given: None };
                Ok(Ok(self.resources.push(response)?))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl provider::HostResponse for TurnState {
    fn status(&mut self, response: Resource<Response>) -> wasmtime::Result<u16> {
        self.meter.count_call()?;
        Ok(self.resources.get(&response)?.reply.status)
    }

    fn header(
        &mut self,
        response: Resource<Response>,
        name: String,
    ) -> wasmtime::Result<Option<String>> {
        self.meter.count_call()?;
        let headers = &self.resources.get(&response)?.reply.headers;
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
        Ok(response.read(max_bytes as usize, paced).await.map_err(Into::into))
    }

    fn report_usage(
        &mut self,
        response: Resource<Response>,
        usage: provider::Usage,
    ) -> wasmtime::Result<()> {
        self.meter.count_call()?;
        let response = self.resources.get_mut(&response)?;
        (response.reply.on_usage)(ProviderUsage {
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

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn response(
        parts: impl futures_util::Stream<Item = Result<Bytes, CapabilityError>> + Send + 'static,
    ) -> Response {
        let reply = ProviderReply {
            status: 200,
            headers: Vec::new(),
            body: parts.boxed(),
            on_usage: Box::new(|_| {}),
        };
        Response { reply, rest: Bytes::new(), end: None, given: None }
    }

    fn cut_off() -> CapabilityError {
        CapabilityError::new(CapabilityErrorKind::Unavailable, "PROVIDER_CUT", "Cut.")
    }

    #[tokio::test]
    async fn a_read_takes_along_what_has_arrived() {
        let mut response =
            response(stream::iter(["ab", "", "cde", "f"].map(|part| Ok(part.into()))));
        assert_eq!(response.read(4, false).await.unwrap(), b"abcd");
        assert_eq!(response.read(100, false).await.unwrap(), b"ef");
        assert_eq!(response.read(100, false).await.unwrap(), b"");
        assert_eq!(response.read(100, false).await.unwrap(), b"", "the end stays the end");
    }

    #[tokio::test]
    async fn a_read_does_not_wait_for_more_than_it_has() {
        let parts = stream::iter([Ok(Bytes::from("ab"))]).chain(stream::pending());
        assert_eq!(response(parts).read(100, false).await.unwrap(), b"ab");
    }

    #[tokio::test]
    async fn what_comes_faster_than_the_pace_waits_for_more() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let connection = tokio::spawn(async move {
            for piece in ["ab", "cd", "ef"] {
                sender.send(Ok(Bytes::from(piece))).await.expect("somebody reads");
            }
            std::future::pending::<()>().await;
        });
        let mut response = response(stream::poll_fn(move |context| receiver.poll_recv(context)));
        assert_eq!(response.read(100, true).await.unwrap(), b"ab", "the first bytes at once");
        let before = Instant::now();
        assert_eq!(response.read(3, true).await.unwrap(), b"cde", "then together");
        assert!(before.elapsed() >= PACE);
        assert_eq!(response.read(3, true).await.unwrap(), b"f", "a backlog doesn't wait");
        connection.abort();
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_never_looks_complete() {
        let mut response = response(stream::iter([Ok(Bytes::from("ab")), Err(cut_off())]));
        assert_eq!(response.read(100, false).await.unwrap(), b"ab", "what arrived is given first");
        assert_eq!(response.read(100, false).await.unwrap_err().code, "PROVIDER_CUT");
        assert_eq!(response.read(100, false).await.unwrap_err().code, "PROVIDER_CUT");
    }
}
