//! What a host remembers: sealed provider keys, settings, spent approvals and the ledger.
//!
//! Everything sits in one SQL database that all replicas of a host share. Secrets in it are sealed
//! under a master key that the database never holds: [`MasterKey`], found through a [`KeySource`].
//! [`State::open`] refuses to start, and changes nothing, when that key is missing, malformed or not
//! the one the database was sealed with.
//!
//! | what | where |
//! |---|---|
//! | provider keys, set and never read back | [`State::set_key`], [`State::list_keys`] |
//! | another master key, while hosts serve | [`State::rotate_master`] |
//! | what tool components keep, and their secrets | [`State::tool_value`], [`State::set_tool_secret`] |
//! | settings of a workspace | [`State::settings`], [`State::put_settings`] |
//! | approvals, bound and spent once | [`ApprovalAuthority`] |
//! | ids of files at a provider, signed | [`FileTokens`] |
//! | who did what, without content | [`Ledger`] |
//!
//! Every row belongs to a workspace; rows of the installation itself belong to the workspace with
//! the empty name, which no project can have.

mod approval;
mod encoding;
mod error;
mod file;
mod keys;
mod ledger;
mod master;
mod rotation;
mod seal;
mod settings;
mod state;
mod store;
mod tool_values;

pub use approval::{
    Answer, ApprovalAuthority, ApprovalRefusal, ArgumentsError, Binding, CanonicalArguments,
    MAX_ARGUMENTS_BYTES, MAX_ARGUMENTS_DEPTH, Redeemed, VALIDITY, approval_reference,
};
pub use error::StateError;
pub use file::{FileClaims, FileHolder, FileRefusal, FileTokens, MAX_FILE_TOKEN_BYTES};
pub use keys::{KeyInfo, MAX_KEY_BYTES};
pub use ledger::{
    ExportFormat, Ledger, LedgerCursor, LedgerEntry, LedgerFilter, LedgerKind, LedgerOrder,
    LedgerPage, MAX_LEDGER_PAGE, Usage, UsageFilter,
};
pub use master::{KeySource, MasterKey};
pub use settings::{MAX_SETTINGS_BYTES, Settings, TurnSettingsRecord};
pub use state::{Inspection, State};
pub use tool_values::{MAX_TOOL_KEY_BYTES, MAX_TOOL_KEYS_LISTED, MAX_TOOL_VALUE_BYTES, ToolQuota};
