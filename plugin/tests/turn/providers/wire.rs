//! What a provider writes on the wire.

use palisade_plugin::types::Endpoint;
use serde_json::Value;

/// An error answer: status, headers, body.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

/// A tool call that the model makes.
pub(crate) struct Called {
    /// The provider's id; a format without ids of its own leaves it out.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) arguments: Value,
}

/// One provider's side of the scenarios. A stream is the whole body as the provider writes it, every
/// event ended by a blank line, with all the events that a real one has.
pub(crate) trait Wire {
    /// Beginning of the snapshots' names.
    fn name(&self) -> &'static str;

    /// A model that reasons.
    fn endpoint(&self) -> Endpoint;

    /// `Hel`, `lo ` and `there.`; 12 tokens in, of them 8 from a cache, 3 out.
    fn text(&self) -> String;

    /// The reasoning `Let me ` and `think.`, then the text `Four.`.
    fn reasoning(&self) -> String;

    /// Reasoning `I look.`, with whatever the provider wants back, then calls, arguments in two
    /// pieces where the format streams them.
    fn reasoned_calls(&self, calls: &[Called]) -> String;

    /// Calls, arguments in two pieces where the format streams them.
    fn calls(&self, calls: &[Called]) -> String;

    /// The model refuses with `I can't help with that.`, or says nothing where the format's refusals
    /// have no text.
    fn refusal(&self) -> String;

    /// `This is as far as`, and the output limit is reached.
    fn length(&self) -> String;

    /// The JSON value that was asked for, natively where the format can.
    fn object(&self, json: &str) -> String {
        self.large(json)
    }

    /// One event of 64 KiB: `text` is in one piece.
    fn large(&self, text: &str) -> String;

    /// An event with an error, as the provider writes it in the middle of a stream. Its prose holds
    /// `sk-secret`.
    fn error_event(&self) -> String;

    /// An event of a type that nobody knows yet.
    fn unknown_event(&self) -> String;

    /// The conversation is too long. The body's prose holds `sk-secret`, here and below.
    fn context_too_long(&self) -> Refusal;

    /// The key is wrong.
    fn unauthorised(&self) -> Refusal;

    /// Too many requests, once for each form in which the provider says when to come back, and once
    /// without any; with a name each.
    fn rate_limited(&self) -> Vec<(&'static str, Refusal)>;

    /// Overloaded.
    fn overloaded(&self) -> Refusal;
}
