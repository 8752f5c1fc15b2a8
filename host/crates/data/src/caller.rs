//! Who a request acts for.

use std::{fmt, net::IpAddr};

use secrecy::{ExposeSecret, SecretString};

/// What Directus knows about the person or program behind a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accountability {
    /// Directus user id (UUID). None: anonymous.
    pub user: Option<String>,
    /// The user's own role.
    pub role: Option<String>,
    /// The user's role and its parents, own role first.
    pub roles: Vec<String>,
    /// Ids of all policies that apply, parents' first, the user's own last: the order in which
    /// presets are merged.
    pub policies: Vec<String>,
    /// Whether a policy has `admin_access`.
    pub admin: bool,
    /// Whether a policy has `app_access`.
    pub app: bool,
    /// Address the request came from, for policies with `ip_access`.
    pub ip: Option<IpAddr>,
}

impl Accountability {
    /// The user who may use the assistant: signed in and with access to the app, or an
    /// administrator. Not the public, and not programs.
    pub fn app_user(&self) -> Option<&str> {
        self.user.as_deref().filter(|_| self.app || self.admin)
    }
}

/// A caller's own Directus credential: a token or a session cookie. Never printed.
#[derive(Clone)]
pub struct Credential(SecretString);

impl Credential {
    /// Wraps a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretString::from(token.into()))
    }

    /// The token itself. For the one place that attaches or verifies it.
    #[expect(
        clippy::disallowed_methods,
        reason = "the credential is exposed to be verified or to be put on the wire"
    )]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credential([redacted])")
    }
}

/// An authenticated caller.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Rights.
    pub accountability: Accountability,
    /// First and last name, or the e-mail address where there is none.
    pub display_name: String,
    /// BCP 47 language tag, where the user chose one.
    pub language: Option<String>,
    /// What the caller authenticated with; none for a caller that the host itself vouches for.
    pub credential: Option<Credential>,
}
