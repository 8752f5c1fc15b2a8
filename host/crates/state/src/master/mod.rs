//! The master key: what it is, where it is found, which ones are held in memory.

mod file;
mod key;
mod keyring;
mod source;

pub(crate) use file::{KeyFile, KeyFileLock};
pub use key::MasterKey;
pub(crate) use keyring::Keyring;
pub use source::KeySource;
