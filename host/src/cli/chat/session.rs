//! A conversation: questions, the turns that answer them, and the answers to what they ask back.

use futures_util::StreamExt;
use serde_json::{Map, Value, json};

use super::{
    Transport,
    message::{AssistantMessage, Waiting, WaitingCall, text},
    terminal::{self, Screen, TypedAnswer},
};
use crate::cli::{CliError, arguments::ChatArguments};

/// Turns that one question may take, with all that is asked back. The host's limit on steps ends a
/// turn long before; this one ends a host that asks for ever.
const TURNS: usize = 50;

/// How approvals are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// By the person at the terminal.
    Ask,
    /// Yes to all.
    Approve,
    /// No to all.
    Deny,
}

pub(super) struct Session<'a> {
    transport: &'a dyn Transport,
    answers: Answers,
    json: bool,
    /// The fields of a request that stay the same.
    request: Map<String, Value>,
    messages: Vec<Value>,
    /// Tools that the person set to run always.
    modes: Map<String, Value>,
    /// Why calls ask, by tool call id.
    reasons: Map<String, Value>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        transport: &'a dyn Transport,
        arguments: &ChatArguments,
        answers: Answers,
    ) -> Self {
        let mut request = Map::new();
        for (name, value) in [("provider", &arguments.provider), ("model", &arguments.model)] {
            if let Some(value) = value {
                request.insert(name.into(), value.as_str().into());
            }
        }
        Self {
            transport,
            answers,
            json: arguments.json,
            request,
            messages: Vec::new(),
            modes: Map::new(),
            reasons: Map::new(),
        }
    }

    /// Asks a question and goes on until it is answered.
    pub(super) async fn ask(&mut self, question: &str) -> Result<(), CliError> {
        self.messages.push(json!({
            "id": self.next_id(),
            "role": "user",
            "parts": [{"type": "text", "text": question}],
        }));
        let mut message = AssistantMessage::new(self.next_id());
        let answered = self.answer(&mut message).await;
        // What was answered before an error stays in the conversation, as it does on a screen.
        self.messages.extend(message.to_json());
        answered
    }

    async fn answer(&mut self, message: &mut AssistantMessage) -> Result<(), CliError> {
        for _ in 0..TURNS {
            self.turn(message).await?;
            let waiting = message.waiting();
            if waiting.is_empty() {
                return Ok(());
            }
            for call in waiting {
                self.settle(message, &call)?;
            }
        }
        Err(CliError::Stream(format!("the assistant asked back more than {TURNS} times")))
    }

    async fn turn(&mut self, message: &mut AssistantMessage) -> Result<(), CliError> {
        let mut body = self.request.clone();
        let messages: Vec<Value> = self.messages.iter().cloned().chain(message.to_json()).collect();
        body.insert("messages".into(), messages.into());
        if !self.modes.is_empty() {
            body.insert("toolApprovals".into(), self.modes.clone().into());
        }
        let mut chunks = self.transport.post(Value::Object(body).to_string().into_bytes()).await?;
        let mut screen = Screen::new();
        let mut failure = None;
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            if self.json {
                say!("{chunk}");
            }
            let chunk: Value = serde_json::from_str(&chunk)
                .map_err(|_| CliError::Stream("the host sent a chunk that is no JSON".into()))?;
            message.apply(&chunk);
            match text(&chunk, "type") {
                "error" => failure = Some(text(&chunk, "errorText").to_owned()),
                "data-approval" => {
                    let data = &chunk["data"];
                    self.reasons.insert(text(data, "toolCallId").into(), data["reason"].clone());
                }
                _ => {}
            }
            if !self.json {
                let tool = message.tool_of(text(&chunk, "toolCallId"));
                screen.show(&chunk, tool)?;
            }
        }
        failure.map_or(Ok(()), |failure| Err(CliError::Stream(failure)))
    }

    fn settle(
        &mut self,
        message: &mut AssistantMessage,
        call: &WaitingCall,
    ) -> Result<(), CliError> {
        match call.reason {
            Waiting::Result => {
                let output = match self.answers {
                    Answers::Ask => terminal::ask_question(&call.input)?,
                    Answers::Approve | Answers::Deny => None,
                };
                let output = output.unwrap_or_else(|| "The user gave no answer.".into());
                message.give_result(call, output.into());
            }
            Waiting::Approval => {
                let answer = match self.answers {
                    Answers::Approve => TypedAnswer::Approve,
                    Answers::Deny => TypedAnswer::Deny(None),
                    Answers::Ask => {
                        let why = self.reasons.get(&call.id).and_then(Value::as_str);
                        terminal::ask_approval(call, why)?
                    }
                };
                if answer == TypedAnswer::Always {
                    self.modes.insert(call.tool.clone(), "always".into());
                }
                match answer {
                    TypedAnswer::Deny(reason) => message.answer(call, false, reason.as_deref()),
                    _ => message.answer(call, true, None),
                }
            }
        }
        Ok(())
    }

    fn next_id(&self) -> String {
        format!("cli-{}", self.messages.len())
    }
}
