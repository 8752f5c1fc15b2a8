//! The project's file: created whole or not at all, recognised before it is touched.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{ProjectError, random};

/// SQLite's `application_id` of a project: "PALI".
const APPLICATION_ID: u32 = 0x5041_4C49;
/// Version of the schema that this code writes. Files of later versions are refused.
const SCHEMA_VERSION: i64 = 1;
/// Where SQLite's file format keeps the application id (SQLite file format, section 1.3).
const APPLICATION_ID_OFFSET: usize = 68;
/// Connections: readers run beside each other, writers wait their turn.
const CONNECTIONS: u32 = 8;
/// How long a writer waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes a new project file with Directus's system tables.
///
/// It is built under another name and moved into place when it is whole, so that a crash leaves
/// no half project behind.
pub(crate) async fn create(path: &Path, name: &str) -> Result<(), ProjectError> {
    if path.symlink_metadata().is_ok() {
        return Err(ProjectError::Exists(path.to_owned()));
    }
    if let Some(directory) = directory_of(path) {
        create_directory(&directory)?;
    }
    let draft = sibling(path, &format!(".draft-{}", random::uuid()?));
    let result = build(&draft, name).await.and_then(|()| {
        put_in_place(&draft, path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => ProjectError::Exists(path.to_owned()),
            _ => ProjectError::file(path)(error),
        })
    });
    // Gone already where it was moved.
    let _ = fs::remove_file(&draft);
    result
}

/// Gives the file its name, without ever replacing what another process has put there meanwhile.
fn put_in_place(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            // A file system without links: the name is claimed first, then the claim replaced.
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            fs::rename(draft, path)
        }
        result => result,
    }
}

/// Removes a project's file and SQLite's files beside it.
pub(crate) fn remove(path: &Path) -> Result<(), ProjectError> {
    recognise(path)?;
    // The side files first: what they hold belongs to a file that is still there.
    for suffix in ["-wal", "-shm", ""] {
        let file = sibling(path, suffix);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(ProjectError::file(file)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn build(draft: &Path, name: &str) -> Result<(), ProjectError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)
        .map_err(ProjectError::file(draft))?;
    let options = SqliteConnectOptions::new()
        .filename(draft)
        .journal_mode(SqliteJournalMode::Delete)
        .foreign_keys(true)
        .pragma("application_id", APPLICATION_ID.to_string());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let result = fill(&pool, name).await;
    pool.close().await;
    result
}

async fn fill(pool: &SqlitePool, name: &str) -> Result<(), ProjectError> {
    palisade_items::create_system_tables(pool).await?;
    sqlx::query("insert into directus_settings (project_name) values (?1)")
        .bind(name)
        .execute(pool)
        .await?;
    sqlx::query("pragma user_version = 1").execute(pool).await?;
    Ok(())
}

/// Opens a project's file.
pub(crate) async fn open(path: &Path) -> Result<SqlitePool, ProjectError> {
    recognise(path)?;
    tighten(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        // A file from elsewhere must not run code through its schema (SQLite, "Defense against
        // the dark arts").
        .pragma("trusted_schema", "off");
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        // A connection to a file doesn't go stale: nothing has to be asked of it before its use.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    let found: i64 = sqlx::query_scalar("pragma user_version").fetch_one(&pool).await?;
    if found == SCHEMA_VERSION {
        return Ok(pool);
    }
    pool.close().await;
    if found > SCHEMA_VERSION {
        return Err(ProjectError::Newer {
            path: path.to_owned(),
            found,
            supported: SCHEMA_VERSION,
        });
    }
    Err(ProjectError::NotAProject(path.to_owned()))
}

/// Reads the file's header, before SQLite gets to write to a file of somebody else.
fn recognise(path: &Path) -> Result<(), ProjectError> {
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(ProjectError::Missing(path.to_owned()));
        }
        Err(error) => return Err(ProjectError::file(path)(error)),
    };
    let mut header = [0; 100];
    let is_project = file.metadata().is_ok_and(|metadata| metadata.is_file())
        && file.read_exact(&mut header).is_ok()
        && header.starts_with(b"SQLite format 3\0")
        && header.get(APPLICATION_ID_OFFSET..APPLICATION_ID_OFFSET + 4)
            == Some(&APPLICATION_ID.to_be_bytes());
    if is_project { Ok(()) } else { Err(ProjectError::NotAProject(path.to_owned())) }
}

/// Password hashes are nobody else's business. SQLite gives its side files the same mode.
fn tighten(path: &Path) -> Result<(), ProjectError> {
    let mode = fs::metadata(path).map_err(ProjectError::file(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o600))
            .map_err(ProjectError::file(path))?;
    }
    Ok(())
}

/// Makes a directory, and those it is in, for the owner alone. One that is there stays as it is.
pub(crate) fn create_directory(path: &Path) -> Result<(), ProjectError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(ProjectError::file(path))
}

/// The directory a file is in.
pub(crate) fn directory_of(path: &Path) -> Option<PathBuf> {
    path.parent().map(|parent| {
        if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_owned() }
    })
}

fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
