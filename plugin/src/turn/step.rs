//! One provider call: its answer streams to the screen and is kept for what follows.

use super::ids::CallIds;
use super::screen::Screen;
use crate::failure::Failure;
use crate::format::{Event, EventReader, TokenCount};
use crate::host::{Host, Response};
use crate::tools::Toolset;
use crate::types::{Block, Chunk, Delta, Endpoint, Error, ErrorKind, FinishReason, ToolInputStart};

/// Bytes that one read asks for: many events at a time.
const READ_BYTES: u32 = 64 * 1024;
/// Characters of a tool's name on the screen.
const MAX_NAME: usize = 128;

/// Why a provider call failed.
#[derive(Debug)]
pub(super) enum StepFailure {
    /// The provider, in our words.
    Provider(Failure),
    /// The host, in its own words, which are meant for the user.
    Host(String),
}

impl StepFailure {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Provider(failure) => failure.text(),
            Self::Host(text) => text,
        }
    }
}

/// A tool call as the model wrote it.
#[derive(Debug)]
pub(super) struct WrittenCall {
    /// The browser's id.
    pub(super) id: String,
    /// The provider's id, where it differs.
    pub(super) provider_id: Option<String>,
    pub(super) name: String,
    pub(super) arguments: String,
    /// Whether the tool is none that the client knows.
    pub(super) dynamic: bool,
}

/// What a provider call gave.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) text: String,
    /// Reasoning by the field that it came in.
    pub(super) reasoning: Vec<(&'static str, String)>,
    pub(super) calls: Vec<WrittenCall>,
    pub(super) finish: Option<FinishReason>,
    pub(super) usage: Option<TokenCount>,
    pub(super) failure: Option<StepFailure>,
    /// What the log says about the failure.
    pub(super) detail: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Text,
    Reasoning(&'static str),
}

/// A block of text or reasoning that hasn't ended.
struct OpenBlock {
    kind: BlockKind,
    id: String,
}

struct Writer<'a, 'h, H: Host> {
    screen: &'a mut Screen<'h, H>,
    ids: &'a mut CallIds,
    tools: &'a Toolset,
    endpoint: &'a Endpoint,
    step: Step,
    begun: bool,
    open: Option<OpenBlock>,
    blocks: u32,
}

impl Step {
    /// Reads a response to its end. The step begins on the screen with the first thing there is to
    /// show, and is left open.
    pub(super) fn stream<H: Host>(
        screen: &mut Screen<'_, H>,
        ids: &mut CallIds,
        tools: &Toolset,
        endpoint: &Endpoint,
        response: &H::Response,
        reader: &mut dyn EventReader,
    ) -> Self {
        let step = Self::default();
        let mut writer =
            Writer { screen, ids, tools, endpoint, step, begun: false, open: None, blocks: 0 };
        while !reader.is_complete() {
            match response.read(READ_BYTES) {
                Ok(bytes) if !bytes.is_empty() => {
                    reader.feed(&bytes, &mut |event| writer.accept(event));
                    writer.screen.flush();
                }
                // A break after the model's last word loses nothing.
                Err(error) if !reader.is_finished() => {
                    writer.step.failure = Some(broken(&error));
                    writer.step.detail = Some(format!("reading stopped: {}", error.code));
                    break;
                }
                Ok(_) | Err(_) => {
                    reader.end(&mut |event| writer.accept(event));
                    break;
                }
            }
        }
        writer.close_block();
        writer.step
    }
}

fn broken(error: &Error) -> StepFailure {
    match error.kind {
        ErrorKind::Unavailable => StepFailure::Provider(Failure::Cut),
        ErrorKind::Timeout => StepFailure::Provider(Failure::TimedOut),
        _ => StepFailure::Host(error.message.clone()),
    }
}

impl<H: Host> Writer<'_, '_, H> {
    fn accept(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Refusal(text) => {
                self.step.text.push_str(&text);
                let id = self.block(BlockKind::Text);
                self.screen.push(Chunk::TextDelta(Delta { id, text: text.into_owned() }));
            }
            Event::Reasoning { field, text } => {
                let id = self.block(BlockKind::Reasoning(field));
                if let Some((_, whole)) = self.step.reasoning.last_mut() {
                    whole.push_str(&text);
                }
                self.screen.push(Chunk::ReasoningDelta(Delta { id, text: text.into_owned() }));
            }
            Event::CallStarted { id, name, .. } => self.start_call(id.as_deref(), &name),
            Event::CallArguments { call, text } => {
                if let Some(call) = self.step.calls.get_mut(call) {
                    call.arguments.push_str(&text);
                    let delta = Delta { id: call.id.clone(), text: text.into_owned() };
                    self.screen.push(Chunk::ToolInputDelta(delta));
                }
            }
            Event::Usage(count) => self.step.usage = Some(count),
            Event::Finished(reason) => self.step.finish = Some(reason),
            Event::Failed { failure, detail } => {
                self.step.failure = Some(StepFailure::Provider(failure));
                self.step.detail = Some(detail);
            }
        }
    }

    fn start_call(&mut self, provider_id: Option<&str>, name: &str) {
        self.close_block();
        self.begin();
        let id = self.ids.assign(provider_id);
        let provider_id = provider_id.filter(|given| *given != id).map(String::from);
        let name: String = if name.is_empty() { "unknown" } else { name }
            .chars()
            .filter(|character| !character.is_control())
            .take(MAX_NAME)
            .collect();
        let dynamic = self.tools.find(&name).is_none();
        self.screen.push(Chunk::ToolInputStart(ToolInputStart {
            tool_call_id: id.clone(),
            tool_name: name.clone(),
            dynamic,
        }));
        let arguments = String::new();
        self.step.calls.push(WrittenCall { id, provider_id, name, arguments, dynamic });
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.begun, true) {
            self.screen.push(Chunk::StartStep);
        }
    }

    /// Opens a block of a kind, unless it is open, and gives its id.
    fn block(&mut self, kind: BlockKind) -> String {
        if let Some(open) = &self.open
            && open.kind == kind
        {
            return open.id.clone();
        }
        self.close_block();
        self.begin();
        let number = self.blocks;
        self.blocks += 1;
        let block = |id: &String| Block { id: id.clone(), provider_metadata: None };
        let id = match kind {
            BlockKind::Text => {
                let id = format!("text-{number}");
                self.screen.push(Chunk::TextStart(block(&id)));
                id
            }
            BlockKind::Reasoning(field) => {
                let id = format!("reasoning-{number}");
                self.step.reasoning.push((field, String::new()));
                self.screen.push(Chunk::ReasoningStart(block(&id)));
                id
            }
        };
        self.open = Some(OpenBlock { kind, id: id.clone() });
        id
    }

    fn close_block(&mut self) {
        let Some(OpenBlock { kind, id }) = self.open.take() else {
            return;
        };
        self.screen.push(match kind {
            BlockKind::Text => Chunk::TextEnd(Block { id, provider_metadata: None }),
            BlockKind::Reasoning(field) => Chunk::ReasoningEnd(Block {
                id,
                provider_metadata: Some(super::history::reasoning_metadata(field, self.endpoint)),
            }),
        });
    }
}
