//! The component's export, and [`Host`] over the component's imports.

use std::panic::PanicHookInfo;
use std::sync::Once;

use crate::bindings::exports::palisade::assistant::assistant::Guest;
use crate::bindings::palisade::host::{clock, data, identity, log, policy, provider, ui};
use crate::host::{Decision, Host, Response};
use crate::types::{
    Caller, Chunk, Endpoint, Error, Excerpt, Level, Media, ObjectRequest, PluginTool, Request,
    Settings, ToolCall, ToolDefinition, Turn, TurnRequest, Usage,
};

/// The component's imports.
struct Imports;

impl Host for Imports {
    type Grant = policy::Grant;
    type Outcome = data::Outcome;
    type Response = provider::Response;

    fn caller(&self) -> Caller {
        identity::get_caller()
    }

    fn turn(&self) -> Turn {
        identity::get_turn()
    }

    fn settings(&self) -> Settings {
        policy::get_settings()
    }

    fn permitted_tools(&self) -> Vec<String> {
        policy::tools()
    }

    fn plugin_tools(&self) -> Vec<PluginTool> {
        policy::plugin_tools()
    }

    fn authorise(&self, calls: &[ToolCall]) -> Vec<Decision<Self::Grant>> {
        policy::authorise(calls)
            .into_iter()
            .map(|decision| match decision {
                policy::Decision::Granted(grant) => Decision::Granted(grant),
                policy::Decision::ApprovalRequired(request) => Decision::ApprovalRequired(request),
                policy::Decision::Refused(refusal) => Decision::Refused(refusal),
            })
            .collect()
    }

    fn execute_all(&self, grants: Vec<Self::Grant>) -> Vec<Result<Self::Outcome, Error>> {
        data::execute_all(grants)
    }

    fn excerpt(&self, outcome: &Self::Outcome, max_bytes: u32) -> Excerpt {
        outcome.excerpt(max_bytes)
    }

    fn media(&self, outcome: &Self::Outcome) -> Option<Media> {
        outcome.media()
    }

    fn endpoint(&self) -> Endpoint {
        provider::get_endpoint()
    }

    fn send(&self, request: &Request) -> Result<Self::Response, Error> {
        provider::send(request)
    }

    fn emit(&self, chunks: &[Chunk]) {
        ui::emit(chunks);
    }

    fn emit_outcome(&self, tool_call_id: &str, outcome: &Self::Outcome) {
        ui::emit_outcome(tool_call_id, outcome);
    }

    fn log(&self, level: Level, message: &str) {
        log::log(level, message);
    }

    fn now(&self) -> u64 {
        clock::now()
    }

    fn remaining(&self) -> u64 {
        clock::remaining()
    }

    fn wait(&self, milliseconds: u32) {
        clock::wait(milliseconds);
    }
}

impl Response for provider::Response {
    fn status(&self) -> u16 {
        self.status()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.header(name)
    }

    fn read(&self, max_bytes: u32) -> Result<Vec<u8>, Error> {
        self.read(max_bytes)
    }

    fn report_usage(&self, usage: Usage) {
        self.report_usage(usage);
    }
}

/// What the component exports.
pub(crate) struct Component;

impl Guest for Component {
    fn tools() -> Vec<ToolDefinition> {
        crate::tools::definitions()
    }

    fn run(request: TurnRequest) -> Result<(), Error> {
        tell_panics();
        crate::turn::run(&Imports, request)
    }

    fn object(request: ObjectRequest) -> Result<(), Error> {
        tell_panics();
        crate::turn::object(&Imports, request)
    }
}

fn tell_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(log_panic)));
}

/// Says where the component panicked: a trap alone says nothing. A payload that was put together at
/// run time may quote the conversation, so only fixed texts are logged.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let text = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("panic");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    log::log(Level::Error, &format!("the assistant component panicked at {place}: {text}"));
}
