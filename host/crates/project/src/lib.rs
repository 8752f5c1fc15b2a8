//! The embedded project: a Directus-shaped project in one SQLite file, for trying Palisade alone.
//!
//! [`Project`] opens or creates the file, signs users in, answers the reads that Directus's own SDK
//! makes, and fills itself: with the sample `newsroom`, or from CSV, JSON and NDJSON files. Items are
//! read and written through [`palisade_items::Engine`] alone, which enforces Directus's permissions.
//!
//! On disk: `project.db` (mode 0600), and assets in `uploads/` beside it.

mod access;
mod authentication;
mod collection;
mod database;
mod error;
mod identifier;
mod import;
mod password;
mod project;
mod random;
mod rest;
mod sample;
mod show;
mod time;
mod users;

pub use access::{Action, PermissionDefinition, PolicyDefinition, RoleDefinition};
pub use authentication::{
    Client, LoginRequest, REFRESH_COOKIE, SESSION_COOKIE, SessionCookie, SessionHandle,
    SessionMode, SignIn, SignInError,
};
pub use collection::{CollectionDefinition, DefaultValue, FieldDefinition, FieldType, PrimaryKey};
pub use error::ProjectError;
pub use import::{
    ImportError, ImportFormat, ImportOptions, ImportReport, ImportedField, MAXIMUM_COLUMNS,
    MAXIMUM_FILE_BYTES, Position,
};
pub use project::{Project, ProjectSettings};
pub use rest::Asset;
pub use sample::{DemoLogin, DemoLogins};
pub use show::{CollectionSummary, PolicySummary, ProjectSummary, UserSummary};
pub use users::NewUser;
