//! Provider keys: set, listed masked, deleted; never read back by anybody but the host itself.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    State, StateError,
    seal::{self, Place},
    store::SealedRecord,
};

/// Bytes of a provider key at most.
pub const MAX_KEY_BYTES: usize = 8 * 1024;
/// Bytes of a workspace's or provider's name at most.
const MAX_NAME_BYTES: usize = 128;
/// Keys shorter than this are masked whole: what a mask shows must leave enough to guess.
const SHORTEST_SHOWN: usize = 20;
const SHOWN_FIRST: usize = 3;
const SHOWN_LAST: usize = 4;
/// Purpose of the sealed records that are provider keys.
pub(crate) const KEY_PURPOSE: &str = "provider-key";
/// How often an operation starts over because the master key was rotated meanwhile.
const ROTATION_ATTEMPTS: u32 = 4;

/// What may be told about a stored key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyInfo {
    /// Provider id.
    pub provider: String,
    /// The key with all but its first 3 and last 4 characters left out, or `…` for a key of fewer
    /// than 20.
    pub masked: String,
    /// Id of the master key that it is sealed under, 16 hexadecimal digits.
    pub key_id: String,
    /// When it was set.
    pub updated_at: Timestamp,
    /// Directus user id of who set it.
    pub updated_by: String,
}

impl State {
    /// Seals and stores the key of a provider, in place of the one before. Works at once on all
    /// hosts that share the database.
    ///
    /// White space around the key is dropped; 1 to [`MAX_KEY_BYTES`] visible ASCII characters remain,
    /// because the key travels in an HTTP header.
    ///
    /// Errors: [`StateError::InvalidKey`], [`StateError::InvalidName`], [`StateError::WrongMasterKey`]
    /// when the database was re-sealed with a key that this host can't find, [`StateError::Database`].
    #[expect(clippy::disallowed_methods, reason = "a provider key is sealed here")]
    pub async fn set_key(
        &self,
        workspace: &str,
        provider: &str,
        key: SecretString,
        actor: &str,
    ) -> Result<KeyInfo, StateError> {
        check_workspace(workspace)?;
        check_name("provider", provider)?;
        let key = key.expose_secret().trim();
        check_key(key)?;
        let record = self.seal_value(workspace, KEY_PURPOSE, provider, key, actor).await?;
        info(&record, key)
    }

    /// The key of a provider, for the one place that attaches it to a request. None: there is none.
    ///
    /// Errors: [`StateError::Damaged`], [`StateError::WrongMasterKey`], [`StateError::Database`].
    pub async fn key(
        &self,
        workspace: &str,
        provider: &str,
    ) -> Result<Option<SecretString>, StateError> {
        self.sealed_value(workspace, KEY_PURPOSE, provider).await
    }

    /// The keys of a workspace, masked, by provider.
    ///
    /// Errors: as [`State::key`].
    pub async fn list_keys(&self, workspace: &str) -> Result<Vec<KeyInfo>, StateError> {
        let mut attempts = ROTATION_ATTEMPTS;
        loop {
            attempts -= 1;
            match self.list_keys_once(workspace).await {
                Err(StateError::WrongMasterKey { .. }) if attempts > 0 => {}
                result => return result,
            }
        }
    }

