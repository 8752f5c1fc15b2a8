//! Chat Completions: `POST chat/completions` of OpenAI and of the many servers that speak it.

mod calls;
mod output;
mod reader;
mod repetition;
mod request;
mod shapes;

use output::OutputMode;

use super::stream::StreamReader;
use super::wire_ids::IdShape;
use super::{EventReader, WireFormat};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::{Endpoint, Request};

/// The Chat Completions format for one endpoint.
#[derive(Debug)]
pub struct ChatCompletions {
    endpoint: Endpoint,
    id_shape: IdShape,
}

impl ChatCompletions {
    /// The format as this endpoint speaks it.
    pub fn new(endpoint: Endpoint) -> Self {
        // Mistral's models insist on their id shape behind other servers too, because their chat
        // template checks it; their names end in "stral".
        let named_so = [&endpoint.provider, &endpoint.kind, &endpoint.model]
            .iter()
            .any(|name| name.to_ascii_lowercase().contains("stral"));
        let id_shape = if named_so { IdShape::Nine } else { IdShape::Common };
        Self { endpoint, id_shape }
    }
}

impl WireFormat for ChatCompletions {
    fn request(&self, conversation: &Conversation) -> Result<Request, Failure> {
        let body = request::body(&self.endpoint, self.id_shape, conversation)?;
        Ok(Request { path: "chat/completions".into(), headers: Vec::new(), body })
    }

    fn reads_result(&self, media_type: &str) -> bool {
        let can = |capability| self.endpoint.capabilities.iter().any(|named| named == capability);
        match media_type {
            // Mistral refuses a user's message right after a tool's.
            _ if self.id_shape == IdShape::Nine => false,
            "image/png" | "image/jpeg" | "image/webp" | "image/gif" => can("images"),
            _ => can("audio") && request::audio_format(media_type).is_some(),
        }
    }

    fn reader(&self, conversation: &Conversation) -> Box<dyn EventReader> {
        let mode = OutputMode::of(&self.endpoint, conversation);
        Box::new(StreamReader::new(reader::ChatAnswer::new(mode)))
    }
}
