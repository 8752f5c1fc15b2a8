//! What an administrator gives to a component.

use std::collections::BTreeSet;

use palisade_policy::Effect;
use palisade_sandbox::ToolAnnotations;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    DataAction, Manifest,
    manifest::{KV_BYTES, KV_KEYS, check_collection, check_methods, check_origin},
};

/// A grant: all or part of what the manifest asks for. The default is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grant {
    /// Collections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<DataGrant>,
    /// Origins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpGrant>,
    /// Secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretGrant>,
    /// Storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kv: Option<KvGrant>,
    /// Who calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityGrant>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataGrant {
    /// Name; `*`: all that the caller may use.
    pub collection: String,
    /// Actions.
    pub actions: BTreeSet<DataAction>,
}

/// An origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpGrant {
    /// Name in the manifest.
    pub name: String,
    /// Origin, the manifest's or another.
    pub origin: String,
    /// Methods.
    pub methods: BTreeSet<String>,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretGrant {
    /// Name.
    pub name: String,
    /// Names of the origins that it may be sent to.
    pub origins: BTreeSet<String>,
}

/// Storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KvGrant {
    /// Keys at most.
    pub keys: u32,
    /// Bytes of all values at most.
    pub bytes: u64,
}

/// To know who calls: ids and locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityGrant {}

/// A grant that goes beyond what the manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} can't be granted: {reason}")]
pub struct GrantError {
    /// What.
    pub what: String,
    /// Why not.
    pub reason: String,
}

impl Grant {
    /// All that a manifest asks for.
    pub fn all_of(manifest: &Manifest) -> Self {
        Self {
            data: manifest
                .data
                .iter()
                .map(|request| DataGrant {
                    collection: request.collection.clone(),
                    actions: request.actions.clone(),
                })
                .collect(),
            http: manifest
                .http
                .iter()
                .map(|request| HttpGrant {
                    name: request.name.clone(),
                    origin: request.origin.clone(),
                    methods: request.methods.clone(),
                })
                .collect(),
            secrets: manifest
                .secrets
                .iter()
                .map(|request| SecretGrant {
                    name: request.name.clone(),
                    origins: request.origins.clone(),
                })
                .collect(),
            kv: manifest.kv.as_ref().map(|kv| KvGrant { keys: kv.keys, bytes: kv.bytes }),
            identity: manifest.identity.as_ref().map(|_| IdentityGrant {}),
        }
    }

    /// Checks that a grant is no more than a manifest asks for. An administrator may name collections
    /// where the manifest says `*`, and another origin for a named one.
    ///
    /// Errors: [`GrantError`] with the first thing that is too much.
    pub fn check(&self, manifest: &Manifest) -> Result<(), GrantError> {
        for grant in &self.data {
            let what = || format!("The collection \"{}\"", grant.collection.escape_debug());
            check_collection(&grant.collection).map_err(|reason| too_much(what(), reason))?;
            let asked = |action| {
                manifest.data.iter().any(|request| {
                    (request.collection == grant.collection || request.collection == "*")
                        && request.actions.contains(action)
                })
            };
            if grant.actions.is_empty() || !grant.actions.iter().all(asked) {
                return Err(too_much(what(), "the component doesn't ask for it"));
            }
        }
        for grant in &self.http {
            let what = || format!("The origin \"{}\"", grant.name.escape_debug());
            check_origin(&grant.origin).map_err(|reason| too_much(what(), reason))?;
            check_methods(&grant.methods).map_err(|reason| too_much(what(), reason))?;
            let request = manifest.http.iter().find(|request| request.name == grant.name);
            if !request.is_some_and(|request| grant.methods.is_subset(&request.methods)) {
                return Err(too_much(what(), "the component doesn't ask for it"));
            }
        }
        for grant in &self.secrets {
            let what = || format!("The secret \"{}\"", grant.name.escape_debug());
            let request = manifest.secrets.iter().find(|request| request.name == grant.name);
            if !request.is_some_and(|request| grant.origins.is_subset(&request.origins)) {
                return Err(too_much(what(), "the component doesn't ask for it"));
            }
        }
        if let Some(kv) = self.kv
            && (manifest.kv.is_none() || kv.keys > KV_KEYS || kv.bytes > KV_BYTES)
        {
            return Err(too_much("Storage".into(), "the component doesn't ask for it"));
        }
        if self.identity.is_some() && manifest.identity.is_none() {
            return Err(too_much("Who calls".into(), "the component doesn't ask for it"));
        }
        Ok(())
    }

    /// Whether an action on a collection is granted.
    pub fn allows(&self, collection: &str, action: DataAction) -> bool {
        self.data.iter().any(|grant| {
            (grant.collection == collection || grant.collection == "*")
                && grant.actions.contains(&action)
        })
    }

    /// Whether all collections are granted for an action.
    pub fn allows_all(&self, action: DataAction) -> bool {
        self.data.iter().any(|grant| grant.collection == "*" && grant.actions.contains(&action))
    }

    /// What a call of a tool with this grant can do to the world: the stricter of what the tool says
    /// and of what it could.
    pub fn effect(&self, annotations: ToolAnnotations) -> Effect {
        let actions = || self.data.iter().flat_map(|grant| &grant.actions);
        let writes = actions().any(|action| *action != DataAction::Read);
        let overwrites =
            actions().any(|action| matches!(action, DataAction::Update | DataAction::Delete));
        let sends = self.http.iter().flat_map(|grant| &grant.methods);
        let changes_elsewhere = sends.clone().any(|method| method != "GET" && method != "HEAD");
        Effect {
            read_only: annotations.read_only && !writes && !changes_elsewhere,
            destructive: annotations.destructive || overwrites,
            open_world: annotations.open_world || !self.http.is_empty(),
        }
    }
}

fn too_much(what: String, reason: impl Into<String>) -> GrantError {
    GrantError { what, reason: reason.into() }
}
