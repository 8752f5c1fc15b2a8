//! What everything that is signed here has in common: a keyed MAC, and an unambiguous encoding of
//! several fields into one byte string.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Fields, each behind its length, so that no two lists of fields encode to the same bytes.
/// Without the lengths, moving a character from one field to the next would go unnoticed.
pub(crate) fn length_prefixed(fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(fields.iter().map(|field| field.len() + 8).sum());
    for field in fields {
        bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
        bytes.extend_from_slice(field);
    }
    bytes
}

/// HMAC-SHA256 under a key of 32 bytes.
pub(crate) fn keyed_mac(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC pads a shorter key with zeros to the hash's block of 64 bytes (RFC 2104, section 2).
    let mut block = zeroize::Zeroizing::new([0; 64]);
    let (used, _) = block.split_at_mut(key.len());
    used.copy_from_slice(key);
    Hmac::new(&(*block).into())
}

/// Feeds the same encoding to a running HMAC, without building it in memory.
pub(crate) fn update_length_prefixed(mac: &mut Hmac<Sha256>, fields: &[&[u8]]) {
    for field in fields {
        mac.update(&(field.len() as u64).to_be_bytes());
        mac.update(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cannot_run_into_each_other() {
        assert_ne!(length_prefixed(&[b"ab", b"c"]), length_prefixed(&[b"a", b"bc"]));
        assert_ne!(length_prefixed(&[b"", b"a"]), length_prefixed(&[b"a", b""]));
        assert_ne!(length_prefixed(&[b"a"]), length_prefixed(&[b"a", b""]));
    }
}
