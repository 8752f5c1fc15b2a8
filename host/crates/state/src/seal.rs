//! Sealing of single records: AES-256-GCM under a key of the record's own.
//!
//! The record's key is derived from the master key with HKDF-SHA256 (RFC 5869), a random salt per
//! sealing and the record's purpose and id as info. So a nonce can only repeat under the same salt,
//! and a key that leaks opens one record. The associated data names the row: a ciphertext that was
//! moved to another workspace, provider, record or key id doesn't open.

use aes_gcm::{
    Aes256Gcm, Key, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{MasterKey, StateError, encoding::length_prefixed, store::SealedRecord};

const DOMAIN: &[u8] = b"palisade/sealed/v1";
const SALT_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// The row that a sealed value belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Workspace; empty for the installation.
    pub(crate) workspace: &'a str,
    /// What the record is for.
    pub(crate) purpose: &'a str,
    /// Name within the purpose: the provider's id.
    pub(crate) name: &'a str,
    /// Record id.
    pub(crate) record: &'a str,
}

/// Derives 32 bytes from a secret.
pub(crate) fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    if Hkdf::<Sha256>::new(Some(salt), secret).expand(info, derived.as_mut()).is_err() {
        unreachable!("32 bytes are one block of HKDF-SHA256, which gives up to 255");
    }
    derived
}

fn cipher(master: &MasterKey, salt: &[u8], place: Place<'_>) -> Aes256Gcm {
    let info = length_prefixed(&[DOMAIN, place.purpose.as_bytes(), place.record.as_bytes()]);
    let key = derive(master.expose(), salt, &info);
    Aes256Gcm::new(<&Key<Aes256Gcm>>::from(&*key))
}

fn associated_data(place: Place<'_>, key_id: &str) -> Vec<u8> {
    length_prefixed(&[
        DOMAIN,
        place.workspace.as_bytes(),
        place.purpose.as_bytes(),
        place.name.as_bytes(),
        place.record.as_bytes(),
        key_id.as_bytes(),
    ])
}

/// Seals a value into a record for its row.
pub(crate) fn seal(
    master: &MasterKey,
    place: Place<'_>,
    plaintext: &[u8],
    updated_at: i64,
    updated_by: &str,
) -> Result<SealedRecord, StateError> {
    let mut salt = [0; SALT_BYTES];
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut salt).map_err(|_| StateError::Random)?;
    getrandom::fill(&mut nonce).map_err(|_| StateError::Random)?;
    let key_id = master.key_id();
    let payload = Payload { msg: plaintext, aad: &associated_data(place, &key_id) };
    let ciphertext = cipher(master, &salt, place)
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| StateError::InvalidKey("it is too long to be sealed"))?;
    Ok(SealedRecord {
        workspace: place.workspace.to_owned(),
        purpose: place.purpose.to_owned(),
        name: place.name.to_owned(),
        record: place.record.to_owned(),
        key_id,
        salt: salt.to_vec(),
        nonce: nonce.to_vec(),
        ciphertext,
        updated_at,
        updated_by: updated_by.to_owned(),
    })
}

/// Opens a record with the master key that its key id names. None: the record doesn't belong to its
/// row or to this key.
pub(crate) fn unseal(master: &MasterKey, record: &SealedRecord) -> Option<Zeroizing<Vec<u8>>> {
    let place = record.place();
    let nonce = <[u8; NONCE_BYTES]>::try_from(record.nonce.as_slice()).ok()?;
    let payload = Payload { msg: &record.ciphertext, aad: &associated_data(place, &record.key_id) };
    let opened = cipher(master, &record.salt, place).decrypt(&Nonce::from(nonce), payload);
    opened.ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> =
        Place { workspace: "main", purpose: "provider-key", name: "openai", record: "r1" };

    #[test]
    fn a_sealed_record_opens_in_its_place_alone() {
        let master = MasterKey::from_bytes([3; 32]);
        let record = seal(&master, PLACE, b"secret", 0, "somebody").expect("sealed");
        assert_eq!(unseal(&master, &record).expect("opens").as_slice(), b"secret");
        assert!(unseal(&MasterKey::from_bytes([4; 32]), &record).is_none());

        let changes: [fn(&mut SealedRecord); 9] = [
            |record| record.workspace = "other".into(),
            |record| record.purpose = "installation".into(),
            |record| record.name = "anthropic".into(),
            |record| record.record = "r2".into(),
            |record| record.key_id = "0000000000000000".into(),
            |record| record.salt[0] ^= 1,
            |record| record.nonce[0] ^= 1,
            |record| record.nonce.push(0),
            |record| record.ciphertext[0] ^= 1,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = record.clone();
            change(&mut changed);
            assert!(unseal(&master, &changed).is_none(), "change {number} went unnoticed");
        }
    }

    #[test]
    fn sealing_twice_never_gives_the_same_bytes() {
        let master = MasterKey::from_bytes([3; 32]);
        let first = seal(&master, PLACE, b"secret", 0, "").expect("sealed");
        let second = seal(&master, PLACE, b"secret", 0, "").expect("sealed");
        assert_ne!(first.salt, second.salt);
        assert_ne!(first.nonce, second.nonce);
        assert_ne!(first.ciphertext, second.ciphertext);
    }
}
