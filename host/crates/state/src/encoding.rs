//! Unambiguous encoding of several fields into one byte string.

use hmac::{Hmac, Mac};
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
