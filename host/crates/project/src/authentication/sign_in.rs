//! `/auth/login`, `/auth/refresh`, `/auth/logout`.

use std::time::Duration;

use jiff::Timestamp;
use palisade_data::DataError;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use thiserror::Error;

use super::{Client, LoginRequest, SessionHandle, SessionMode};
use crate::{Project, password, random, time};

/// Cookie with the session token.
pub const SESSION_COOKIE: &str = "directus_session_token";
/// Cookie with the refresh token.
pub const REFRESH_COOKIE: &str = "directus_refresh_token";

/// Lifetime of an access token (Directus's default).
const ACCESS: Duration = Duration::from_secs(15 * 60);
/// Lifetime of a refresh token (Directus's default).
const REFRESH: Duration = Duration::from_secs(7 * 24 * 3600);
/// Lifetime of a session token (Directus's default).
const SESSION: Duration = Duration::from_secs(24 * 3600);
/// Characters of `User-Agent` and `Origin` that are kept.
const KEPT: usize = 255;

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    /// Directus's own errors: wrong credentials, suspended user, a fault.
    #[error(transparent)]
    Refused(#[from] DataError),
    /// Too many failed attempts from this address.
    #[error("Too many requests, retry after {}s.", retry_after.as_secs().max(1))]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
}

impl SignInError {
    /// Directus's code.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(error) => error.code(),
            Self::TooManyAttempts { .. } => "REQUESTS_EXCEEDED",
        }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Refused(error) => error.status(),
            Self::TooManyAttempts { .. } => 429,
        }
    }

    /// The body that Directus answers with.
    pub fn to_body(&self) -> Value {
        match self {
            Self::Refused(error) => error.to_body(),
            Self::TooManyAttempts { .. } => json!({"errors": [{
                "message": self.to_string(),
                "extensions": {"code": self.code()},
            }]}),
        }
    }
}

/// A cookie to set: `HttpOnly`, `SameSite=Lax`, path `/`, `Secure` behind HTTPS.
#[derive(Debug, Clone)]
pub struct SessionCookie {
    /// [`SESSION_COOKIE`] or [`REFRESH_COOKIE`].
    pub name: &'static str,
    /// Value.
    pub value: SecretString,
    /// `Max-Age`.
    pub max_age: Duration,
}

/// A user who has just signed in or refreshed a session.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// User id (UUID).
    pub user: String,
    /// Where the tokens go.
    pub mode: SessionMode,
    /// The access token, or the session token in session mode.
    pub access_token: SecretString,
    /// Lifetime of that token.
    pub expires: Duration,
    /// The refresh token; none in session mode, whose token renews itself.
    pub refresh_token: Option<SecretString>,
}

impl SignIn {
    /// The answer's `data`, in Directus's shape for the mode. `expires` is in milliseconds.
    #[expect(
        clippy::disallowed_methods,
        reason = "the answer is where the tokens go to their user"
    )]
    pub fn body(&self) -> Value {
        let expires = u64::try_from(self.expires.as_millis()).unwrap_or(u64::MAX);
        let access = self.access_token.expose_secret();
        match (self.mode, &self.refresh_token) {
            (SessionMode::Session, _) => json!({ "expires": expires }),
            (SessionMode::Json, Some(refresh)) => json!({
                "expires": expires,
                "refresh_token": refresh.expose_secret(),
                "access_token": access,
            }),
            _ => json!({"expires": expires, "access_token": access}),
        }
    }

    /// The cookie to set, if the mode has one.
    pub fn cookie(&self) -> Option<SessionCookie> {
        match self.mode {
            SessionMode::Json => None,
            SessionMode::Cookie => self.refresh_token.clone().map(|value| SessionCookie {
                name: REFRESH_COOKIE,
                value,
                max_age: REFRESH,
            }),
            SessionMode::Session => Some(SessionCookie {
                name: SESSION_COOKIE,
                value: self.access_token.clone(),
                max_age: SESSION,
            }),
        }
    }
}

/// What the sign-in needs to know of a user.
#[derive(sqlx::FromRow)]
struct Account {
    id: String,
    password: Option<String>,
    status: String,
}

impl Project {
    /// Signs a user in by password.
    ///
    /// A wrong password and an unknown address give the same error after the same work.
    ///
    /// Errors: [`DataError::InvalidCredentials`]; [`DataError::UserSuspended`], for the right
    /// password alone; [`SignInError::TooManyAttempts`] after 10 failures at one user, or 100 at
    /// any, from one address within five minutes.
    pub async fn login(
        &self,
        request: &LoginRequest,
        client: &Client,
    ) -> Result<SignIn, SignInError> {
        let email = request.email.trim();
        self.attempts()
            .begin(email, client.ip)
            .map_err(|retry_after| SignInError::TooManyAttempts { retry_after })?;
        let account: Option<Account> = sqlx::query_as(
            "select id, password, status from directus_users where lower(email) = lower(?1)",
        )
        .bind(email)
        .fetch_optional(self.pool())
        .await
        .map_err(DataError::internal)?;
        let hash = account.as_ref().and_then(|account| account.password.clone());
        let verified =
            self.hashing().verify(&request.password, hash).await.map_err(DataError::internal)?;
        let account = match account {
            Some(account) if verified => account,
            _ => return Err(DataError::InvalidCredentials.into()),
        };
        check_status(&account.status)?;
        self.attempts().succeeded(email, client.ip);
        let (token, session) = self.open_session(&account.id, request.mode, client).await?;
        self.signed_in(&account.id, request.mode, client, token, &session).await
    }

