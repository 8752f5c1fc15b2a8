//! Finds a component's file and its manifest, and loads them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use palisade_sandbox::{ToolLimits, ToolRuntime};
use palisade_tools::{LoadedPlugin, PackError, PackedTool, Plugin, ToolsError, pack};

use crate::cli::CliError;

/// Name of a manifest.
const MANIFEST: &str = "tool.toml";
/// Folders above a component that are searched for its manifest: builds put components into folders
/// of their own (`target/wasm32-unknown-unknown/release`).
const FOLDERS: usize = 4;

/// Reads a component with its manifest: the one that was named, else the one inside, else the nearest
/// one beside or above.
pub(super) fn read(file: &Path, manifest: Option<&Path>) -> Result<PackedTool, CliError> {
    let bytes = fs::read(file).map_err(CliError::file(file))?;
    if let Some(manifest) = manifest {
        let text = fs::read_to_string(manifest).map_err(CliError::file(manifest))?;
        return Ok(pack(&bytes, Some(&text)).map_err(ToolsError::from)?);
    }
    match pack(&bytes, None) {
        Err(PackError::NoManifest) => {}
        packed => return Ok(packed.map_err(ToolsError::from)?),
    }
    let beside = nearest(file)?;
    Ok(pack(&bytes, beside.as_deref()).map_err(ToolsError::from)?)
}

fn nearest(file: &Path) -> Result<Option<String>, CliError> {
    let file = file.canonicalize().map_err(CliError::file(file))?;
    for folder in file.ancestors().skip(1).take(FOLDERS) {
        let path: PathBuf = folder.join(MANIFEST);
        match fs::read_to_string(&path) {
            Ok(text) => return Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(CliError::file(path)(error)),
        }
    }
    Ok(None)
}

/// Loads a component in a runtime that keeps nothing.
pub(super) async fn load(packed: PackedTool) -> Result<(ToolRuntime, Arc<Plugin>), CliError> {
    let runtime = ToolRuntime::new(None, ToolLimits::default()).map_err(ToolsError::from)?;
    let name = packed.manifest.component.name.clone();
    let loaded = LoadedPlugin::load(&runtime, packed).await?;
    Ok((runtime, Arc::new(Plugin { name, loaded: Ok(loaded) })))
}
