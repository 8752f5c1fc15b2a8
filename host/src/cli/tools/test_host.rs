//! What a tool gets in a test: what it would get in a turn, written down, and answers of the network
//! from a file where there is one.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, ToolCaller, ToolDataRequest, ToolHost, ToolHttpRequest,
    ToolHttpResponse, ToolLogLevel,
};
use palisade_tools::GrantedHost;
use serde::Deserialize;

use crate::cli::CliError;

/// Answers in place of the network, by method and address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Responses(BTreeMap<String, Response>);

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Text, or any other JSON value, which is sent as its text.
    #[serde(default)]
    body: serde_json::Value,
}

fn ok() -> u16 {
    200
}

impl Responses {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let text = std::fs::read_to_string(path).map_err(CliError::file(path))?;
        serde_json::from_str(&text)
            .map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))
    }

    fn answer(&self, method: &str, url: &str) -> Result<ToolHttpResponse, CapabilityError> {
        let asked = format!("{method} {url}");
        let Some(response) = self.0.get(&asked) else {
            return Err(CapabilityError::new(
                CapabilityErrorKind::Unavailable,
                "REQUEST_FAILED",
                format!("The file of responses has no \"{asked}\"."),
            ));
        };
        let body = match &response.body {
            serde_json::Value::Null => Vec::new(),
            serde_json::Value::String(text) => text.clone().into_bytes(),
            value => value.to_string().into_bytes(),
        };
        let headers = response.headers.clone().into_iter().collect();
        Ok(ToolHttpResponse { status: response.status, headers, body })
    }
}

/// A capability that was used, and how that ended.
#[derive(Debug)]
pub(super) struct Use {
    what: String,
    outcome: Result<(), String>,
}

impl fmt::Display for Use {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Ok(()) => write!(formatter, "used     {}", self.what),
            Err(code) => write!(formatter, "refused  {} ({code})", self.what),
        }
    }
}

/// Passes on, and writes down.
pub(super) struct TestHost {
    granted: GrantedHost,
    responses: Option<Responses>,
    uses: Mutex<Vec<Use>>,
}

impl TestHost {
    pub(super) fn new(granted: GrantedHost, responses: Option<Responses>) -> Self {
        Self { granted, responses, uses: Mutex::default() }
    }

    /// The answers, for the next call.
    pub(super) fn into_responses(self) -> Option<Responses> {
        self.responses
    }

    /// What was used, in order.
    pub(super) fn uses(&self) -> Vec<Use> {
        std::mem::take(&mut *self.uses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note<T>(
        &self,
        what: String,
        result: Result<T, CapabilityError>,
    ) -> Result<T, CapabilityError> {
        let outcome = match &result {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{}: {}", error.code, error.message)),
        };
        self.uses.lock().unwrap_or_else(PoisonError::into_inner).push(Use { what, outcome });
        result
    }
}

#[async_trait]
impl ToolHost for TestHost {
    async fn data(&self, request: ToolDataRequest) -> Result<String, CapabilityError> {
        let what = match &request {
            ToolDataRequest::Describe { collections } => {
                format!("data.describe {}", collections.join(", "))
            }
            ToolDataRequest::Read { collection, query } => {
                format!("data.read {collection} {query}")
            }
            ToolDataRequest::Create { collection, .. } => format!("data.create {collection}"),
            ToolDataRequest::Update { collection, keys, changes } => {
                format!("data.update {collection} {} {changes}", keys.join(", "))
            }
            ToolDataRequest::Delete { collection, keys } => {
                format!("data.delete {collection} {}", keys.join(", "))
            }
        };
        let result = self.granted.data(request).await;
        self.note(what, result)
    }

    async fn http(&self, request: ToolHttpRequest) -> Result<ToolHttpResponse, CapabilityError> {
        let what = format!("http.send {} {}", request.method, request.url);
        let result = match &self.responses {
            Some(responses) => self
                .granted
                .address_of(&request)
                .and_then(|url| responses.answer(&request.method, &url)),
            None => self.granted.http(request).await,
        };
        self.note(what, result)
    }

    async fn kv_get(&self, key: String) -> Result<Option<Vec<u8>>, CapabilityError> {
        let what = format!("kv.get {key}");
        let result = self.granted.kv_get(key).await;
        self.note(what, result)
    }

    async fn kv_set(&self, key: String, value: Vec<u8>) -> Result<(), CapabilityError> {
        let what = format!("kv.set {key} ({} bytes)", value.len());
        let result = self.granted.kv_set(key, value).await;
        self.note(what, result)
    }

    async fn kv_delete(&self, key: String) -> Result<(), CapabilityError> {
        let what = format!("kv.delete {key}");
        let result = self.granted.kv_delete(key).await;
        self.note(what, result)
    }

    async fn kv_keys(&self, prefix: String) -> Result<Vec<String>, CapabilityError> {
        let what = format!("kv.keys {prefix}");
        let result = self.granted.kv_keys(prefix).await;
        self.note(what, result)
    }

    fn caller(&self) -> Result<ToolCaller, CapabilityError> {
        self.note("identity.get-caller".into(), self.granted.caller())
    }

    fn progress(&self, message: &str, fraction: Option<f32>) {
        self.granted.progress(message, fraction);
    }

    fn log(&self, level: ToolLogLevel, line: &str) {
        let what = format!("log {level:?}: {line}").to_lowercase();
        let _ = self.note(what, Ok(()));
        self.granted.log(level, line);
    }
}
