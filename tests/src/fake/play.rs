//! Plays a model's scenario: finds the answer to a request and gives it in the protocol's own way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::Value;

use super::{
    delivery::{self, Pace, Watch},
    error::ApiError,
    framing::{Ending, frame, interrupt},
    message::{Arguments, MessageAnswer, Text, ToolCall},
    protocol::{Asked, Exchange, Form, Protocol, Service, header_text},
    quirks::Write,
    scenario::{AfterLast, Answer, ErrorAnswer, RawAnswer, Scenario, Selection},
    server::{Shared, finish_headers, refuse, send},
};

/// Characters of one delta of structured output.
const OBJECT_PIECE: usize = 12;

/// A scenario that is being played.
pub(super) struct Script {
    scenario: Scenario,
    asked: AtomicUsize,
}

impl Script {
    /// A scenario from its beginning.
    pub(super) fn new(scenario: Scenario) -> Self {
        Self { scenario, asked: AtomicUsize::new(0) }
    }

    /// The answer to a request, and its step.
    fn answer(&self, steps_behind: usize) -> Result<(Answer, usize), ApiError> {
        let wanted = match self.scenario.selection {
            Selection::Conversation => steps_behind,
            Selection::Order => self.asked.fetch_add(1, Ordering::Relaxed),
        };
        let step = match self.scenario.after_last {
            AfterLast::Refuse => wanted,
            AfterLast::Repeat => wanted.min(self.scenario.steps.len().saturating_sub(1)),
        };
        let answer = self.scenario.steps.get(step).cloned().ok_or_else(|| {
            let message = format!("The scenario has no step {step}: this call was not expected.");
            ApiError::invalid(message).code("script_exhausted")
        })?;
        Ok((answer, step))
    }
}

/// Handles a request for an answer of a model.
pub(super) async fn ask<P: Protocol>(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parsed = serde_json::from_slice::<Value>(&body).ok();
    let watch = shared.begin(&method, &uri, &headers, parsed.clone().unwrap_or_default());
    let chosen = shared
        .authorised::<P>(&headers, &uri)
        .and_then(|()| parse(&headers, parsed))
        .and_then(|body| {
            let files = &shared.files;
            let call = Exchange { uri: &uri, headers: &headers, body: &body, files };
            choose::<P>(&shared, &call, watch.number())
        });
    match chosen {
        Ok((answer, asked)) => give::<P>(&shared, watch, &headers, answer, &asked).await,
        Err(error) => refuse::<P>(&shared, watch, error),
    }
}

fn parse(headers: &HeaderMap, body: Option<Value>) -> Result<Value, ApiError> {
    let content_type = header_text(headers, "content-type");
    if !content_type.is_some_and(|value| value.starts_with("application/json")) {
        return Err(ApiError::invalid("This method only accepts 'application/json' requests.")
            .code("unsupported_content_type"));
    }
    body.ok_or_else(|| ApiError::invalid("We could not parse the JSON body of your request."))
}

/// Finds the answer to a request, once the request is valid.
fn choose<P: Protocol>(
    shared: &Shared,
    call: &Exchange<'_>,
    number: u64,
) -> Result<(Answer, Asked<P::Details>), ApiError> {
    let script = shared.script_of(&P::model(call)?)?;
    let asked = P::validate(call, &script.scenario)?;
    let (mut answer, step) = script.answer(asked.steps_behind)?;
    if let Answer::Message(message) = &mut answer {
        shape(message, &asked.form)?;
        if message.names_files {
            name_files(message, &asked.files);
        }
    }
    shared.records.answered_by(number, step);
    Ok((answer, asked))
}

