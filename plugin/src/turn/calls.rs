//! Tool calls: checked, put to the host, run, and their results shown.

use super::Turn;
use super::screen::Screen;
use super::step::{Step, WrittenCall};
use super::{history, metadata, results};
use crate::conversation::CallResult;
use crate::host::{Decision, Host};
use crate::tools::{self, Runs};
use crate::types::{
    Chunk, Endpoint, Error, ErrorKind, FinishReason, Refusal, ToolApprovalRequest, ToolCall,
    ToolInput, ToolInputError, ToolOutput, ToolOutputError,
};

/// Calls that the host takes at a time, and that one step may make.
const MAX_CALLS: usize = 64;
/// Bytes of arguments that go to the host at a time, of the 4 MiB that it lifts.
const MAX_BATCH_BYTES: usize = 2 * 1024 * 1024;
/// Bytes that the host takes of one call's arguments, id and name.
const MAX_ARGUMENTS: usize = 1024 * 1024;
const MAX_ID: usize = 256;
const MAX_NAME: usize = 128;

/// A call that the host decides on.
#[derive(Debug, Clone)]
pub(super) struct ProposedCall {
    pub(super) id: String,
    pub(super) name: String,
    /// The text of a JSON object.
    pub(super) arguments: String,
    pub(super) dynamic: bool,
}

/// What became of a call.
#[derive(Debug)]
pub(super) enum Settled {
    /// It has a result, good or bad.
    Result(CallResult),
    /// The user or the client has to do something first.
    Waiting,
}

impl<H: Host> Turn<'_, H> {
    /// Checks the calls of a step, shows their arguments, and settles those that the host runs.
    /// The answer is in the order of the calls.
    pub(super) fn settle_step(&mut self, step: &Step) -> Result<Vec<Settled>, Error> {
        let mut settled = Vec::new();
        let mut proposed = Vec::new();
        let mut places = Vec::new();
        for (place, call) in step.calls.iter().enumerate() {
            if self.tools.misses_plugins(&call.name) {
                self.tools.add_plugins(self.host.plugin_tools());
            }
            let checked = if place < MAX_CALLS {
                self.tools.check(&call.name, &call.arguments)
            } else {
                Err(format!("Too many tool calls in one step: at most {MAX_CALLS} run."))
            };
            let (runs, arguments) = match checked {
                Ok(checked) => checked,
                Err(mut text) => {
                    if step.ending.finish == Some(FinishReason::Length) {
                        text.push_str(" The output limit was reached; write less at a time.");
                    }
                    settled.push(Settled::Result(self.reject(call, text)));
                    continue;
                }
            };
            self.screen.push(Chunk::ToolInputAvailable(input(
                &self.endpoint,
                call,
                arguments.clone(),
            )));
            settled.push(match runs {
                Runs::Search => Settled::Result(self.search(call, &arguments)),
                Runs::Host | Runs::Client => Settled::Waiting,
            });
            if runs == Runs::Host {
                let WrittenCall { id, name, dynamic, .. } = call;
                proposed.push(ProposedCall {
                    id: id.clone(),
                    name: name.clone(),
                    arguments,
                    dynamic: *dynamic,
                });
                places.push(place);
            }
        }
        for (place, outcome) in places.into_iter().zip(self.settle(&proposed)?) {
            if let Some(slot) = settled.get_mut(place) {
                *slot = outcome;
            }
        }
        Ok(settled)
    }

    /// Asks leave for calls, runs those that may run at once, and shows what became of each.
    pub(super) fn settle(&mut self, calls: &[ProposedCall]) -> Result<Vec<Settled>, Error> {
        let mut settled = Vec::with_capacity(calls.len());
        let mut grants = Vec::new();
        let mut granted = Vec::new();
        let mut rest = calls;
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(batch_length(rest));
            rest = later;
            for (call, decision) in batch.iter().zip(self.decide(batch)?) {
                settled.push(match decision {
                    Decision::Granted(grant) => {
                        grants.push(grant);
                        granted.push(settled.len());
                        Settled::Waiting
                    }
                    Decision::ApprovalRequired(request) => {
                        self.screen.push(Chunk::ToolApprovalRequest(ToolApprovalRequest {
                            approval_id: request.approval_id,
                            tool_call_id: call.id.clone(),
                        }));
                        Settled::Waiting
                    }
                    Decision::Refused(refusal) => {
                        Settled::Result(refuse(&mut self.screen, call, refusal))
                    }
                });
            }
        }
        // What the user has to decide shows before the calls run, which may take long.
        self.screen.flush();
        let bytes = self.limit.of(grants.len());
        let mut granted = granted.into_iter();
        while !grants.is_empty() {
            let later = grants.split_off(grants.len().min(MAX_CALLS));
            let asked = grants.len();
            let outcomes = self.host.execute_all(std::mem::replace(&mut grants, later));
            if outcomes.len() != asked {
                return Err(broken_contract("as many outcomes as grants"));
            }
            for outcome in outcomes {
                let Some(place) = granted.next() else { break };
                let (Some(call), Some(slot)) = (calls.get(place), settled.get_mut(place)) else {
                    break;
                };
                *slot = Settled::Result(self.show(call, outcome, bytes));
            }
        }
        self.screen.flush();
        Ok(settled)
    }

    fn decide(&self, calls: &[ProposedCall]) -> Result<Vec<Decision<H::Grant>>, Error> {
        if !calls.iter().all(fits) {
            let message = "The arguments, the id or the tool's name are too long.";
            let refusal = |_| {
                let code = "INVALID_PAYLOAD".into();
                Decision::Refused(Refusal { code, message: message.into() })
            };
            return Ok(calls.iter().map(refusal).collect());
        }
        let asked: Vec<_> = calls
            .iter()
            .map(|call| ToolCall {
                id: call.id.clone(),
                tool: call.name.clone(),
                arguments: call.arguments.clone(),
            })
            .collect();
        let decisions = self.host.authorise(&asked);
        if decisions.len() != calls.len() {
            return Err(broken_contract("as many decisions as calls"));
        }
        Ok(decisions)
    }

    /// Answers a search for tools, and shows the answer.
    fn search(&mut self, call: &WrittenCall, arguments: &str) -> CallResult {
        let answer = self.tools.search(arguments);
        self.screen.push(Chunk::ToolOutput(ToolOutput {
            tool_call_id: call.id.clone(),
            output: answer.clone(),
            dynamic: call.dynamic,
        }));
        let content = results::bounded(answer, self.limit.of(1));
        CallResult::succeeded(&call.id, content)
    }

    /// Shows a call's outcome and gives what the model may read of it, at most so many bytes.
    fn show(
        &mut self,
        call: &ProposedCall,
        outcome: Result<H::Outcome, Error>,
        bytes: u32,
    ) -> CallResult {
        match outcome {
            Ok(outcome) => {
                self.screen.flush();
                self.host.emit_outcome(&call.id, &outcome);
                let excerpt = self.host.excerpt(&outcome, bytes);
                let content =
                    if excerpt.complete { excerpt.text } else { results::truncated(excerpt.text) };
                let media = self.host.media(&outcome);
                let (content, media) = self
                    .gallery
                    .admit(content, media, |media_type| self.exchange.reads_result(media_type));
                CallResult { media, ..CallResult::succeeded(&call.id, content) }
            }
            Err(error) => {
                let text = format!("{}: {}", error.code, error.message);
                self.screen.push(output_error(&call.id, call.dynamic, text.clone()));
                CallResult::failed(&call.id, text)
            }
        }
    }

    /// Shows that a call's arguments can't be used.
    fn reject(&mut self, call: &WrittenCall, text: String) -> CallResult {
        let written = tools::as_json_value(&call.arguments);
        self.screen.push(Chunk::ToolInputError(ToolInputError {
            input: input(&self.endpoint, call, written),
            error_text: text.clone(),
        }));
        self.screen.push(output_error(&call.id, call.dynamic, text.clone()));
        CallResult::failed(&call.id, text)
    }
}

