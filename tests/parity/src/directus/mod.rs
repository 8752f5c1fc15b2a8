//! A real Directus, through its REST API.

mod process;
mod requests;
mod setup;

use std::path::PathBuf;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::{
    answer::Answer,
    case::{Act, Case, Keys, Matrix},
    error::ParityError,
    model::{self, COLLECTIONS},
    snapshot::Snapshot,
};
use process::Process;

/// A running Directus with the project in it.
pub struct Directus {
    process: Process,
    client: Client,
    snapshot: Snapshot,
}

impl Directus {
    /// Starts a Directus of a version and fills it with the project.
    pub async fn start(version: &str) -> Result<Self, ParityError> {
        // Fails if another test of this process was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let process = Process::start(version).await?;
        #[expect(clippy::disallowed_methods, reason = "a test's own client, on loopback")]
        let client = Client::builder().timeout(process::PATIENCE).build()?;
        let admin = setup::Admin { client: &client, url: &process.url, token: &process.token };
        admin.create_project().await?;
        let database = PathBuf::from(&process.folder).join("directus.db");
        let snapshot = Snapshot::take(&database).await?;
        Ok(Self { process, client, snapshot })
    }

    /// Puts a matrix in place of the one before.
    pub async fn permit(&self, matrix: &Matrix) -> Result<(), ParityError> {
        self.admin().permit(matrix).await
    }

    /// Runs a case.
    pub async fn run(&self, case: &Case) -> Result<Answer, ParityError> {
        let mut path = format!("/items/{}", case.collection);
        let keyed = |keys: &Keys, mut body: Value| {
            match keys {
                Keys::Listed(keys) => body["keys"] = json!(keys),
                Keys::Found(query) => body["query"] = query.clone(),
            }
            body
        };
        let (method, body) = match &case.act {
            Act::Read { keys: None } => (requests::search(), json!({"query": case.query})),
            Act::Read { keys: Some(keys) } => {
                (requests::search(), json!({"query": case.query, "keys": keys}))
            }
            Act::Create { items } => (Method::POST, json!(items)),
            Act::Update { keys, payload } => (Method::PATCH, keyed(keys, json!({"data": payload}))),
            Act::UpdateBatch { items } => (Method::PATCH, json!(items)),
            Act::Delete { keys: Keys::Listed(keys) } => (Method::DELETE, json!(keys)),
            Act::Delete { keys } => (Method::DELETE, keyed(keys, json!({}))),
        };
        let names = case.query.get("fields").and_then(Value::as_array);
        if let (false, Some(names)) = (case.is_read(), names) {
            // Names of fields need no escaping.
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            path += &format!("?fields={}", names.join(","));
        }
        let mut request = self.client.request(method, format!("{}{path}", self.process.url));
        if let Some(user) = case.caller {
            request = request.bearer_auth(model::token(user));
        }
        let response = request.json(&body).send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? };
        Ok(Answer::of_response(status, &body))
    }

    /// All items of a collection, as an administrator reads them.
    pub async fn items(&self, collection: &str) -> Result<Value, ParityError> {
        let path = format!("/items/{collection}?limit=-1&sort=id");
        self.admin().request(Method::GET, &path, None).await
    }

    /// Collections whose items aren't as they were.
    pub async fn changed(&mut self) -> Result<Vec<&'static str>, ParityError> {
        self.snapshot.changed().await
    }

    /// Puts the items of collections back as they were.
    pub async fn restore(&mut self, changed: &[&str]) -> Result<(), ParityError> {
        self.snapshot.restore(changed).await
    }

    fn admin(&self) -> setup::Admin<'_> {
        setup::Admin { client: &self.client, url: &self.process.url, token: &self.process.token }
    }

    /// Stops the process and waits for its end.
    pub async fn stop(self) -> Result<(), ParityError> {
        self.process.stop().await
    }
}
