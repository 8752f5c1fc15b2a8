//! File ids: `plf1.` what is known about the file `.` signature, the parts in base64url.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

use crate::encoding::{keyed_mac, update_length_prefixed};

/// Bytes of a file id at most.
pub const MAX_FILE_TOKEN_BYTES: usize = 4096;

const PREFIX: &str = "plf1";
const SIGNATURE_BYTES: usize = 32;
const SIGNATURE_DOMAIN: &[u8] = b"palisade/file/v1";

/// What a file id says. None of it is secret from the user whose file it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileClaims {
    /// Directus user id (UUID) of the user who attached the file.
    #[serde(rename = "u")]
    pub user: String,
    /// Workspace.
    #[serde(rename = "w")]
    pub workspace: String,
    /// Provider id from the configuration.
    #[serde(rename = "p")]
    pub provider: String,
    /// What a request to the provider names the file by: its id, or its address at the provider.
    #[serde(rename = "r")]
    pub reference: String,
    /// What the provider's storage calls the file, for deleting it.
    #[serde(rename = "n")]
    pub name: String,
    /// IANA media type, as the host found it.
    #[serde(rename = "t")]
    pub media_type: String,
    /// File name.
    #[serde(rename = "f")]
    pub filename: String,
    /// Bytes.
    #[serde(rename = "s")]
    pub size: u64,
    /// When the provider forgets the file, milliseconds since 1970.
    #[serde(rename = "e")]
    pub expires_at: i64,
}

/// Who a file id has to belong to.
#[derive(Debug, Clone, Copy)]
pub struct FileHolder<'a> {
    /// Directus user id (UUID) of the caller.
    pub user: &'a str,
    /// Workspace.
    pub workspace: &'a str,
}

/// Why a file id doesn't count.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileRefusal {
    /// This installation didn't sign the id, or signed it for another user or workspace. Which of
    /// them isn't said.
    #[error("The file id is not one of yours.")]
    Invalid,
    /// The provider doesn't have the file any more.
    #[error("The file has expired.")]
    Expired(Box<FileClaims>),
}

/// Signs and checks file ids. Cheap to clone.
#[derive(Clone)]
pub struct FileTokens(Hmac<Sha256>);

impl FileTokens {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(keyed_mac(key))
    }

    /// The id of a file, `A-Z a-z 0-9 - _ .`. None if the claims are too long for an id of
    /// [`MAX_FILE_TOKEN_BYTES`].
    pub fn issue(&self, claims: &FileClaims) -> Option<String> {
        let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims).ok()?);
        let signature = URL_SAFE_NO_PAD.encode(self.signature(&payload).finalize().into_bytes());
        let token = format!("{PREFIX}.{payload}.{signature}");
        (token.len() <= MAX_FILE_TOKEN_BYTES).then_some(token)
    }

    /// What an id says, if this installation signed it for this holder and the file is still there.
    ///
    /// The signature is compared in constant time, and over the text as it came, before anything in
    /// it is read.
    ///
    /// Errors: [`FileRefusal`].
    pub fn verify(
        &self,
        token: &str,
        holder: FileHolder<'_>,
        now: Timestamp,
    ) -> Result<FileClaims, FileRefusal> {
        let claims = self.authentic(token).ok_or(FileRefusal::Invalid)?;
        if claims.user != holder.user || claims.workspace != holder.workspace {
            return Err(FileRefusal::Invalid);
        }
        if now.as_millisecond() >= claims.expires_at {
            return Err(FileRefusal::Expired(Box::new(claims)));
        }
        Ok(claims)
    }

    fn authentic(&self, token: &str) -> Option<FileClaims> {
        if token.len() > MAX_FILE_TOKEN_BYTES {
            return None;
        }
        let (payload, signature) =
            token.strip_prefix(PREFIX)?.strip_prefix('.')?.split_once('.')?;
        let mut bytes = [0; SIGNATURE_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes).ok()?;
        if length != SIGNATURE_BYTES {
            return None;
        }
        self.signature(payload).verify_slice(&bytes).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    fn signature(&self, payload: &str) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        update_length_prefixed(&mut mac, &[SIGNATURE_DOMAIN, payload.as_bytes()]);
        mac
    }
}
