//! `palisade tools new`: the beginning of a tool, in a folder of its own.

mod templates;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use palisade_tools::{NameError, check_component_name};
use thiserror::Error;

use templates::Template;

/// A language that there is a template for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Rust: the smallest and fastest components
    Rust,
    /// JavaScript, with types for TypeScript
    Javascript,
    /// Python
    Python,
}

/// Why there is no new tool.
#[derive(Debug, Error)]
pub enum NewError {
    /// A name that no component can have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A folder with something in it.
    #[error("{} isn't empty", .0.display())]
    NotEmpty(PathBuf),
    /// A checkout of the crate was named where none is needed.
    #[error("--sdk names the Rust crate: it means nothing for another language")]
    NotRust,
    /// Something on the disk.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl NewError {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}

/// Writes a small working tool into a folder, which is made where it isn't there; gives the command
/// that builds it. `sdk` is a folder with the crate `palisade-tool`, for Rust without the published one.
pub(super) fn create(
    name: &str,
    language: Language,
    folder: &Path,
    sdk: Option<&Path>,
) -> Result<&'static str, NewError> {
    check_component_name(name)?;
    if sdk.is_some() && language != Language::Rust {
        return Err(NewError::NotRust);
    }
    let dependency = match sdk {
        None => r#"palisade-tool = "0.1""#.to_owned(),
        Some(sdk) => {
            let sdk = sdk.canonicalize().map_err(NewError::file(sdk))?;
            // A TOML string: paths may have quotes and backslashes.
            let path = toml::Value::String(sdk.to_string_lossy().into_owned());
            format!("palisade-tool = {{ path = {path} }}")
        }
    };
    require_empty(folder)?;

    let template = Template::of(language);
    let fill = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{module}}", &name.replace('-', "_"))
            .replace("{{title}}", &title(name))
            .replace("{{palisade_tool}}", &dependency)
    };
    for (path, text) in template.own {
        write(&folder.join(path), &fill(text))?;
    }
    for (path, text) in template.shared {
        write(&folder.join(path), text)?;
    }
    Ok(template.build)
}

/// `my-tool` as people write it: `My tool`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    match words.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => words,
    }
}

fn require_empty(folder: &Path) -> Result<(), NewError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(NewError::NotEmpty(folder.into())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(NewError::file(folder)(error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), NewError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(NewError::file(folder))?;
    }
    fs::write(path, text).map_err(NewError::file(path))
}

#[cfg(test)]
mod tests;
