//! The embedded project.

use std::net::{IpAddr, Ipv4Addr};

use palisade_data::{
    Accountability, Authenticator, Caller, Credential, DataBackend, DataError, Operation, Query,
};
use palisade_project::{Project, ProjectSettings};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{
    answer::Answer,
    case::{Act, Case, Matrix, Subject},
    error::ParityError,
    model::{self, COLLECTIONS, POLICIES, ROLES, TITLES, USERS},
    snapshot::Snapshot,
};

/// The address that requests to Directus come from.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// An embedded project with the same collections, items and people.
pub struct Embedded {
    project: Project,
    snapshot: Snapshot,
    _folder: TempDir,
}

impl Embedded {
    /// Creates the project in a folder of its own.
    pub async fn create() -> Result<Self, ParityError> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("project.db");
        let project = Project::create(&path, ProjectSettings::default()).await?;
        for collection in COLLECTIONS {
            project.create_collection(&model::definition(collection)).await?;
        }
        for collection in COLLECTIONS {
            let items = model::items(collection.name);
            let items: Vec<Map<String, Value>> =
                items.into_iter().filter_map(|item| item.as_object().cloned()).collect();
            let operation = Operation::CreateItems {
                collection: collection.name.to_owned(),
                items,
                query: Query::default(),
            };
            project.engine().execute(&administrator(), &operation).await?;
        }
        let snapshot = Snapshot::take(&path).await?;
        let embedded = Self { project, snapshot, _folder: folder };
        embedded.people().await?;
        Ok(embedded)
    }

    async fn people(&self) -> Result<(), ParityError> {
        let pool = self.project.pool();
        for (number, id) in POLICIES.iter().enumerate() {
            sqlx::query("insert into directus_policies (id, name) values (?1, ?2)")
                .bind(id)
                .bind(format!("Policy {number}"))
                .execute(pool)
                .await?;
        }
        for (number, id) in ROLES.iter().enumerate() {
            sqlx::query("insert into directus_roles (id, name) values (?1, ?2)")
                .bind(id)
                .bind(format!("Role {number}"))
                .execute(pool)
                .await?;
        }
        for (number, id) in USERS.iter().enumerate() {
            let digest = Sha256::digest(model::token(number));
            let token: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            sqlx::query(
                "insert into directus_users (id, first_name, last_name, email, title, token) \
                 values (?1, 'User', ?2, ?3, ?4, ?5)",
            )
            .bind(id)
            .bind(number.to_string())
            .bind(format!("user{number}@example.com"))
            .bind(TITLES[number])
            .bind(token)
            .execute(pool)
            .await?;
        }
        Ok(())
    }

    /// Puts a matrix in place of the one before.
    pub async fn permit(&self, matrix: &Matrix) -> Result<(), ParityError> {
        let mut transaction = self.project.pool().begin().await?;
        sqlx::raw_sql(
            "delete from directus_permissions; delete from directus_access; \
             update directus_roles set parent = null; update directus_users set role = null;",
        )
        .execute(&mut *transaction)
        .await?;
        for (number, policy) in matrix.policies.iter().enumerate() {
            sqlx::query(
                "update directus_policies set admin_access = ?2, app_access = ?3, ip_access = ?4 \
                 where id = ?1",
            )
            .bind(POLICIES[number])
            .bind(policy.admin)
            .bind(policy.app)
            .bind((!policy.networks.is_empty()).then(|| policy.networks.join(",")))
            .execute(&mut *transaction)
            .await?;
        }
        for (role, parent) in matrix.parents.iter().enumerate() {
            sqlx::query("update directus_roles set parent = ?2 where id = ?1")
                .bind(ROLES[role])
                .bind(parent.map(|parent| ROLES[parent]))
                .execute(&mut *transaction)
                .await?;
        }
        for (user, role) in matrix.roles.iter().enumerate() {
            sqlx::query("update directus_users set role = ?2 where id = ?1")
                .bind(USERS[user])
                .bind(role.map(|role| ROLES[role]))
                .execute(&mut *transaction)
                .await?;
        }
        for (number, (subject, policy)) in matrix.access.iter().enumerate() {
            let (role, user) = match subject {
                Subject::Role(role) => (Some(ROLES[*role]), None),
                Subject::User(user) => (None, Some(USERS[*user])),
                Subject::Public => (None, None),
            };
            sqlx::query(
                "insert into directus_access (id, role, \"user\", policy, sort) \
                 values (?1, ?2, ?3, ?4, ?5)",
            )
            .bind(model::access(number))
            .bind(role)
            .bind(user)
            .bind(POLICIES[*policy])
            .bind(i64::try_from(number + 1).unwrap_or(i64::MAX))
            .execute(&mut *transaction)
            .await?;
        }
        for one in &matrix.permissions {
            sqlx::query(
                "insert into directus_permissions \
                 (collection, action, permissions, validation, presets, fields, policy) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )
            .bind(&one.collection)
            .bind(one.action)
            .bind(one.rule.as_ref().map(Value::to_string))
            .bind(one.validation.as_ref().map(Value::to_string))
            .bind(one.presets.as_ref().map(Value::to_string))
            .bind(one.fields.as_ref().map(|fields| fields.join(",")))
            .bind(POLICIES[one.policy])
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Runs a case as whoever its token belongs to.
    pub async fn run(&self, case: &Case) -> Result<Answer, ParityError> {
        let caller = match case.caller {
            Some(user) => {
                let credential = Credential::new(model::token(user));
                self.project.authenticate(&credential, Some(LOOPBACK)).await?
            }
            None => self.project.anonymous(Some(LOOPBACK)).await?,
        };
        let operation = match case.operation() {
            Ok(operation) => operation,
            Err(error) => return Ok(refusal(&DataError::InvalidQuery(error.0))),
        };
        Ok(match self.project.engine().execute(&caller, &operation).await {
            Err(error) => refusal(&error),
            Ok(outcome) => {
                let rows = outcome.data.as_array().map(Vec::as_slice).unwrap_or_default();
                let bare =
                    !case.is_read() && !rows.is_empty() && !rows.iter().any(Value::is_object);
                if bare || matches!(case.act, Act::Delete { .. }) {
                    Answer::Nothing
                } else {
                    Answer::Data(outcome.data)
                }
            }
        })
    }

    /// All items of a collection, as an administrator reads them.
    pub async fn items(&self, collection: &str) -> Result<Value, ParityError> {
        let operation = Operation::ReadItems {
            collection: collection.to_owned(),
            keys: None,
            query: Query { limit: Some(-1), sort: vec!["id".into()], ..Query::default() },
        };
        Ok(self.project.engine().execute(&administrator(), &operation).await?.data)
    }

    /// Collections whose items aren't as they were.
    pub async fn changed(&mut self) -> Result<Vec<&'static str>, ParityError> {
        self.snapshot.changed().await
    }

    /// Puts the items of collections back as they were.
    pub async fn restore(&mut self, changed: &[&str]) -> Result<(), ParityError> {
        self.snapshot.restore(changed).await
    }
}

fn administrator() -> Caller {
    let accountability = Accountability { admin: true, app: true, ..Accountability::default() };
    Caller { accountability, ..Caller::default() }
}

fn refusal(error: &DataError) -> Answer {
    let body = json!(error.to_body());
    match Answer::of_response(error.status(), &body) {
        Answer::Refused { status, code, failures, .. } => {
            let detail = match error {
                DataError::Internal(source) => format!("{error} {source}"),
                _ => error.to_string(),
            };
            Answer::Refused { status, code, failures, message: detail }
        }
        other => other,
    }
}
