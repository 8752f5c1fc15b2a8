//! What a project holds, for `palisade project show`.

use serde::Serialize;
use sqlx::AssertSqlSafe;

use crate::{Project, ProjectError, identifier::Identifier};

/// A project at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectSummary {
    /// Name.
    pub name: String,
    /// Collections, in order.
    pub collections: Vec<CollectionSummary>,
    /// Users, by e-mail address.
    pub users: Vec<UserSummary>,
    /// Policies, by name.
    pub policies: Vec<PolicySummary>,
    /// Files.
    pub files: u64,
}

/// A collection at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CollectionSummary {
    /// Name.
    pub collection: String,
    /// Explanation.
    pub note: Option<String>,
    /// Items in it.
    pub items: u64,
    /// Names of its fields, in order.
    pub fields: Vec<String>,
}

/// A user at a glance: no hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct UserSummary {
    /// E-mail address.
    pub email: Option<String>,
    /// Name of the role.
    pub role: Option<String>,
    /// `active`, `suspended`, ….
    pub status: String,
    /// Whether there is a password.
    pub has_password: bool,
    /// Whether there is a static token.
    pub has_token: bool,
}

/// A policy at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct PolicySummary {
    /// Name.
    pub name: String,
    /// Whether it opens everything.
    pub admin_access: bool,
    /// Whether it gives access to the app and the assistant.
    pub app_access: bool,
    /// Permissions in it.
    #[sqlx(try_from = "i64")]
    pub permissions: u64,
    /// Users and roles that it is tied to.
    #[sqlx(try_from = "i64")]
    pub tied_to: u64,
}

impl Project {
    /// What the project holds.
    pub async fn show(&self) -> Result<ProjectSummary, ProjectError> {
        let pool = self.pool();
        let name = sqlx::query_scalar("select project_name from directus_settings limit 1")
            .fetch_optional(pool)
            .await?
            .unwrap_or_default();
        let rows: Vec<(String, Option<String>)> = sqlx::query_as(
            "select collection, note from directus_collections order by sort, collection",
        )
        .fetch_all(pool)
        .await?;
        let mut collections = Vec::with_capacity(rows.len());
        for (collection, note) in rows {
            let table = Identifier::collection(&collection)?.quoted();
            let items: i64 =
                sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
                    .fetch_one(pool)
                    .await?;
            let fields = sqlx::query_scalar(
                "select field from directus_fields where collection = ?1 order by sort, id",
            )
            .bind(&collection)
            .fetch_all(pool)
            .await?;
            let items = u64::try_from(items).unwrap_or_default();
            collections.push(CollectionSummary { collection, note, items, fields });
        }
        let users = sqlx::query_as(
            "select users.email, roles.name as role, users.status, \
             users.password is not null as has_password, users.token is not null as has_token \
             from directus_users users left join directus_roles roles on roles.id = users.role \
             order by users.email",
        )
        .fetch_all(pool)
        .await?;
        let policies = sqlx::query_as(
            "select name, admin_access, app_access, \
             (select count(*) from directus_permissions where policy = policies.id) permissions, \
             (select count(*) from directus_access where policy = policies.id) tied_to \
             from directus_policies policies order by name",
        )
        .fetch_all(pool)
        .await?;
        let files: i64 =
            sqlx::query_scalar("select count(*) from directus_files").fetch_one(pool).await?;
        let files = u64::try_from(files).unwrap_or_default();
        Ok(ProjectSummary { name, collections, users, policies, files })
    }
}
