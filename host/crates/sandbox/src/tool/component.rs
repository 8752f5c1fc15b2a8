//! Loading a tool component, and refusing one that isn't ours to run.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use wasmparser::{Parser, Payload};
use wasmtime::{
    Engine,
    component::{Component, Linker},
};
use wit_component::ComponentEncoder;

use super::{
    ToolDescription, ToolLoadError,
    bindings::ToolPre,
    capabilities::{self, OFFERED, REQUIRED, RUNTIME, TOOL_WIT_VERSION},
    state::ToolState,
};
use crate::{
    ImageOrigin,
    component::{compile_cached, split_version},
    image_cache::{CacheError, ImageCache, hex},
};

/// A tool component that can be called. Cheap to clone.
#[derive(Clone)]
pub struct ToolComponent {
    pub(super) pre: ToolPre<ToolState>,
    pub(super) description: std::sync::Arc<[ToolDescription]>,
    facts: std::sync::Arc<ComponentFacts>,
}

/// What is known about a component without running it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentFacts {
    /// SHA-256 of the component, hexadecimal.
    pub digest: String,
    /// Size of the component in bytes.
    pub bytes: usize,
    /// Interfaces that it imports, `palisade:tool/data@0.1.0` and the like, in its order.
    pub imports: Vec<String>,
    /// Where its compiled image came from.
    pub origin: ImageOrigin,
}

impl std::fmt::Debug for ToolComponent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ToolComponent").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl ToolComponent {
    pub(super) fn new(loaded: Loaded, description: Vec<ToolDescription>) -> Self {
        let Loaded { pre, facts } = loaded;
        Self { pre, facts: facts.into(), description: description.into() }
    }

    /// Its tools.
    pub fn description(&self) -> &[ToolDescription] {
        &self.description
    }

    /// Digest, size, imports.
    pub fn facts(&self) -> &ComponentFacts {
        &self.facts
    }
}

/// A component that wasn't asked for its tools yet.
pub(super) struct Loaded {
    pub(super) pre: ToolPre<ToolState>,
    pub(super) facts: ComponentFacts,
}

/// The component in a file: the bytes themselves, or what a core module with the description of its
/// world stands for, which is what `cargo build --target wasm32-unknown-unknown` leaves. The same bytes
/// give the same component.
///
/// Errors: [`ToolLoadError::Component`].
pub fn tool_component_bytes(file: &[u8]) -> Result<Cow<'_, [u8]>, ToolLoadError> {
    if !Parser::is_core_wasm(file) {
        return Ok(Cow::Borrowed(file));
    }
    ComponentEncoder::default()
        .validate(true)
        .module(file)
        .and_then(|mut encoder| encoder.encode())
        .map(Cow::Owned)
        .map_err(|error| ToolLoadError::Component(format!("{error:#}")))
}

/// The first custom section of a name, in a component or in a module within it.
pub fn custom_section<'a>(component: &'a [u8], name: &str) -> Option<&'a [u8]> {
    Parser::new(0).parse_all(component).map_while(Result::ok).find_map(|payload| match payload {
        Payload::CustomSection(section) if section.name() == name => Some(section.data()),
        _ => None,
    })
}

/// Compiles a component, or takes its image from the cache.
pub(super) fn load(
    engine: &Engine,
    bytes: &[u8],
    cache: Result<&ImageCache, &CacheError>,
) -> Result<Loaded, ToolLoadError> {
    let unusable = |error: wasmtime::Error| ToolLoadError::Component(format!("{error:#}"));
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (component, origin) = compile_cached(engine, bytes, &digest, cache).map_err(unusable)?;
    let imports = check_interfaces(engine, &component)?;
    let mut linker = Linker::new(engine);
    capabilities::link(&mut linker).map_err(unusable)?;
    if imports.iter().any(|import| import.starts_with(RUNTIME)) {
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(unusable)?;
    }
    let pre = linker.instantiate_pre(&component).and_then(ToolPre::new).map_err(unusable)?;
    let facts = ComponentFacts { digest: hex(&digest), bytes: bytes.len(), imports, origin };
    Ok(Loaded { pre, facts })
}

/// The imports of a component that wants no more than tools get. The linker would refuse another one
/// too; this says why in words that help.
fn check_interfaces(engine: &Engine, component: &Component) -> Result<Vec<String>, ToolLoadError> {
    let shape = component.component_type();
    let mut imports = Vec::new();
    for (import, _) in shape.imports(engine) {
        let (interface, version) = split_version(import);
        if !interface.starts_with(RUNTIME) {
            if !OFFERED.contains(&interface) {
                return Err(ToolLoadError::UngrantedImport(import.to_owned()));
            }
            check_version(interface, version)?;
        }
        imports.push(import.to_owned());
    }
    let mut versions = shape
        .exports(engine)
        .map(|(export, _)| split_version(export))
        .filter(|(interface, _)| *interface == REQUIRED)
        .map(|(_, version)| version);
    match versions.next() {
        Some(version) => check_version(REQUIRED, version).map(|()| imports),
        None => Err(ToolLoadError::MissingExport(format!("{REQUIRED}@{TOOL_WIT_VERSION}"))),
    }
}

fn check_version(interface: &str, version: &str) -> Result<(), ToolLoadError> {
    if version == TOOL_WIT_VERSION {
        return Ok(());
    }
    Err(ToolLoadError::WrongVersion {
        interface: interface.to_owned(),
        found: if version.is_empty() { "none" } else { version }.to_owned(),
        expected: TOOL_WIT_VERSION,
    })
}
