//! Directus's own tables: their DDL and what the engine knows about them beyond it.

use palisade_data::DataError;
use sqlx::SqlitePool;

/// DDL of the system tables, in Directus's names.
pub const SYSTEM_TABLES: &str = include_str!("../system.sql");

/// DDL of the counter by which caches notice changes.
const GENERATION: &str = include_str!("../generation.sql");

/// Creates the system tables in an empty database, in one transaction.
pub async fn create_system_tables(pool: &SqlitePool) -> Result<(), DataError> {
    let mut transaction = pool.begin().await.map_err(DataError::internal)?;
    for script in [SYSTEM_TABLES, GENERATION] {
        sqlx::raw_sql(script).execute(&mut *transaction).await.map_err(DataError::internal)?;
    }
    transaction.commit().await.map_err(DataError::internal)
}

/// Prefixes of tables that are never a user's collection.
const RESERVED: [&str; 3] = ["directus_", "palisade_", "sqlite_"];

/// Whether a table name belongs to Directus, Palisade or SQLite.
pub(crate) fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RESERVED.iter().any(|prefix| name.starts_with(prefix))
}

/// System collections that can be read, with a note. Sessions are not among them.
pub(super) const COLLECTIONS: [(&str, &str); 13] = [
    ("directus_access", "Which policies users and roles have"),
    ("directus_activity", "Who did what"),
    ("directus_collections", "Collections"),
    ("directus_fields", "Fields of collections"),
    ("directus_files", "Files"),
    ("directus_folders", "Folders of files"),
    ("directus_permissions", "Permissions of policies"),
    ("directus_policies", "Policies"),
    ("directus_relations", "Relations between collections"),
    ("directus_revisions", "Earlier states of items"),
    ("directus_roles", "Roles"),
    ("directus_settings", "Settings of the project"),
    ("directus_users", "Users"),
];

/// Many-to-one relations among the system collections: collection, field, related collection.
pub(super) const RELATIONS: [(&str, &str, &str); 15] = [
    ("directus_access", "policy", "directus_policies"),
    ("directus_access", "role", "directus_roles"),
    ("directus_access", "user", "directus_users"),
    ("directus_activity", "user", "directus_users"),
    ("directus_files", "folder", "directus_folders"),
    ("directus_files", "modified_by", "directus_users"),
    ("directus_files", "uploaded_by", "directus_users"),
    ("directus_folders", "parent", "directus_folders"),
    ("directus_permissions", "policy", "directus_policies"),
    ("directus_revisions", "activity", "directus_activity"),
    ("directus_revisions", "parent", "directus_revisions"),
    ("directus_roles", "parent", "directus_roles"),
    ("directus_users", "avatar", "directus_files"),
    ("directus_users", "role", "directus_roles"),
    ("directus_collections", "group", "directus_collections"),
];

/// Columns that hold lists with commas.
pub(super) const LISTS: [(&str, &str); 4] = [
    ("directus_fields", "special"),
    ("directus_permissions", "fields"),
    ("directus_policies", "ip_access"),
    ("directus_relations", "one_allowed_collections"),
];

/// Columns whose values nobody gets.
pub(super) const SECRETS: [(&str, &str); 4] = [
    ("directus_users", "auth_data"),
    ("directus_users", "password"),
    ("directus_users", "tfa_secret"),
    ("directus_users", "token"),
];
