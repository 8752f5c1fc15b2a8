//! The capabilities that a turn uses, as a trait: the component's imports in production, a recording
//! fake in tests.

use crate::types::{
    ApprovalRequest, Caller, Chunk, Endpoint, Error, Excerpt, Level, Media, PluginTool, Refusal,
    Request, Settings, ToolCall, Turn, Usage,
};

/// The host's decision on one tool call.
#[derive(Debug)]
pub enum Decision<Grant> {
    /// The call may run now.
    Granted(Grant),
    /// The call may run once the caller approved it.
    ApprovalRequired(ApprovalRequest),
    /// The call will not run.
    Refused(Refusal),
}

/// What the host gives to a turn. Each function is the one of `wit/host` with the same name, where
/// limits and guarantees are documented.
pub trait Host {
    /// Leave to run one tool call.
    type Grant;
    /// The result of a data operation.
    type Outcome;
    /// A provider's response.
    type Response: Response;

    /// The authenticated caller (`identity.caller`).
    fn caller(&self) -> Caller;
    /// The turn (`identity.turn`).
    fn turn(&self) -> Turn;
    /// Settings of the workspace (`policy.settings`).
    fn settings(&self) -> Settings;
    /// Names of the built-in tools that the caller may use (`policy.tools`).
    fn permitted_tools(&self) -> Vec<String>;
    /// The tools of components that the caller may use (`policy.plugin-tools`).
    fn plugin_tools(&self) -> Vec<PluginTool>;
    /// Asks leave for at most 64 tool calls (`policy.authorise`).
    fn authorise(&self, calls: &[ToolCall]) -> Vec<Decision<Self::Grant>>;
    /// Runs granted calls (`data.execute-all`).
    fn execute_all(&self, grants: Vec<Self::Grant>) -> Vec<Result<Self::Outcome, Error>>;
    /// What the model may see of an outcome, at most `max_bytes` (`outcome.excerpt`).
    fn excerpt(&self, outcome: &Self::Outcome, max_bytes: u32) -> Excerpt;
    /// The image or sound that the operation read, for a model that takes such (`outcome.media`).
    fn media(&self, outcome: &Self::Outcome) -> Option<Media>;
    /// Provider and model of the turn (`provider.endpoint`).
    fn endpoint(&self) -> Endpoint;
    /// Sends a request to the provider (`provider.send`).
    fn send(&self, request: &Request) -> Result<Self::Response, Error>;
    /// Writes chunks to the caller's screen (`ui.emit`).
    fn emit(&self, chunks: &[Chunk]);
    /// Writes a tool call's result to the caller's screen (`ui.emit-outcome`).
    fn emit_outcome(&self, tool_call_id: &str, outcome: &Self::Outcome);
    /// Writes a line of diagnostics (`log.log`). Never what the user, the data or the provider says.
    fn log(&self, level: Level, message: &str);
    /// Milliseconds since the Unix epoch (`clock.now`).
    fn now(&self) -> u64;
    /// Milliseconds until the turn's deadline (`clock.remaining`).
    fn remaining(&self) -> u64;
    /// Waits, at most 60,000 milliseconds (`clock.wait`).
    fn wait(&self, milliseconds: u32);
}

/// A provider's response, whose body is still arriving (`provider.response`).
pub trait Response {
    /// HTTP status.
    fn status(&self) -> u16;
    /// A header by lower-case name.
    fn header(&self, name: &str) -> Option<String>;
    /// Waits for body bytes; empty at the end of the body.
    fn read(&self, max_bytes: u32) -> Result<Vec<u8>, Error>;
    /// Records what the call consumed.
    fn report_usage(&self, usage: Usage);
}
