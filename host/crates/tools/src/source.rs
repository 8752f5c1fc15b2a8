//! Where components come from.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{PackError, PackedTool, ToolsError, check_component_name, pack, pack::COMPONENT_BYTES};

/// Ending of components in a folder.
const SUFFIX: &str = ".wasm";
/// Components in a folder.
const COMPONENTS: usize = 500;

/// A component that a source has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceEntry {
    /// What the source calls it. For a folder: the file's name without its ending, which has to be
    /// the component's.
    pub name: String,
    /// Changes when the component may have changed.
    pub stamp: String,
}

/// Where components come from. A folder is one; a registry would be another.
pub trait ToolSource: Send + Sync + 'static {
    /// What there is now. Cheap: it is asked once a second.
    ///
    /// Errors: the source can't be read.
    fn list(&self) -> io::Result<Vec<SourceEntry>>;

    /// A component with its manifest.
    ///
    /// Errors: [`ToolsError`].
    fn read(&self, name: &str) -> Result<PackedTool, ToolsError>;
}

/// A folder with `NAME.wasm` files. A manifest is inside, or beside as `NAME.toml`.
#[derive(Debug, Clone)]
pub struct FolderSource {
    folder: PathBuf,
}

impl FolderSource {
    /// The components in a folder, which needn't exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Puts a component there, in place of one of the same name: the file is there as a whole or not
    /// at all.
    ///
    /// Errors: [`ToolsError::Write`].
    pub fn add(&self, tool: &PackedTool) -> Result<PathBuf, ToolsError> {
        let path = self.path(&tool.manifest.component.name);
        let temporary = path.with_extension(format!("new-{}", std::process::id()));
        let written = fs::create_dir_all(&self.folder)
            .and_then(|()| fs::write(&temporary, &tool.bytes))
            .and_then(|()| fs::rename(&temporary, &path));
        match written {
            Ok(()) => {
                // What lay beside an older file would contradict what is inside this one.
                let _ = fs::remove_file(self.manifest_path(&tool.manifest.component.name));
                Ok(path)
            }
            Err(source) => {
                let _ = fs::remove_file(&temporary);
                Err(ToolsError::Write { path, source })
            }
        }
    }

    /// Removes a component. Whether it was there.
    ///
    /// Errors: [`ToolsError::Write`].
    pub fn remove(&self, name: &str) -> Result<bool, ToolsError> {
        check_component_name(name).map_err(|_| ToolsError::NoSuchTool(name.to_owned()))?;
        let path = self.path(name);
        let _ = fs::remove_file(self.manifest_path(name));
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(ToolsError::Write { path, source }),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{SUFFIX}"))
    }

    fn manifest_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.toml"))
    }
}

impl ToolSource for FolderSource {
    fn list(&self) -> io::Result<Vec<SourceEntry>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let file_name = entry?.file_name();
            let Some(name) = file_name.to_str().and_then(|name| name.strip_suffix(SUFFIX)) else {
                continue;
            };
            // A file that is being removed is no entry any more.
            if let Ok(component) = stamp(&self.path(name)) {
                let manifest = stamp(&self.manifest_path(name)).unwrap_or_default();
                let stamp = format!("{component} {manifest}");
                found.push(SourceEntry { name: name.to_owned(), stamp });
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        if found.len() > COMPONENTS {
            tracing::warn!("only the first {COMPONENTS} tool components are used");
            found.truncate(COMPONENTS);
        }
        Ok(found)
    }

    fn read(&self, name: &str) -> Result<PackedTool, ToolsError> {
        check_component_name(name)?;
        let unreadable = |path: PathBuf| move |source| ToolsError::Read { path, source };
        let path = self.path(name);
        let size = fs::metadata(&path).map_err(unreadable(path.clone()))?.len();
        if size > COMPONENT_BYTES {
            return Err(PackError::TooLarge.into());
        }
        let bytes = fs::read(&path).map_err(unreadable(path))?;
        let beside = match fs::read_to_string(self.manifest_path(name)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(ToolsError::Read { path: self.manifest_path(name), source }),
        };
        let tool = pack(&bytes, beside.as_deref())?;
        match tool.manifest.component.name == name {
            true => Ok(tool),
            false => Err(ToolsError::OtherName {
                file: name.to_owned(),
                component: tool.manifest.component.name,
            }),
        }
    }
}

/// Changes whenever a file is written or replaced.
fn stamp(path: &Path) -> io::Result<String> {
    use std::os::unix::fs::MetadataExt;
    let facts = fs::metadata(path)?;
    let modified = facts.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{}-{}-{}", facts.ino(), facts.len(), modified.as_nanos()))
}
