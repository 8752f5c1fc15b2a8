//! Loading a component, and refusing one that isn't ours to run.

use std::{borrow::Cow, fs, path::PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

use crate::{
    EMBEDDED_COMPONENT, SandboxError, WIT_VERSION,
    bindings::AssistantComponentPre,
    capabilities::{self, OFFERED, REQUIRED},
    image_cache::{CacheError, ImageCache, image_name},
    state::TurnState,
};

/// Where the assistant component comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ComponentSource {
    /// The one that was built with the host.
    #[default]
    Embedded,
    /// A file.
    File(PathBuf),
}

impl ComponentSource {
    /// The component's bytes.
    pub(crate) fn read(&self) -> Result<Cow<'static, [u8]>, SandboxError> {
        match self {
            Self::Embedded => Ok(Cow::Borrowed(EMBEDDED_COMPONENT)),
            Self::File(path) => fs::read(path)
                .map(Cow::Owned)
                .map_err(|source| SandboxError::Read { path: path.clone(), source }),
        }
    }
}

/// Where the compiled image of a component came from. For `palisade doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageOrigin {
    /// Verified and loaded from the cache.
    Cached,
    /// Compiled, and kept for the next start.
    Compiled,
    /// Compiled, without a cache for the reason given: the next start compiles again.
    CompiledUncached(String),
}

/// A component that is ready to be instantiated.
pub(crate) struct LoadedComponent {
    pub(crate) pre: AssistantComponentPre<TurnState>,
    pub(crate) origin: ImageOrigin,
    pub(crate) digest: [u8; 32],
}

/// Loads a component: from the cache where that holds its image, else compiled.
pub(crate) fn load(
    engine: &Engine,
    bytes: &[u8],
    cache: Result<&ImageCache, &CacheError>,
) -> Result<LoadedComponent, SandboxError> {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (component, origin) =
        compile_cached(engine, bytes, &digest, cache).map_err(SandboxError::component)?;
    check_interfaces(engine, &component)?;
    let mut linker = Linker::new(engine);
    capabilities::link(&mut linker).map_err(SandboxError::engine)?;
    let pre = linker
        .instantiate_pre(&component)
        .and_then(AssistantComponentPre::new)
        .map_err(SandboxError::component)?;
    Ok(LoadedComponent { pre, origin, digest })
}

/// Compiles a component, or takes its image from the cache. `digest` is that of the bytes.
pub(crate) fn compile_cached(
    engine: &Engine,
    bytes: &[u8],
    digest: &[u8; 32],
    cache: Result<&ImageCache, &CacheError>,
) -> wasmtime::Result<(Component, ImageOrigin)> {
    let compile = || Component::from_binary(engine, bytes);
    let cache = match cache {
        Ok(cache) => cache,
        Err(reason) => {
            return Ok((compile()?, ImageOrigin::CompiledUncached(reason.to_string())));
        }
    };
    let name = image_name(engine, digest);
    if let Some(component) = cache.load(engine, &name) {
        return Ok((component, ImageOrigin::Cached));
    }
    let component = compile()?;
    let origin = match cache.store(&name, &component.serialize()?) {
        Ok(()) => ImageOrigin::Compiled,
        Err(error) => ImageOrigin::CompiledUncached(error.to_string()),
    };
    Ok((component, origin))
}

/// Refuses a component that wants more than is offered, wants it in another version, or isn't an
/// assistant. The linker would refuse it too; this says why in words that help.
fn check_interfaces(engine: &Engine, component: &Component) -> Result<(), SandboxError> {
    let shape = component.component_type();
    for (import, _) in shape.imports(engine) {
        let (interface, version) = split_version(import);
        if !OFFERED.contains(&interface) {
            return Err(SandboxError::UngrantedImport(import.to_owned()));
        }
        check_version(interface, version)?;
    }
    let mut versions = shape
        .exports(engine)
        .map(|(export, _)| split_version(export))
        .filter(|(interface, _)| *interface == REQUIRED)
        .map(|(_, version)| version);
    match versions.next() {
        Some(version) => check_version(REQUIRED, version),
        None => Err(SandboxError::MissingExport(format!("{REQUIRED}@{WIT_VERSION}"))),
    }
}

/// `palisade:host/ui@0.1.0` as `palisade:host/ui` and `0.1.0`.
pub(crate) fn split_version(name: &str) -> (&str, &str) {
    name.split_once('@').unwrap_or((name, ""))
}

fn check_version(interface: &str, version: &str) -> Result<(), SandboxError> {
    if version == WIT_VERSION {
        return Ok(());
    }
    Err(SandboxError::WrongVersion {
        interface: interface.to_owned(),
        found: if version.is_empty() { "none" } else { version }.to_owned(),
        expected: WIT_VERSION,
    })
}