    /// Deletes the key of a provider, on all hosts at once. Whether there was one.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn delete_key(&self, workspace: &str, provider: &str) -> Result<bool, StateError> {
        let deleted = self.store().delete_sealed(workspace, KEY_PURPOSE, provider).await?;
        if deleted {
            self.store().checkpoint().await;
        }
        Ok(deleted)
    }

    async fn list_keys_once(&self, workspace: &str) -> Result<Vec<KeyInfo>, StateError> {
        let mut listed = Vec::new();
        for record in self.store().sealed_of(workspace, KEY_PURPOSE).await? {
            listed.push(info(&record, &self.unseal_key(&record).await?)?);
        }
        Ok(listed)
    }

    /// Seals a text and stores it, in place of what was there.
    pub(crate) async fn seal_value(
        &self,
        workspace: &str,
        purpose: &str,
        name: &str,
        value: &str,
        actor: &str,
    ) -> Result<SealedRecord, StateError> {
        let record_id = Uuid::new_v4().to_string();
        let place = Place { workspace, purpose, name, record: &record_id };
        let mut change = self.store().change_sealed().await?;
        // Asked within the transaction: a record sealed under the old key after a rotation committed
        // could never be opened again.
        let key_id = change.key_id().await?.ok_or_else(root_missing)?;
        let master = self.keyring().find(&key_id)?;
        let now = Timestamp::now().as_millisecond();
        let record = seal::seal(&master, place, value.as_bytes(), now, actor)?;
        change.put(&record).await?;
        change.commit().await?;
        Ok(record)
    }

    /// A sealed text, if there is one.
    pub(crate) async fn sealed_value(
        &self,
        workspace: &str,
        purpose: &str,
        name: &str,
    ) -> Result<Option<SecretString>, StateError> {
        let mut attempts = ROTATION_ATTEMPTS;
        loop {
            attempts -= 1;
            let Some(record) = self.store().sealed(workspace, purpose, name).await? else {
                return Ok(None);
            };
            match self.unseal_key(&record).await {
                // Re-sealed between the reading of the record and the reading of the key source.
                Err(StateError::WrongMasterKey { .. }) if attempts > 0 => {}
                result => return result.map(|key| Some(SecretString::from(key.as_str()))),
            }
        }
    }

    async fn unseal_key(&self, record: &SealedRecord) -> Result<Zeroizing<String>, StateError> {
        let damaged = || StateError::Damaged {
            what: format!("The stored {} \"{}\"", record.purpose.replace('-', " "), record.name),
            remedy: "Set it again.",
        };
        let master = self.master(&record.key_id).await?;
        let bytes = seal::unseal(&master, record).ok_or_else(damaged)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

/// The installation's own record is created with the database, so it can only have been removed.
pub(crate) fn root_missing() -> StateError {
    StateError::Damaged {
        what: "The installation's sealed record".into(),
        remedy: "Restore a backup of the database.",
    }
}

fn info(record: &SealedRecord, key: &str) -> Result<KeyInfo, StateError> {
    Ok(KeyInfo {
        provider: record.name.clone(),
        masked: mask(key),
        key_id: record.key_id.clone(),
        updated_at: Timestamp::from_millisecond(record.updated_at).map_err(|_| {
            StateError::Damaged {
                what: format!("The stored provider key \"{}\"", record.name),
                remedy: "Set it again.",
            }
        })?,
        updated_by: record.updated_by.clone(),
    })
}

fn mask(key: &str) -> String {
    let count = key.chars().count();
    if count < SHORTEST_SHOWN {
        return "…".into();
    }
    let first = key.chars().take(SHOWN_FIRST);
    first.chain(['…']).chain(key.chars().skip(count - SHOWN_LAST)).collect()
}

pub(crate) fn check_key(key: &str) -> Result<(), StateError> {
    match key {
        "" => Err(StateError::InvalidKey("it is empty")),
        key if key.len() > MAX_KEY_BYTES => {
            Err(StateError::InvalidKey("it is longer than 8192 characters"))
        }
        key if !key.bytes().all(|byte| byte.is_ascii_graphic()) => Err(StateError::InvalidKey(
            "it has spaces, line breaks or characters outside of ASCII; copy it again",
        )),
        _ => Ok(()),
    }
}

pub(crate) fn check_workspace(workspace: &str) -> Result<(), StateError> {
    check_name("workspace", workspace)
}

pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), StateError> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        let name = name.chars().filter(|character| !character.is_control()).take(64).collect();
        return Err(StateError::InvalidName { what, name, limit: MAX_NAME_BYTES });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_at_most_seven_characters_of_a_long_key_and_none_of_a_short_one() {
        assert_eq!(mask("sk-0123456789abcdefghij"), "sk-…ghij");
        assert_eq!(mask(&"a".repeat(SHORTEST_SHOWN)), "aaa…aaaa");
        assert_eq!(mask(&"a".repeat(SHORTEST_SHOWN - 1)), "…");
        assert_eq!(mask(""), "…");
    }

    #[test]
    fn keys_that_no_header_can_carry_are_refused() {
        let long = "k".repeat(MAX_KEY_BYTES + 1);
        for key in ["", "two words", "line\nbreak", "schlüssel", "nul\0", &long] {
            assert!(matches!(check_key(key), Err(StateError::InvalidKey(_))), "{key:?}");
        }
        assert!(check_key("sk-proj-0123_456.789").is_ok());
    }

    #[test]
    fn names_are_short_printable_and_never_the_installation_s_own() {
        for name in ["", "a\nb", &"n".repeat(MAX_NAME_BYTES + 1)] {
            assert!(matches!(check_workspace(name), Err(StateError::InvalidName { .. })));
        }
        assert!(check_workspace("main").is_ok());
    }
}
