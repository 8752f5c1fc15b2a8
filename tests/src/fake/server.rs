//! The provider's HTTP interface.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Value, json};

use super::{
    catalogue::{named_scenario, scenario_names},
    delivery::Watch,
    error::ApiError,
    files::{self, FileStore},
    play::{Script, ask},
    protocol::{
        Service, anthropic::Anthropic, chat_completions::ChatCompletions, gemini::Gemini,
        openai::OpenAi, responses::Responses,
    },
    record::Records,
    scenario::Scenario,
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
    /// What was uploaded.
    pub(super) files: FileStore,
}

impl Shared {
    pub(super) fn new(key: Option<String>) -> Self {
        Self {
            key,
            scripts: Mutex::default(),
            records: Arc::new(Records::new()),
            files: FileStore::default(),
        }
    }

    fn scripts(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Script>>> {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a model a scenario, which begins anew.
    pub(super) fn script(&self, model: String, scenario: Scenario) {
        self.scripts().insert(model, Arc::new(Script::new(scenario)));
    }

    /// The scenario of a model.
    pub(super) fn script_of(&self, model: &str) -> Result<Arc<Script>, ApiError> {
        if let Some(script) = self.scripts().get(model) {
            return Ok(Arc::clone(script));
        }
        named_scenario(model)
            .map(|scenario| Arc::new(Script::new(scenario)))
            .ok_or_else(|| unknown_model(model))
    }

    /// Checks the key of a request.
    pub(super) fn authorised<S: Service>(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Result<(), ApiError> {
        self.key.as_ref().map_or(Ok(()), |key| S::authorise(key, headers, uri))
    }

    /// Records a request and watches over its answer.
    pub(super) fn begin(
        &self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Value,
    ) -> Watch {
        let number = self.records.begin(method, uri.to_string(), headers, body);
        Watch::new(Arc::clone(&self.records), number)
    }
}

/// 404: no such model.
fn unknown_model(model: &str) -> ApiError {
    let message = format!("The model `{model}` does not exist or you do not have access to it.");
    ApiError::not_found(message).code("model_not_found")
}

/// The routes of the provider.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(ask::<ChatCompletions>))
        .route("/v1/responses", post(ask::<Responses>))
        .route("/v1/messages", post(ask::<Anthropic>))
        .route("/v1/models/{call}", post(ask::<Gemini>))
        .route("/v1beta/models/{call}", post(ask::<Gemini>))
        .route("/v1/models", get(models))
        .merge(files::router())
        .fallback(elsewhere)
        .method_not_allowed_fallback(elsewhere)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shared)
}

/// Sends an answer that is complete as it stands.
pub(super) fn send<S: Service>(
    shared: &Shared,
    watch: Watch,
    answer: impl IntoResponse,
) -> Response {
    let response = finish_headers::<S>(shared, &watch, answer.into_response());
    watch.complete();
    response
}

/// Sends an error.
pub(super) fn refuse<S: Service>(shared: &Shared, watch: Watch, error: ApiError) -> Response {
    let response = S::refusal(error, watch.number());
    send::<S>(shared, watch, response)
}

/// Records the status of an answer, and names the request in the answer's headers.
pub(super) fn finish_headers<S: Service>(
    shared: &Shared,
    watch: &Watch,
    mut response: Response,
) -> Response {
    shared.records.status(watch.number(), response.status());
    let id = HeaderValue::from_str(&format!("req_{}", watch.number()));
    if let (Some(name), Ok(id)) = (S::request_id(), id) {
        response.headers_mut().entry(name).or_insert(id);
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
    let watch = shared.begin(&method, &uri, &headers, body);
    let message = format!("Invalid URL ({method} {})", uri.path());
    refuse::<OpenAi>(&shared, watch, ApiError::not_found(message))
}

async fn models(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let watch = shared.begin(&method, &uri, &headers, Value::Null);
    if let Err(error) = shared.authorised::<OpenAi>(&headers, &uri) {
        return refuse::<OpenAi>(&shared, watch, error);
    }
    let mut names = shared.scripts().keys().cloned().collect::<Vec<_>>();
    names.extend(scenario_names().map(|name| format!("scenario:{name}")));
    let data = names
        .iter()
        .map(|name| json!({"id": name, "object": "model", "created": 0, "owned_by": "fake"}))
        .collect::<Vec<_>>();
    send::<OpenAi>(&shared, watch, Json(json!({"object": "list", "data": data})))
}
