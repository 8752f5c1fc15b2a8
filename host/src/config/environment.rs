//! Settings from `PALISADE_…` variables.

use std::ffi::OsString;

use toml::{Table, Value};

use super::{
    ConfigError,
    keys::{self, Kind},
    origins::Origins,
};

const PREFIX: &str = "PALISADE_";
/// Variables that aren't settings: secrets, which have no place in a file, and what builds and tests
/// are told.
const NOT_SETTINGS: [&str; 6] = [
    "PALISADE_MASTER_KEY",
    "PALISADE_MASTER_KEY_PREVIOUS",
    "PALISADE_LOG",
    "PALISADE_COMPONENT",
    "PALISADE_BIN",
    "PALISADE_WIT_VERSION",
];

/// Lays the variables over the file's settings. Names are those of the settings in capital letters,
/// nested ones joined by `__`: `PALISADE_WORKSPACE__MAX_STEPS`, `PALISADE_PROVIDERS__0__ID`. A list
/// is written with commas or as in the file. An empty variable counts as not set.
pub(super) fn overlay(
    settings: &mut Table,
    origins: &mut Origins,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<(), ConfigError> {
    let mut variables = Vec::new();
    for (name, value) in environment {
        let Some(name) = name.to_str() else { continue };
        if !name.starts_with(PREFIX) || NOT_SETTINGS.contains(&name) || value.is_empty() {
            continue;
        }
        let value = value
            .into_string()
            .map_err(|_| ConfigError::setting(name, "the value is not valid UTF-8"))?;
        variables.push((name.to_owned(), value));
    }
    // Tables of a list are made in their order.
    variables.sort_by_key(|(name, _)| {
        name.split("__")
            .map(|part| (part.parse::<usize>().ok(), part.to_owned()))
            .collect::<Vec<_>>()
    });
    for (name, value) in &variables {
        let lower = name.get(PREFIX.len()..).unwrap_or_default().to_lowercase();
        let parts: Vec<&str> = lower.split("__").collect();
        let path = put(settings, keys::SETTINGS, "", &parts, value)
            .map_err(|problem| ConfigError::setting(name, problem))?;
        origins.set_by_variable(&path, name);
    }
    Ok(())
}

/// Puts a value into nested tables and gives the path of its setting.
fn put(
    table: &mut Table,
    known: &'static [(&'static str, Kind)],
    parent: &str,
    parts: &[&str],
    text: &str,
) -> Result<String, String> {
    let [name, rest @ ..] = parts else { return Err("names no setting".into()) };
    let Some(kind) = keys::find(known, name) else {
        return Err(keys::unknown(known, parent, name));
    };
    let path = keys::join(parent, name);
    match (kind, rest) {
        (Kind::Table(inner), [_, ..]) => {
            let slot = table.entry(*name).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(slot) = slot else {
                return Err(format!("\"{path}\" {}", kind.expected()));
            };
            put(slot, inner, &path, rest, text)
        }
        (Kind::Tables(inner), [index, rest @ ..]) if !rest.is_empty() => {
            let slot = table.entry(*name).or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(slot) = slot else {
                return Err(format!("\"{path}\" {}", kind.expected()));
            };
            let index: usize = index
                .parse()
                .map_err(|_| format!("\"{path}\" needs a number next: {path}__0__…"))?;
            if index == slot.len() {
                slot.push(Value::Table(Table::new()));
            }
            let path = format!("{path}[{index}]");
            let Some(Value::Table(slot)) = slot.get_mut(index) else {
                return Err(format!("\"{path}\" leaves a gap: number the entries from 0"));
            };
            put(slot, inner, &path, rest, text)
        }
        (Kind::Table(_) | Kind::Tables(_), _) => {
            Err(format!("\"{path}\" is a table; name a setting in it, joined by \"__\""))
        }
        (_, [_, ..]) => Err(format!("\"{path}\" has no settings in it")),
        (kind, []) => {
            let value =
                parse(kind, text).ok_or_else(|| format!("\"{path}\" {}", kind.expected()))?;
            table.insert((*name).to_owned(), value);
            Ok(path)
        }
    }
}

fn parse(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Text => Some(Value::String(text.to_owned())),
        Kind::Whole => text.trim().parse().ok().map(Value::Integer),
        Kind::Number => text.trim().parse().ok().map(Value::Float),
        Kind::Flag => text.trim().parse().ok().map(Value::Boolean),
        Kind::Texts if text.trim_start().starts_with('[') => {
            let mut table: Table = toml::from_str(&format!("list = {text}")).ok()?;
            table.remove("list").filter(|value| kind.fits(value))
        }
        Kind::Texts => Some(Value::Array(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.to_owned()))
                .collect(),
        )),
        Kind::Table(_) | Kind::Tables(_) => None,
    }
}