    /// Gives a session new tokens. The old ones are spent: each works once.
    ///
    /// Errors: [`DataError::InvalidCredentials`] for tokens that are unknown, spent or expired;
    /// [`DataError::UserSuspended`].
    pub async fn refresh(
        &self,
        handle: &SessionHandle,
        mode: SessionMode,
        client: &Client,
    ) -> Result<SignIn, SignInError> {
        let spent = self.session_id(handle)?;
        let token = random::token().map_err(DataError::internal)?;
        let session = password::digest(&token);
        // One statement, so that of two requests with one token only one finds the row.
        let user: Option<String> = sqlx::query_scalar(
            "update directus_sessions set token = ?1, expires = ?2, ip = ?3 \
             where token = ?4 and expires > ?5 returning \"user\"",
        )
        .bind(&session)
        .bind(expiry(mode))
        .bind(client.ip.map(|ip| ip.to_string()))
        .bind(&spent)
        .bind(time::now())
        .fetch_optional(self.pool())
        .await
        .map_err(DataError::internal)?;
        let user = user.ok_or(DataError::InvalidCredentials)?;
        let status: Option<String> =
            sqlx::query_scalar("select status from directus_users where id = ?1")
                .bind(&user)
                .fetch_optional(self.pool())
                .await
                .map_err(DataError::internal)?;
        if let Err(error) = check_status(status.as_deref().unwrap_or_default()) {
            self.end_session(&session).await?;
            return Err(error.into());
        }
        self.signed_in(&user, mode, client, token, &session).await
    }

    /// Ends a session: its refresh token and its session token are refused from now on. An access
    /// token that was given out without a session lives on for its 15 minutes, as in Directus. A
    /// session that is gone already is as good.
    ///
    /// Errors: [`DataError::InvalidCredentials`] for a session token that this project didn't sign.
    pub async fn logout(&self, handle: &SessionHandle) -> Result<(), DataError> {
        let session = self.session_id(handle)?;
        self.end_session(&session).await
    }

    /// The id of a session's row.
    fn session_id(&self, handle: &SessionHandle) -> Result<String, DataError> {
        match handle {
            SessionHandle::RefreshToken(token) => Ok(password::secret_digest(token)),
            SessionHandle::SessionToken(token) => self
                .sessions()
                .verify_signature(token.expose())?
                .session
                .ok_or(DataError::InvalidCredentials),
        }
    }

    /// Inserts a session's row; gives its refresh token and its id.
    async fn open_session(
        &self,
        user: &str,
        mode: SessionMode,
        client: &Client,
    ) -> Result<(String, String), DataError> {
        let token = random::token().map_err(DataError::internal)?;
        let session = password::digest(&token);
        let kept = |text: &Option<String>| {
            text.as_ref().map(|text| text.chars().take(KEPT).collect::<String>())
        };
        let mut transaction =
            self.pool().begin_with("begin immediate").await.map_err(DataError::internal)?;
        sqlx::query("delete from directus_sessions where expires <= ?1")
            .bind(time::now())
            .execute(&mut *transaction)
            .await
            .map_err(DataError::internal)?;
        sqlx::query(
            "insert into directus_sessions (token, \"user\", expires, ip, user_agent, origin) \
             values (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(&session)
        .bind(user)
        .bind(expiry(mode))
        .bind(client.ip.map(|ip| ip.to_string()))
        .bind(kept(&client.user_agent))
        .bind(kept(&client.origin))
        .execute(&mut *transaction)
        .await
        .map_err(DataError::internal)?;
        transaction.commit().await.map_err(DataError::internal)?;
        Ok((token, session))
    }

    async fn end_session(&self, session: &str) -> Result<(), DataError> {
        sqlx::query("delete from directus_sessions where token = ?1")
            .bind(session)
            .execute(self.pool())
            .await
            .map_err(DataError::internal)?;
        Ok(())
    }

    /// Signs the tokens of a session that is in the database.
    async fn signed_in(
        &self,
        user: &str,
        mode: SessionMode,
        client: &Client,
        token: String,
        session: &str,
    ) -> Result<SignIn, SignInError> {
        let accountability =
            palisade_items::resolve_accountability(self.lookups(), Some(user), client.ip).await?;
        sqlx::query("update directus_users set last_access = ?1 where id = ?2")
            .bind(time::now())
            .bind(user)
            .execute(self.pool())
            .await
            .map_err(DataError::internal)?;
        let (session, expires) = match mode {
            SessionMode::Session => (Some(session), SESSION),
            SessionMode::Json | SessionMode::Cookie => (None, ACCESS),
        };
        let access_token = self.sessions().sign(user, &accountability, session, expires)?;
        let refresh_token = (mode != SessionMode::Session).then(|| SecretString::from(token));
        Ok(SignIn { user: user.to_owned(), mode, access_token, expires, refresh_token })
    }
}

/// When a session of this mode ends, if it isn't refreshed.
fn expiry(mode: SessionMode) -> String {
    let lifetime = match mode {
        SessionMode::Session => SESSION,
        SessionMode::Json | SessionMode::Cookie => REFRESH,
    };
    time::text(time::after(Timestamp::now(), lifetime))
}

/// Only active users sign in. Drafts, invitations and archived users are nobody's business.
pub(super) fn check_status(status: &str) -> Result<(), DataError> {
    match status {
        "active" => Ok(()),
        "suspended" => Err(DataError::UserSuspended),
        _ => Err(DataError::InvalidCredentials),
    }
}
