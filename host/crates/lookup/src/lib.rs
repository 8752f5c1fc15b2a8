//! Look-ups in SQLite that each request waits for.
//!
//! sqlx runs every SQLite connection on a thread of its own. A question to it is a hand-over to that
//! thread and one back, and its connection's return to the pool two more: about twenty times what a
//! look-up by key takes by itself. What each request asks before anything else happens (who is it,
//! what are the settings, which key) is therefore asked here, on the request's own thread.
//! Everything else, all writing included, goes through sqlx.
//!
//! Both sides use one copy of SQLite, which they have to: POSIX locks on a file belong to a process,
//! so that two copies would release each other's (<https://sqlite.org/howtocorrupt.html>, section 2.2).

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use rusqlite::{self, OptionalExtension, Row, params, types};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

/// How long a look-up waits for a database that is locked as a whole. In a database with a write-ahead
/// log, readers wait for nobody but a process that recovers or closes it.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// Connections to one database file that read and never write. Cheap to clone; clones share them.
///
/// There are as many as there were threads that asked at the same time. They are opened when they
/// are needed and kept.
#[derive(Clone)]
pub struct Lookups(Arc<Shared>);

struct Shared {
    path: PathBuf,
    /// Never held while SQLite works.
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    closed: bool,
}

/// Why a look-up failed.
#[derive(Debug, Error)]
pub enum LookupError {
    /// [`Lookups::close`] was called.
    #[error("the database is closed")]
    Closed,
    /// The database refused or failed.
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

impl fmt::Debug for Lookups {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lookups").field("path", &self.0.path).finish_non_exhaustive()
    }
}

impl Lookups {
    /// Look-ups in a database file, which nothing is opened of yet.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self(Arc::new(Shared { path, idle: Mutex::default() }))
    }

    /// Asks a question on the calling thread, which has to be one of microseconds: rows by key, from
    /// a table that is small or has an index. It is asked again while the whole database is locked,
    /// for 10 seconds at most, so it may not change what it captured.
    ///
    /// Errors: [`LookupError`].
    pub async fn ask<T>(
        &self,
        question: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LookupError> {
        let mut attempts = PATIENCE.as_millis() / PAUSE.as_millis();
        loop {
            match self.try_ask(&question) {
                Err(LookupError::Database(error)) if attempts > 0 && is_busy(&error) => {
                    attempts -= 1;
                    tokio::time::sleep(PAUSE).await;
                }
                result => return result,
            }
        }
    }

    /// Closes the connections, for all clones. Those that are being asked close when they are done.
    pub fn close(&self) {
        let mut idle = self.idle();
        idle.closed = true;
        let connections = std::mem::take(&mut idle.connections);
        drop(idle);
        drop(connections);
    }

    fn try_ask<T>(
        &self,
        question: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LookupError> {
        let connection = match self.take()? {
            Some(connection) => connection,
            None => self.open()?,
        };
        // One that failed isn't kept: the next question gets a fresh look at the file.
        let answer = question(&connection)?;
        let mut idle = self.idle();
        if !idle.closed {
            idle.connections.push(connection);
        }
        Ok(answer)
    }

    fn take(&self) -> Result<Option<Connection>, LookupError> {
        let mut idle = self.idle();
        if idle.closed { Err(LookupError::Closed) } else { Ok(idle.connections.pop()) }
    }

    /// Opened for writing as well, because a reader of a write-ahead log has to create and lock the
    /// files beside it; no statement can write.
    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.0.path, flags)?;
        // A thread that runs tasks can't wait for a lock.
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "query_only", true)?;
        // A file from elsewhere must not run code through its schema (SQLite, "Defense against the
        // dark arts").
        connection.pragma_update(None, "trusted_schema", false)?;
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
