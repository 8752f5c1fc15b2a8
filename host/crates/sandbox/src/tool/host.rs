//! What the rest of the host does for a call of a tool.

use async_trait::async_trait;

use crate::{CapabilityError, CapabilityErrorKind, DenyAll};

/// Who calls a tool: ids and locale, no credential.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolCaller {
    /// Directus user id (UUID).
    pub user_id: String,
    /// Role ids (UUIDs), own role first.
    pub roles: Vec<String>,
    /// BCP 47 language tag.
    pub language: String,
    /// Id of the workspace.
    pub workspace: String,
}

/// What a tool asks of the project's data. JSON is as the tool wrote it, not yet parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolDataRequest {
    /// The fields of collections.
    Describe {
        /// Names.
        collections: Vec<String>,
    },
    /// Items.
    Read {
        /// Name.
        collection: String,
        /// A Directus query as JSON.
        query: String,
    },
    /// New items.
    Create {
        /// Name.
        collection: String,
        /// A JSON array.
        items: String,
    },
    /// Changes.
    Update {
        /// Name.
        collection: String,
        /// Primary keys.
        keys: Vec<String>,
        /// A JSON object.
        changes: String,
    },
    /// Deletion.
    Delete {
        /// Name.
        collection: String,
        /// Primary keys.
        keys: Vec<String>,
    },
}

/// A request of a tool to a host on the network, as the tool wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolHttpRequest {
    /// Method.
    pub method: String,
    /// Address, perhaps with a named origin.
    pub url: String,
    /// Names and values, perhaps with named secrets.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Option<Vec<u8>>,
}

/// The response, as the tool may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolHttpResponse {
    /// Status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// Severity of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolLogLevel {
    /// For those who look for a fault.
    Debug,
    /// What happens.
    Info,
    /// What looks wrong.
    Warn,
    /// What went wrong.
    Error,
}

/// The capabilities of one call. Each function decides by the tool's grant, and refuses in the same
/// words whether what was asked for exists or not.
#[async_trait]
pub trait ToolHost: Send + Sync + 'static {
    /// Reads or changes data; JSON text, empty for a deletion.
    async fn data(&self, request: ToolDataRequest) -> Result<String, CapabilityError>;

    /// Sends an HTTP request.
    async fn http(&self, request: ToolHttpRequest) -> Result<ToolHttpResponse, CapabilityError>;

    /// A stored value.
    async fn kv_get(&self, key: String) -> Result<Option<Vec<u8>>, CapabilityError>;

    /// Stores a value.
    async fn kv_set(&self, key: String, value: Vec<u8>) -> Result<(), CapabilityError>;

    /// Removes a value.
    async fn kv_delete(&self, key: String) -> Result<(), CapabilityError>;

    /// Keys that begin so.
    async fn kv_keys(&self, prefix: String) -> Result<Vec<String>, CapabilityError>;

    /// Who calls.
    fn caller(&self) -> Result<ToolCaller, CapabilityError>;

    /// Shows how far the call is. Must not wait.
    fn progress(&self, message: &str, fraction: Option<f32>);

    /// Writes a line that is cut and escaped already.
    fn log(&self, level: ToolLogLevel, line: &str);
}

/// The one refusal of whatever wasn't granted to a tool: it must not tell what exists.
pub fn not_granted() -> CapabilityError {
    CapabilityError::new(
        CapabilityErrorKind::Denied,
        "NOT_GRANTED",
        "The administrator hasn't granted this to the tool.",
    )
}

#[async_trait]
impl ToolHost for DenyAll {
    async fn data(&self, _: ToolDataRequest) -> Result<String, CapabilityError> {
        Err(not_granted())
    }

    async fn http(&self, _: ToolHttpRequest) -> Result<ToolHttpResponse, CapabilityError> {
        Err(not_granted())
    }

    async fn kv_get(&self, _: String) -> Result<Option<Vec<u8>>, CapabilityError> {
        Err(not_granted())
    }

    async fn kv_set(&self, _: String, _: Vec<u8>) -> Result<(), CapabilityError> {
        Err(not_granted())
    }

    async fn kv_delete(&self, _: String) -> Result<(), CapabilityError> {
        Err(not_granted())
    }

    async fn kv_keys(&self, _: String) -> Result<Vec<String>, CapabilityError> {
        Err(not_granted())
    }

    fn caller(&self) -> Result<ToolCaller, CapabilityError> {
        Err(not_granted())
    }

    fn progress(&self, _: &str, _: Option<f32>) {}

    fn log(&self, _: ToolLogLevel, _: &str) {}
}
