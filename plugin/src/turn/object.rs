//! A question whose answer is one JSON value.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use super::exchange::{Exchange, Listener, StepFailure};
use super::retry::Retry;
use super::screen::{DeltaKind, Screen};
use crate::conversation::{Conversation, Entry, OutputShape, UserPart};
use crate::failure::Failure;
use crate::format::Event;
use crate::host::Host;
use crate::prompt;
use crate::tools::Schema;
use crate::types::{Chunk, Error, ErrorKind, FinishReason, ObjectRequest};

/// Bytes of what is wrong with an answer, of the 4 KiB that an error's message may have.
const MAX_COMPLAINT: usize = 2_000;

/// Answers with one JSON value. Its text goes out as it comes, between `start` and `finish`.
///
/// # Errors
/// Whatever is in the way of a whole value that fits the schema. `start` and a part of the text may
/// be out by then, but no `finish`.
pub fn object<H: Host>(host: &H, request: ObjectRequest) -> Result<(), Error> {
    let unusable = || Error {
        kind: ErrorKind::Invalid,
        code: "INVALID_PAYLOAD".into(),
        message: "The schema has to be a JSON Schema.".into(),
    };
    let schema = Schema::parse(&request.schema).ok_or_else(unusable)?;
    let shape = RawValue::from_string(request.schema).map_err(|_| unusable())?;
    let endpoint = host.endpoint();
    let max_tokens = [request.max_output_tokens, endpoint.max_output_tokens];
    let conversation = Conversation {
        system: prompt::OBJECT.trim().into(),
        paused: false,
        entries: vec![Entry::User(vec![UserPart::Text(request.prompt)])],
        tools: Vec::new(),
        output: Some(OutputShape {
            schema: shape,
            max_tokens: max_tokens.into_iter().flatten().min(),
        }),
    };
    let mut writer = Writer::new(host);
    let ending = Exchange::new(host, &endpoint, 1)
        .ask(&conversation, &mut writer)
        .map_err(StepFailure::error)?;
    writer.screen.flush();
    if let Some(failure) = ending.failure {
        return Err(failure.error());
    }
    let failure = match ending.finish {
        _ if writer.refused => Some(Failure::Refused),
        Some(FinishReason::ContentFilter) => Some(Failure::ContentFilter),
        Some(FinishReason::Length) => Some(Failure::OutputLimit),
        _ if ending.paused => Some(Failure::Cut),
        _ if !writer.begun => Some(Failure::Empty),
        _ => None,
    };
    if let Some(failure) = failure {
        return Err(failure.error());
    }
    check(&schema, &writer.text)?;
    writer.screen.push(Chunk::Finish(FinishReason::Stop));
    writer.screen.flush();
    Ok(())
}

/// Checks the whole answer.
fn check(schema: &Schema, text: &str) -> Result<(), Error> {
    let complaint = match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            schema.check(&value).map_err(|wrong| format!("does not fit the schema: {wrong}"))
        }
        Err(error) => Err(format!("is not one JSON value: {error}.")),
    };
    complaint.map_err(|mut complaint| {
        complaint.truncate(complaint.floor_char_boundary(MAX_COMPLAINT));
        Error {
            kind: ErrorKind::Other,
            code: "OUTPUT_INVALID".into(),
            message: format!("The model's answer {complaint}"),
        }
    })
}

/// Writes the text of an answer. Nothing goes out before there is something to read, so that until
/// then an error is all that the caller gets.
struct Writer<'h, H: Host> {
    screen: Screen<'h, H>,
    text: String,
    begun: bool,
    refused: bool,
}

impl<'h, H: Host> Writer<'h, H> {
    fn new(host: &'h H) -> Self {
        Self { screen: Screen::new(host), text: String::new(), begun: false, refused: false }
    }

    fn write(&mut self, text: Cow<'_, str>) {
        self.screen.append(DeltaKind::Text, "text-0", text);
    }
}

impl<H: Host> Listener for Writer<'_, H> {
    fn accept(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => {
                self.text.push_str(&text);
                if self.begun {
                    self.write(text);
                } else if !text.trim().is_empty() {
                    self.begun = true;
                    self.screen.push(Chunk::Start);
                    self.write(self.text.clone().into());
                }
            }
            Event::Refusal(_) => self.refused = true,
            // Reasoning and sources are no part of the value; there are no tools to call.
            _ => {}
        }
    }

    fn pause(&mut self) {
        self.screen.flush();
    }

    fn retry(&mut self, _: &Retry) {}
}
