//! What a component asks for, and why.

use std::{collections::BTreeSet, fmt};

use palisade_sandbox::TOOL_WIT_VERSION;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use crate::{NameError, check_component_name};

const TITLE_BYTES: usize = 80;
const DESCRIPTION_BYTES: usize = 1_000;
const REASON_BYTES: usize = 300;
const VERSION_BYTES: usize = 32;
/// Entries of a list.
const ENTRIES: usize = 32;
/// Bytes of a manifest.
pub(crate) const MANIFEST_BYTES: usize = 64 << 10;
/// Most that a component may store.
pub(crate) const KV_KEYS: u32 = 10_000;
pub(crate) const KV_BYTES: u64 = 16 << 20;

/// HTTP methods that a component may ask for.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// What may be done with the items of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataAction {
    /// Read.
    Read,
    /// Create.
    Create,
    /// Update.
    Update,
    /// Delete.
    Delete,
}

impl std::str::FromStr for DataAction {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "read" => Ok(Self::Read),
            "create" => Ok(Self::Create),
            "update" => Ok(Self::Update),
            "delete" => Ok(Self::Delete),
            _ => Err(UnknownAction),
        }
    }
}

/// A text that names no action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the actions are read, create, update and delete")]
pub struct UnknownAction;

impl fmt::Display for DataAction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// A manifest: `tool.toml`, beside the component or inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Which component this is.
    pub component: ComponentSection,
    /// Collections that it wants to use.
    #[serde(default)]
    pub data: Vec<DataRequest>,
    /// Origins that it wants to reach.
    #[serde(default)]
    pub http: Vec<HttpRequest>,
    /// Secrets that it wants to send.
    #[serde(default)]
    pub secrets: Vec<SecretRequest>,
    /// Whether it wants to store something.
    #[serde(default)]
    pub kv: Option<KvRequest>,
    /// Whether it wants to know who calls.
    #[serde(default)]
    pub identity: Option<IdentityRequest>,
}

/// Which component a manifest is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentSection {
    /// Name, see [`check_component_name`].
    pub name: String,
    /// The author's version.
    pub version: String,
    /// Version of `palisade:tool` that it is built against.
    pub wit: String,
    /// Name for people.
    pub title: String,
    /// What it is for.
    pub description: String,
}

/// A collection that a component wants to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRequest {
    /// Name, or `*`: those that the administrator names, or all.
    pub collection: String,
    /// What for.
    pub actions: BTreeSet<DataAction>,
    /// Why.
    pub reason: String,
}

/// An origin that a component wants to reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpRequest {
    /// Name of the origin in the component's URLs, `{origin:NAME}`.
    pub name: String,
    /// `https://host` with a port where it isn't 443; the administrator may grant another one.
    pub origin: String,
    /// Methods.
    pub methods: BTreeSet<String>,
    /// Why.
    pub reason: String,
}

/// A secret that a component wants to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretRequest {
    /// Name of the secret in the component's headers, `{secret:NAME}`.
    pub name: String,
    /// Names of the origins that it is sent to.
    pub origins: BTreeSet<String>,
    /// Why.
    pub reason: String,
}

/// Storage that a component wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KvRequest {
    /// Keys at most.
    #[serde(default = "default_keys")]
    pub keys: u32,
    /// Bytes of all values at most.
    #[serde(default = "default_bytes")]
    pub bytes: u64,
    /// Why.
    pub reason: String,
}

/// A component that wants to know who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityRequest {
    /// Why.
    pub reason: String,
}

fn default_keys() -> u32 {
    1_000
}

fn default_bytes() -> u64 {
    1 << 20
}

