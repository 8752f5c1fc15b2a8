//! A component that lies in the source, and whether it may be used.

use palisade_sandbox::{ToolComponent, ToolRuntime};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Manifest, PackedTool, StoredGrant, ToolsError};

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

/// Interfaces that are asked for by themselves, and whether a manifest does.
fn asked(manifest: &Manifest) -> [(&'static str, bool); 4] {
    [
        ("palisade:tool/data", !manifest.data.is_empty()),
        ("palisade:tool/http", !manifest.http.is_empty()),
        ("palisade:tool/kv", manifest.kv.is_some()),
        ("palisade:tool/identity", manifest.identity.is_some()),
    ]
}

impl LoadedPlugin {
    /// Loads a component. It has to ask for exactly what it imports, so that its permission sheet is
    /// the truth about it.
    ///
    /// Errors: [`ToolsError::Load`], [`ToolsError::Imports`].
    pub async fn load(runtime: &ToolRuntime, packed: PackedTool) -> Result<Self, ToolsError> {
        let component = runtime.load(packed.bytes).await?;
        let imports = &component.facts().imports;
        for (interface, asks) in asked(&packed.manifest) {
            let is_imported = imports
                .iter()
                .any(|import| import.split_once('@').is_some_and(|(name, _)| name == interface));
            if is_imported != asks {
                return Err(ToolsError::Imports { interface, is_imported });
            }
        }
        Ok(Self::new(packed.manifest, component))
    }

    fn new(manifest: Manifest, component: ToolComponent) -> Self {
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
