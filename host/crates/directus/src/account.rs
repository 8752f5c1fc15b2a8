//! Who a credential belongs to, as Directus says.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use moka::{Expiry, future::Cache};
use palisade_data::{Accountability, Caller, Credential, DataError};
use serde::Deserialize;
use serde_json::Value;

use crate::rest::{Identity, IdentityDigest, Request, Rest, unavailable};

/// How long a look-up is kept: so long may a change of rights take to be noticed for what the host
/// itself decides by them. Directus checks every request anew.
const KEPT: Duration = Duration::from_secs(30);
/// Look-ups that are kept at most.
const MOST: u64 = 10_000;

/// Looks callers up, once for all who ask at the same time.
#[derive(Clone)]
pub(crate) struct Accounts {
    rest: Rest,
    known: Cache<IdentityDigest, Arc<Known>>,
}

struct Known {
    caller: Caller,
    kept: Duration,
}

/// Keeps an entry as long as it says.
struct OwnTime;

impl Expiry<IdentityDigest, Arc<Known>> for OwnTime {
    fn expire_after_create(
        &self,
        _: &IdentityDigest,
        known: &Arc<Known>,
        _: Instant,
    ) -> Option<Duration> {
        Some(known.kept)
    }
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    role: Option<String>,
}

#[derive(Deserialize)]
struct Globals {
    #[serde(default)]
    app_access: bool,
    #[serde(default)]
    admin_access: bool,
}

#[derive(Deserialize)]
struct Role {
    id: String,
}

impl Accounts {
    pub(crate) fn new(rest: Rest) -> Self {
        let known = Cache::builder().max_capacity(MOST).expire_after(OwnTime).build();
        Self { rest, known }
    }

    /// The caller behind a credential.
    pub(crate) async fn find(
        &self,
        credential: &Credential,
        ip: Option<IpAddr>,
    ) -> Result<Caller, DataError> {
        let key = Identity { credential: Some(credential), ip }.digest();
        let known = self.known.try_get_with(key, self.look_up(credential, ip)).await;
        match known {
            Ok(known) => {
                Ok(Caller { credential: Some(credential.clone()), ..known.caller.clone() })
            }
            // Those who waited for the same look-up get the same error.
            Err(error) => Err(again(&error)),
        }
    }

    /// Forgets a credential that Directus refused.
    pub(crate) async fn forget(&self, credential: &Credential, ip: Option<IpAddr>) {
        self.known.invalidate(&Identity { credential: Some(credential), ip }.digest()).await;
    }

    async fn look_up(
        &self,
        credential: &Credential,
        ip: Option<IpAddr>,
    ) -> Result<Arc<Known>, DataError> {
        let identity = Identity { credential: Some(credential), ip };
        let me = Request::read(["users", "me"])
            .parameter("fields", "id,first_name,last_name,email,language,role");
        let roles = Request::read(["roles", "me"]).parameter("fields", "id");
        let (user, globals, roles) = tokio::try_join!(
            self.rest.data(identity, me),
            self.rest.data(identity, Request::read(["policies", "me", "globals"])),
            self.rest.data(identity, roles),
        )
        .map_err(|error| match error {
            // Policies came with Directus 11.
            DataError::Refused { status: 404, .. } => {
                unavailable("It is older than version 11, which Palisade needs")
            }
            error => error,
        })?;
        let user: User = read(user)?;
        let globals: Globals = read(globals)?;
        let roles: Vec<Role> = read(roles)?;
        Ok(Arc::new(Known { caller: caller(user, &globals, roles, ip), kept: kept(credential) }))
    }
}

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, DataError> {
    serde_json::from_value(value)
        .map_err(|_| unavailable("What it says about its users can't be read"))
}

fn caller(user: User, globals: &Globals, roles: Vec<Role>, ip: Option<IpAddr>) -> Caller {
    let named = [user.first_name, user.last_name].into_iter().flatten();
    let name = named.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ");
    // The user's own role first. A caller who may not read it has it among the others.
    let mut ids: Vec<String> = user.role.iter().cloned().collect();
    ids.extend(roles.into_iter().map(|role| role.id).filter(|id| Some(id) != user.role.as_ref()));
    Caller {
        accountability: Accountability {
            role: ids.first().cloned(),
            roles: ids,
            // Directus applies them itself.
            policies: Vec::new(),
            admin: globals.admin_access,
            app: globals.app_access,
            user: Some(user.id),
            ip,
        },
        display_name: if name.is_empty() { user.email.unwrap_or_default() } else { name },
        language: user.language.filter(|language| !language.is_empty()),
        credential: None,
    }
}

/// How long a look-up may be kept: never past the end of a token that says when it ends (RFC 7519,
/// section 4.1.4). Directus verified the token; here it is only read.
fn kept(credential: &Credential) -> Duration {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let claims = credential.expose().split('.').nth(1);
    let claims = claims.and_then(|claims| BASE64_URL_SAFE_NO_PAD.decode(claims).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Claims>(&claims).ok());
    let Some(Claims { exp }) = claims else { return KEPT };
    let left = exp.saturating_sub(Timestamp::now().as_second());
    KEPT.min(Duration::from_secs(u64::try_from(left).unwrap_or(0)))
}

/// An error once more, for another who waited.
fn again(error: &DataError) -> DataError {
    match error {
        DataError::InvalidCredentials => DataError::InvalidCredentials,
        DataError::TokenExpired => DataError::TokenExpired,
        DataError::UserSuspended => DataError::UserSuspended,
        DataError::Forbidden(message) => DataError::Forbidden(message.clone()),
        DataError::ServiceUnavailable { service, reason } => {
            DataError::ServiceUnavailable { service: service.clone(), reason: reason.clone() }
        }
        DataError::Internal(source) => DataError::internal(source.to_string()),
        other => DataError::Refused {
            status: other.status(),
            code: other.code().to_owned(),
            message: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_ends_with_its_token() {
        let token = |exp: i64| {
            let claims = BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{exp}}}"#));
            Credential::new(format!("header.{claims}.signature"))
        };
        let now = Timestamp::now().as_second();
        assert_eq!(kept(&Credential::new("static-token")), KEPT);
        assert_eq!(kept(&Credential::new("a.b.c")), KEPT);
        assert_eq!(kept(&token(now + 3_600)), KEPT);
        assert!(kept(&token(now + 5)) <= Duration::from_secs(5));
        assert_eq!(kept(&token(now - 5)), Duration::ZERO);
    }
}