/// Why a manifest can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// Not TOML of the right shape.
    #[error("The manifest can't be read: {0}")]
    Shape(String),
    /// The component's name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Another value.
    #[error("The manifest's {field} can't be used: {reason}")]
    Value {
        /// Where.
        field: String,
        /// What is wrong.
        reason: String,
    },
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// Errors: [`ManifestError`].
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if text.len() > MANIFEST_BYTES {
            return Err(ManifestError::Shape(format!("it is longer than {MANIFEST_BYTES} bytes")));
        }
        let manifest: Self =
            toml::from_str(text).map_err(|error| ManifestError::Shape(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let ComponentSection { name, version, wit, title, description } = &self.component;
        check_component_name(name)?;
        line("component.title", title, TITLE_BYTES)?;
        line("component.description", description, DESCRIPTION_BYTES)?;
        line("component.version", version, VERSION_BYTES)?;
        if wit != TOOL_WIT_VERSION {
            let reason = format!("it is {wit:?}, and this host has {TOOL_WIT_VERSION}");
            return Err(wrong("component.wit", reason));
        }
        bounded("data", self.data.len())?;
        bounded("http", self.http.len())?;
        bounded("secrets", self.secrets.len())?;
        self.check_data()?;
        self.check_network()?;
        if let Some(kv) = &self.kv {
            line("kv.reason", &kv.reason, REASON_BYTES)?;
            if kv.keys == 0 || kv.keys > KV_KEYS || kv.bytes == 0 || kv.bytes > KV_BYTES {
                let reason = format!("it is from 1 to {KV_KEYS} keys and {KV_BYTES} bytes");
                return Err(wrong("kv", reason));
            }
        }
        match &self.identity {
            Some(identity) => line("identity.reason", &identity.reason, REASON_BYTES),
            None => Ok(()),
        }
    }

    fn check_data(&self) -> Result<(), ManifestError> {
        let mut seen = BTreeSet::new();
        for request in &self.data {
            let field = format!("data.{}", request.collection.escape_debug());
            line(&format!("{field}.reason"), &request.reason, REASON_BYTES)?;
            check_collection(&request.collection).map_err(|reason| wrong(&field, reason))?;
            if request.actions.is_empty() {
                return Err(wrong(&field, "it asks for no action"));
            }
            if !seen.insert(&request.collection) {
                return Err(wrong(&field, "the collection is named twice"));
            }
        }
        Ok(())
    }

    fn check_network(&self) -> Result<(), ManifestError> {
        let mut names = BTreeSet::new();
        for request in &self.http {
            let field = format!("http.{}", request.name.escape_debug());
            line(&format!("{field}.reason"), &request.reason, REASON_BYTES)?;
            check_label(&request.name).map_err(|reason| wrong(&field, reason))?;
            check_origin(&request.origin).map_err(|reason| wrong(&field, reason))?;
            check_methods(&request.methods).map_err(|reason| wrong(&field, reason))?;
            if !names.insert(&request.name) {
                return Err(wrong(&field, "the name is given twice"));
            }
        }
        let mut secrets = BTreeSet::new();
        for request in &self.secrets {
            let field = format!("secrets.{}", request.name.escape_debug());
            line(&format!("{field}.reason"), &request.reason, REASON_BYTES)?;
            check_label(&request.name).map_err(|reason| wrong(&field, reason))?;
            if request.origins.is_empty() || !request.origins.iter().all(|it| names.contains(it)) {
                return Err(wrong(&field, "its origins have to be names of [[http]]"));
            }
            if !secrets.insert(&request.name) {
                return Err(wrong(&field, "the name is given twice"));
            }
        }
        Ok(())
    }
}

fn wrong(field: &str, reason: impl Into<String>) -> ManifestError {
    ManifestError::Value { field: field.to_owned(), reason: reason.into() }
}

fn bounded(field: &str, entries: usize) -> Result<(), ManifestError> {
    match entries {
        0..=ENTRIES => Ok(()),
        _ => Err(wrong(field, format!("there are more than {ENTRIES}"))),
    }
}

/// Text that an administrator reads before granting: one line, and nothing that hides or rearranges.
fn line(field: &str, text: &str, bytes: usize) -> Result<(), ManifestError> {
    if text.trim().is_empty() {
        return Err(wrong(field, "it is empty"));
    }
    if text.len() > bytes {
        return Err(wrong(field, format!("it is longer than {bytes} bytes")));
    }
    if text.chars().any(palisade_sandbox::hides) {
        return Err(wrong(field, "it has line breaks, control or direction characters"));
    }
    Ok(())
}

/// Checks the name of a collection of the project, or `*`.
pub(crate) fn check_collection(name: &str) -> Result<(), String> {
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if name != "*" && !is_name {
        return Err("it isn't the name of a collection".into());
    }
    if is_of_directus(name) {
        return Err("Directus's own collections aren't for tools".into());
    }
    Ok(())
}

/// Whether a collection is one of Directus's own.
pub(crate) fn is_of_directus(collection: &str) -> bool {
    collection.to_ascii_lowercase().starts_with("directus_")
}

/// Checks the name of an origin or a secret.
fn check_label(name: &str) -> Result<(), String> {
    let is_label = (1..=32).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_label {
        Ok(())
    } else {
        Err("a name is a lower-case letter and up to 31 of a-z, 0-9, -".into())
    }
}

/// Checks that a text is an origin and nothing more, in the form in which origins are compared.
pub(crate) fn check_origin(origin: &str) -> Result<(), String> {
    let parsed = Url::parse(origin).map_err(|_| "it isn't an address".to_owned())?;
    if !matches!(parsed.scheme(), "https" | "http") || parsed.host_str().is_none() {
        return Err("it isn't an https address".into());
    }
    match parsed.origin().ascii_serialization() == origin {
        true => Ok(()),
        false => Err("it has to be an origin alone, such as https://api.example.com".into()),
    }
}

pub(crate) fn check_methods(methods: &BTreeSet<String>) -> Result<(), String> {
    match methods.is_empty() || !methods.iter().all(|it| METHODS.contains(&it.as_str())) {
        true => Err(format!("its methods have to be of {}", METHODS.join(", "))),
        false => Ok(()),
    }
}
