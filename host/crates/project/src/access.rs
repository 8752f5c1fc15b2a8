//! Roles, policies and permissions: who may do what, as rows in Directus's tables.

use serde_json::Value;
use sqlx::SqliteConnection;

use crate::{ProjectError, random};

/// What a permission is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Seeing items.
    Read,
    /// Adding items.
    Create,
    /// Changing items.
    Update,
    /// Removing items.
    Delete,
}

impl Action {
    /// Directus's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// One permission of a policy.
#[derive(Debug, Clone)]
pub struct PermissionDefinition {
    /// Collection.
    pub collection: String,
    /// Action.
    pub action: Action,
    /// Items it opens, as a filter. None: all.
    pub rule: Option<Value>,
    /// Fields it opens; `*` for all.
    pub fields: Vec<String>,
    /// What a new item must satisfy, as a filter.
    pub validation: Option<Value>,
    /// Values that new items get.
    pub presets: Option<Value>,
}

impl PermissionDefinition {
    /// Opens the given fields of all items.
    pub fn new(collection: impl Into<String>, action: Action, fields: &[&str]) -> Self {
        Self {
            collection: collection.into(),
            action,
            rule: None,
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            validation: None,
            presets: None,
        }
    }

    /// Opens only the items that a filter finds.
    #[must_use]
    pub fn with_rule(mut self, rule: Value) -> Self {
        self.rule = Some(rule);
        self
    }
}

/// A new policy. Its name is unique within the project.
#[derive(Debug, Clone)]
pub struct PolicyDefinition {
    /// Name.
    pub name: String,
    /// Explanation for people.
    pub description: Option<String>,
    /// Whether it opens everything.
    pub admin: bool,
    /// Whether it gives access to the app, and with that to the assistant.
    pub app: bool,
    /// Addresses and CIDR ranges that it counts for. Empty: all.
    pub ip_access: Vec<String>,
    /// What it opens.
    pub permissions: Vec<PermissionDefinition>,
}

impl PolicyDefinition {
    /// A policy that opens nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            admin: false,
            app: false,
            ip_access: Vec::new(),
            permissions: Vec::new(),
        }
    }

    /// With app access.
    #[must_use]
    pub fn with_app_access(mut self) -> Self {
        self.app = true;
        self
    }

    /// With access to everything.
    #[must_use]
    pub fn with_admin_access(mut self) -> Self {
        self.admin = true;
        self
    }

    /// With an explanation.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// With one more permission.
    #[must_use]
    pub fn permission(mut self, permission: PermissionDefinition) -> Self {
        self.permissions.push(permission);
        self
    }
}

/// A new role: a name for policies that users share.
#[derive(Debug, Clone)]
pub struct RoleDefinition {
    /// Name.
    pub name: String,
    /// Names of the policies that come with it.
    pub policies: Vec<String>,
}

/// Creates a policy under the given id.
pub(crate) async fn create_policy(
    connection: &mut SqliteConnection,
    id: &str,
    definition: &PolicyDefinition,
) -> Result<(), ProjectError> {
    if policy_named(connection, &definition.name).await?.is_some() {
        return Err(ProjectError::PolicyExists(definition.name.clone()));
    }
    let ip_access = (!definition.ip_access.is_empty()).then(|| definition.ip_access.join(","));
    sqlx::query(
        "insert into directus_policies \
         (id, name, description, ip_access, admin_access, app_access) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(id)
    .bind(&definition.name)
    .bind(&definition.description)
    .bind(ip_access)
    .bind(definition.admin)
    .bind(definition.app)
    .execute(&mut *connection)
    .await?;
    for permission in &definition.permissions {
        create_permission(connection, id, permission).await?;
    }
    Ok(())
}

/// Adds a permission to a policy.
pub(crate) async fn create_permission(
    connection: &mut SqliteConnection,
    policy: &str,
    permission: &PermissionDefinition,
) -> Result<(), ProjectError> {
    let fields = (!permission.fields.is_empty()).then(|| permission.fields.join(","));
    sqlx::query(
        "insert into directus_permissions \
         (collection, action, permissions, validation, presets, fields, policy) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(&permission.collection)
    .bind(permission.action.as_str())
    .bind(permission.rule.as_ref().map(Value::to_string))
    .bind(permission.validation.as_ref().map(Value::to_string))
    .bind(permission.presets.as_ref().map(Value::to_string))
    .bind(fields)
    .bind(policy)
    .execute(connection)
    .await?;
    Ok(())
}

/// Creates a role under the given id and ties its policies to it.
pub(crate) async fn create_role(
    connection: &mut SqliteConnection,
    id: &str,
    definition: &RoleDefinition,
) -> Result<(), ProjectError> {
    sqlx::query("insert into directus_roles (id, name) values (?1, ?2)")
        .bind(id)
        .bind(&definition.name)
        .execute(&mut *connection)
        .await?;
    for (index, name) in definition.policies.iter().enumerate() {
        let policy = require_policy(connection, name).await?;
        tie(connection, Subject::Role(id), &policy.id, index).await?;
    }
    Ok(())
}

/// Who a policy is tied to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    Role(&'a str),
    User(&'a str),
}

/// Ties a policy to a role or a user.
pub(crate) async fn tie(
    connection: &mut SqliteConnection,
    subject: Subject<'_>,
    policy: &str,
    index: usize,
) -> Result<(), ProjectError> {
    let (role, user) = match subject {
        Subject::Role(role) => (Some(role), None),
        Subject::User(user) => (None, Some(user)),
    };
    sqlx::query(
        "insert into directus_access (id, role, \"user\", policy, sort) values (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(random::uuid()?)
    .bind(role)
    .bind(user)
    .bind(policy)
    .bind(i64::try_from(index + 1).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

/// A policy as far as the project's own administration needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Policy {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) app_access: bool,
}

/// A policy by its name, in any case of letters.
pub(crate) async fn policy_named(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Option<Policy>, ProjectError> {
    let query = "select id, name, app_access from directus_policies where name = ?1 collate nocase";
    Ok(sqlx::query_as(query).bind(name).fetch_optional(connection).await?)
}

/// A policy by its name, or an error that lists the names there are.
pub(crate) async fn require_policy(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<Policy, ProjectError> {
    if let Some(policy) = policy_named(connection, name).await? {
        return Ok(policy);
    }
    let known = sqlx::query_scalar("select name from directus_policies order by name")
        .fetch_all(connection)
        .await?;
    Err(ProjectError::UnknownPolicy { name: name.to_owned(), known })
}

/// A role's id by its name, or an error that lists the names there are.
pub(crate) async fn require_role(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<String, ProjectError> {
    let query = "select id from directus_roles where name = ?1 collate nocase";
    let role = sqlx::query_scalar(query).bind(name).fetch_optional(&mut *connection).await?;
    if let Some(role) = role {
        return Ok(role);
    }
    let known = sqlx::query_scalar("select name from directus_roles order by name")
        .fetch_all(connection)
        .await?;
    Err(ProjectError::UnknownRole { name: name.to_owned(), known })
}
