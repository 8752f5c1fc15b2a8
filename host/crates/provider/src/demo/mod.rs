//! The demo model: a small set of rules that answers simple English sentences about a project's
//! items, so that Palisade can be tried without a key and tested end to end without a network.
//!
//! It is a provider like any other. It has no access to data: it reads the conversation in the
//! request, answers with tool calls or text in Chat Completions' streaming format, and learns about
//! the project only from the results of its `schema` calls. It keeps no state between requests.
//!
//! A request passes through [`wire`] (bytes), [`dialogue`] (question and results so far),
//! [`grammar`] and [`lexer`] (the sentence), [`plan`] (the next step), [`task`] (what is wanted of
//! which items) with [`subject`], [`conditions`], [`comparisons`], [`assignments`] and [`lookup`]
//! resolving names against the [`schema_view`], [`calls`] (the tool calls), and [`answer`] and [`talk`]
//! (text).

mod answer;
mod assignments;
mod calls;
mod comparisons;
mod conditions;
mod dialogue;
mod grammar;
mod lexer;
mod lookup;
mod names;
mod operator;
mod plan;
mod schema_view;
mod subject;
mod table;
mod talk;
mod task;
mod value;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::{ProviderError, ProviderKind, ProviderRequest, ProviderResponse, ProviderTransport};

/// Name of the demo provider's only model.
pub const DEMO_MODEL: &str = "demo";

/// Questions longer than this, in bytes, aren't simple sentences. Reading one is work that no other
/// turn runs beside, so it has to stay below a few milliseconds.
const LONGEST_QUESTION: usize = 8192;

/// Answers requests with the demo model, inside the host. See the module's documentation.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemoTransport;

#[async_trait]
impl ProviderTransport for DemoTransport {
    async fn send(&self, request: ProviderRequest) -> Result<ProviderResponse, ProviderError> {
        let kind = ProviderKind::Demo;
        if kind.route(&request.path).is_none() {
            return Err(ProviderError::PathDenied {
                path: request.path.chars().take(100).collect(),
            });
        }
        if let Some((name, _)) = request.headers.first() {
            return Err(ProviderError::HeaderDenied { name: name.chars().take(100).collect() });
        }
        Ok(match respond(&request.body) {
            Ok(events) => response(200, "text/event-stream", events),
            Err(body) => response(400, "application/json", vec![body]),
        })
    }
}

fn response(status: u16, content_type: &str, pieces: Vec<Bytes>) -> ProviderResponse {
    ProviderResponse {
        status,
        headers: vec![("content-type".into(), content_type.into())],
        body: stream::iter(pieces.into_iter().map(Ok)).boxed(),
    }
}

/// The events of the answer, or the body of an error.
fn respond(body: &[u8]) -> Result<Vec<Bytes>, Bytes> {
    let request: wire::ChatRequest = serde_json::from_slice(body)
        .map_err(|_| wire::error("The body is not a chat completions request.", "invalid_json"))?;
    if !request.stream {
        return Err(wire::error(
            "The demo model only streams: set \"stream\" to true.",
            "stream_required",
        ));
    }
    let dialogue = dialogue::Dialogue::of(&request);
    let step = match dialogue.question.len() > LONGEST_QUESTION {
        true => plan::Step::Say(talk::not_understood()),
        false => plan::next(&dialogue, &request.tool_names()),
    };
    Ok(wire::events(&request, &step))
}
