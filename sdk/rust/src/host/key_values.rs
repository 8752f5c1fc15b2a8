//! Storage of the component's own.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, content::to_json};

/// Storage that is the component's own in a workspace, shared by all its callers: at most 1,000 keys
/// and 1 MiB in all, unless the grant says otherwise. Never put in it what one caller may read and
/// another may not.
///
/// Errors are `denied` where it isn't granted, and `limit`.
#[expect(clippy::missing_errors_doc, reason = "said once, at the trait")]
pub trait KeyValues {
    /// The value of a key, if there is one.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error>;
    /// Sets a value of at most 64 KiB. Keys have 1 to 128 bytes.
    fn set(&self, key: &str, value: &[u8]) -> Result<(), Error>;
    /// Removes a key, also where there is none.
    fn delete(&self, key: &str) -> Result<(), Error>;
    /// The keys that begin so, in order, at most 1,000.
    fn keys(&self, prefix: &str) -> Result<Vec<String>, Error>;

    /// The value of a key as JSON. A value that isn't of that shape, as an older version of the tool
    /// may have left it, is none.
    fn get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        Ok(self.get(key)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Sets a value as JSON.
    fn set_json(&self, key: &str, value: &impl Serialize) -> Result<(), Error> {
        self.set(key, to_json(value)?.as_bytes())
    }
}
