//! One provider call: its answer streams to the screen and is kept for what follows.

use super::ids::CallIds;
use super::metadata;
use super::screen::Screen;
use crate::failure::Failure;
use crate::format::{Event, EventReader, TokenCount};
use crate::host::{Host, Response};
use crate::tools::Toolset;
use crate::types::{
    Block, Chunk, Delta, Endpoint, Error, ErrorKind, FinishReason, SourceUrl, ToolInputStart,
};

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
    /// What the provider wants back with it.
    pub(super) state: Option<String>,
    /// Whether the tool is none that the client knows.
    pub(super) dynamic: bool,
}

/// A part of an answer, in the order in which the model wrote it.
#[derive(Debug)]
pub(super) enum Written {
    Text {
        text: String,
        state: Option<String>,
    },
    Reasoning {
        place: &'static str,
        text: String,
        state: Option<String>,
    },
    /// The call of this number.
    Call(usize),
}

/// What a provider call gave.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) written: Vec<Written>,
    pub(super) calls: Vec<WrittenCall>,
    pub(super) finish: Option<FinishReason>,
    /// Whether the model wants to go on where it stopped.
    pub(super) paused: bool,
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
    sources: u32,
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
        let mut writer = Writer {
            screen,
            ids,
            tools,
            endpoint,
            step,
            begun: false,
            open: None,
            blocks: 0,
            sources: 0,
        };
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
        writer.close_block(None);
        writer.step
    }

    /// Whether the answer says anything.
    pub(super) fn has_text(&self) -> bool {
        self.written
            .iter()
            .any(|part| matches!(part, Written::Text { text, .. } if !text.trim().is_empty()))
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
                let id = self.block(BlockKind::Text);
                self.append(&text);
                self.screen.push(Chunk::TextDelta(Delta { id, text: text.into_owned() }));
            }
            Event::Reasoning { place, text } => {
                let id = self.block(BlockKind::Reasoning(place));
                self.append(&text);
                self.screen.push(Chunk::ReasoningDelta(Delta { id, text: text.into_owned() }));
            }
            Event::TextEnded { state } => self.end_block(BlockKind::Text, state),
            Event::ReasoningEnded { place, state } => {
                self.end_block(BlockKind::Reasoning(place), state);
            }
            Event::CallStarted { id, name, .. } => self.start_call(id.as_deref(), &name),
            Event::CallArguments { call, text } => {
                if let Some(call) = self.step.calls.get_mut(call) {
                    call.arguments.push_str(&text);
                    let delta = Delta { id: call.id.clone(), text: text.into_owned() };
                    self.screen.push(Chunk::ToolInputDelta(delta));
                }
            }
            Event::CallState { call, state } => {
                if let Some(call) = self.step.calls.get_mut(call) {
                    call.state = Some(state);
                }
            }
            Event::Source { url, title } => self.cite(url.into_owned(), title.map(Into::into)),
            Event::Usage(count) => self.step.usage = Some(count),
            Event::Finished(reason) => self.step.finish = Some(reason),
            Event::Paused => self.step.paused = true,
            Event::Failed { failure, detail } => {
                self.step.failure = Some(StepFailure::Provider(failure));
                self.step.detail = Some(detail);
            }
        }
    }

    /// Adds to the block that is open.
    fn append(&mut self, more: &str) {
        if let Some(Written::Text { text, .. } | Written::Reasoning { text, .. }) =
            self.step.written.last_mut()
        {
            text.push_str(more);
        }
    }

    /// Ends a block of a kind with what the provider wants back with it.
    fn end_block(&mut self, kind: BlockKind, state: Option<String>) {
        let is_open = self.open.as_ref().is_some_and(|open| open.kind == kind);
        if !is_open && state.is_some() {
            self.block(kind);
        }
        if is_open || state.is_some() {
            self.close_block(state);
        }
    }

    fn cite(&mut self, url: String, title: Option<String>) {
        self.begin();
        let source_id = format!("source-{}", self.sources);
        self.sources += 1;
        self.screen.push(Chunk::SourceUrl(SourceUrl { source_id, url, title }));
    }

    fn start_call(&mut self, provider_id: Option<&str>, name: &str) {
        self.close_block(None);
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
        let (arguments, state) = (String::new(), None);
        self.step.written.push(Written::Call(self.step.calls.len()));
        self.step.calls.push(WrittenCall { id, provider_id, name, arguments, state, dynamic });
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
        self.close_block(None);
        self.begin();
        let number = self.blocks;
        self.blocks += 1;
        let block = |id: &String| Block { id: id.clone(), provider_metadata: None };
        let (text, state) = (String::new(), None);
        let id = match kind {
            BlockKind::Text => {
                let id = format!("text-{number}");
                self.step.written.push(Written::Text { text, state });
                self.screen.push(Chunk::TextStart(block(&id)));
                id
            }
            BlockKind::Reasoning(place) => {
                let id = format!("reasoning-{number}");
                self.step.written.push(Written::Reasoning { place, text, state });
                self.screen.push(Chunk::ReasoningStart(block(&id)));
                id
            }
        };
        self.open = Some(OpenBlock { kind, id: id.clone() });
        id
    }

    fn close_block(&mut self, state: Option<String>) {
        let Some(OpenBlock { kind, id }) = self.open.take() else {
            return;
        };
        let kept = state.as_deref();
        self.screen.push(match kind {
            BlockKind::Text => Chunk::TextEnd(Block {
                id,
                provider_metadata: metadata::of_text(self.endpoint, kept),
            }),
            BlockKind::Reasoning(place) => Chunk::ReasoningEnd(Block {
                id,
                provider_metadata: Some(metadata::of_reasoning(self.endpoint, place, kept)),
            }),
        });
        if let Some(Written::Text { state: slot, .. } | Written::Reasoning { state: slot, .. }) =
            self.step.written.last_mut()
        {
            *slot = state;
        }
    }
}
