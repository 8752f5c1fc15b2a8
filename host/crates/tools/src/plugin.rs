//! A component that lies in the source, and whether it may be used.

use palisade_sandbox::ToolComponent;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Manifest, StoredGrant};

/// What exactly an administrator looked at: a grant is for nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// SHA-256 of the component, hexadecimal.
    pub component: String,
    /// SHA-256 of its manifest and of how it describes its tools, hexadecimal.
    pub description: String,
}

/// A component.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// Name.
    pub name: String,
    /// What is known of it, or why it can't be used.
    pub loaded: Result<LoadedPlugin, String>,
}

/// A component that can be called.
#[derive(Debug, Clone)]
pub struct LoadedPlugin {
    /// What it asks for.
    pub manifest: Manifest,
    /// The component.
    pub component: ToolComponent,
    /// What a grant is for.
    pub pin: Pin,
}

/// Whether a component may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginState {
    /// Nobody granted it anything: off.
    New,
    /// On.
    Granted,
    /// Granted, and changed since: off until somebody looks again.
    Changed,
    /// Can't be used.
    Broken,
}

impl LoadedPlugin {
    pub(crate) fn new(manifest: Manifest, component: ToolComponent) -> Self {
        let mut hash = Sha256::new();
        // Structs of strings, numbers and maps with string keys always have a JSON text, and the
        // order of its keys is that of the component.
        hash.update(serde_json::to_vec(&manifest).unwrap_or_default());
        hash.update([0]);
        hash.update(serde_json::to_vec(component.description()).unwrap_or_default());
        let description = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let pin = Pin { component: component.facts().digest.clone(), description };
        Self { manifest, component, pin }
    }
}

impl Plugin {
    /// Whether it may be used under what was granted to its name.
    pub fn state(&self, grant: Option<&StoredGrant>) -> PluginState {
        match (&self.loaded, grant) {
            (Err(_), _) => PluginState::Broken,
            (Ok(_), None) => PluginState::New,
            (Ok(loaded), Some(grant)) if loaded.pin == grant.pin => PluginState::Granted,
            (Ok(_), Some(_)) => PluginState::Changed,
        }
    }
}
