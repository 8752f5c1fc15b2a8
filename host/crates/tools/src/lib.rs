//! Tools that anyone can add: WebAssembly components that do what an administrator granted them, and
//! nothing else.
//!
//! A component lies in a [`ToolSource`] and carries a [`Manifest`] that says what it asks for. The
//! [`Library`] loads it, asks it for its tools, and compares both with what an administrator saw: a
//! [`Grant`] is for exactly one component with exactly one description, and everything else is off.
//! [`GrantedHost`] is what a call gets: each request is checked against the grant, runs with the
//! caller's permissions, and is put on record.

mod call;
mod error;
mod grant;
mod grants;
mod library;
mod manifest;
mod name;
mod pack;
mod plugin;
mod sheet;
mod source;

pub use call::{GrantedHost, Progress, ToolCallFacts, data_operation_row};
pub use error::ToolsError;
pub use grant::{DataGrant, Grant, GrantError, HttpGrant, IdentityGrant, KvGrant, SecretGrant};
pub use grants::{Grants, StoredGrant};
pub use library::{GrantedTool, Library, ToolView};
pub use manifest::{
    DataAction, DataRequest, HttpRequest, IdentityRequest, KvRequest, Manifest, ManifestError,
    SecretRequest, UnknownAction,
};
pub use name::{NameError, check_component_name, full_name, split_full_name};
pub use pack::{PackError, PackedTool, pack};
pub use plugin::{LoadedPlugin, Pin, Plugin, PluginState};
pub use sheet::permission_sheet;
pub use source::{FolderSource, SourceEntry, ToolSource};
