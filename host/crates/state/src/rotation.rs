//! Rotation of the master key while hosts serve.
//!
//! With a key file the new key goes to `FILE.next` first, then the database is re-sealed in one
//! transaction, then `.next` is renamed onto the file. Wherever that stops, the key that the database
//! is sealed with is in one of the two files, and the next opening or reading finishes the job.

use zeroize::Zeroizing;

use crate::{
    MasterKey, State, StateError,
    keys::root_missing,
    master::{KeyFileLock, Keyring},
    seal,
    store::{SealedChange, SealedRecord, Store},
};

impl State {
    /// Seals everything under another master key. Other hosts go on serving: the first record that
    /// they meet under the new key makes them read their key source again.
    ///
    /// With [`KeySource::File`](crate::KeySource::File), the file holds the new key afterwards; hosts
    /// that don't share that file need a copy of it. With
    /// [`KeySource::Environment`](crate::KeySource::Environment), `new` has to be the current key of
    /// the environment already, and the present one the previous, on every host.
    ///
    /// Errors: [`StateError::RotationSameKey`], [`StateError::RotationEnvironment`],
    /// [`StateError::RotationBusy`], [`StateError::KeyFileUnwritable`], [`StateError::Damaged`] for a
    /// record that doesn't open, [`StateError::Database`]. After an error the database can be opened
    /// as before.
    pub async fn rotate_master(&self, new: MasterKey) -> Result<(), StateError> {
        let new_id = new.key_id();
        match self.keyring().source().file() {
            Some(file) => {
                let files = file.lock().await?;
                self.reseal(&new, &new_id, Some(&files)).await?;
            }
            // Hosts can't be given a key while they run: one that isn't everywhere already would
            // lock the others out.
            None if self.keyring().configured().is_none_or(|(id, _)| id != new_id) => {
                return Err(StateError::RotationEnvironment);
            }
            None => self.reseal(&new, &new_id, None).await?,
        }
        self.keyring().find(&new_id)?;
        self.store().checkpoint().await;
        Ok(())
    }

    /// Seals all records under the new key, in one transaction. `files` is the key file's lock, where
    /// there is a key file.
    async fn reseal(
        &self,
        new: &MasterKey,
        new_id: &str,
        files: Option<&KeyFileLock<'_>>,
    ) -> Result<(), StateError> {
        let mut change = self.store().change_sealed().await?;
        let old_id = change.key_id().await?.ok_or_else(root_missing)?;
        if let Some(files) = files {
            // A rotation that stopped before its rename left the only copy of the present key in
            // `.next`, which is about to be written.
            files.finish(&old_id)?;
        }
        if old_id == new_id {
            return Err(StateError::RotationSameKey);
        }
        if let Some(files) = files {
            files.write_next(new)?;
        }
        if let Err(error) = self.reseal_all(&mut change, new).await {
            drop(change);
            if let Some(files) = files {
                files.remove_next()?;
            }
            return Err(error);
        }
        // Whether a commit that reports an error happened is unknown: `.next` stays, and whoever
        // reads the database next can open it either way.
        change.commit().await?;
        files.map_or(Ok(()), |files| files.finish(new_id))
    }

    async fn reseal_all(
        &self,
        change: &mut SealedChange,
        new: &MasterKey,
    ) -> Result<(), StateError> {
        for record in change.all().await? {
            let plaintext = self.open_for_rotation(&record)?;
            let resealed =
                seal::seal(new, record.place(), &plaintext, record.updated_at, &record.updated_by)?;
            change.put(&resealed).await?;
        }
        Ok(())
    }

    fn open_for_rotation(&self, record: &SealedRecord) -> Result<Zeroizing<Vec<u8>>, StateError> {
        let master = self.keyring().find(&record.key_id)?;
        seal::unseal(&master, record).ok_or_else(|| StateError::Damaged {
            what: format!("The sealed record \"{}\"", record.name),
            remedy: "Set that key again or delete it, then rotate again.",
        })
    }
}

/// Completes a rotation of the key file that stopped between commit and rename. Does nothing while
/// the rotating process is still at it. A failure is only logged: the key is found in `.next`, too.
pub(crate) async fn finish_rotation(keyring: &Keyring, store: &Store) {
    let Some(file) = keyring.source().file().filter(|file| file.has_next()) else {
        return;
    };
    let finished = async {
        let Some(files) = file.try_lock()? else {
            return Ok(());
        };
        let root = store.root().await?.ok_or_else(root_missing)?;
        files.finish(&root.key_id)
    };
    if let Err(error) = finished.await {
        tracing::warn!(%error, "the master key file could not be brought up to date");
    }
}
