//! The key that everything else is sealed under.

use std::{fmt, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::file;
use crate::StateError;

/// Separates the key id from every other use of SHA-256 over a key.
const KEY_ID_DOMAIN: &[u8] = b"palisade/master-key-id/v1\0";

/// A master key: 32 bytes, wiped from memory when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey {
    bytes: [u8; Self::BYTES],
}

impl MasterKey {
    /// Length of a master key in bytes.
    pub const BYTES: usize = 32;

    /// A new random key.
    ///
    /// Errors: [`StateError::Random`].
    pub fn generate() -> Result<Self, StateError> {
        let mut key = Self { bytes: [0; Self::BYTES] };
        getrandom::fill(&mut key.bytes).map_err(|_| StateError::Random)?;
        Ok(key)
    }

    /// The key with these bytes. The caller's copy stays the caller's to wipe.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self { bytes }
    }

    /// Parses base64 (RFC 4648, section 4, padded) with white space around it. `origin` names the
    /// place the text came from, for the error.
    ///
    /// Errors: [`StateError::KeyMalformed`].
    pub fn from_base64(text: &str, origin: &str) -> Result<Self, StateError> {
        let malformed = || StateError::KeyMalformed { origin: origin.to_owned() };
        let decoded = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| malformed())?);
        let mut key = Self { bytes: [0; Self::BYTES] };
        if decoded.len() != Self::BYTES {
            return Err(malformed());
        }
        key.bytes.copy_from_slice(&decoded);
        Ok(key)
    }

    /// Reads a key file: base64 of 32 bytes and a newline, a regular file that group and others
    /// may not touch.
    ///
    /// Errors: the `KeyFile…` variants of [`StateError`] and [`StateError::KeyMalformed`].
    pub fn read_file(path: &Path) -> Result<Self, StateError> {
        file::read(path)
    }

    /// Creates a key file with a new random key: mode 0600, whole or not at all, never over an
    /// existing file.
    ///
    /// Errors: [`StateError::KeyFileExists`], [`StateError::KeyFileUnwritable`],
    /// [`StateError::Random`].
    pub fn create_file(path: &Path) -> Result<Self, StateError> {
        let key = Self::generate()?;
        file::create(path, &key)?;
        Ok(key)
    }

    /// Public name of the key: the first 16 hexadecimal digits of a domain-separated SHA-256. It
    /// tells keys apart and tells nothing about the key.
    pub fn key_id(&self) -> String {
        let digest = Sha256::new().chain_update(KEY_ID_DOMAIN).chain_update(self.bytes).finalize();
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The bytes, for the one place that derives keys from them.
    pub(crate) fn expose(&self) -> &[u8; Self::BYTES] {
        &self.bytes
    }

    /// The text of a key file.
    pub(crate) fn to_file_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        STANDARD.encode_string(self.bytes, &mut text);
        text.push('\n');
        text
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MasterKey({})", self.key_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_32_bytes_in_base64_is_refused() {
        for text in ["", "AAAA", "not base64 at all!", &"A".repeat(43), &"A".repeat(88)] {
            let error = MasterKey::from_base64(text, "PALISADE_MASTER_KEY").expect_err(text);
            assert!(error.to_string().contains("PALISADE_MASTER_KEY"), "{error}");
        }
    }

    #[test]
    fn the_file_text_reads_back_and_debug_shows_the_id_alone() {
        let key = MasterKey::from_bytes([7; 32]);
        let text = key.to_file_text();
        assert_eq!(text.len(), 45);
        let again = MasterKey::from_base64(&text, "test").expect("parses");
        assert_eq!(again.key_id(), key.key_id());
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.key_id()));
    }

    #[test]
    fn ids_are_16_hexadecimal_digits_and_differ() {
        let id = MasterKey::from_bytes([1; 32]).key_id();
        assert_eq!(id.len(), 16);
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(id, MasterKey::from_bytes([2; 32]).key_id());
    }
}
