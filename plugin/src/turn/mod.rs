//! One turn: from the posted conversation to the end of its stream.

mod calls;
mod context;
mod cost;
mod exchange;
mod gallery;
mod history;
mod ids;
mod metadata;
mod object;
mod results;
mod retry;
mod screen;
mod step;
mod usage;

use std::collections::BTreeMap;

use calls::Settled;
use context::Window;
use exchange::{Exchange, StepFailure};
use gallery::Gallery;
use history::Continuation;
use ids::CallIds;
use results::ResultLimit;
use screen::Screen;
use step::{Step, Writer, Written};
use usage::Totals;

pub use object::object;

use crate::conversation::{AnswerPart, Call, CallResult, Conversation, UserPart};
use crate::failure::Failure;
use crate::format::TokenCount;
use crate::host::Host;
use crate::prompt;
use crate::tools::Toolset;
use crate::types::{Block, Chunk, Delta, Endpoint, Error, FinishReason, Settings, TurnRequest};

/// Serves one turn and returns when its stream is complete, with or without an `error` chunk.
///
/// # Errors
/// Only where the host breaks its contract; whatever goes wrong at the provider or in a tool is told
/// in the stream.
pub fn run<H: Host>(host: &H, request: TurnRequest) -> Result<(), Error> {
    Turn::new(host, &request).serve(&request)
}

struct Turn<'h, H: Host> {
    host: &'h H,
    screen: Screen<'h, H>,
    settings: Settings,
    endpoint: Endpoint,
    exchange: Exchange<'h, H>,
    tools: Toolset,
    limit: ResultLimit,
    gallery: Gallery,
    ids: CallIds,
    totals: Totals,
}

/// What follows a step.
enum Next {
    /// All calls have results: ask the model again.
    AnotherStep,
    /// The stream is complete.
    End,
}

impl<'h, H: Host> Turn<'h, H> {
    fn new(host: &'h H, request: &TurnRequest) -> Self {
        let (endpoint, settings) = (host.endpoint(), host.settings());
        let exchange = Exchange::new(host, &endpoint, settings.max_steps.max(1));
        let looks_or_listens =
            ["image/png", "audio/wav"].iter().any(|it| exchange.reads_result(it));
        Self {
            host,
            screen: Screen::new(host),
            exchange,
            limit: ResultLimit::new(&settings, &endpoint),
            gallery: Gallery::default(),
            tools: Toolset::new(
                settings.tool_mode,
                looks_or_listens,
                &host.permitted_tools(),
                || host.plugin_tools(),
                &request.client_tools,
            ),
            settings,
            endpoint,
            ids: CallIds::new(&host.turn().id, history::call_ids(&request.messages)),
            totals: Totals::default(),
        }
    }

    fn serve(mut self, request: &TurnRequest) -> Result<(), Error> {
        self.screen.push(Chunk::Start);
        let settled = match history::continuation(&request.messages, &self.tools) {
            Continuation::None => BTreeMap::new(),
            Continuation::Incomplete => {
                self.finish(FinishReason::ToolCalls);
                return Ok(());
            }
            Continuation::Answered(calls) => {
                let mut results = BTreeMap::new();
                for settled in self.settle(&calls)? {
                    match settled {
                        Settled::Result(result) => {
                            results.insert(result.call_id.clone(), result);
                        }
                        Settled::Waiting => {
                            self.finish(FinishReason::ToolCalls);
                            return Ok(());
                        }
                    }
                }
                results
            }
        };
        self.screen.flush();
        let (mut conversation, mut window) = self.conversation(request, &settled);
        while self.exchange.may_ask() {
            match self.step(&mut conversation, &mut window)? {
                Next::AnotherStep => {}
                Next::End => return Ok(()),
            }
        }
        self.stop_at_limit();
        Ok(())
    }

    fn conversation(
        &self,
        request: &TurnRequest,
        settled: &BTreeMap<String, CallResult>,
    ) -> (Conversation, Window) {
        let (caller, turn) = (self.host.caller(), self.host.turn());
        let mut conversation = Conversation {
            system: prompt::system(&self.settings, &caller, &turn, self.host.now()),
            entries: Vec::new(),
            paused: false,
            tools: self.tools.offered(),
            output: None,
        };
        let context = request.context.as_deref().and_then(prompt::context).map(UserPart::Text);
        let layout = history::replay(
            &request.messages,
            &history::Replay { settled, endpoint: &self.endpoint, limit: self.limit },
            context,
            &mut conversation,
        );
        let window = Window::new(&self.endpoint, self.limit, layout);
        (conversation, window)
    }

