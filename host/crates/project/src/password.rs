//! Passwords and tokens: how they are checked for use and how they are stored.

#![expect(clippy::disallowed_methods, reason = "secrets are verified and hashed here")]

use std::sync::{Arc, OnceLock};

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::ProjectError;

/// Longest password, in bytes: hashing cost must not depend on the caller's generosity.
pub(crate) const LONGEST_PASSWORD: usize = 1024;
/// Shortest password, in characters.
const SHORTEST_PASSWORD: usize = 8;
/// Hashes at once; each takes 19 MiB of memory and a core.
const HASHES_AT_ONCE: usize = 4;

/// Computes and verifies argon2id hashes off the async threads, a few at a time.
#[derive(Debug, Clone)]
pub(crate) struct PasswordHashing {
    permits: Arc<Semaphore>,
}

impl PasswordHashing {
    pub(crate) fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(HASHES_AT_ONCE)) }
    }

    /// The PHC string of a password.
    pub(crate) async fn hash(&self, password: &SecretString) -> Result<String, ProjectError> {
        let password = password.clone();
        self.run(move || phc(password.expose_secret())).await?
    }

    /// Whether the password has this hash. Without a hash the same work is done for nothing, so
    /// that time doesn't tell which users exist.
    pub(crate) async fn verify(
        &self,
        password: &SecretString,
        hash: Option<String>,
    ) -> Result<bool, ProjectError> {
        let password = password.clone();
        self.run(move || {
            // Made on first use, whichever kind of sign-in comes first.
            let stand_in = stand_in()?;
            let verified = matches(password.expose_secret(), hash.as_deref().unwrap_or(stand_in));
            Ok(verified && hash.is_some())
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ProjectError> {
        let _permit = self.permits.acquire().await.map_err(|_| ProjectError::Cryptography)?;
        spawn_blocking(work).await.map_err(|_| ProjectError::Cryptography)
    }
}

fn phc(password: &str) -> Result<String, ProjectError> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|_| ProjectError::Cryptography)?;
    Ok(hash.to_string())
}

fn matches(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

/// A hash that no password is known for.
fn stand_in() -> Result<&'static str, ProjectError> {
    static STAND_IN: OnceLock<String> = OnceLock::new();
    if let Some(hash) = STAND_IN.get() {
        return Ok(hash);
    }
    let hash = phc(&crate::random::token()?)?;
    Ok(STAND_IN.get_or_init(|| hash))
}

/// Refuses passwords that are too short or too long.
pub(crate) fn check_password(password: &SecretString) -> Result<(), ProjectError> {
    let password = password.expose_secret();
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(ProjectError::InvalidPassword("it has to have at least 8 characters"));
    }
    if password.len() > LONGEST_PASSWORD {
        return Err(ProjectError::InvalidPassword("it is longer than 1,024 bytes"));
    }
    Ok(())
}

/// Refuses static tokens that are short, don't fit a header, or could be taken for a JWT.
pub(crate) fn check_token(token: &SecretString) -> Result<(), ProjectError> {
    let token = token.expose_secret();
    let reason = if token.len() < 8 {
        "it has to have at least 8 characters"
    } else if token.len() > 255 {
        "it is longer than 255 characters"
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        "only printable ASCII characters without spaces are allowed"
    } else if jsonwebtoken::decode_header(token).is_ok() {
        "it is a JSON web token"
    } else {
        return Ok(());
    };
    Err(ProjectError::InvalidToken(reason))
}

/// How a static token or a refresh token is stored.
pub(crate) fn secret_digest(token: &SecretString) -> String {
    digest(token.expose_secret())
}

/// SHA-256 in lower-case hex.
pub(crate) fn digest(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_hash_only() {
        let hashing = PasswordHashing::new();
        let password = SecretString::from("correct horse");
        let hash = hashing.hash(&password).await.expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = async |password: &str, hash: Option<String>| {
            hashing.verify(&SecretString::from(password), hash).await.expect("verified")
        };
        assert!(verify("correct horse", Some(hash.clone())).await);
        assert!(!verify("correct hors", Some(hash)).await);
        assert!(!verify("correct horse", None).await);
        assert!(!verify("correct horse", Some("not a hash".into())).await);
    }

    #[test]
    fn digests_are_sha_256_in_hex() {
        assert_eq!(
            digest("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn unusable_passwords_and_tokens_are_refused() {
        for password in ["short", &"x".repeat(1025)] {
            assert!(check_password(&SecretString::from(password)).is_err());
        }
        assert!(check_password(&SecretString::from("längeres Passwort")).is_ok());
        for token in ["short", "with a space in it", "ümlaut-token", &"x".repeat(256)] {
            assert!(check_token(&SecretString::from(token)).is_err(), "{token}");
        }
        let jwt = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";
        assert!(check_token(&SecretString::from(jwt)).is_err());
        assert!(check_token(&SecretString::from("editor-static-token-0001")).is_ok());
    }
}
