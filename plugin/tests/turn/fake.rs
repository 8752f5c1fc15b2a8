//! A host that plays a script and writes down everything.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use palisade_plugin::host::{Decision, Host, Response};
use palisade_plugin::types::*;
use serde_json::{Value, json};

pub(crate) use crate::chunks::folded;
use crate::chunks::{chunk_json, joined};
use crate::protocol::Protocol;

/// How the fake decides on a tool or a call.
#[derive(Clone)]
pub(crate) enum Rule {
    Ask,
    Refuse(&'static str, &'static str),
}

pub(crate) struct FakeResponse {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<&'static str, String>,
    pub(crate) pieces: RefCell<VecDeque<Vec<u8>>>,
    pub(crate) end: Option<Error>,
}

pub(crate) struct FakeHost {
    pub(crate) settings: Settings,
    pub(crate) endpoint: Endpoint,
    pub(crate) permitted: Vec<&'static str>,
    /// Tools of components, and how often they were asked for.
    pub(crate) plugins: Vec<PluginTool>,
    pub(crate) plugin_questions: Cell<u32>,
    /// By tool name or call id; granted where there is none.
    pub(crate) rules: BTreeMap<&'static str, Rule>,
    /// Results by tool name.
    pub(crate) results: BTreeMap<&'static str, Result<String, Error>>,
    /// Images and sounds by tool name.
    pub(crate) media: BTreeMap<&'static str, Media>,
    pub(crate) responses: RefCell<VecDeque<Result<FakeResponse, Error>>>,
    pub(crate) requests: RefCell<Vec<Value>>,
    pub(crate) protocol: RefCell<Protocol>,
    lines: RefCell<Vec<String>>,
    /// Chunks that were written.
    pub(crate) emitted: Cell<usize>,
    provider_attempts: Cell<u32>,
    provider_answers: Cell<u32>,
    /// What the provider calls consumed, as reported.
    pub(crate) reported: Rc<RefCell<Vec<Usage>>>,
    is_object: Cell<bool>,
    /// Milliseconds until the deadline.
    pub(crate) remaining: Cell<u64>,
}

pub(crate) struct FakeGrant {
    id: String,
    tool: String,
}

pub(crate) struct FakeOutcome {
    text: String,
    media: Option<Media>,
}

pub(crate) fn error(kind: ErrorKind, code: &str, message: &str) -> Error {
    Error { kind, code: code.into(), message: message.into() }
}

