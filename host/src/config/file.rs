//! The settings as they are written, before they are checked.

use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use toml::{Table, Value};

use super::{
    ConfigError,
    keys::{self, Kind},
    models::WrittenModel,
    origins::Origins,
};

/// All settings as written; what is left out is none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    pub(super) listen: Option<String>,
    pub(super) data_dir: Option<String>,
    pub(super) database_url: Option<String>,
    pub(super) master_key_file: Option<String>,
    pub(super) public_url: Option<String>,
    pub(super) models_file: Option<String>,
    pub(super) workspace: WrittenWorkspace,
    pub(super) directus: WrittenDirectus,
    pub(super) providers: Option<Vec<WrittenProvider>>,
    pub(super) egress: WrittenEgress,
    pub(super) limits: WrittenLimits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenWorkspace {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) backend: Option<String>,
    pub(super) data_mode: Option<String>,
    pub(super) approvals: Option<String>,
    pub(super) max_steps: Option<i64>,
    pub(super) system_prompt: Option<String>,
    pub(super) locked: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenDirectus {
    pub(super) url: Option<String>,
    pub(super) public_url: Option<String>,
    pub(super) extension_secret: Option<SecretString>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenProvider {
    pub(super) id: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) region: Option<String>,
    pub(super) requires_key: Option<bool>,
    pub(super) allowed_models: Vec<String>,
    pub(super) locked: bool,
    pub(super) models: Vec<WrittenModel>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenEgress {
    pub(super) allow_private: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WrittenLimits {
    pub(super) turn_seconds: Option<i64>,
    pub(super) guest_memory_mb: Option<i64>,
    pub(super) live_turns: Option<i64>,
}

/// Reads settings out of a table, all of whose names and kinds are checked first.
pub(super) fn read_table<T: DeserializeOwned>(
    table: Table,
    known: &'static [(&'static str, Kind)],
    origins: &Origins,
) -> Result<T, ConfigError> {
    check_names(&table, known, "", origins)?;
    Value::Table(table)
        .try_into()
        .map_err(|error| ConfigError::setting("configuration", error.message().to_owned()))
}

fn check_names(
    table: &Table,
    known: &'static [(&'static str, Kind)],
    parent: &str,
    origins: &Origins,
) -> Result<(), ConfigError> {
    for (name, value) in table {
        let path = keys::join(parent, name);
        let Some(kind) = keys::find(known, name) else {
            return Err(origins.unknown(&path, keys::unknown(known, parent, name)));
        };
        if !kind.fits(value) {
            return Err(origins.wrong(&path, kind.expected()));
        }
        match (kind, value) {
            (Kind::Table(inner), Value::Table(table)) => {
                check_names(table, inner, &path, origins)?;
            }
            (Kind::Tables(inner), Value::Array(tables)) => {
                for (index, table) in tables.iter().filter_map(Value::as_table).enumerate() {
                    check_names(table, inner, &format!("{path}[{index}]"), origins)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
