//! One provider call: a request goes out, what was refused for a while goes out again, and the
//! answer's events go to whoever asked.

use super::retry::{Refusal, Retry};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::format::{self, Event, MAX_BODY_BYTES, TokenCount, WireFormat};
use crate::host::{Host, Response};
use crate::types::{Endpoint, Error, ErrorKind, FinishReason, Level, Request};

/// Bytes of a provider's error body that are looked at.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// Bytes that one read asks for: many events at a time.
const READ_BYTES: u32 = 64 * 1024;
/// Attempts that the host allows for each step.
const ATTEMPTS: u32 = 3;
/// Code of the host's error where a provider can't be reached.
const UNREACHABLE: &str = "PROVIDER_UNAVAILABLE";

/// Takes the events of an answer.
pub(super) trait Listener {
    /// The next event, other than those that an [`Ending`] tells.
    fn accept(&mut self, event: Event<'_>);

    /// What has arrived so far was accepted; more may take a while.
    fn pause(&mut self);

    /// The request was refused and goes out again after a wait. Nothing was accepted so far.
    fn retry(&mut self, retry: &Retry);
}

/// Why a provider call failed.
#[derive(Debug)]
pub(super) enum StepFailure {
    /// The provider, in our words.
    Provider(Failure),
    /// The host, in its own words, which are meant for the user.
    Host(Error),
    /// The request is larger than the host takes, so it was not sent.
    TooLarge,
}

impl StepFailure {
    /// The failure as an error; its message is for the user.
    pub(super) fn error(self) -> Error {
        match self {
            Self::Provider(failure) => failure.error(),
            Self::Host(error) => error,
            Self::TooLarge => Failure::ContextTooLong.error(),
        }
    }
}

/// How an answer ended.
#[derive(Debug, Default)]
pub(super) struct Ending {
    pub(super) finish: Option<FinishReason>,
    /// Whether the model wants to go on where it stopped.
    pub(super) paused: bool,
    pub(super) usage: Option<TokenCount>,
    pub(super) failure: Option<StepFailure>,
    /// What the log says about the failure.
    detail: Option<String>,
}

/// The way to the turn's provider.
pub(super) struct Exchange<'h, H: Host> {
    host: &'h H,
    format: Box<dyn WireFormat>,
    turn_id: String,
    /// Answers that the host still allows.
    steps_left: u32,
    /// Requests that the host still allows.
    attempts_left: u32,
}

enum Sent<R> {
    Answered(R),
    Refused(Refusal, StepFailure),
}

impl<'h, H: Host> Exchange<'h, H> {
    /// At most `steps` answers.
    pub(super) fn new(host: &'h H, endpoint: &Endpoint, steps: u32) -> Self {
        Self {
            host,
            format: format::of_kind(endpoint),
            turn_id: host.turn().id,
            steps_left: steps,
            attempts_left: steps.saturating_mul(ATTEMPTS),
        }
    }

    /// Whether the provider may be asked once more.
    pub(super) fn may_ask(&self) -> bool {
        self.steps_left > 0 && self.attempts_left > 0
    }

    /// Whether the model takes an image or sound of this type in a result.
    pub(super) fn reads_result(&self, media_type: &str) -> bool {
        self.format.reads_result(media_type)
    }

    /// Sends the conversation and reads the answer to its end.
    ///
    /// # Errors
    /// Where there is no answer at all; one that breaks off has an [`Ending`].
    pub(super) fn ask(
        &mut self,
        conversation: &Conversation,
        listener: &mut impl Listener,
    ) -> Result<Ending, StepFailure> {
        let request = self.format.request(conversation).map_err(StepFailure::Provider)?;
        if request.body.len() > MAX_BODY_BYTES {
            return Err(StepFailure::TooLarge);
        }
        let mut retries = 0;
        let response = loop {
            let (refusal, failure) = match self.send(&request)? {
                Sent::Answered(response) => break response,
                Sent::Refused(refusal, failure) => (refusal, failure),
            };
            let seed = format!("{} {}", self.turn_id, self.attempts_left);
            let remaining = self.host.remaining();
            let Some(retry) = refusal
                .retry(retries, remaining, &seed)
                // Each later step has to have its attempt.
                .filter(|_| self.attempts_left >= self.steps_left)
            else {
                return Err(failure);
            };
            listener.retry(&retry);
            self.host.wait(retry.milliseconds);
            retries += 1;
        };
        drop(request);
        let content_type = response.header("content-type").unwrap_or_default();
        if content_type.to_ascii_lowercase().starts_with("text/html") {
            self.host.log(Level::Warn, "the provider's answer is an HTML page");
            return Err(StepFailure::Provider(Failure::NotAStream));
        }
        let ending = self.read(&response, conversation, listener);
        if let Some(count) = ending.usage {
            response.report_usage(count.into());
        }
        if let Some(detail) = &ending.detail {
            self.host.log(Level::Warn, &format!("the provider's answer failed: {detail}"));
        }
        Ok(ending)
    }

    fn send(&mut self, request: &Request) -> Result<Sent<H::Response>, StepFailure> {
        self.attempts_left = self.attempts_left.saturating_sub(1);
        let response = match self.host.send(request) {
            Ok(response) => response,
            Err(error) if error.code == UNREACHABLE => {
                return Ok(Sent::Refused(Refusal::unreachable(), StepFailure::Host(error)));
            }
            Err(error) => return Err(StepFailure::Host(error)),
        };
        let status = response.status();
        if (200..300).contains(&status) {
            self.steps_left = self.steps_left.saturating_sub(1);
            return Ok(Sent::Answered(response));
        }
        let refused = self.format.refused(status, &error_body(&response));
        let request_id = ["x-request-id", "request-id"]
            .into_iter()
            .find_map(|name| response.header(name))
            .unwrap_or_default();
        self.host.log(
            Level::Warn,
            &format!("the provider refused: {} request-id={request_id}", refused.detail),
        );
        let refusal = Refusal::of_response(&response, &refused, self.host.now());
        Ok(Sent::Refused(refusal, StepFailure::Provider(refused.failure)))
    }

    fn read(
        &self,
        response: &H::Response,
        conversation: &Conversation,
        listener: &mut impl Listener,
    ) -> Ending {
        let mut reader = self.format.reader(conversation);
        let mut ending = Ending::default();
        while !reader.is_complete() {
            match response.read(READ_BYTES) {
                Ok(bytes) if !bytes.is_empty() => {
                    reader.feed(&bytes, &mut |event| ending.accept(event, listener));
                    listener.pause();
                }
                // A break after the model's last word loses nothing.
                Err(error) if !reader.is_finished() => {
                    ending.detail = Some(format!("reading stopped: {}", error.code));
                    ending.failure = Some(broken(error));
                    break;
                }
                Ok(_) | Err(_) => {
                    reader.end(&mut |event| ending.accept(event, listener));
                    break;
                }
            }
        }
        ending
    }
}

impl Ending {
    fn accept(&mut self, event: Event<'_>, listener: &mut impl Listener) {
        match event {
            Event::Usage(count) => self.usage = Some(count),
            Event::Finished(reason) => self.finish = Some(reason),
            Event::Paused => self.paused = true,
            Event::Failed { failure, detail } => {
                self.failure = Some(StepFailure::Provider(failure));
                self.detail = Some(detail);
            }
            event => listener.accept(event),
        }
    }
}

fn broken(error: Error) -> StepFailure {
    match error.kind {
        ErrorKind::Unavailable => StepFailure::Provider(Failure::Cut),
        ErrorKind::Timeout => StepFailure::Provider(Failure::TimedOut),
        _ => StepFailure::Host(error),
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
