//! From a credential to a caller.

use std::net::IpAddr;

use async_trait::async_trait;
use palisade_data::{Authenticator, Caller, Credential, DataError};
use palisade_items::resolve_accountability;
use palisade_lookup::{OptionalExtension, Row, params, rusqlite};

use super::{Sessions, sign_in::check_status};
use crate::{Project, password, time};

struct UserRow {
    id: String,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    language: Option<String>,
    status: String,
}

impl UserRow {
    /// A row of [`BY_ID`] and its like.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            email: row.get("email")?,
            language: row.get("language")?,
            status: row.get("status")?,
        })
    }

    fn display_name(&self) -> String {
        let names: Vec<&str> = [&self.first_name, &self.last_name]
            .into_iter()
            .flatten()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() { self.email.clone().unwrap_or_default() } else { names.join(" ") }
    }
}

const BY_ID: &str = "select id, first_name, last_name, email, language, status \
                     from directus_users where id = ?1";
const BY_TOKEN: &str = "select id, first_name, last_name, email, language, status \
                        from directus_users where token = ?1";
const BY_EMAIL: &str = "select id, first_name, last_name, email, language, status \
                        from directus_users where lower(email) = lower(?1)";
const IS_LIVE: &str = "select exists (select 1 from directus_sessions \
                       where token = ?1 and \"user\" = ?2 and expires > ?3)";

#[async_trait]
impl Authenticator for Project {
    async fn authenticate(
        &self,
        credential: &Credential,
        ip: Option<IpAddr>,
    ) -> Result<Caller, DataError> {
        let token = credential.expose();
        let user = if Sessions::is_web_token(token) {
            let user = self.user_of_web_token(token).await?;
            check_status(&user.status)?;
            user
        } else {
            // The index is searched for the token's hash, so timing tells nothing about the token.
            let user = self.user(BY_TOKEN, &password::digest(token)).await?;
            if user.status != "active" {
                return Err(DataError::InvalidCredentials);
            }
            user
        };
        let mut caller = self.caller(&user, ip).await?;
        caller.credential = Some(credential.clone());
        Ok(caller)
    }

    async fn anonymous(&self, ip: Option<IpAddr>) -> Result<Caller, DataError> {
        let accountability = resolve_accountability(self.lookups(), None, ip).await?;
        Ok(Caller { accountability, ..Caller::default() })
    }
}

impl Project {
    /// The caller for an e-mail address, vouched for by whoever can read the project's file: for
    /// the command line.
    ///
    /// Errors: [`DataError::InvalidCredentials`], [`DataError::UserSuspended`].
    pub async fn caller_by_email(&self, email: &str) -> Result<Caller, DataError> {
        let user = self.user(BY_EMAIL, email.trim()).await?;
        check_status(&user.status)?;
        self.caller(&user, None).await
    }

    async fn user_of_web_token(&self, token: &str) -> Result<UserRow, DataError> {
        let claims = self.sessions().verify(token)?;
        if let Some(session) = &claims.session {
            let now = time::now();
            let is_live: bool = self
                .lookups()
                .ask(|connection| {
                    connection
                        .prepare_cached(IS_LIVE)?
                        .query_row(params![session, claims.id, now], |row| row.get(0))
                })
                .await
                .map_err(DataError::internal)?;
            if !is_live {
                return Err(DataError::InvalidCredentials);
            }
        }
        self.user(BY_ID, &claims.id).await
    }

    async fn user(&self, query: &'static str, value: &str) -> Result<UserRow, DataError> {
        self.lookups()
            .ask(|connection| {
                connection.prepare_cached(query)?.query_row([value], UserRow::read).optional()
            })
            .await
            .map_err(DataError::internal)?
            .ok_or(DataError::InvalidCredentials)
    }

    async fn caller(&self, user: &UserRow, ip: Option<IpAddr>) -> Result<Caller, DataError> {
        Ok(Caller {
            accountability: resolve_accountability(self.lookups(), Some(&user.id), ip).await?,
            display_name: user.display_name(),
            language: user.language.clone(),
            credential: None,
        })
    }
}