/// Turns an object into what the request asks for.
fn shape(message: &mut MessageAnswer, form: &Form) -> Result<(), ApiError> {
    let Some(object) = message.object.take() else { return Ok(()) };
    match form {
        Form::Free => {
            return Err(ApiError::invalid(
                "The scenario answers with structured output, which this request doesn't ask for.",
            )
            .code("script_object_unasked"));
        }
        Form::Object => {
            let characters = object.to_text().chars().collect::<Vec<_>>();
            let pieces = characters.chunks(OBJECT_PIECE).map(|piece| piece.iter().collect());
            message.text = Some(Text::Pieces(pieces.collect()));
        }
        Form::Tool(name) => {
            let arguments = Arguments::Verbatim(object.to_text());
            message.tool_calls.push(ToolCall { id: None, name: name.clone(), arguments });
        }
    }
    Ok(())
}

fn name_files(message: &mut MessageAnswer, files: &[String]) {
    let mut pieces = message.text.as_ref().map(Text::pieces).unwrap_or_default();
    let list = if files.is_empty() { "no files.".to_owned() } else { files.join(", ") };
    pieces.extend(list.split_inclusive(' ').map(str::to_owned));
    message.text = Some(Text::Pieces(pieces));
}

async fn give<P: Protocol>(
    shared: &Shared,
    watch: Watch,
    headers: &HeaderMap,
    answer: Answer,
    asked: &Asked<P::Details>,
) -> Response {
    match answer {
        Answer::Message(answer) => {
            if answer.header_delay_ms > 0 {
                tokio::time::sleep(Duration::from_millis(answer.header_delay_ms)).await;
            }
            message::<P>(shared, watch, &answer, asked)
        }
        Answer::Error(answer) => {
            let error = scripted::<P>(&answer, headers);
            refuse::<P>(shared, watch, error)
        }
        Answer::Raw(answer) => raw::<P>(shared, watch, answer),
        Answer::Redirect { location } => {
            let redirect = (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]);
            send::<P>(shared, watch, redirect)
        }
        Answer::Hang => std::future::pending().await,
    }
}

/// The error that a script asks for, with what the service has for the same trouble.
fn scripted<S: Service>(answer: &ErrorAnswer, headers: &HeaderMap) -> ApiError {
    let status = S::scripted_status(answer);
    let usual = S::usual(status, answer.code.as_deref());
    let sent = ["authorization", "x-api-key", "x-goog-api-key"];
    let sent = sent.into_iter().find_map(|name| header_text(headers, name));
    ApiError::scripted(answer, status, usual, sent)
}

fn message<P: Protocol>(
    shared: &Shared,
    watch: Watch,
    answer: &MessageAnswer,
    asked: &Asked<P::Details>,
) -> Response {
    let number = watch.number();
    if !asked.stream {
        return send::<P>(shared, watch, Json(P::whole(answer, asked, number)));
    }
    let error_event = |message: &str, before| P::error_event(message, before, number);
    let (events, ending, ended) = interrupt(answer, P::events(answer, asked, number), error_event);
    let framing = P::frame(asked);
    let content_type =
        if framing.array { "application/json" } else { "text/event-stream; charset=utf-8" };
    let writes = delivery::writes(frame(answer, events, ended, framing), answer.write);
    let pace = Pace::milliseconds(answer.first_delay_ms, answer.delay_ms);
    let response = stream_response(StatusCode::OK, content_type);
    let response = finish_headers::<P>(shared, &watch, response);
    response.map(|_| delivery::body(writes, pace, ending, watch))
}

fn raw<S: Service>(shared: &Shared, watch: Watch, answer: RawAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let content_type = answer.content_type.as_deref().unwrap_or("text/event-stream");
    let response = finish_headers::<S>(shared, &watch, stream_response(status, content_type));
    let writes = delivery::writes(answer.body, Write::Event);
    let pace = Pace::milliseconds(0, answer.delay_ms);
    let ending = if answer.cut { Ending::Cut } else { Ending::Complete };
    response.map(|_| delivery::body(writes, pace, ending, watch))
}

fn stream_response(status: StatusCode, content_type: &str) -> Response {
    let mut response = (status, Body::empty()).into_response();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}
