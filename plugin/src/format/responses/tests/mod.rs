//! The format as a whole: events for bodies, bodies for conversations.

mod reading;
mod requests;

use super::Responses;
use crate::types::Endpoint;

fn format(reasoning: bool, capabilities: &[&str]) -> Responses {
    Responses::new(Endpoint {
        provider: "openai".into(),
        kind: "openai".into(),
        model: "m".into(),
        reasoning,
        max_output_tokens: Some(1_000),
        context_tokens: None,
        capabilities: capabilities.iter().map(|name| String::from(*name)).collect(),
    })
}
