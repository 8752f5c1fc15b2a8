//! Opening and closing the state.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    ApprovalAuthority, FileTokens, KeySource, Ledger, MasterKey, StateError,
    keys::root_missing,
    master::Keyring,
    rotation::finish_rotation,
    seal::{self, Place},
    store::{DatabasePath, Inspected, LATEST_SCHEMA, ROOT, SealedRecord, Store},
};

/// Salt of everything that is derived from the installation's secret.
const DERIVATION_SALT: &[u8] = b"palisade/installation/v1";
const INSTALLATION_SECRET_BYTES: usize = 32;

/// The state of a host, open. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    keyring: Keyring,
    secret: Zeroizing<Vec<u8>>,
    approvals: ApprovalAuthority,
    files: FileTokens,
    ledger: Ledger,
}

/// What can be said about a database without opening it for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Whether the database exists and is set up. If not, [`State::open`] creates it.
    pub exists: bool,
    /// Id of the master key that the database is sealed with, or will be.
    pub key_id: String,
    /// Version of the tables; 0 where there are none.
    pub schema: i64,
}

impl State {
    /// Opens the state, creating the database on first use. Has to be called within a tokio runtime.
    ///
    /// `database_url` is `sqlite://PATH`; a new file gets mode 0600. The master key is checked first,
    /// against the key source alone, then against what the database was sealed with. Until both hold,
    /// no file is created and no byte of the database changes.
    ///
    /// Errors: the `KeyFile…`, `KeyMalformed` and `KeyEnvironmentMissing` variants of [`StateError`]
    /// for a key that can't be used, [`StateError::WrongMasterKey`], [`StateError::NewerSchema`],
    /// [`StateError::Damaged`], and those of the database itself.
    pub async fn open(database_url: &str, source: KeySource) -> Result<Self, StateError> {
        let path = DatabasePath::parse(database_url)?;
        let keyring = Keyring::load(source)?;
        match path.inspect().await? {
            Some(inspected) => {
                let current = inspected.schema == LATEST_SCHEMA;
                check(&keyring, inspected)?;
                if !current {
                    path.set_up(None).await?;
                }
            }
            None => path.set_up(Some(&new_root(&keyring)?)).await?,
        }
        let store = path.open();
        // Read back even where it was just written: another process may have been first.
        let root = store.root().await?.ok_or_else(root_missing)?;
        let secret = open_root(&keyring, &root)?;
        finish_rotation(&keyring, &store).await;
        let approvals =
            ApprovalAuthority::new(&derive(&secret, "palisade/approvals/v1"), store.clone());
        let files = FileTokens::new(&derive(&secret, "palisade/files/v1"));
        let ledger = Ledger::new(store.clone());
        Ok(Self { inner: Arc::new(Inner { store, keyring, secret, approvals, files, ledger }) })
    }

    /// Checks database and master key against each other, changing nothing.
    ///
    /// Errors: as [`State::open`].
    pub async fn inspect(database_url: &str, source: KeySource) -> Result<Inspection, StateError> {
        let path = DatabasePath::parse(database_url)?;
        let keyring = Keyring::load(source)?;
        match path.inspect().await? {
            Some(inspected) => {
                let schema = inspected.schema;
                let key_id = check(&keyring, inspected)?;
                Ok(Inspection { exists: true, key_id, schema })
            }
            None => {
                let (key_id, _) = keyring.configured().ok_or(StateError::KeyEnvironmentMissing)?;
                Ok(Inspection { exists: false, key_id, schema: 0 })
            }
        }
    }

    /// 32 bytes derived from the installation's secret (HKDF-SHA256 with the label as info), the same
    /// on all hosts of the installation and across rotations of the master key. Different labels give
    /// unrelated bytes.
    pub fn derive(&self, label: &'static str) -> Zeroizing<[u8; 32]> {
        derive(&self.inner.secret, label)
    }

    /// Issues approvals and takes the answers.
    pub fn approvals(&self) -> &ApprovalAuthority {
        &self.inner.approvals
    }

    /// Signs and checks the ids of files at a provider.
    pub fn files(&self) -> &FileTokens {
        &self.inner.files
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.inner.ledger
    }

    /// Whether the database answers, for health checks.
    ///
    /// Errors: [`StateError::Database`].
    pub async fn ping(&self) -> Result<(), StateError> {
        self.inner.store.ping().await.map_err(StateError::database("answer"))
    }

    /// Id of the master key that the database is sealed with now.
    ///
    /// Errors: [`StateError::Damaged`], [`StateError::Database`].
    pub async fn key_id(&self) -> Result<String, StateError> {
        Ok(self.inner.store.root().await?.ok_or_else(root_missing)?.key_id)
    }

    /// Waits until the ledger is written.
    ///
    /// Errors: [`StateError::LedgerUnavailable`].
    pub async fn flush(&self) -> Result<(), StateError> {
        self.inner.ledger.flush().await
    }

    /// Writes what is queued and closes the database, for all clones.
    ///
    /// Errors: [`StateError::LedgerUnavailable`] when ledger rows could not be written; the database
    /// is closed all the same.
    pub async fn close(&self) -> Result<(), StateError> {
        let flushed = self.flush().await;
        self.inner.store.close().await;
        flushed
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// The master key that a record is sealed under. Meeting one that isn't held yet means that
    /// another process rotated; if it didn't live to finish, this one does.
    pub(crate) async fn master(&self, key_id: &str) -> Result<Arc<MasterKey>, StateError> {
        let known = self.inner.keyring.holds(key_id);
        let master = self.inner.keyring.find(key_id)?;
        if !known {
            finish_rotation(&self.inner.keyring, &self.inner.store).await;
        }
        Ok(master)
    }
}

fn derive(secret: &[u8], label: &str) -> Zeroizing<[u8; 32]> {
    seal::derive(secret, DERIVATION_SALT, label.as_bytes())
}

/// The installation's secret, new and sealed. It doubles as the check record: who can't open it has
/// the wrong master key.
fn new_root(keyring: &Keyring) -> Result<SealedRecord, StateError> {
    let (_, master) = keyring.configured().ok_or(StateError::KeyEnvironmentMissing)?;
    let mut secret = Zeroizing::new([0; INSTALLATION_SECRET_BYTES]);
    getrandom::fill(secret.as_mut()).map_err(|_| StateError::Random)?;
    let record = Uuid::new_v4().to_string();
    let place = Place { record: &record, ..ROOT };
    seal::seal(&master, place, secret.as_ref(), Timestamp::now().as_millisecond(), "")
}

/// Checks a database before it is opened for use. The id of its master key.
fn check(keyring: &Keyring, inspected: Inspected) -> Result<String, StateError> {
    if inspected.schema > LATEST_SCHEMA {
        return Err(StateError::NewerSchema { found: inspected.schema, known: LATEST_SCHEMA });
    }
    let root = inspected.root.ok_or_else(root_missing)?;
    open_root(keyring, &root)?;
    Ok(root.key_id)
}

fn open_root(keyring: &Keyring, root: &SealedRecord) -> Result<Zeroizing<Vec<u8>>, StateError> {
    let master = keyring.find(&root.key_id)?;
    let secret = seal::unseal(&master, root).ok_or_else(|| StateError::Damaged {
        what: "The installation's sealed record".into(),
        remedy: "Restore a backup of the database.",
    })?;
    if secret.len() != INSTALLATION_SECRET_BYTES {
        return Err(root_missing());
    }
    Ok(secret)
}

/// Only what is public: a key or the secret must not end up in a log by way of `{:?}`.
impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("State").field("path", &self.inner.store.path()).finish()
    }
}
