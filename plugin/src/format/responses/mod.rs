//! Responses: OpenAI's own format, `POST responses`.
//!
//! It is used without any memory at the provider: nothing is stored there, and each request carries
//! the whole conversation, the model's encrypted reasoning with it.

mod calls;
mod input;
mod reader;
mod request;
mod shapes;
mod state;
#[cfg(test)]
mod tests;

use reader::ResponsesReader;

use super::{EventReader, WireFormat};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::types::{Endpoint, Request};

/// The Responses format for one endpoint.
#[derive(Debug)]
pub struct Responses {
    endpoint: Endpoint,
}

impl Responses {
    /// The format as this endpoint speaks it.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

impl WireFormat for Responses {
    fn request(&self, conversation: &Conversation) -> Result<Request, Failure> {
        let body = request::body(&self.endpoint, conversation)?;
        Ok(Request { path: "responses".into(), headers: Vec::new(), body })
    }

    fn reads_result(&self, media_type: &str) -> bool {
        let sees = self.endpoint.capabilities.iter().any(|named| named == "images");
        sees && input::IMAGES.contains(&media_type)
    }

    fn reader(&self, _: &Conversation) -> Box<dyn EventReader> {
        Box::new(ResponsesReader::default())
    }
}
