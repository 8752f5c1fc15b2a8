//! Random values from the operating system.

use crate::ProjectError;

/// Characters of a random token: 64, so that each takes six bits of a byte without bias.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], ProjectError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| ProjectError::Cryptography)?;
    Ok(bytes)
}

/// A token of 64 characters with 384 random bits.
pub(crate) fn token() -> Result<String, ProjectError> {
    Ok(bytes::<64>()?
        .into_iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte & 63)).copied().map(char::from))
        .collect())
}

/// A random UUID (version 4), hyphenated.
pub(crate) fn uuid() -> Result<String, ProjectError> {
    Ok(uuid::Builder::from_random_bytes(bytes()?).into_uuid().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_their_length_and_differ() {
        let (one, other) = (token().expect("random"), token().expect("random"));
        assert_eq!((one.len(), other.len()), (64, 64));
        assert_ne!(one, other);
    }
}
