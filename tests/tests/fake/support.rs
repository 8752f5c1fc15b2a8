//! A client for tests of the fake provider.

use std::time::Duration;

use palisade_tests::fake::{FakeOptions, FakeProvider, Outcome, Recorded};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// A provider and a client for it.
pub(crate) struct Bench {
    pub(crate) provider: FakeProvider,
    pub(crate) client: Client,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            provider: FakeProvider::start(FakeOptions::default()).await.unwrap(),
            client: Client::new(),
        }
    }

    pub(crate) fn post(&self, body: &Value) -> RequestBuilder {
        self.client
            .post(format!("{}/chat/completions", self.provider.base_url()))
            .bearer_auth(FakeOptions::KEY)
            .json(body)
    }

    /// Asks a model with one user message and reads the whole answer as text.
    pub(crate) async fn stream(&self, model: &str) -> String {
        self.open(model).await.text().await.unwrap()
    }

    /// Asks a model with one user message and returns at the headers.
    pub(crate) async fn open(&self, model: &str) -> Response {
        self.post(&question(model)).send().await.unwrap()
    }

    /// Waits until the last request has this outcome.
    pub(crate) async fn wait_for(&self, outcome: Outcome) -> Recorded {
        for _ in 0..500 {
            match self.provider.requests().pop() {
                Some(last) if last.outcome == outcome => return last,
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        panic!("no request ended as {outcome:?}: {:#?}", self.provider.requests());
    }
}

/// A streamed request with one user message and the tools of the catalogue.
pub(crate) fn question(model: &str) -> Value {
    json!({
        "model": model,
        "stream": true,
        "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "What is there?"}],
        "tools": [{"type": "function", "function": {
            "name": "items", "parameters": {"type": "object", "properties": {}},
        }}],
    })
}

/// The data of each event of a stream, `[DONE]` included.
pub(crate) fn events(stream: &str) -> Vec<&str> {
    stream.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
}
