//! Adding users.

use secrecy::SecretString;
use sqlx::SqliteConnection;

use crate::{
    PolicyDefinition, Project, ProjectError,
    access::{self, Policy, Subject},
    password, random,
};

/// Name of the policy that `admin` ties to a user.
pub(crate) const ADMINISTRATOR: &str = "Administrator";
/// Name of the policy that gives app access to a user whose other policies don't.
const APP_ACCESS: &str = "App access";

/// A user to add.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// E-mail address, at most 128 characters; unique in any case of letters.
    pub email: String,
    /// Password of 8 characters to 1,024 bytes. None: no sign-in by password.
    pub password: Option<SecretString>,
    /// Static token of 8 to 255 printable ASCII characters, unique.
    pub token: Option<SecretString>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// Whether everything is open to this user.
    pub admin: bool,
    /// Whether this user has app access, which the assistant needs. Admins have it always.
    pub app: bool,
    /// Name of the user's role.
    pub role: Option<String>,
    /// Names of further policies, tied to the user.
    pub policies: Vec<String>,
}

impl NewUser {
    /// A user with app access and nothing else.
    pub fn new(email: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            password: None,
            token: None,
            first_name: None,
            last_name: None,
            language: None,
            admin: false,
            app: true,
            role: None,
            policies: Vec::new(),
        }
    }
}

impl Project {
    /// Adds a user and returns its id (UUID). Nothing is written where anything is wrong.
    ///
    /// Errors: [`ProjectError::InvalidEmail`], [`ProjectError::EmailTaken`],
    /// [`ProjectError::InvalidPassword`], [`ProjectError::InvalidToken`],
    /// [`ProjectError::UnknownPolicy`], [`ProjectError::UnknownRole`],
    /// [`ProjectError::AppAccessConflict`].
    pub async fn add_user(&self, user: NewUser) -> Result<String, ProjectError> {
        let id = random::uuid()?;
        let hash = self.hash_password(&user).await?;
        let mut transaction = self.pool().begin_with("begin immediate").await?;
        insert(&mut transaction, &id, &user, hash).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// The PHC string of the user's password, where it has one that can be used.
    pub(crate) async fn hash_password(
        &self,
        user: &NewUser,
    ) -> Result<Option<String>, ProjectError> {
        let Some(password) = &user.password else {
            return Ok(None);
        };
        password::check_password(password)?;
        Ok(Some(self.hashing().hash(password).await?))
    }
}

/// Inserts a user with a hash that was made before, inside the caller's transaction.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    id: &str,
    user: &NewUser,
    hash: Option<String>,
) -> Result<(), ProjectError> {
    let email = user.email.trim();
    if !is_email(email) {
        let shown = email.chars().filter(|character| !character.is_control()).take(128).collect();
        return Err(ProjectError::InvalidEmail(shown));
    }
    let query = "select exists (select 1 from directus_users where lower(email) = lower(?1))";
    if sqlx::query_scalar(query).bind(email).fetch_one(&mut *connection).await? {
        return Err(ProjectError::EmailTaken(email.to_owned()));
    }
    let token = match &user.token {
        None => None,
        Some(token) => {
            password::check_token(token)?;
            let digest = password::secret_digest(token);
            let query = "select exists (select 1 from directus_users where token = ?1)";
            if sqlx::query_scalar(query).bind(&digest).fetch_one(&mut *connection).await? {
                return Err(ProjectError::InvalidToken("another user has it"));
            }
            Some(digest)
        }
    };
    let role = match &user.role {
        None => None,
        Some(name) => Some(access::require_role(connection, name).await?),
    };
    let policies = policies_of(connection, user, role.as_deref()).await?;
    sqlx::query(
        "insert into directus_users \
         (id, first_name, last_name, email, password, language, status, role, token) \
         values (?1, ?2, ?3, ?4, ?5, ?6, 'active', ?7, ?8)",
    )
    .bind(id)
    .bind(&user.first_name)
    .bind(&user.last_name)
    .bind(email)
    .bind(hash)
    .bind(&user.language)
    .bind(role)
    .bind(token)
    .execute(&mut *connection)
    .await?;
    for (index, policy) in policies.iter().enumerate() {
        access::tie(connection, Subject::User(id), policy, index).await?;
    }
    Ok(())
}

/// Ids of the policies to tie to the user itself.
async fn policies_of(
    connection: &mut SqliteConnection,
    user: &NewUser,
    role: Option<&str>,
) -> Result<Vec<String>, ProjectError> {
    let mut policies: Vec<Policy> = Vec::new();
    for name in &user.policies {
        let policy = access::require_policy(connection, name).await?;
        if !policies.iter().any(|known| known.id == policy.id) {
            policies.push(policy);
        }
    }
    let mut from_role = Vec::new();
    if let Some(role) = role {
        from_role = sqlx::query_as(
            "select id, name, app_access from directus_policies \
             where id in (select policy from directus_access where role = ?1)",
        )
        .bind(role)
        .fetch_all(&mut *connection)
        .await?;
    }
    let giving_app = policies.iter().chain(&from_role).find(|policy| policy.app_access);
    if let (false, false, Some(policy)) = (user.app, user.admin, giving_app) {
        return Err(ProjectError::AppAccessConflict(policy.name.clone()));
    }
    let needs_app_access = user.app && !user.admin && giving_app.is_none();
    let mut ids: Vec<String> = policies.into_iter().map(|policy| policy.id).collect();
    if needs_app_access {
        let definition = PolicyDefinition::new(APP_ACCESS).with_app_access();
        ids.push(ensure_policy(connection, definition).await?);
    }
    if user.admin {
        let definition = PolicyDefinition::new(ADMINISTRATOR).with_admin_access().with_app_access();
        let administrator = ensure_policy(connection, definition).await?;
        let comes_with_role = from_role.iter().any(|policy: &Policy| policy.id == administrator);
        if !comes_with_role && !ids.contains(&administrator) {
            ids.push(administrator);
        }
    }
    Ok(ids)
}

/// The id of a policy of exactly these rights and this name; it is created where it is missing.
async fn ensure_policy(
    connection: &mut SqliteConnection,
    definition: PolicyDefinition,
) -> Result<String, ProjectError> {
    // By rights as well as by name: a policy that merely has the name must not count as it.
    let found = sqlx::query_scalar(
        "select id from directus_policies \
         where name = ?1 and admin_access = ?2 and app_access = ?3 and ip_access is null",
    )
    .bind(&definition.name)
    .bind(definition.admin)
    .bind(definition.app)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(id) = found {
        return Ok(id);
    }
    let id = random::uuid()?;
    access::create_policy(connection, &id, &definition).await?;
    Ok(id)
}

/// One `@` with something on both sides, no spaces, at most 128 characters. Whether an address
/// exists only a mail can tell.
fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.split_once('@') else {
        return false;
    };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.chars().any(|character| {
                character.is_whitespace()
                    || character.is_control()
                    || "@\"<>(),;:\\".contains(character)
            })
    };
    email.chars().count() <= 128
        && plain(local)
        && plain(domain)
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn addresses_are_told_from_other_text() {
        for email in ["a@b", "editor@example.com", "jörg.o'neill+news@bücher.example"] {
            assert!(is_email(email), "{email}");
        }
        let long = format!("{}@example.com", "x".repeat(128));
        for email in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\n", "<a@b>", "a@.b", &long] {
            assert!(!is_email(email), "{email}");
        }
    }
}
