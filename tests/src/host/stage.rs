//! A host on a folder of its own, and a model that does what a test says.

use std::{io, time::Duration};

use reqwest::Method;
use serde_json::Value;
use tokio::time::sleep;

use super::{Answer, Folder, FolderOptions, Host, Person, Role, question};
use crate::fake::{self, FakeOptions, FakeProvider, Scenario, ToolCall};

/// The model whose answers a test writes.
pub const MODEL: &str = "scripted";

/// Pause between two looks at something that is to come true.
const PAUSE: Duration = Duration::from_millis(20);
/// Looks at something that is to come true: five seconds' worth.
const LOOKS: u32 = 250;

/// A provider, a folder and a host on them.
pub struct Stage {
    /// The provider; its model [`MODEL`] is allowed.
    pub provider: FakeProvider,
    /// The host's folder.
    pub folder: Folder,
    /// The host.
    pub host: Host,
}

impl Stage {
    /// Prepares a folder and starts a host on it.
    ///
    /// Errors: those of the preparation.
    pub async fn start(options: FolderOptions) -> io::Result<Self> {
        let provider = FakeProvider::start(FakeOptions::default()).await?;
        let folder = Folder::prepare(&provider, &with_model(options)).await?;
        let host = folder.serve().await?;
        Ok(Self { provider, folder, host })
    }

    /// A stage whose workspace has these approvals: `all` or `writes`.
    ///
    /// Errors: those of the preparation.
    pub async fn with_approvals(approvals: &str) -> io::Result<Self> {
        let workspace = format!("approvals = {approvals:?}");
        Self::start(FolderOptions { workspace, ..FolderOptions::default() }).await
    }

    /// Has the model call tools and then, once they are answered, say that it is done.
    pub fn script(&self, calls: impl IntoIterator<Item = ToolCall>) {
        let steps = [fake::Answer::tools(calls), fake::Answer::text("That is done.")];
        self.provider.script(MODEL, Scenario::of(steps));
    }

    /// Has the model call the tool `items`, and asks it as somebody.
    ///
    /// Errors: those of the connection.
    pub async fn items(&self, person: Person, arguments: Value) -> io::Result<Answer> {
        self.script([ToolCall::new("items", arguments)]);
        self.host.chat(person, &question(MODEL, "Do it.")).await
    }

    /// Fields of an item, as the administrator sees them over REST; null where there is none.
    ///
    /// Errors: those of the connection.
    pub async fn item(&self, collection: &str, key: u32, fields: &str) -> io::Result<Value> {
        let path = format!("/items/{collection}/{key}?fields={fields}");
        let (_, body) = self.host.json(Method::GET, &path, Person::of(Role::Admin), None).await?;
        Ok(body.get("data").cloned().unwrap_or_default())
    }

    /// Changes something as the administrator.
    ///
    /// Errors: those of the connection, and an answer other than 200.
    pub async fn administer(&self, path: &str, body: &Value) -> io::Result<Value> {
        let admin = Person::of(Role::Admin);
        match self.host.json(Method::PATCH, path, admin, Some(body)).await? {
            (200, answer) => Ok(answer),
            (status, answer) => Err(io::Error::other(format!("{path}: {status} {answer}"))),
        }
    }

    /// The rows of the ledger of one kind, oldest first.
    ///
    /// Errors: those of the connection.
    pub async fn ledger(&self, kind: &str) -> io::Result<Vec<Value>> {
        let path = format!("/ai/admin/ledger?order=oldest&limit=1000&kind={kind}");
        let (_, body) = self.host.json(Method::GET, &path, Person::of(Role::Admin), None).await?;
        let rows = body.get("data").and_then(Value::as_array).cloned();
        rows.ok_or_else(|| io::Error::other(format!("{path}: {body}")))
    }
}

/// The options, with [`MODEL`] allowed.
fn with_model(mut options: FolderOptions) -> FolderOptions {
    options.models.push(MODEL.to_owned());
    options
}

/// Looks until something is there, for five seconds at most.
///
/// Errors: those of looking, and `TimedOut`.
pub async fn eventually<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> io::Result<Option<T>>,
) -> io::Result<T> {
    for _ in 0..LOOKS {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        sleep(PAUSE).await;
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, format!("never came true: {what}")))
}
