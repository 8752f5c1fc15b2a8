//! The guest's own code, compiled for this machine: what a turn costs without a sandbox.

use std::{
    cell::{Cell, RefCell},
    hint::black_box,
};

use palisade_plugin::{
    host::{Decision, Host, Response},
    types::{
        Caller, Chunk, Endpoint, Error, Excerpt, Level, Media, Message, Part, PluginTool, Request,
        Role, Settings, TextPart, ToolCall, ToolMode, Turn, TurnRequest, Usage,
    },
};

use crate::stream::{EVENTS, TOKEN, Wire};

/// One turn with the whole answer; how many tokens it emitted.
fn events_counted(wire: &Wire) -> usize {
    let answer = wire.events(EVENTS).collect::<String>().into_bytes();
    let host = Native { kind: wire.kind, answer, tokens: Cell::new(0) };
    // A broken contract is impossible here, and no tokens at all would be noticed.
    drop(palisade_plugin::run(&host, question()));
    host.tokens.get()
}

/// One turn with the whole answer.
pub(crate) fn events(wire: &Wire) {
    black_box(events_counted(wire));
}

/// Runs a turn once, with a look at what it emits.
pub(crate) fn check(wire: &Wire) -> Result<(), String> {
    let tokens = events_counted(wire);
    if tokens == EVENTS { Ok(()) } else { Err(format!("{}: {tokens} tokens", wire.kind)) }
}

fn question() -> TurnRequest {
    let text = TextPart { text: "Which articles are drafts?".into(), provider_metadata: None };
    TurnRequest {
        messages: vec![Message { id: "1".into(), role: Role::User, parts: vec![Part::Text(text)] }],
        client_tools: Vec::new(),
        context: None,
    }
}

struct Native {
    kind: &'static str,
    answer: Vec<u8>,
    tokens: Cell<usize>,
}

/// The answer's bytes that weren't read yet.
struct Answer(RefCell<Vec<u8>>);

impl Response for Answer {
    fn status(&self) -> u16 {
        200
    }

    fn header(&self, _name: &str) -> Option<String> {
        None
    }

    fn read(&self, max_bytes: u32) -> Result<Vec<u8>, Error> {
        let bytes = &mut *self.0.borrow_mut();
        let rest = bytes.split_off(bytes.len().min(max_bytes as usize));
        Ok(std::mem::replace(bytes, rest))
    }

    fn report_usage(&self, _usage: Usage) {}
}

impl Host for Native {
    type Grant = ();
    type Outcome = ();
    type Response = Answer;

    fn caller(&self) -> Caller {
        Caller {
            user_id: String::new(),
            display_name: String::new(),
            roles: Vec::new(),
            admin: false,
            language: "en-US".into(),
        }
    }

    fn turn(&self) -> Turn {
        let (workspace, project_name) = (String::new(), String::new());
        Turn { id: "turn-1".into(), workspace, project_name }
    }

    fn settings(&self) -> Settings {
        Settings {
            max_steps: 10,
            system_prompt: None,
            tool_result_bytes: 48 * 1024,
            tool_mode: ToolMode::Direct,
        }
    }

    fn plugin_tools(&self) -> Vec<PluginTool> {
        Vec::new()
    }

    fn permitted_tools(&self) -> Vec<String> {
        vec!["schema".into(), "items".into()]
    }

    fn authorise(&self, _calls: &[ToolCall]) -> Vec<Decision<()>> {
        Vec::new()
    }

    fn execute_all(&self, _grants: Vec<()>) -> Vec<Result<(), Error>> {
        Vec::new()
    }

    fn excerpt(&self, _outcome: &(), _max_bytes: u32) -> Excerpt {
        Excerpt { text: String::new(), complete: true }
    }

    fn media(&self, _outcome: &()) -> Option<Media> {
        None
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            provider: "bench".into(),
            kind: self.kind.into(),
            model: "bench-1".into(),
            reasoning: false,
            max_output_tokens: None,
            context_tokens: None,
            capabilities: Vec::new(),
        }
    }

    fn send(&self, _request: &Request) -> Result<Answer, Error> {
        Ok(Answer(RefCell::new(self.answer.clone())))
    }

    fn emit(&self, chunks: &[Chunk]) {
        let tokens = chunks.iter().map(|chunk| match chunk {
            Chunk::TextDelta(delta) => delta.text.matches(TOKEN).count(),
            _ => 0,
        });
        self.tokens.set(self.tokens.get() + tokens.sum::<usize>());
    }

    fn emit_outcome(&self, _tool_call_id: &str, _outcome: &()) {}

    fn log(&self, _level: Level, _message: &str) {}

    fn now(&self) -> u64 {
        1_790_000_000_000
    }

    fn remaining(&self) -> u64 {
        300_000
    }

    fn wait(&self, _milliseconds: u32) {}
}
