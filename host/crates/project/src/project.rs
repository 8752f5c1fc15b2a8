//! The project itself: one handle for everything about it.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use palisade_items::Engine;
use palisade_lookup::Lookups;
use sqlx::SqlitePool;

use crate::{
    CollectionDefinition, PolicyDefinition, ProjectError, RoleDefinition, access,
    authentication::{Attempts, Sessions},
    collection, database,
    identifier::Identifier,
    password::PasswordHashing,
    random,
};

/// What a new project is given.
#[derive(Debug, Clone)]
pub struct ProjectSettings {
    /// Name, for people.
    pub name: String,
}

impl Default for ProjectSettings {
    fn default() -> Self {
        Self { name: "Palisade".into() }
    }
}

/// An embedded project. Clones share it.
#[derive(Clone)]
pub struct Project {
    pool: SqlitePool,
    lookups: Lookups,
    engine: Arc<Engine>,
    uploads: Arc<Path>,
    hashing: PasswordHashing,
    sessions: Arc<Sessions>,
    attempts: Arc<Attempts>,
}

impl Project {
    /// Creates a project in a new file and opens it. Directories are created as needed; assets go
    /// to `uploads` beside the file.
    ///
    /// Errors: [`ProjectError::Exists`], [`ProjectError::File`].
    pub async fn create(
        path: impl AsRef<Path>,
        settings: ProjectSettings,
    ) -> Result<Self, ProjectError> {
        database::create(path.as_ref(), &settings.name).await?;
        Self::open(path).await
    }

    /// Opens a project. Sessions are signed with a fresh secret, so they end with the process,
    /// until [`Self::with_session_secret`] gives a lasting one.
    ///
    /// Errors: [`ProjectError::Missing`], [`ProjectError::NotAProject`], [`ProjectError::Newer`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, ProjectError> {
        let path = path.as_ref();
        let secret = random::bytes()?;
        let pool = database::open(path).await?;
        let lookups = Lookups::new(path);
        let uploads = database::directory_of(path).unwrap_or_else(|| PathBuf::from("."));
        Ok(Self {
            engine: Arc::new(Engine::new(pool.clone(), lookups.clone())),
            pool,
            lookups,
            uploads: uploads.join("uploads").into(),
            hashing: PasswordHashing::new(),
            sessions: Arc::new(Sessions::new(&secret)),
            attempts: Arc::default(),
        })
    }

    /// Removes a project's file. Assets stay. Nobody may have it open.
    ///
    /// Errors: [`ProjectError::Missing`]; [`ProjectError::NotAProject`], and then nothing is removed.
    pub fn remove(path: impl AsRef<Path>) -> Result<(), ProjectError> {
        database::remove(path.as_ref())
    }

    /// Signs sessions with this secret from now on: the same secret everywhere lets any replica
    /// take any session.
    #[must_use]
    pub fn with_session_secret(mut self, secret: [u8; 32]) -> Self {
        self.sessions = Arc::new(Sessions::new(&secret));
        self
    }

    /// Closes the database, for all clones. The last process to close it leaves one file, with
    /// everything in it.
    pub async fn close(&self) {
        self.lookups.close();
        self.pool.close().await;
    }

    /// The database. Directus's permissions don't apply here.
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Look-ups in the database.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.lookups
    }

    /// Reads and writes items with a caller's permissions.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Where assets are.
    pub(crate) fn uploads(&self) -> &Path {
        &self.uploads
    }

    pub(crate) fn hashing(&self) -> &PasswordHashing {
        &self.hashing
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// Creates a collection. Only admins have permissions on it until a policy gives some.
    ///
    /// Errors: [`ProjectError::InvalidName`], [`ProjectError::CollectionExists`],
    /// [`ProjectError::DuplicateField`], [`ProjectError::UnknownCollection`].
    pub async fn create_collection(
        &self,
        definition: &CollectionDefinition,
    ) -> Result<(), ProjectError> {
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        collection::create(&mut transaction, definition).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Creates a policy and returns its id (UUID).
    ///
    /// Errors: [`ProjectError::PolicyExists`].
    pub async fn create_policy(
        &self,
        definition: &PolicyDefinition,
    ) -> Result<String, ProjectError> {
        for permission in &definition.permissions {
            if !permission.collection.starts_with("directus_") {
                Identifier::collection(&permission.collection)?;
            }
        }
        let id = random::uuid()?;
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        access::create_policy(&mut transaction, &id, definition).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Creates a role and returns its id (UUID).
    ///
    /// Errors: [`ProjectError::UnknownPolicy`].
    pub async fn create_role(&self, definition: &RoleDefinition) -> Result<String, ProjectError> {
        let id = random::uuid()?;
        let mut transaction = self.pool.begin_with("begin immediate").await?;
        access::create_role(&mut transaction, &id, definition).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Project").field("uploads", &self.uploads).finish_non_exhaustive()
    }
}