/// Whether the host takes a call; beyond its limits it would stop the turn.
fn fits(call: &ProposedCall) -> bool {
    call.arguments.len() <= MAX_ARGUMENTS && call.id.len() <= MAX_ID && call.name.len() <= MAX_NAME
}

/// The longest beginning that the host takes at a time. A call that doesn't fit is alone.
fn batch_length(calls: &[ProposedCall]) -> usize {
    let mut bytes = 0;
    let fitting = calls.iter().take(MAX_CALLS).take_while(|call| {
        bytes += call.arguments.len();
        bytes <= MAX_BATCH_BYTES && fits(call)
    });
    fitting.count().max(1)
}

fn refuse<H: Host>(
    screen: &mut Screen<'_, H>,
    call: &ProposedCall,
    refusal: Refusal,
) -> CallResult {
    let content = if refusal.code == "DENIED_BY_USER" {
        screen.push(Chunk::ToolOutputDenied(call.id.clone()));
        history::denial(Some(&refusal.message))
    } else {
        let text = format!("{}: {}", refusal.code, refusal.message);
        screen.push(output_error(&call.id, call.dynamic, text.clone()));
        text
    };
    CallResult::failed(&call.id, content)
}

fn input(endpoint: &Endpoint, call: &WrittenCall, input: String) -> ToolInput {
    ToolInput {
        tool_call_id: call.id.clone(),
        tool_name: call.name.clone(),
        input,
        dynamic: call.dynamic,
        provider_metadata: metadata::of_call(
            endpoint,
            call.provider_id.as_deref(),
            call.state.as_deref(),
        ),
    }
}

fn output_error(id: &str, dynamic: bool, error_text: String) -> Chunk {
    Chunk::ToolOutputError(ToolOutputError { tool_call_id: id.into(), error_text, dynamic })
}

fn broken_contract(what: &str) -> Error {
    Error {
        kind: ErrorKind::Internal,
        code: "HOST_CONTRACT".into(),
        message: format!("The host did not give {what}."),
    }
}
