//! What is asked and what has to come back.

use std::net::SocketAddr;

/// Tokens of an answer.
pub(super) const TOKENS: usize = 200;
/// Pause between two tokens of a paced answer, in milliseconds: 100 tokens in a second.
pub(super) const PACE_MILLISECONDS: u64 = 10;
/// Token of the person who asks.
pub(super) const PERSON_TOKEN: &str = "yV5tRm8QeKw2Zs7LfHd3Nc9b";
/// The provider's key.
pub(super) const PROVIDER_KEY: &str = "sk-load-0123456789abcdefghijklmnopqrstuv";
/// What each token begins with, in the provider's stream and in the host's.
pub(super) const TOKEN: &[u8] = b" word";

/// How the provider answers. The model's name says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    /// All tokens as fast as they can be written, one write each.
    Swift,
    /// The same at the pace of a fast model.
    Paced,
    /// One token, and then silence until the connection is closed.
    Held,
}

impl Model {
    pub(super) const ALL: [Self; 3] = [Self::Swift, Self::Paced, Self::Held];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Swift => "swift",
            Self::Paced => "paced",
            Self::Held => "held",
        }
    }
}

/// A turn: a question as AI SDK clients post it.
pub(super) fn turn(host: SocketAddr, model: Model) -> Vec<u8> {
    let body = format!(
        r#"{{"provider":"load","model":"{}","messages":[{{"id":"m1","role":"user","parts":[{{"type":"text","text":"Which articles are drafts, and who wrote them?"}}]}}]}}"#,
        model.name()
    );
    post(host, "/ai/chat", PERSON_TOKEN, &body)
}

/// The same question to the provider itself.
pub(super) fn completion(provider: SocketAddr, model: Model) -> Vec<u8> {
    let body = format!(
        r#"{{"model":"{}","stream":true,"messages":[{{"role":"user","content":"Which articles are drafts, and who wrote them?"}}]}}"#,
        model.name()
    );
    post(provider, "/v1/chat/completions", PROVIDER_KEY, &body)
}

/// Asks whether a host is ready.
pub(super) fn ping(host: SocketAddr) -> Vec<u8> {
    format!("GET /server/ping HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").into_bytes()
}

fn post(to: SocketAddr, path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {to}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
