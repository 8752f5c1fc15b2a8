//! Approval ids: `apr1.` expiry and nonce `.` signature, the parts in base64url.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use super::CanonicalArguments;
use crate::{
    StateError,
    encoding::{keyed_mac, update_length_prefixed},
};

/// How long an approval may be answered.
pub const VALIDITY: Duration = Duration::from_secs(15 * 60);
const VALIDITY_MILLISECONDS: i64 = 15 * 60 * 1000;

const PREFIX: &str = "apr1";
const NONCE_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 32;
const CALL_DOMAIN: &[u8] = b"palisade/approval-call/v1";
const SIGNATURE_DOMAIN: &[u8] = b"palisade/approval/v1";

/// What an approval is for. If any of it differs when the answer comes, the answer is refused.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// Directus user id (UUID) of the caller.
    pub user: &'a str,
    /// Workspace.
    pub workspace: &'a str,
    /// Name of the tool.
    pub tool: &'a str,
    /// Id of the tool call, as the browser knows it.
    pub tool_call_id: &'a str,
    /// Arguments.
    pub arguments: &'a CanonicalArguments,
}

/// Signs and checks approval ids.
#[derive(Clone)]
pub(super) struct Signer(Hmac<Sha256>);

impl Signer {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(keyed_mac(key))
    }

    /// A keyed digest of the call, which tells nothing about the arguments.
    pub(super) fn call(&self, binding: &Binding<'_>) -> [u8; 32] {
        let mut mac = self.0.clone();
        update_length_prefixed(
            &mut mac,
            &[
                CALL_DOMAIN,
                binding.user.as_bytes(),
                binding.workspace.as_bytes(),
                binding.tool.as_bytes(),
                binding.tool_call_id.as_bytes(),
                binding.arguments.as_str().as_bytes(),
            ],
        );
        mac.finalize().into_bytes().into()
    }

    fn signature(&self, payload: &Payload, call: &[u8; 32]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        let expiry = payload.expires_at.to_be_bytes();
        update_length_prefixed(&mut mac, &[SIGNATURE_DOMAIN, &expiry, &payload.nonce, call]);
        mac
    }

    pub(super) fn sign(&self, payload: &Payload, call: &[u8; 32]) -> String {
        let signature = self.signature(payload, call).finalize().into_bytes();
        format!("{PREFIX}.{}.{}", payload.encode(), URL_SAFE_NO_PAD.encode(signature))
    }

    /// The payload of an id that was signed for this call. The comparison takes the same time
    /// wherever a forged signature goes wrong.
    pub(super) fn verify(&self, id: &str, call: &[u8; 32]) -> Option<Payload> {
        let (payload, signature) = split(id)?;
        let payload = Payload::decode(payload)?;
        let mut bytes = [0; SIGNATURE_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes).ok()?;
        if length != SIGNATURE_BYTES {
            return None;
        }
        self.signature(&payload, call).verify_slice(&bytes).ok()?;
        Some(payload)
    }
}

/// What an approval id says by itself.
pub(super) struct Payload {
    /// Milliseconds since 1970.
    pub(super) expires_at: i64,
    pub(super) nonce: [u8; NONCE_BYTES],
}

impl Payload {
    pub(super) fn new(now: Timestamp) -> Result<Self, StateError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| StateError::Random)?;
        let expires_at = now.as_millisecond().saturating_add(VALIDITY_MILLISECONDS);
        Ok(Self { expires_at, nonce })
    }

    /// When the approval was issued, milliseconds since 1970.
    pub(super) fn issued_at(&self) -> i64 {
        self.expires_at.saturating_sub(VALIDITY_MILLISECONDS)
    }

    fn encode(&self) -> String {
        let mut bytes = [0; 8 + NONCE_BYTES];
        let (expiry, nonce) = bytes.split_at_mut(8);
        expiry.copy_from_slice(&self.expires_at.to_be_bytes());
        nonce.copy_from_slice(&self.nonce);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 8 + NONCE_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (expiry, nonce) = bytes.split_first_chunk::<8>()?;
        Some(Self { expires_at: i64::from_be_bytes(*expiry), nonce: nonce.try_into().ok()? })
    }
}

fn split(id: &str) -> Option<(&str, &str)> {
    id.strip_prefix(PREFIX)?.strip_prefix('.')?.split_once('.')
}

/// The part of an approval id that names it without letting anybody use it: everything but the
/// signature. None where the text isn't an approval id.
pub fn approval_reference(id: &str) -> Option<&str> {
    let (payload, signature) = split(id)?;
    Payload::decode(payload)?;
    id.strip_suffix(signature)?.strip_suffix('.')
}
