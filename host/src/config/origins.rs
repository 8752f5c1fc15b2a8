//! Where each setting was set, so that an error can point there.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// Places by the path of the setting: `workspace.max_steps`, `providers[0].id`.
#[derive(Debug, Default)]
pub(super) struct Origins {
    places: BTreeMap<String, String>,
    file: String,
}

impl Origins {
    /// The places of all settings in a file's text.
    pub(super) fn of_file(name: &str, text: &str, table: &DeTable<'_>) -> Self {
        let mut origins = Self { places: BTreeMap::new(), file: name.to_owned() };
        origins.add_table(text, "", table);
        origins
    }

    /// A setting comes from a variable.
    pub(super) fn set_by_variable(&mut self, path: &str, variable: &str) {
        self.places.insert(path.to_owned(), variable.to_owned());
    }

    /// An error about a setting. A setting that is missing is looked for where its table is.
    pub(super) fn wrong(&self, path: &str, problem: impl AsRef<str>) -> ConfigError {
        let mut place = path;
        let origin = loop {
            if let Some(origin) = self.places.get(place) {
                break origin.clone();
            }
            match place.rfind(['.', '[']) {
                Some(end) => place = place.get(..end).unwrap_or_default(),
                None if self.file.is_empty() => break "configuration".to_owned(),
                None => break self.file.clone(),
            }
        };
        ConfigError::setting(origin, format!("\"{path}\" {}", problem.as_ref()))
    }

    /// An error about a setting that isn't one; `problem` names it.
    pub(super) fn unknown(&self, path: &str, problem: String) -> ConfigError {
        let origin = self.places.get(path).cloned().unwrap_or_else(|| self.file.clone());
        ConfigError::setting(origin, problem)
    }

    fn add_table(&mut self, text: &str, parent: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = super::keys::join(parent, name.get_ref());
            let line = line_of(text, name.span().start);
            self.places.insert(path.clone(), format!("{}, line {line}", self.file));
            self.add_value(text, &path, value.get_ref());
        }
    }

    fn add_value(&mut self, text: &str, path: &str, value: &DeValue<'_>) {
        match value {
            DeValue::Table(table) => self.add_table(text, path, table),
            DeValue::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    let line = line_of(text, value.span().start);
                    self.places.insert(path.clone(), format!("{}, line {line}", self.file));
                    self.add_value(text, &path, value.get_ref());
                }
            }
            _ => {}
        }
    }
}

/// The line, from 1, of a place in a text.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset.min(text.len())).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
