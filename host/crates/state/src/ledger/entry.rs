//! One row of the ledger.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::approval_reference;

/// Bytes of any one text at most; the ledger has no content, so nothing in it is longer.
const MAX_TEXT_BYTES: usize = 512;
/// Names of collections or fields per row at most.
const MAX_NAMES: usize = 500;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LedgerKind {
    /// A turn, from its request to the end of its stream.
    Turn,
    /// A request to a provider.
    ProviderCall,
    /// An operation on the project's data.
    DataOperation,
    /// A tool call that ran.
    ToolCall,
    /// A request of a tool plugin to a host on the network.
    ToolRequest,
    /// A file that went to a provider's storage.
    FileUpload,
    /// A file that was deleted from a provider's storage.
    FileDeletion,
    /// An approval that the user was asked for.
    ApprovalRequested,
    /// An approval that the user gave.
    ApprovalGranted,
    /// An approval that the user denied.
    ApprovalDenied,
    /// Something that was asked for and did not happen.
    Refusal,
    /// A key, a setting, a tool or the master key was changed.
    Administration,
    /// A kind that this version doesn't know, written by a newer one.
    #[serde(other)]
    Unknown,
}

impl LedgerKind {
    const KNOWN: [Self; 12] = [
        Self::Turn,
        Self::ProviderCall,
        Self::DataOperation,
        Self::ToolCall,
        Self::ToolRequest,
        Self::FileUpload,
        Self::FileDeletion,
        Self::ApprovalRequested,
        Self::ApprovalGranted,
        Self::ApprovalDenied,
        Self::Refusal,
        Self::Administration,
    ];

    /// The kind as it is stored and exported.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::ProviderCall => "provider_call",
            Self::DataOperation => "data_operation",
            Self::ToolCall => "tool_call",
            Self::ToolRequest => "tool_request",
            Self::FileUpload => "file_upload",
            Self::FileDeletion => "file_deletion",
            Self::ApprovalRequested => "approval_requested",
            Self::ApprovalGranted => "approval_granted",
            Self::ApprovalDenied => "approval_denied",
            Self::Refusal => "refusal",
            Self::Administration => "administration",
            Self::Unknown => "unknown",
        }
    }

    /// The kind with this name; [`LedgerKind::Unknown`] where there is none.
    pub fn from_name(name: &str) -> Self {
        Self::KNOWN.into_iter().find(|kind| kind.as_str() == name).unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for LedgerKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A row of the ledger: who, when, what, where to, how much, and how it ended. No content: names,
/// counts and codes only.
///
/// ```
/// use palisade_state::{LedgerEntry, LedgerKind};
///
/// let entry = LedgerEntry {
///     user: Some("5e3b0fd1-4d2c-4a0b-9a83-6a4d7d5d9f10".into()),
///     collections: vec!["articles".into()],
///     items: Some(3),
///     ..LedgerEntry::new("main", LedgerKind::DataOperation)
/// };
/// assert_eq!(entry.outcome, "ok");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// Id of the row (UUID version 7), given when it is appended.
    pub id: Uuid,
    /// When, kept to the millisecond.
    pub time: Timestamp,
    /// Workspace.
    pub workspace: String,
    /// Id of the turn (UUID version 7).
    pub turn: Option<String>,
    /// Directus user id (UUID); none for what the host did by itself.
    pub user: Option<String>,
    /// What the row is about.
    pub kind: LedgerKind,
    /// Tool.
    pub tool: Option<String>,
    /// Id of the tool call.
    pub tool_call_id: Option<String>,
    /// Provider id from the configuration.
    pub provider: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Address that was reached: scheme, host, port and path, without query.
    pub endpoint: Option<String>,
    /// Region of the provider as configured.
    pub region: Option<String>,
    /// Collections that were read or written.
    pub collections: Vec<String>,
    /// Fields that were read or written, as `collection.field`.
    pub fields: Vec<String>,
    /// Items that were read or written.
    pub items: Option<u64>,
    /// Bytes that left.
    pub bytes_sent: Option<u64>,
    /// Bytes that came back.
    pub bytes_received: Option<u64>,
    /// Input tokens, those from a cache included.
    pub input_tokens: Option<u64>,
    /// Output tokens, those spent on reasoning included.
    pub output_tokens: Option<u64>,
    /// Input tokens that came from a cache.
    pub cached_tokens: Option<u64>,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: Option<u64>,
    /// Cost in millionths of the currency that prices are configured in; none without a price.
    pub cost_micros: Option<u64>,
    /// Approval id. Its signature is cut off before the row is stored.
    pub approval_id: Option<String>,
    /// `ok`, or the code of the error or refusal.
    pub outcome: String,
    /// Why, in the host's own words; never text of a user, a provider or an item.
    pub reason: Option<String>,
}

