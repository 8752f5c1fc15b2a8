//! The master keys that this process holds.

use std::sync::{Arc, PoisonError, RwLock};

use super::{KeySource, MasterKey};
use crate::StateError;

/// Keys in memory with the source that they came from.
pub(crate) struct Keyring {
    source: KeySource,
    keys: RwLock<Vec<(String, Arc<MasterKey>)>>,
}

impl Keyring {
    /// Reads the source.
    pub(crate) fn load(source: KeySource) -> Result<Self, StateError> {
        let keys = identify(source.load()?);
        Ok(Self { source, keys: RwLock::new(keys) })
    }

    /// The source.
    pub(crate) fn source(&self) -> &KeySource {
        &self.source
    }

    /// The key with this id. One that isn't held makes the source be read again, once: another
    /// process may have rotated the master key.
    pub(crate) fn find(&self, key_id: &str) -> Result<Arc<MasterKey>, StateError> {
        if let Some(key) = self.held(key_id) {
            return Ok(key);
        }
        let keys = identify(self.source.load()?);
        // Looked up in what was just read: another thread may replace what is held in between.
        let found = keys.iter().find(|(id, _)| id == key_id);
        let result = match found {
            Some((_, key)) => Ok(Arc::clone(key)),
            None => {
                let ids: Vec<&str> = keys.iter().map(|(id, _)| id.as_str()).collect();
                Err(StateError::WrongMasterKey {
                    expected: key_id.to_owned(),
                    found: ids.join(", "),
                })
            }
        };
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        result
    }

    /// Whether the key is in memory already.
    pub(crate) fn holds(&self, key_id: &str) -> bool {
        self.held(key_id).is_some()
    }

    fn held(&self, key_id: &str) -> Option<Arc<MasterKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|(id, _)| id == key_id).map(|(_, key)| Arc::clone(key))
    }

    /// The configured key with its id.
    pub(crate) fn configured(&self) -> Option<(String, Arc<MasterKey>)> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).first().cloned()
    }
}

fn identify(keys: Vec<MasterKey>) -> Vec<(String, Arc<MasterKey>)> {
    keys.into_iter().map(|key| (key.key_id(), Arc::new(key))).collect()
}
