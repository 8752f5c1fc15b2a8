//! Finding, reading and joining the configuration's sources.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use palisade_state::KeySource;
use secrecy::SecretString;
use toml::{Table, de::DeTable};

use super::{
    Config, ConfigError, check,
    defaults::{DATA_DIR, FILE_NAME},
    environment,
    file::{Written, read_table},
    keys, models,
    origins::{Origins, line_of},
};

/// Where a configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The file. None: `palisade.toml` in a data folder that is given, else here, else in the
    /// default data folder; none of them has to be there.
    pub file: Option<PathBuf>,
    /// The data folder, in place of the configured one.
    pub data_dir: Option<PathBuf>,
    /// Environment variables.
    pub environment: Vec<(OsString, OsString)>,
}

impl LoadOptions {
    /// With the variables of this process.
    pub fn from_process(file: Option<PathBuf>, data_dir: Option<PathBuf>) -> Self {
        Self { file, data_dir, environment: std::env::vars_os().collect() }
    }
}

impl Config {
    /// Reads, joins and checks the configuration. Relative paths are relative to the current folder.
    ///
    /// Errors: [`ConfigError`], one line that names the setting and where it is set.
    pub fn load(options: LoadOptions) -> Result<Self, ConfigError> {
        let (file, text) = read(&options)?;
        let name =
            file.as_ref().map_or_else(|| FILE_NAME.to_owned(), |path| path.display().to_string());
        let (mut table, mut origins) = match &text {
            Some(text) => parse(&name, text)?,
            None => (Table::new(), Origins::default()),
        };
        let key_source = master_key(&options.environment);
        environment::overlay(&mut table, &mut origins, options.environment)?;
        let written: Written = read_table(table, keys::SETTINGS, &origins)?;
        let models = models::lists(written.models_file.as_deref().map(Path::new))?;
        let given = check::Given { file, data_dir: options.data_dir, key_source, models };
        check::check(written, given, &origins)
    }
}

/// The file to read and its text; none where there is none and none was asked for.
fn read(options: &LoadOptions) -> Result<(Option<PathBuf>, Option<String>), ConfigError> {
    if let Some(path) = &options.file {
        return Ok((Some(path.clone()), Some(read_file(path)?)));
    }
    let places = [
        options.data_dir.as_deref().map(Config::file_in),
        Some(PathBuf::from(FILE_NAME)),
        options.data_dir.is_none().then(|| Config::file_in(Path::new(DATA_DIR))),
    ];
    for path in places.into_iter().flatten() {
        match fs::read_to_string(&path) {
            Ok(text) => return Ok((Some(path), Some(text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(ConfigError::Read { path, source }),
        }
    }
    Ok((None, None))
}

/// The text of a file that was asked for.
pub(super) fn read_file(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_path_buf(), source })
}

/// The settings in a text, and where each of them is.
pub(super) fn parse(name: &str, text: &str) -> Result<(Table, Origins), ConfigError> {
    let broken = |error: toml::de::Error| {
        let line = error.span().map(|span| line_of(text, span.start));
        let origin = line.map_or_else(|| name.to_owned(), |line| format!("{name}, line {line}"));
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        ConfigError::setting(origin, message)
    };
    let spanned = DeTable::parse(text).map_err(broken)?;
    let origins = Origins::of_file(name, text, spanned.get_ref());
    Ok((toml::from_str(text).map_err(broken)?, origins))
}

/// The master key in the environment, where there is one. It isn't a setting: secrets have no place
/// in the file.
fn master_key(environment: &[(OsString, OsString)]) -> Option<KeySource> {
    let secret = |name: &str| {
        environment
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| SecretString::from(value.to_string_lossy().into_owned()))
    };
    let current = secret("PALISADE_MASTER_KEY")?;
    Some(KeySource::Environment { current, previous: secret("PALISADE_MASTER_KEY_PREVIOUS") })
}
