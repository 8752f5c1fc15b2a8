//! Importing files into collections.
//!
//! A file is read twice: once to find its columns and their types, once to insert its items. Both
//! the collection and its items appear in one transaction, so a failed import leaves nothing.
//!
//! | format | items |
//! |---|---|
//! | CSV | lines under a header; comma, semicolon or tab; UTF-8; empty is null |
//! | JSON | an array of objects; an object with such an array as its one member; an object of objects (their names go to the column `key`); one object |
//! | NDJSON | one object per line |

mod cell;
mod error;
mod infer;
mod json;
mod names;
mod rows;
mod text;
mod write;

use std::{fs::File, io::Read, path::Path};

pub use error::{ImportError, Position};
use rows::Rows;
use serde::Serialize;

use crate::{
    Action, PermissionDefinition, Project, ProjectError, access, collection, identifier::Identifier,
};

/// Largest file, in bytes: 256 MiB. It is held in memory.
pub const MAXIMUM_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Most columns of one file.
pub const MAXIMUM_COLUMNS: usize = 1000;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Ndjson,
}

impl ImportFormat {
    /// The format that a file's name says: `.csv`, `.tsv`, `.json`, `.ndjson` or `.jsonl`.
    pub fn of(path: &Path) -> Result<Self, ImportError> {
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("csv" | "tsv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("ndjson" | "jsonl") => Ok(Self::Ndjson),
            _ => Err(ImportError::UnknownFormat(path.to_owned())),
        }
    }
}

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Format, where the file's name doesn't say it.
    pub format: Option<ImportFormat>,
    /// Names of policies that may read the collection from now on. Admins always may.
    pub readable_by: Vec<String>,
    /// Explanation of a new collection.
    pub note: Option<String>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Collection.
    pub collection: String,
    /// Whether the collection is new.
    pub created: bool,
    /// Items imported.
    pub items: u64,
    /// The file's columns and the fields they went to.
    pub fields: Vec<ImportedField>,
}

/// Where a column went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportedField {
    /// Name in the file.
    pub column: String,
    /// Name of the field.
    pub field: String,
    /// Directus's name for the type.
    pub kind: String,
}

impl Project {
    /// Imports a file into a collection, which is created where it doesn't exist.
    ///
    /// Errors: [`ProjectError::InvalidName`] for the collection's name,
    /// [`ProjectError::UnknownPolicy`], [`ProjectError::File`], and [`ProjectError::Import`], which
    /// names the line or item and the column.
    pub async fn import(
        &self,
        collection: &str,
        path: impl AsRef<Path>,
        options: &ImportOptions,
    ) -> Result<ImportReport, ProjectError> {
        let path = path.as_ref();
        Identifier::collection(collection)?;
        let format = match options.format {
            Some(format) => format,
            None => ImportFormat::of(path)?,
        };
        let file = File::open(path).map_err(ProjectError::file(path))?;
        let bytes = read(file, path)?;
        self.import_bytes(collection, &bytes, format, options).await
    }

    /// Imports what a reader gives, as [`Self::import`] does.
    pub async fn import_reader(
        &self,
        collection: &str,
        reader: impl Read,
        format: ImportFormat,
        options: &ImportOptions,
    ) -> Result<ImportReport, ProjectError> {
        let bytes = read(reader, Path::new("The input"))?;
        self.import_bytes(collection, &bytes, format, options).await
    }

    async fn import_bytes(
        &self,
        collection: &str,
        bytes: &[u8],
        format: ImportFormat,
        options: &ImportOptions,
    ) -> Result<ImportReport, ProjectError> {
        let name = Identifier::collection(collection)?;
        let rows = Rows::of(bytes, format)?;
        let observed = infer::observe(&rows).await?;
        let mut transaction = self.pool().begin_with("begin immediate").await?;
        let mut readers = Vec::new();
        for policy in &options.readable_by {
            readers.push(access::require_policy(&mut transaction, policy).await?.id);
        }
        let exists = collection::exists(&mut transaction, collection).await?;
        let plan = if exists {
            write::fit(&mut transaction, &name, &observed).await?
        } else {
            let (definition, plan) = infer::decide(collection, observed, options.note.clone())?;
            collection::create(&mut transaction, &definition).await?;
            plan
        };
        let items = write::insert(&mut transaction, &name, &plan, &rows).await?;
        for policy in readers {
            grant(&mut transaction, collection, &policy).await?;
        }
        transaction.commit().await?;
        Ok(ImportReport {
            collection: collection.to_owned(),
            created: !exists,
            items,
            fields: plan.into_fields(),
        })
    }
}

fn read(reader: impl Read, path: &Path) -> Result<Vec<u8>, ProjectError> {
    let mut bytes = Vec::new();
    let read = reader
        .take(MAXIMUM_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(ProjectError::file(path))?;
    if u64::try_from(read).is_ok_and(|read| read <= MAXIMUM_FILE_BYTES) {
        Ok(bytes)
    } else {
        Err(ImportError::TooLarge.into())
    }
}

/// Lets a policy read a collection, unless it has a permission on that already.
async fn grant(
    connection: &mut sqlx::SqliteConnection,
    collection: &str,
    policy: &str,
) -> Result<(), ProjectError> {
    let query = "select exists (select 1 from directus_permissions \
                 where collection = ?1 and policy = ?2 and action = 'read')";
    let is_granted: bool =
        sqlx::query_scalar(query).bind(collection).bind(policy).fetch_one(&mut *connection).await?;
    if !is_granted {
        let permission = PermissionDefinition::new(collection, Action::Read, &["*"]);
        access::create_permission(connection, policy, &permission).await?;
    }
    Ok(())
}