impl LedgerEntry {
    /// A row with the present time and the outcome `ok`, otherwise empty.
    pub fn new(workspace: impl Into<String>, kind: LedgerKind) -> Self {
        Self {
            id: Uuid::nil(),
            time: Timestamp::now(),
            workspace: workspace.into(),
            turn: None,
            user: None,
            kind,
            tool: None,
            tool_call_id: None,
            provider: None,
            model: None,
            endpoint: None,
            region: None,
            collections: Vec::new(),
            fields: Vec::new(),
            items: None,
            bytes_sent: None,
            bytes_received: None,
            input_tokens: None,
            output_tokens: None,
            cached_tokens: None,
            reasoning_tokens: None,
            cost_micros: None,
            approval_id: None,
            outcome: "ok".into(),
            reason: None,
        }
    }

    /// Makes the row fit to be kept, whoever filled it in: an id of its own even if it was cloned from
    /// another, no signature that could still be used, no query that could hold a secret, no text
    /// long enough to be content.
    pub(super) fn into_row(mut self) -> Self {
        self.id = Uuid::now_v7();
        self.approval_id =
            self.approval_id.and_then(|id| approval_reference(&id).map(str::to_owned));
        if let Some(endpoint) = &mut self.endpoint
            && let Some(end) = endpoint.find(['?', '#'])
        {
            endpoint.truncate(end);
        }
        for text in [
            &mut self.turn,
            &mut self.user,
            &mut self.tool,
            &mut self.tool_call_id,
            &mut self.provider,
            &mut self.model,
            &mut self.endpoint,
            &mut self.region,
            &mut self.reason,
        ]
        .into_iter()
        .flatten()
        .chain([&mut self.workspace, &mut self.outcome])
        .chain(&mut self.collections)
        .chain(&mut self.fields)
        {
            text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        }
        self.collections.truncate(MAX_NAMES);
        self.fields.truncate(MAX_NAMES);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_same_name_everywhere() {
        for kind in LedgerKind::KNOWN {
            assert_eq!(LedgerKind::from_name(kind.as_str()), kind);
            assert_eq!(serde_json::to_value(kind).expect("serializes"), kind.as_str());
        }
        assert_eq!(LedgerKind::from_name("of a later version"), LedgerKind::Unknown);
    }

    #[test]
    fn a_row_keeps_no_query_no_foreign_approval_and_no_long_text() {
        let entry = LedgerEntry {
            endpoint: Some("https://provider.example/v1/chat?key=secret".into()),
            approval_id: Some("not an approval id".into()),
            reason: Some("é".repeat(MAX_TEXT_BYTES)),
            fields: vec!["a.b".into(); MAX_NAMES + 1],
            ..LedgerEntry::new("main", LedgerKind::Refusal)
        }
        .into_row();
        assert_eq!(entry.endpoint.as_deref(), Some("https://provider.example/v1/chat"));
        assert_eq!(entry.approval_id, None);
        assert_eq!(entry.reason.map(|reason| reason.len()), Some(MAX_TEXT_BYTES));
        assert_eq!(entry.fields.len(), MAX_NAMES);
    }
}
