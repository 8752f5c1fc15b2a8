//! Anthropic Messages: `POST v1/messages`, API version [`VERSION`].

mod blocks;
mod files;
mod messages;
mod reader;
mod request;
mod schema;
mod shapes;
mod thinking;

use serde_json::value::RawValue;

use reader::{MessageAnswer, MessagesReader};

use super::{EventReader, Refused, WireFormat, errors};
use crate::conversation::{Conversation, OutputShape};
use crate::failure::Failure;
use crate::types::{Endpoint, Header, Request};

/// The API version, of the two that are served. This is the one that the current official SDKs send
/// and describe. It refuses what `2023-06-01` still allowed (sampling parameters, documents in
/// assistant messages, citations on user text), and none of that is ever sent here: a request that
/// this version takes is one that the older takes too, so nothing has to differ between models.
const VERSION: &str = "2026-10-21";

/// The Anthropic Messages format for one endpoint.
#[derive(Debug)]
pub struct Anthropic {
    endpoint: Endpoint,
}

/// How an answer gets the shape that the conversation asks for.
#[derive(Debug)]
enum Output<'a> {
    /// It asks for none.
    Free,
    /// The model is held to a schema, and answers in text.
    Native(&'a OutputShape, Box<RawValue>),
    /// The model must call a tool whose arguments have the shape: they are the answer.
    Tool(&'a OutputShape),
}

impl Anthropic {
    /// The format as this endpoint speaks it.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    fn output<'a>(&self, conversation: &'a Conversation) -> Output<'a> {
        let Some(shape) = &conversation.output else {
            return Output::Free;
        };
        match can(&self.endpoint, "structured-output").then(|| schema::reduced(&shape.schema)) {
            Some(Some(schema)) => Output::Native(shape, schema),
            _ => Output::Tool(shape),
        }
    }
}

impl WireFormat for Anthropic {
    fn request(&self, conversation: &Conversation) -> Result<Request, Failure> {
        let body = request::body(&self.endpoint, &self.output(conversation), conversation)?;
        let headers = vec![Header { name: "anthropic-version".into(), value: VERSION.into() }];
        Ok(Request { path: "v1/messages".into(), headers, body })
    }

    fn reads_result(&self, media_type: &str) -> bool {
        can(&self.endpoint, "images") && files::is_image(media_type)
    }

    fn reader(&self, conversation: &Conversation) -> Box<dyn EventReader> {
        let calls_are_the_answer = matches!(self.output(conversation), Output::Tool(_));
        Box::new(MessagesReader::new(MessageAnswer::new(calls_are_the_answer)))
    }

    fn refused(&self, status: u16, body: &[u8]) -> Refused {
        let mut refused = errors::of_status(status, body);
        let is_open = matches!(refused.failure, Failure::NotFound | Failure::InvalidRequest);
        if is_open && misses_a_file(&String::from_utf8_lossy(body)) {
            refused.failure = Failure::FileGone;
        }
        refused
    }
}

/// Whether the list of models says that the model can do something.
fn can(endpoint: &Endpoint, capability: &str) -> bool {
    endpoint.capabilities.iter().any(|known| known == capability)
}

/// Whether an error is about a file that isn't there. Only an expired file has a code of its own; a
/// file that was deleted is told by its id in the message, as an unknown model is by its name.
fn misses_a_file(body: &str) -> bool {
    let names_an_id = body.match_indices("file_").any(|(place, prefix)| {
        let id = body.get(place + prefix.len()..).unwrap_or_default();
        id.bytes().take_while(u8::is_ascii_alphanumeric).count() >= 12
    });
    let says_so = ["not found", "not_found", "does not exist", "expired"];
    names_an_id && says_so.iter().any(|sign| body.contains(sign))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn format() -> Anthropic {
        Anthropic::new(Endpoint {
            provider: "anthropic".into(),
            kind: "anthropic".into(),
            model: "claude-x".into(),
            reasoning: false,
            max_output_tokens: None,
            context_tokens: None,
            capabilities: Vec::new(),
        })
    }

    #[test]
    fn the_version_is_pinned() {
        let mut conversation = Conversation::default();
        conversation.push_user(vec![crate::UserPart::Text("Hi".into())]);
        let request = format().request(&conversation).expect("a request");
        assert_eq!(request.path, "v1/messages");
        let headers: Vec<_> =
            request.headers.iter().map(|header| (&*header.name, &*header.value)).collect();
        assert_eq!(headers, [("anthropic-version", "2026-10-21")]);
    }

    #[test]
    fn errors_by_status_and_type() {
        for (status, kind, message, expected) in [
            (400, "invalid_request_error", "max_tokens: Field required", Failure::InvalidRequest),
            (
                400,
                "invalid_request_error",
                "prompt is too long: 200251 tokens > 200000 maximum",
                Failure::ContextTooLong,
            ),
            (
                400,
                "invalid_request_error",
                "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
                Failure::ContextTooLong,
            ),
            (400, "invalid_request_error", "Your credit balance is too low", Failure::Quota),
            (401, "authentication_error", "invalid x-api-key", Failure::Authentication),
            (402, "billing_error", "Pay.", Failure::Quota),
            (403, "permission_error", "No.", Failure::Authentication),
            (404, "not_found_error", "model: claude-x", Failure::NotFound),
            (
                404,
                "not_found_error",
                "File not found: file_011CNha8iCJcU1wXNR6q4V8w",
                Failure::FileGone,
            ),
            (
                400,
                "invalid_request_error",
                "messages.0.content.0.source.file_id: Field required",
                Failure::InvalidRequest,
            ),
            (413, "request_too_large", "Request exceeds the maximum size", Failure::ContextTooLong),
            (429, "rate_limit_error", "Too many tokens per minute", Failure::RateLimit),
            (500, "api_error", "Internal server error", Failure::Unavailable),
            (504, "timeout_error", "Timed out", Failure::TimedOut),
            (529, "overloaded_error", "Overloaded", Failure::Overloaded),
        ] {
            let body = json!({
                "type": "error", "error": {"type": kind, "message": message, "details": null},
                "request_id": "req_1",
            });
            let refused = format().refused(status, body.to_string().as_bytes());
            assert_eq!(refused.failure, expected, "{status} {message}");
            assert_eq!(refused.detail, format!("status={status} type={kind}"));
        }
    }

    #[test]
    fn codes_say_more_than_the_type() {
        for (status, kind, code, expected) in [
            (404, "not_found_error", "file_expired", Failure::FileGone),
            (429, "rate_limit_error", "contract_spend_limit_reached", Failure::Quota),
            (429, "rate_limit_error", "ramp_limit_exceeded", Failure::RateLimit),
            (400, "invalid_request_error", "image_dimensions_too_large", Failure::InvalidRequest),
        ] {
            let details = json!({"error_code": code});
            let error = json!({"type": kind, "message": "Prose.", "details": details});
            let body = json!({"type": "error", "error": error, "request_id": null});
            let refused = format().refused(status, body.to_string().as_bytes());
            assert_eq!(refused.failure, expected, "{code}");
            assert_eq!(refused.detail, format!("status={status} type={kind} error_code={code}"));
        }
    }
}
