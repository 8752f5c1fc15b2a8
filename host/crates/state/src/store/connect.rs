//! Finding, inspecting, creating and opening the database file.

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use palisade_lookup::Lookups;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{SealedRecord, Store, schema};
use crate::StateError;

/// How long a statement waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Reading connections.
const READERS: u32 = 4;
/// `SQLITE_NOTADB`.
const NOT_A_DATABASE: &str = "26";
/// `SQLITE_BUSY`, and the same while another process recovers the write-ahead log.
const BUSY: [&str; 2] = ["5", "261"];

/// Where the database is.
pub(crate) struct DatabasePath(PathBuf);

impl DatabasePath {
    /// Parses `sqlite://PATH` or `sqlite:PATH`.
    pub(crate) fn parse(database_url: &str) -> Result<Self, StateError> {
        let unusable = |reason: &str| StateError::DatabaseUrl(reason.to_owned());
        // Only the scheme is ever repeated: the rest may hold a password.
        let Some((scheme, rest)) = database_url.split_once(':') else {
            return Err(unusable("it has to look like sqlite://path/to/palisade.db"));
        };
        if scheme != "sqlite" {
            return Err(StateError::DatabaseUrl(format!(
                "the scheme \"{scheme}\" is not supported; write sqlite://path/to/palisade.db"
            )));
        }
        if rest.contains('?') {
            return Err(unusable("parameters behind \"?\" are not supported; leave them out"));
        }
        if rest.contains(":memory:") || rest.trim_start_matches('/').is_empty() {
            return Err(unusable("it has to name a file; a database in memory would forget keys"));
        }
        let options = SqliteConnectOptions::from_str(database_url)
            .map_err(|_| unusable("it has to look like sqlite://path/to/palisade.db"))?;
        Ok(Self(options.get_filename().to_owned()))
    }

    /// Looks into an existing database without changing a byte of it. None: there is no database, or
    /// one without Palisade's tables.
    pub(crate) async fn inspect(&self) -> Result<Option<Inspected>, StateError> {
        let length = |path: &Path| fs::metadata(path).map(|metadata| metadata.len()).unwrap_or(0);
        if length(&self.0) == 0 {
            return Ok(None);
        }
        let mut log = OsString::from(&self.0);
        log.push("-wal");
        // Without a write-ahead log the file alone is the database and can be read as if it lay on
        // read-only media, which creates no side files. With one, the log must be read as well.
        let immutable = length(Path::new(&log)) == 0;
        match self.inspect_as(immutable).await {
            // A process that opened the database meanwhile may have changed it under the reading.
            Err(_) if immutable => self.inspect_as(false).await,
            result => result,
        }
    }

    async fn inspect_as(&self, immutable: bool) -> Result<Option<Inspected>, StateError> {
        let options = SqliteConnectOptions::new()
            .filename(&self.0)
            .read_only(true)
            .immutable(immutable)
            .busy_timeout(BUSY_TIMEOUT);
        let failed = |source: sqlx::Error| self.database_error("be read", source);
        let mut connection = options.connect().await.map_err(failed)?;
        let inspected = async {
            let Some(version) = schema::version(&mut connection).await? else {
                return Ok(None);
            };
            let root = SealedRecord::root(&mut connection).await?;
            Ok(Some(Inspected { schema: version, root }))
        }
        .await
        .map_err(failed);
        connection.close().await.map_err(failed)?;
        inspected
    }

    /// Creates file and tables where they are missing or of an older version. `root` is stored as the
    /// installation's first sealed record where there is none.
    pub(crate) async fn set_up(&self, root: Option<&SealedRecord>) -> Result<(), StateError> {
        self.create_file()?;
        let mut connection = self.connect(&self.options()).await?;
        let done = schema::prepare(&mut connection, root).await;
        let closed = connection.close().await;
        done.and(closed).map_err(|source| self.database_error("be set up", source))
    }

    /// The database, ready for use. Connections are made when they are needed.
    pub(crate) fn open(&self) -> Store {
        let options = self.options();
        let relaxed = options.clone().synchronous(SqliteSynchronous::Normal);
        let readers = options.clone().pragma("query_only", "ON");
        Store {
            path: self.0.clone(),
            durable: pool(options, 1),
            relaxed: pool(relaxed, 1),
            readers: pool(readers, READERS),
            lookups: Lookups::new(&self.0),
        }
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.0)
            .busy_timeout(BUSY_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Deleted means overwritten, not just unlinked from the tree.
            .pragma("secure_delete", "ON")
    }

    /// Connects; the first connection switches the file to a write-ahead log, for which SQLite
    /// doesn't wait when another process is at it.
    async fn connect(
        &self,
        options: &SqliteConnectOptions,
    ) -> Result<SqliteConnection, StateError> {
        const PAUSE: Duration = Duration::from_millis(20);
        let mut attempts = BUSY_TIMEOUT.as_millis() / PAUSE.as_millis();
        loop {
            match options.connect().await {
                Err(error) if attempts > 0 && code(&error).is_some_and(|c| BUSY.contains(&&*c)) => {
                    attempts -= 1;
                    tokio::time::sleep(PAUSE).await;
                }
                result => return result.map_err(|source| self.database_error("open", source)),
            }
        }
    }

    /// Creates the file with mode 0600, which SQLite then also gives to the files beside it.
    fn create_file(&self) -> Result<(), StateError> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                Err(StateError::DatabaseFile { path: self.0.clone(), source })
            }
            _ => Ok(()),
        }
    }

    fn database_error(&self, action: &'static str, source: sqlx::Error) -> StateError {
        if code(&source).as_deref() == Some(NOT_A_DATABASE) {
            return StateError::NotADatabase { path: self.0.clone() };
        }
        StateError::database(action)(source)
    }
}

impl Store {
    /// The database file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// What an existing database says before it is opened for use.
pub(crate) struct Inspected {
    /// Version of the tables.
    pub(crate) schema: i64,
    /// The installation's own sealed record.
    pub(crate) root: Option<SealedRecord>,
}

fn pool(options: SqliteConnectOptions, connections: u32) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY_TIMEOUT * 2)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

fn code(error: &sqlx::Error) -> Option<std::borrow::Cow<'_, str>> {
    error.as_database_error().and_then(|error| error.code())
}
