//! What can be tried.

use palisade_tool::{Header, prelude::*};

use crate::{burden, memory};

/// One thing to try.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "try", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Deed {
    /// Say something.
    Say { text: String },
    /// Describe collections.
    Describe { collections: Vec<String> },
    /// Read items.
    Read { collection: String, query: Value },
    /// Create items.
    Create { collection: String, items: Value },
    /// Change items.
    Update { collection: String, keys: Vec<String>, changes: Value },
    /// Delete items.
    Delete { collection: String, keys: Vec<String> },
    /// Send a request.
    Http { method: String, url: String, headers: Vec<(String, String)>, body: Option<String> },
    /// Get a value.
    KvGet { key: String },
    /// Set a value.
    KvSet { key: String, value: String },
    /// Set a value of so many bytes.
    KvFill { key: String, bytes: usize },
    /// List keys.
    KvKeys { prefix: String },
    /// Who calls?
    Caller,
    /// Report progress again and again.
    Progress { times: u32, message: String },
    /// Log again and again.
    Log { times: u32, message: String },
    /// Answer with so many bytes.
    Output { bytes: usize },
    /// Ask the clock again and again.
    HostCalls { times: u32 },
    /// Compute for ever.
    Spin,
    /// Take memory for ever.
    Memory,
    /// Call for ever.
    Stack,
    /// Panic.
    Panic,
    /// Whether two texts stand next to each other anywhere in the component's memory. They come
    /// apart, so that the question isn't its own answer.
    Remembers { first: String, second: String },
}

impl Deed {
    /// Tries it.
    pub(crate) fn attempt(self, host: &impl Host) -> Result<Content, Error> {
        let done = || Ok(Content::text("done"));
        match self {
            Self::Say { text } => Ok(Content::text(text)),
            Self::Describe { collections } => {
                host.data().describe_json(&collections).map(Content::Json)
            }
            Self::Read { collection, query } => {
                host.data().read_json(&collection, &query.to_string()).map(Content::Json)
            }
            Self::Create { collection, items } => {
                host.data().create_json(&collection, &items.to_string()).map(Content::Json)
            }
            Self::Update { collection, keys, changes } => host
                .data()
                .update_json(&collection, &keys, &changes.to_string())
                .map(Content::Json),
            Self::Delete { collection, keys } => {
                host.data().delete(&collection, &keys).and_then(|()| done())
            }
            Self::Http { method, url, headers, body } => {
                let headers = headers.into_iter();
                let headers = headers.map(|(name, value)| Header { name, value }).collect();
                let body = body.map(String::into_bytes);
                let response = host.http().send(&Request { method, url, headers, body })?;
                let headers = response.headers.iter().map(|it| json!([it.name, it.value]));
                let told = json!({
                    "status": response.status,
                    "headers": headers.collect::<Vec<_>>(),
                    "body": String::from_utf8_lossy(&response.body),
                });
                Ok(Content::Json(told.to_string()))
            }
            Self::KvGet { key } => {
                let value = host.kv().get(&key)?;
                let text = value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                Ok(Content::Json(json!(text).to_string()))
            }
            Self::KvSet { key, value } => {
                host.kv().set(&key, value.as_bytes()).and_then(|()| done())
            }
            Self::KvFill { key, bytes } => {
                host.kv().set(&key, &vec![b'x'; bytes]).and_then(|()| done())
            }
            Self::KvKeys { prefix } => {
                Ok(Content::Json(json!(host.kv().keys(&prefix)?).to_string()))
            }
            Self::Caller => {
                let caller = host.identity().caller()?;
                Ok(Content::Json(json!([caller.user_id, caller.language]).to_string()))
            }
            Self::Progress { times, message } => {
                (0..times).for_each(|_| host.progress().report(&message, Some(0.5)));
                done()
            }
            Self::Log { times, message } => {
                (0..times).for_each(|_| host.log().write(Level::Warn, &message));
                done()
            }
            Self::Output { bytes } => Ok(Content::text("x".repeat(bytes))),
            Self::HostCalls { times } => {
                (0..times).for_each(|_| _ = std::hint::black_box(host.clock().now()));
                done()
            }
            Self::Spin => burden::spin(),
            Self::Memory => burden::take_memory(),
            Self::Stack => Ok(Content::text(burden::nest(u64::MAX).to_string())),
            Self::Panic => burden::fail(),
            Self::Remembers { first, second } => {
                Ok(Content::Json(memory::holds(&first, &second).to_string()))
            }
        }
    }
}
