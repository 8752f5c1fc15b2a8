//! One file for a component and its manifest.

use std::borrow::Cow;

use palisade_sandbox::{ToolLoadError, custom_section, tool_component_bytes};
use thiserror::Error;
use wasm_encoder::{CustomSection, Encode, Section};

use crate::{Manifest, ManifestError};

/// The custom section that holds the manifest, as TOML.
const SECTION: &str = "palisade:tool-manifest";

/// Bytes of a component.
pub(crate) const COMPONENT_BYTES: u64 = 64 << 20;

/// A component with its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedTool {
    /// The component, which has the manifest inside.
    pub bytes: Vec<u8>,
    /// The manifest.
    pub manifest: Manifest,
}

/// Why a component can't be packed.
#[derive(Debug, Error)]
pub enum PackError {
    /// Not a component.
    #[error(transparent)]
    Component(#[from] ToolLoadError),
    /// There is no manifest.
    #[error(
        "There is no manifest: it has to be inside the component (custom section \"{SECTION}\") or \
         beside it (tool.toml)."
    )]
    NoManifest,
    /// Two manifests that differ.
    #[error("The manifest beside the component isn't the one inside it. Use one of them.")]
    TwoManifests,
    /// A manifest that can't be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Too large.
    #[error("The component is larger than 64 MiB.")]
    TooLarge,
}

/// Makes one file of a component (or of a core module that stands for one) and the manifest that lies
/// beside it, if one does.
///
/// Errors: [`PackError`].
pub fn pack(file: &[u8], beside: Option<&str>) -> Result<PackedTool, PackError> {
    if file.len() as u64 > COMPONENT_BYTES {
        return Err(PackError::TooLarge);
    }
    let component = tool_component_bytes(file)?;
    let inside = custom_section(&component, SECTION)
        .map(|bytes| {
            std::str::from_utf8(bytes)
                .map_err(|_| ManifestError::Shape("it isn't UTF-8".to_owned()))
                .and_then(Manifest::parse)
        })
        .transpose()?;
    match (inside, beside) {
        (Some(manifest), None) => Ok(PackedTool { bytes: component.into_owned(), manifest }),
        (Some(manifest), Some(text)) if Manifest::parse(text)? == manifest => {
            Ok(PackedTool { bytes: component.into_owned(), manifest })
        }
        (Some(_), Some(_)) => Err(PackError::TwoManifests),
        (None, Some(text)) => {
            let manifest = Manifest::parse(text)?;
            let mut bytes = component.into_owned();
            let section = CustomSection {
                name: Cow::Borrowed(SECTION),
                data: Cow::Borrowed(text.as_bytes()),
            };
            bytes.push(section.id());
            section.encode(&mut bytes);
            Ok(PackedTool { bytes, manifest })
        }
        (None, None) => Err(PackError::NoManifest),
    }
}
