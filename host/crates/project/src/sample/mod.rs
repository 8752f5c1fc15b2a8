//! The sample project `newsroom`: a few hundred believable items, the same in every project, with
//! the people and policies of a small editorial office.

mod articles;
mod files;
mod newsroom;
mod random;
mod words;

use secrecy::SecretString;
use sqlx::SqliteConnection;

use crate::{NewUser, Project, ProjectError, RoleDefinition, access, collection, password, users};
use random::Random;

/// How to sign in as one of the sample's users. The same in every sample project, so a project with
/// them is for trying alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoLogin {
    /// What the user may do.
    pub role: &'static str,
    /// E-mail address.
    pub email: &'static str,
    /// Password.
    pub password: &'static str,
    /// Static token.
    pub token: &'static str,
}

/// The sample's users: administrator, editor, reader, API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoLogins(pub [DemoLogin; 4]);

impl DemoLogins {
    /// The sample's users.
    pub const fn newsroom() -> Self {
        Self([
            DemoLogin {
                role: "Administrator",
                email: "admin@example.com",
                password: "admin-demo-password",
                token: "admin-demo-token",
            },
            DemoLogin {
                role: "Editor",
                email: "editor@example.com",
                password: "editor-demo-password",
                token: "editor-demo-token",
            },
            DemoLogin {
                role: "Reader",
                email: "reader@example.com",
                password: "reader-demo-password",
                token: "reader-demo-token",
            },
            DemoLogin {
                role: "API",
                email: "api@example.com",
                password: "api-demo-password",
                token: "api-demo-token",
            },
        ])
    }
}

impl Project {
    /// Fills an empty project with the sample `newsroom` and returns its logins.
    ///
    /// Errors: [`ProjectError::NotEmpty`] where there are collections or users.
    pub async fn install_newsroom(&self) -> Result<DemoLogins, ProjectError> {
        let logins = DemoLogins::newsroom();
        let mut people = Vec::new();
        for login in &logins.0 {
            let user = user_of(login);
            let hash = self.hash_password(&user).await?;
            people.push((user, hash));
        }
        let mut random = Random::new(newsroom::SEED);
        let mut transaction = self.pool().begin_with("begin immediate").await?;
        require_empty(&mut transaction).await?;
        for definition in newsroom::collections() {
            collection::create(&mut transaction, &definition).await?;
        }
        for policy in newsroom::policies() {
            access::create_policy(&mut transaction, &random.uuid(), &policy).await?;
        }
        for login in &logins.0 {
            let role = RoleDefinition {
                name: login.role.to_owned(),
                policies: vec![newsroom::policy_of(login.role).to_owned()],
            };
            access::create_role(&mut transaction, &random.uuid(), &role).await?;
        }
        for (user, hash) in people {
            users::insert(&mut transaction, &random.uuid(), &user, hash).await?;
        }
        articles::insert(&mut transaction, &mut random).await?;
        files::insert(&mut transaction, &mut random, self.uploads()).await?;
        sqlx::query("update directus_settings set project_name = 'Newsroom'")
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(logins)
    }

    /// Whether a user of the sample still has its published password or token. Such a project must
    /// not be reachable by others.
    pub async fn has_demo_logins(&self) -> Result<bool, ProjectError> {
        for login in DemoLogins::newsroom().0 {
            let row: Option<(Option<String>, Option<String>)> = sqlx::query_as(
                "select password, token from directus_users \
                 where email = ?1 and status = 'active'",
            )
            .bind(login.email)
            .fetch_optional(self.pool())
            .await?;
            let Some((hash, token)) = row else { continue };
            if token.is_some_and(|token| token == password::digest(login.token)) {
                return Ok(true);
            }
            let known = SecretString::from(login.password);
            if hash.is_some() && self.hashing().verify(&known, hash).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn user_of(login: &DemoLogin) -> NewUser {
    let (first, last) = match login.role {
        "Administrator" => ("Ada", "Okafor"),
        "Editor" => ("Edda", "Lindqvist"),
        "Reader" => ("Rui", "Tavares"),
        _ => ("Archive", "Export"),
    };
    let is_program = login.role == "API";
    NewUser {
        password: Some(SecretString::from(login.password)),
        token: Some(SecretString::from(login.token)),
        first_name: Some(first.into()),
        last_name: Some(last.into()),
        admin: login.role == "Administrator",
        app: !is_program,
        role: Some(login.role.into()),
        ..NewUser::new(login.email)
    }
}

async fn require_empty(connection: &mut SqliteConnection) -> Result<(), ProjectError> {
    for (query, what) in [
        ("select exists (select 1 from directus_collections)", "collections"),
        ("select exists (select 1 from directus_users)", "users"),
        ("select exists (select 1 from directus_policies)", "policies"),
    ] {
        if sqlx::query_scalar(query).fetch_one(&mut *connection).await? {
            return Err(ProjectError::NotEmpty(what));
        }
    }
    Ok(())
}
