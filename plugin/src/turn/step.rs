//! A step: a provider's answer streams to the screen and is kept for what follows.

use std::borrow::Cow;

use super::exchange::{Ending, Listener};
use super::ids::CallIds;
use super::metadata;
use super::retry::Retry;
use super::screen::{DeltaKind, Screen};
use crate::format::Event;
use crate::host::Host;
use crate::tools::Toolset;
use crate::types::{Block, Chunk, Endpoint, SourceUrl, ToolInputStart};

/// Characters of a tool's name on the screen.
const MAX_NAME: usize = 128;

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
    /// Whether it has begun on the screen.
    pub(super) begun: bool,
    pub(super) ending: Ending,
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

/// Writes an answer to the screen. The step begins there with the first thing there is to show, and
/// is left open.
pub(super) struct Writer<'a, 'h, H: Host> {
    screen: &'a mut Screen<'h, H>,
    ids: &'a mut CallIds,
    tools: &'a Toolset,
    endpoint: &'a Endpoint,
    step: Step,
    open: Option<OpenBlock>,
    blocks: u32,
    sources: u32,
}

impl Step {
    /// Whether the answer says anything.
    pub(super) fn has_text(&self) -> bool {
        self.written
            .iter()
            .any(|part| matches!(part, Written::Text { text, .. } if !text.trim().is_empty()))
    }
}

impl<H: Host> Listener for Writer<'_, '_, H> {
    fn accept(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Refusal(text) => {
                self.append(BlockKind::Text, text);
            }
            Event::Reasoning { place, text } => {
                self.append(BlockKind::Reasoning(place), text);
            }
            Event::TextEnded { state } => self.end_block(BlockKind::Text, state),
            Event::ReasoningEnded { place, state } => {
                self.end_block(BlockKind::Reasoning(place), state);
            }
            Event::CallStarted { id, name, .. } => self.start_call(id.as_deref(), &name),
            Event::CallArguments { call, text } => {
                if let Some(call) = self.step.calls.get_mut(call) {
                    call.arguments.push_str(&text);
                    self.screen.append(DeltaKind::ToolInput, &call.id, text);
                }
            }
            Event::CallState { call, state } => {
                if let Some(call) = self.step.calls.get_mut(call) {
                    call.state = Some(state);
                }
            }
            Event::Source { url, title } => self.cite(url.into_owned(), title.map(Into::into)),
            Event::Usage(_) | Event::Finished(_) | Event::Paused | Event::Failed { .. } => {}
        }
    }

    fn pause(&mut self) {
        self.screen.flush();
    }

    fn retry(&mut self, retry: &Retry) {
        self.screen.push(Chunk::Data(retry.data_part()));
        self.screen.flush();
    }
}

impl<'a, 'h, H: Host> Writer<'a, 'h, H> {
    pub(super) fn new(
        screen: &'a mut Screen<'h, H>,
        ids: &'a mut CallIds,
        tools: &'a Toolset,
        endpoint: &'a Endpoint,
    ) -> Self {
        let step = Step::default();
        Self { screen, ids, tools, endpoint, step, open: None, blocks: 0, sources: 0 }
    }

    /// The answer ended.
    pub(super) fn end(mut self, ending: Ending) -> Step {
        self.close_block(None);
        self.step.ending = ending;
        self.step
    }

    /// Adds to the block of a kind, which is opened unless it is open.
    fn append(&mut self, kind: BlockKind, more: Cow<'_, str>) {
        self.open_block(kind);
        if let Some(Written::Text { text, .. } | Written::Reasoning { text, .. }) =
            self.step.written.last_mut()
        {
            text.push_str(&more);
        }
        let shown = match kind {
            BlockKind::Text => DeltaKind::Text,
            BlockKind::Reasoning(_) => DeltaKind::Reasoning,
        };
        if let Some(block) = &self.open {
            self.screen.append(shown, &block.id, more);
        }
    }

    /// Ends a block of a kind with what the provider wants back with it.
    fn end_block(&mut self, kind: BlockKind, state: Option<String>) {
        let is_open = self.open.as_ref().is_some_and(|open| open.kind == kind);
        if !is_open && state.is_some() {
            self.open_block(kind);
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
        let dynamic = !self.tools.has(&name);
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
        if !std::mem::replace(&mut self.step.begun, true) {
            self.screen.push(Chunk::StartStep);
        }
    }

    /// Opens a block of a kind, unless it is open.
    fn open_block(&mut self, kind: BlockKind) {
        if self.open.as_ref().is_some_and(|open| open.kind == kind) {
            return;
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
        self.open = Some(OpenBlock { kind, id });
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
