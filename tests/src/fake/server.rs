//! The provider's HTTP interface.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::{Value, json};

use super::{
    catalogue::{named_scenario, scenario_names},
    delivery::{self, Pace, Watch},
    error::ApiError,
    message::MessageAnswer,
    quirks::Write,
    record::Records,
    request::{self, ChatRequest},
    scenario::{AfterLast, Answer, RawAnswer, Scenario, Selection},
    wire::{self, Ending},
};

/// Bytes of a request body.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// What all connections share.
pub(super) struct Shared {
    /// The key that requests must carry; none takes any.
    key: Option<String>,
    scripts: Mutex<BTreeMap<String, Arc<Script>>>,
    /// Requests and how they ended.
    pub(super) records: Arc<Records>,
}

/// A scenario that is being played.
struct Script {
    scenario: Scenario,
    asked: AtomicUsize,
}

impl Script {
    fn new(scenario: Scenario) -> Self {
        Self { scenario, asked: AtomicUsize::new(0) }
    }
}

impl Shared {
    pub(super) fn new(key: Option<String>) -> Self {
        Self { key, scripts: Mutex::default(), records: Arc::new(Records::new()) }
    }

    fn scripts(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Script>>> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a model a scenario, which begins anew.
    pub(super) fn script(&self, model: String, scenario: Scenario) {
        self.scripts().insert(model, Arc::new(Script::new(scenario)));
    }

    fn script_of(&self, model: &str) -> Result<Arc<Script>, ApiError> {
        if let Some(script) = self.scripts().get(model) {
            return Ok(Arc::clone(script));
        }
        named_scenario(model)
            .map(|scenario| Arc::new(Script::new(scenario)))
            .ok_or_else(|| ApiError::unknown_model(model))
    }

    fn authorised(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(key) = &self.key else { return Ok(()) };
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        match token {
            Some(token) if token == key => Ok(()),
            Some(_) => {
                Err(ApiError::unauthorized("Incorrect API key provided.", Some("invalid_api_key")))
            }
            None => Err(ApiError::unauthorized(
                "You didn't provide an API key. It is expected in an Authorization header with \
                 Bearer authentication.",
                None,
            )),
        }
    }
}

/// The routes of the provider.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat_completions))
        .route("/v1/models", get(models))
        .fallback(elsewhere)
        .method_not_allowed_fallback(elsewhere)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shared)
}

fn begin(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: Value) -> Watch {
    let number = shared.records.begin(method, uri.to_string(), headers, body);
    Watch::new(Arc::clone(&shared.records), number)
}

/// Sends an answer that is complete as it stands.
fn send(shared: &Shared, watch: Watch, answer: impl IntoResponse) -> Response {
    let response = finish_headers(shared, &watch, answer.into_response());
    watch.complete();
    response
}

fn finish_headers(shared: &Shared, watch: &Watch, mut response: Response) -> Response {
    shared.records.status(watch.number(), response.status());
    if let Ok(id) = HeaderValue::from_str(&format!("req_{}", watch.number())) {
        response.headers_mut().entry("x-request-id").or_insert(id);
    }
    response
}

async fn elsewhere(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let watch = begin(&shared, &method, &uri, &headers, body);
    send(&shared, watch, ApiError::unknown_address(&method, uri.path()))
}

async fn models(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let watch = begin(&shared, &method, &uri, &headers, Value::Null);
    if let Err(error) = shared.authorised(&headers) {
        return send(&shared, watch, error);
    }
    let mut names = shared.scripts().keys().cloned().collect::<Vec<_>>();
    names.extend(scenario_names().map(|name| format!("scenario:{name}")));
    let data = names
        .iter()
        .map(|name| json!({"id": name, "object": "model", "created": 0, "owned_by": "fake"}))
        .collect::<Vec<_>>();
    send(&shared, watch, Json(json!({"object": "list", "data": data})))
}

async fn chat_completions(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let parsed = serde_json::from_slice::<Value>(&body).ok();
    let recorded = parsed.clone().unwrap_or_default();
    let watch = begin(&shared, &method, &uri, &headers, recorded);
    let chosen = shared
        .authorised(&headers)
        .and_then(|()| parse(&headers, parsed))
        .and_then(|body| choose(&shared, &body, watch.number()));
    match chosen {
        Ok((answer, request)) => give(&shared, watch, &headers, answer, &request).await,
        Err(error) => send(&shared, watch, error),
    }
}

fn parse(headers: &HeaderMap, body: Option<Value>) -> Result<Value, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.starts_with("application/json")) {
        return Err(ApiError::invalid("This method only accepts 'application/json' requests.")
            .code("unsupported_content_type"));
    }
    body.ok_or_else(|| ApiError::invalid("We could not parse the JSON body of your request."))
}

/// Finds the answer to a request, once the request is valid.
fn choose(shared: &Shared, body: &Value, number: u64) -> Result<(Answer, ChatRequest), ApiError> {
    let script = shared.script_of(request::model(body)?)?;
    let scenario = &script.scenario;
    let request = request::validate(body, scenario.reasoning_model)?;
    let wanted = match scenario.selection {
        Selection::Conversation => request.steps_behind,
        Selection::Order => script.asked.fetch_add(1, Ordering::Relaxed),
    };
    let step = match scenario.after_last {
        AfterLast::Refuse => wanted,
        AfterLast::Repeat => wanted.min(scenario.steps.len().saturating_sub(1)),
    };
    let answer = scenario.steps.get(step).cloned().ok_or_else(|| {
        let message = format!("The scenario has no step {step}: this call was not expected.");
        ApiError::invalid(message).code("script_exhausted")
    })?;
    shared.records.answered_by(number, step);
    Ok((answer, request))
}

async fn give(
    shared: &Shared,
    watch: Watch,
    headers: &HeaderMap,
    answer: Answer,
    request: &ChatRequest,
) -> Response {
    match answer {
        Answer::Message(answer) => {
            if answer.header_delay_ms > 0 {
                tokio::time::sleep(Duration::from_millis(answer.header_delay_ms)).await;
            }
            message(shared, watch, &answer, request)
        }
        Answer::Error(answer) => {
            let authorization =
                headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let error = ApiError::scripted(&answer, authorization);
            send(shared, watch, error)
        }
        Answer::Raw(answer) => raw(shared, watch, answer),
        Answer::Redirect { location } => {
            let redirect = (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]);
            send(shared, watch, redirect)
        }
        Answer::Hang => std::future::pending().await,
    }
}

fn message(
    shared: &Shared,
    watch: Watch,
    answer: &MessageAnswer,
    request: &ChatRequest,
) -> Response {
    if !request.stream {
        let body = wire::whole(answer, request, watch.number());
        return send(shared, watch, Json(body));
    }
    let (events, ending) = wire::events(answer, request, watch.number());
    let writes = delivery::writes(events, answer.write);
    let pace = Pace::milliseconds(answer.first_delay_ms, answer.delay_ms);
    let response = stream_response(StatusCode::OK, "text/event-stream; charset=utf-8");
    let response = finish_headers(shared, &watch, response);
    response.map(|_| delivery::body(writes, pace, ending, watch))
}

fn raw(shared: &Shared, watch: Watch, answer: RawAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let content_type = answer.content_type.as_deref().unwrap_or("text/event-stream");
    let response = finish_headers(shared, &watch, stream_response(status, content_type));
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