impl FakeHost {
    pub(crate) fn new() -> Self {
        let result = |text: &str| Ok(text.to_owned());
        Self {
            settings: Settings {
                max_steps: 5,
                system_prompt: None,
                tool_result_bytes: 200,
                tool_mode: ToolMode::Direct,
            },
            endpoint: Endpoint {
                provider: "acme".into(),
                kind: "openai-compatible".into(),
                model: "acme-1".into(),
                reasoning: false,
                max_output_tokens: None,
                context_tokens: None,
                capabilities: Vec::new(),
            },
            permitted: vec!["schema", "items", "ask_user"],
            plugins: Vec::new(),
            plugin_questions: Cell::new(0),
            rules: BTreeMap::new(),
            results: BTreeMap::from([
                ("schema", result(r#"{"collections":["articles"]}"#)),
                ("items", result(r#"[{"id":1,"title":"First"}]"#)),
            ]),
            media: BTreeMap::new(),
            responses: RefCell::default(),
            requests: RefCell::default(),
            protocol: RefCell::default(),
            lines: RefCell::default(),
            emitted: Cell::default(),
            provider_attempts: Cell::default(),
            provider_answers: Cell::default(),
            reported: Rc::default(),
            is_object: Cell::default(),
            remaining: Cell::new(300_000),
        }
    }

    /// The next answer of the provider: a stream of events.
    pub(crate) fn answers(self, events: &[Value]) -> Self {
        self.answers_bytes(stream(events).as_bytes(), &[])
    }

    /// The next answer of the provider: these bytes, cut at these places.
    pub(crate) fn answers_bytes(self, bytes: &[u8], cuts: &[usize]) -> Self {
        self.responds(FakeResponse {
            status: 200,
            headers: BTreeMap::from([("content-type", "text/event-stream".into())]),
            pieces: RefCell::new(pieces(bytes, cuts)),
            end: None,
        })
    }

    pub(crate) fn responds(self, response: FakeResponse) -> Self {
        self.responses.borrow_mut().push_back(Ok(response));
        self
    }

    pub(crate) fn fails(self, error: Error) -> Self {
        self.responses.borrow_mut().push_back(Err(error));
        self
    }

    pub(crate) fn rule(mut self, tool_or_id: &'static str, rule: Rule) -> Self {
        self.rules.insert(tool_or_id, rule);
        self
    }

    pub(crate) fn result(mut self, tool: &'static str, result: Result<&str, Error>) -> Self {
        self.results.insert(tool, result.map(String::from));
        self
    }

    pub(crate) fn shows(mut self, tool: &'static str, media_type: &str, base64: &str) -> Self {
        self.media.insert(tool, Media { media_type: media_type.into(), base64: base64.into() });
        self
    }

    /// The tool that a call means: in the registry the one that `execute` names.
    fn meant(&self, call: &ToolCall) -> String {
        if self.settings.tool_mode != ToolMode::Registry || call.tool != "execute" {
            return call.tool.clone();
        }
        let arguments: Value = serde_json::from_str(&call.arguments).expect("JSON");
        assert!(arguments["input"].is_object(), "{arguments}");
        arguments["name"].as_str().expect("a name").to_owned()
    }

    /// Runs a turn and gives its transcript.
    pub(crate) fn transcript(&self, request: TurnRequest) -> String {
        palisade_plugin::run(self, request).expect("the fake keeps its contract");
        self.protocol.borrow().ended();
        assert!(
            self.responses.borrow().is_empty(),
            "the provider was asked less often than scripted"
        );
        self.lines.borrow().join("\n")
    }

    /// Asks for one JSON value and gives the text that went out. Only a whole value is finished.
    pub(crate) fn object(&self, request: ObjectRequest) -> Result<String, Error> {
        self.is_object.set(true);
        let outcome = palisade_plugin::object(self, request);
        assert!(self.responses.borrow().is_empty(), "the provider was asked less often");
        let chunks = self.chunks();
        let kinds: Vec<_> = chunks.iter().map(|chunk| chunk["type"].as_str()).collect();
        let deltas = kinds.iter().filter(|kind| **kind == Some("text-delta")).count();
        let (start, finish) = (usize::from(deltas > 0), usize::from(outcome.is_ok()));
        assert_eq!(kinds.len(), start + deltas + finish, "{kinds:?}");
        assert!(deltas == 0 || kinds[0] == Some("start"), "{kinds:?}");
        assert_eq!(kinds.last() == Some(&Some("finish")), outcome.is_ok(), "{kinds:?}");
        outcome.map(|()| chunks.iter().filter_map(|chunk| chunk["delta"].as_str()).collect())
    }

    /// The provider's request number `index` of the last turn.
    pub(crate) fn request(&self, index: usize) -> Value {
        self.requests.borrow()[index].clone()
    }

    /// The chunks of the last turn.
    pub(crate) fn chunks(&self) -> Vec<Value> {
        let lines = self.lines.borrow();
        let chunks = lines.iter().filter(|line| line.starts_with('{'));
        chunks.map(|line| serde_json::from_str(line).expect("a chunk")).collect()
    }

    fn line(&self, line: impl Into<String>) {
        self.lines.borrow_mut().push(line.into());
    }

    /// Writes a chunk down. Where one piece of a text ends and the next begins says nothing, so they
    /// are written down together.
    fn chunk(&self, mut chunk: Value) {
        self.emitted.update(|chunks| chunks + 1);
        if !self.is_object.get() {
            self.protocol.borrow_mut().accept(&chunk);
        }
        let mut lines = self.lines.borrow_mut();
        if let Some(whole) = lines.last().and_then(|last| joined(last, &chunk)) {
            lines.pop();
            chunk = whole;
        }
        chunk.sort_all_objects();
        lines.push(chunk.to_string());
    }
}

impl Host for FakeHost {
    type Grant = FakeGrant;
    type Outcome = FakeOutcome;
    type Response = RecordedResponse;

    fn caller(&self) -> Caller {
        Caller {
            user_id: "b1a7".into(),
            display_name: "Ada Lovelace".into(),
            roles: Vec::new(),
            admin: false,
            language: "en-US".into(),
        }
    }

    fn turn(&self) -> Turn {
        Turn { id: "0199-77".into(), workspace: "default".into(), project_name: "Newsroom".into() }
    }

    fn settings(&self) -> Settings {
        self.settings.clone()
    }

    fn permitted_tools(&self) -> Vec<String> {
        self.permitted.iter().map(ToString::to_string).collect()
    }

    fn plugin_tools(&self) -> Vec<PluginTool> {
        self.plugin_questions.set(self.plugin_questions.get() + 1);
        self.plugins.clone()
    }

    fn authorise(&self, calls: &[ToolCall]) -> Vec<Decision<FakeGrant>> {
        assert!((1..=64).contains(&calls.len()));
        calls
            .iter()
            .map(|call| {
                self.line(format!("→ authorise {} {} {}", call.id, call.tool, call.arguments));
                let tool = self.meant(call);
                assert!(tool != "search", "the host knows no search");
                let rule = self.rules.get(&*call.id).or(self.rules.get(&*tool));
                match rule.cloned() {
                    None => Decision::Granted(FakeGrant { id: call.id.clone(), tool }),
                    Some(Rule::Ask) => Decision::ApprovalRequired(ApprovalRequest {
                        approval_id: format!("approval-of-{}", call.id),
                        reason: "It changes data.".into(),
                    }),
                    Some(Rule::Refuse(code, message)) => {
                        Decision::Refused(Refusal { code: code.into(), message: message.into() })
                    }
                }
            })
            .collect()
    }

    fn execute_all(&self, grants: Vec<FakeGrant>) -> Vec<Result<FakeOutcome, Error>> {
        assert!((1..=64).contains(&grants.len()));
        let ids: Vec<_> = grants.iter().map(|grant| grant.id.as_str()).collect();
        self.line(format!("→ execute {}", ids.join(" ")));
        let outcome = |grant: &FakeGrant| {
            let media = self.media.get(&*grant.tool).cloned();
            let result = self.results.get(&*grant.tool).cloned();
            result.expect("a scripted result").map(|text| FakeOutcome { text, media })
        };
        grants.iter().map(outcome).collect()
    }

    fn excerpt(&self, outcome: &FakeOutcome, max_bytes: u32) -> Excerpt {
        let outcome = &outcome.text;
        let end = outcome.floor_char_boundary(max_bytes as usize);
        Excerpt { text: outcome[..end].into(), complete: end == outcome.len() }
    }

    fn media(&self, outcome: &FakeOutcome) -> Option<Media> {
        outcome.media.clone()
    }

    fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    fn send(&self, request: &Request) -> Result<RecordedResponse, Error> {
        let (attempts, steps) = (self.provider_attempts.get() + 1, self.settings.max_steps);
        self.provider_attempts.set(attempts);
        assert!(attempts <= 3 * steps, "more attempts than the host allows");
        assert!(self.provider_answers.get() < steps, "more provider calls than max-steps");
        self.line(format!("→ send {}", request.path));
        let mut body: Value = serde_json::from_str(&request.body).expect("the body is JSON");
        body.sort_all_objects();
        self.requests.borrow_mut().push(body);
        let response = self.responses.borrow_mut().pop_front().expect("a scripted response")?;
        if (200..300).contains(&response.status) {
            self.provider_answers.set(self.provider_answers.get() + 1);
        }
        Ok(RecordedResponse { response, reported: self.reported.clone() })
    }

    fn emit(&self, chunks: &[Chunk]) {
        assert!(!chunks.is_empty());
        for chunk in chunks {
            self.chunk(chunk_json(chunk));
        }
    }

    fn emit_outcome(&self, tool_call_id: &str, outcome: &FakeOutcome) {
        let output: Value = serde_json::from_str(&outcome.text).expect("outcomes are JSON");
        self.chunk(json!({
            "type": "tool-output-available", "toolCallId": tool_call_id, "output": output,
        }));
    }

    fn log(&self, level: Level, message: &str) {
        self.line(format!("→ log {level:?} {message}"));
    }

    fn now(&self) -> u64 {
        1_795_305_600_000
    }

    fn remaining(&self) -> u64 {
        self.remaining.get()
    }

    fn wait(&self, milliseconds: u32) {
        assert!(milliseconds <= 60_000);
        self.line(format!("→ wait {milliseconds} ms"));
        self.remaining.set(self.remaining.get().saturating_sub(milliseconds.into()));
    }
}

pub(crate) struct RecordedResponse {
    response: FakeResponse,
    reported: Rc<RefCell<Vec<Usage>>>,
}

impl Response for RecordedResponse {
    fn status(&self) -> u16 {
        self.response.status
    }

    fn header(&self, name: &str) -> Option<String> {
        self.response.headers.get(name).cloned()
    }

    fn read(&self, max_bytes: u32) -> Result<Vec<u8>, Error> {
        assert!((1..=1_048_576).contains(&max_bytes));
        match (self.response.pieces.borrow_mut().pop_front(), &self.response.end) {
            (Some(piece), _) => Ok(piece),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn report_usage(&self, usage: Usage) {
        self.reported.borrow_mut().push(usage);
    }
}

fn pieces(bytes: &[u8], cuts: &[usize]) -> VecDeque<Vec<u8>> {
    let mut cuts: Vec<_> = cuts.iter().copied().filter(|cut| *cut < bytes.len()).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut from = 0;
    let mut pieces = VecDeque::new();
    for cut in cuts {
        // An empty read means the end.
        if cut > from {
            pieces.push_back(bytes[from..cut].to_vec());
        }
        from = cut;
    }
    pieces
}

/// Events as a stream that ends as it should.
pub(crate) fn stream(events: &[Value]) -> String {
    let mut stream: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    stream.push_str("data: [DONE]\n\n");
    stream
}

pub(crate) fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

pub(crate) fn text(text: &str) -> Value {
    delta(json!({"content": text}))
}

pub(crate) fn call(index: u32, id: &str, name: &str, arguments: &Value) -> Value {
    delta(json!({"tool_calls": [{
        "index": index, "id": id, "type": "function",
        "function": {"name": name, "arguments": arguments.to_string()},
    }]}))
}

pub(crate) fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

pub(crate) fn usage(input: u64, output: u64) -> Value {
    json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output}})
}

pub(crate) fn read_articles() -> Value {
    json!({"action": "read", "collection": "articles"})
}

pub(crate) fn delete_article() -> Value {
    json!({"action": "delete", "collection": "articles", "keys": [1]})
}

// The posted conversation.

pub(crate) fn request(messages: Vec<Message>) -> TurnRequest {
    TurnRequest { messages, client_tools: Vec::new(), context: None }
}

pub(crate) fn ask(text: &str) -> TurnRequest {
    request(vec![user(text)])
}

pub(crate) fn user(text: &str) -> Message {
    Message { id: "u".into(), role: Role::User, parts: vec![said(text)] }
}

pub(crate) fn assistant(parts: Vec<Part>) -> Message {
    Message { id: "a".into(), role: Role::Assistant, parts }
}

pub(crate) fn said(text: &str) -> Part {
    Part::Text(TextPart { text: text.into(), provider_metadata: None })
}

pub(crate) fn tool(id: &str, name: &str, state: ToolState, input: &Value) -> ToolPart {
    let approval =
        |approved| Some(Approval { id: format!("approval-of-{id}"), approved, reason: None });
    ToolPart {
        tool_call_id: id.into(),
        tool_name: name.into(),
        dynamic: false,
        provider_executed: false,
        state,
        input: Some(input.to_string()),
        output: None,
        error_text: None,
        approval: match state {
            ToolState::ApprovalRequested => approval(None),
            ToolState::ApprovalResponded => approval(Some(true)),
            ToolState::OutputDenied => approval(Some(false)),
            _ => None,
        },
        call_metadata: None,
    }
}
