//! Gemini: `POST models/{model}:streamGenerateContent` of Google's API, as server-sent events.

mod contents;
mod media;
mod names;
mod parts;
mod reader;
mod refusal;
mod request;
mod schema;
mod shapes;
mod signatures;

use reader::GeminiReader;

use super::{EventReader, Refused, WireFormat};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::{Endpoint, Request};

/// How the format names the one place that reasoning comes from.
const THOUGHT: &str = "thought";

/// The Gemini format for one endpoint.
#[derive(Debug)]
pub struct Gemini {
    endpoint: Endpoint,
}

impl Gemini {
    /// The format as this endpoint speaks it.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

impl WireFormat for Gemini {
    fn request(&self, conversation: &Conversation) -> Result<Request, Failure> {
        let body = request::body(&self.endpoint, conversation)?;
        let path = format!("models/{}:streamGenerateContent", self.endpoint.model);
        Ok(Request { path, headers: Vec::new(), body })
    }

    fn reads_result(&self, media_type: &str) -> bool {
        media::is_read(&self.endpoint, media_type)
    }

    fn reader(&self, _conversation: &Conversation) -> Box<dyn EventReader> {
        Box::new(GeminiReader::default())
    }

    fn refused(&self, status: u16, body: &[u8]) -> Refused {
        refusal::of_status(status, body)
    }
}

/// Whether the list of models says that the endpoint's model can do something.
fn can(endpoint: &Endpoint, capability: &str) -> bool {
    endpoint.capabilities.iter().any(|named| named == capability)
}
