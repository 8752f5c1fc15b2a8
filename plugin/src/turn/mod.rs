//! One turn: from the posted conversation to the end of its stream.

mod calls;
mod history;
mod ids;
mod metadata;
mod screen;
mod step;
mod usage;

use std::collections::BTreeMap;

use calls::Settled;
use history::Continuation;
use ids::CallIds;
use screen::Screen;
use step::{Step, StepFailure, Written};
use usage::Totals;

use crate::conversation::{AnswerPart, Call, CallResult, Conversation, UserPart};
use crate::failure::Failure;
use crate::format::{self, MAX_BODY_BYTES, WireFormat};
use crate::host::{Host, Response};
use crate::prompt;
use crate::tools::Toolset;
use crate::types::{
    Block, Chunk, Delta, Endpoint, Error, FinishReason, Level, Settings, TurnRequest,
};

/// Bytes of a provider's error body that are looked at.
const MAX_ERROR_BODY: usize = 64 * 1024;

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
    format: Box<dyn WireFormat>,
    tools: Toolset,
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
        let endpoint = host.endpoint();
        Self {
            host,
            screen: Screen::new(host),
            settings: host.settings(),
            format: format::of_kind(&endpoint),
            endpoint,
            tools: Toolset::new(&host.permitted_tools(), &request.client_tools),
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
        let mut conversation = self.conversation(request, &settled);
        for _ in 0..self.settings.max_steps.max(1) {
            match self.step(&mut conversation)? {
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
    ) -> Conversation {
        let (caller, turn) = (self.host.caller(), self.host.turn());
        let mut conversation = Conversation {
            system: prompt::system(&self.settings, &caller, &turn, self.host.now()),
            entries: Vec::new(),
            tools: self.tools.offered(),
            output: None,
        };
        let context = request.context.as_deref().map(prompt::context).map(UserPart::Text);
        history::replay(
            &request.messages,
            &history::Replay {
                settled,
                endpoint: &self.endpoint,
                result_bytes: self.settings.tool_result_bytes as usize,
            },
            context,
            &mut conversation,
        );
        conversation
    }

    /// One provider call, and the tool calls that it asks for.
    fn step(&mut self, conversation: &mut Conversation) -> Result<Next, Error> {
        let step = match self.ask(conversation) {
            Ok(step) => step,
            Err(failure) => return Ok(self.fail(&failure)),
        };
        if let Some(failure) = step.failure {
            return Ok(self.fail(&failure));
        }
        if step.calls.is_empty() {
            if step.paused {
                self.screen.push(Chunk::FinishStep);
                conversation.push_step(answer(step), Vec::new());
                return Ok(Next::AnotherStep);
            }
            if !step.has_text() {
                return Ok(self.fail(&StepFailure::Provider(match step.finish {
                    Some(FinishReason::Length) => Failure::OutputLimit,
                    Some(FinishReason::ContentFilter) => Failure::ContentFilter,
                    _ => Failure::Empty,
                })));
            }
            self.screen.push(Chunk::FinishStep);
            self.finish(match step.finish {
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

    /// Sends the conversation and streams the answer to the screen.
    fn ask(&mut self, conversation: &Conversation) -> Result<Step, StepFailure> {
        let request = self.format.request(conversation).map_err(StepFailure::Provider)?;
        if request.body.len() > MAX_BODY_BYTES {
            return Err(StepFailure::Provider(Failure::ContextTooLong));
        }
        self.screen.flush();
        let response =
            self.host.send(&request).map_err(|error| StepFailure::Host(error.message))?;
        drop(request);
        let status = response.status();
        if !(200..300).contains(&status) {
            let refused = self.format.refused(status, &error_body(&response));
            let request_id = ["x-request-id", "request-id"]
                .into_iter()
                .find_map(|name| response.header(name))
                .unwrap_or_default();
            self.host.log(
                Level::Warn,
                &format!("the provider refused: {} request-id={request_id}", refused.detail),
            );
            return Err(StepFailure::Provider(refused.failure));
        }
        let content_type = response.header("content-type").unwrap_or_default();
        if content_type.to_ascii_lowercase().starts_with("text/html") {
            self.host.log(Level::Warn, "the provider's answer is an HTML page");
            return Err(StepFailure::Provider(Failure::NotAStream));
        }
        let mut reader = self.format.reader(conversation);
        let step = Step::stream(
            &mut self.screen,
            &mut self.ids,
            &self.tools,
            &self.endpoint,
            &response,
            reader.as_mut(),
        );
        if let Some(count) = step.usage {
            self.totals.add(count);
            response.report_usage(count.into());
        }
        if let Some(detail) = &step.detail {
            self.host.log(Level::Warn, &format!("the provider's answer failed: {detail}"));
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

    fn fail(&mut self, failure: &StepFailure) -> Next {
        self.screen.push(Chunk::Error(failure.text().to_owned()));
        self.screen.flush();
        Next::End
    }
}

fn error_body(response: &impl Response) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY {
        match response.read(16 * 1024) {
            Ok(bytes) if !bytes.is_empty() => body.extend_from_slice(&bytes),
            _ => break,
        }
    }
    body
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
