//! Where the master key comes from.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::{KeyFile, MasterKey};
use crate::StateError;

/// Where the master key is found.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file of mode 0600 with base64 of 32 bytes and a newline. Read again when the database turns
    /// out to be sealed with another key, so a rotation by one process reaches the others.
    File(PathBuf),
    /// The process environment: `PALISADE_MASTER_KEY` and, around a rotation,
    /// `PALISADE_MASTER_KEY_PREVIOUS`, both base64 of 32 bytes.
    Environment {
        /// The key to use.
        current: SecretString,
        /// The key that the database may still be sealed with.
        previous: Option<SecretString>,
    },
}

impl KeySource {
    /// The keys that the source has now, the configured one first. Never empty.
    pub(crate) fn load(&self) -> Result<Vec<MasterKey>, StateError> {
        match self {
            Self::File(path) => KeyFile::new(path).read_all(),
            Self::Environment { current, previous } => {
                let current = from_variable(current, "PALISADE_MASTER_KEY")?
                    .ok_or(StateError::KeyEnvironmentMissing)?;
                let mut keys = vec![current];
                if let Some(previous) = previous {
                    keys.extend(from_variable(previous, "PALISADE_MASTER_KEY_PREVIOUS")?);
                }
                Ok(keys)
            }
        }
    }

    /// The file, where the key comes from one.
    pub(crate) fn file(&self) -> Option<KeyFile> {
        match self {
            Self::File(path) => Some(KeyFile::new(path)),
            Self::Environment { .. } => None,
        }
    }
}

/// The key in an environment variable. None: the variable is empty, which counts as not set.
#[expect(clippy::disallowed_methods, reason = "the master key is parsed here")]
fn from_variable(text: &SecretString, name: &str) -> Result<Option<MasterKey>, StateError> {
    match text.expose_secret().trim() {
        "" => Ok(None),
        text => MasterKey::from_base64(text, name).map(Some),
    }
}