    /// One provider call, and the tool calls that it asks for.
    fn step(
        &mut self,
        conversation: &mut Conversation,
        window: &mut Window,
    ) -> Result<Next, Error> {
        let step = match self.ask(conversation, window) {
            Ok(step) => step,
            Err(failure) => return Ok(self.fail(failure)),
        };
        if let Some(TokenCount { input, output, .. }) = step.ending.usage.filter(|it| it.input > 0)
        {
            window.count(input.saturating_add(output), conversation.entries.len() + 1);
        }
        if let Some(failure) = step.ending.failure {
            return Ok(self.fail(failure));
        }
        if step.calls.is_empty() {
            if step.ending.paused && step.begun {
                self.screen.push(Chunk::FinishStep);
                conversation.push_step(answer(step), Vec::new());
                conversation.paused = true;
                return Ok(Next::AnotherStep);
            }
            if !step.has_text() {
                return Ok(self.fail(StepFailure::Provider(match step.ending.finish {
                    Some(FinishReason::Length) => Failure::OutputLimit,
                    Some(FinishReason::ContentFilter) => Failure::ContentFilter,
                    _ => Failure::Empty,
                })));
            }
            self.screen.push(Chunk::FinishStep);
            self.finish(match step.ending.finish {
                None | Some(FinishReason::ToolCalls) => FinishReason::Stop,
                Some(reason) => reason,
            });
            return Ok(Next::End);
        }
        let settled = self.settle_step(&step)?;
        self.screen.push(Chunk::FinishStep);
        let results: Option<Vec<_>> = settled
            .into_iter()
            .map(|settled| match settled {
                Settled::Result(result) => Some(result),
                Settled::Waiting => None,
            })
            .collect();
        let Some(results) = results else {
            self.finish(FinishReason::ToolCalls);
            return Ok(Next::End);
        };
        conversation.push_step(answer(step), results);
        Ok(Next::AnotherStep)
    }

    /// Asks the model, with less of the conversation where it is too long.
    fn ask(
        &mut self,
        conversation: &mut Conversation,
        window: &mut Window,
    ) -> Result<Step, StepFailure> {
        let mut dropped = window.fit(conversation);
        let mut asked_again = false;
        loop {
            if dropped {
                self.screen.push(Chunk::Data(window.data_part()));
            }
            let answered = self.ask_once(conversation);
            let failure = match &answered {
                Err(failure) => Some(failure),
                Ok(step) => step.ending.failure.as_ref().filter(|_| !step.begun),
            };
            let again = match failure {
                Some(StepFailure::TooLarge) => true,
                Some(StepFailure::Provider(Failure::ContextTooLong)) => {
                    !std::mem::replace(&mut asked_again, true)
                }
                _ => false,
            };
            dropped = again && self.exchange.may_ask() && window.halve(conversation);
            if !dropped {
                return answered;
            }
        }
    }

    /// Sends the conversation and streams the answer to the screen.
    fn ask_once(&mut self, conversation: &Conversation) -> Result<Step, StepFailure> {
        self.screen.flush();
        let mut writer = Writer::new(&mut self.screen, &mut self.ids, &self.tools, &self.endpoint);
        let ending = self.exchange.ask(conversation, &mut writer)?;
        let step = writer.end(ending);
        if let Some(count) = step.ending.usage {
            self.totals.add(count);
        }
        Ok(step)
    }

    /// A turn that may not ask the model again ends with a step of its own: clients post a message
    /// whose last step holds nothing but settled tool calls again at once, and would do so for ever.
    fn stop_at_limit(&mut self) {
        let id = String::from("text-0");
        let text = format!(
            "I stopped here because one answer may take {} steps at most. Ask me to continue if you \
             want me to go on.",
            self.settings.max_steps
        );
        let block = || Block { id: id.clone(), provider_metadata: None };
        self.screen.push(Chunk::StartStep);
        self.screen.push(Chunk::TextStart(block()));
        self.screen.push(Chunk::TextDelta(Delta { id: id.clone(), text }));
        self.screen.push(Chunk::TextEnd(block()));
        self.screen.push(Chunk::FinishStep);
        self.finish(FinishReason::Other);
    }

    fn finish(&mut self, reason: FinishReason) {
        self.screen.push(Chunk::Finish(reason));
        if let Some(usage) = self.totals.data_part() {
            self.screen.push(Chunk::Data(usage));
        }
        self.screen.flush();
    }

    fn fail(&mut self, failure: StepFailure) -> Next {
        self.screen.push(Chunk::Error(failure.error().message));
        self.screen.flush();
        Next::End
    }
}

/// What a step said, as the next request repeats it.
fn answer(step: Step) -> Vec<AnswerPart> {
    let mut calls: Vec<_> = step.calls.into_iter().map(Some).collect();
    let parts = step.written.into_iter().filter_map(|written| match written {
        Written::Text { text, state } if state.is_some() || !text.trim().is_empty() => {
            Some(AnswerPart::Text { text, state })
        }
        Written::Text { .. } => None,
        Written::Reasoning { place, text, state } => {
            Some(AnswerPart::Reasoning { place: place.into(), text, state })
        }
        Written::Call(number) => calls.get_mut(number)?.take().map(|call| {
            AnswerPart::Call(Call {
                arguments: history::object_text(&call.arguments),
                name: history::wire_name(&call.name),
                provider_id: call.provider_id,
                id: call.id,
                state: call.state,
            })
        }),
    });
    parts.collect()
}
