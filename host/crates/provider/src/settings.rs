//! Settings of one provider, and which base URLs are acceptable.

use thiserror::Error;
use url::{Host, Url};

use crate::{EgressPolicy, ProviderError, ProviderKind};

/// Settings of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Id that chat requests name.
    pub id: String,
    /// Kind.
    pub kind: ProviderKind,
    /// Base URL; see [`validate_base_url`].
    pub base_url: Url,
    /// Where the provider processes data, for the ledger; as the administrator says.
    pub region: Option<String>,
    /// Whether a call without a stored key is refused before anything is sent.
    pub requires_key: bool,
}

impl ProviderSettings {
    /// Settings with all defaults of a kind.
    ///
    /// Errors: [`ProviderError::Configuration`] for a kind that has no default base URL.
    pub fn with_defaults(id: impl Into<String>, kind: ProviderKind) -> Result<Self, ProviderError> {
        let id = id.into();
        let base_url =
            kind.default_base_url().and_then(|url| Url::parse(url).ok()).ok_or_else(|| {
                ProviderError::Configuration(format!(
                    "The provider \"{id}\" needs a base_url: the kind {kind} has no default."
                ))
            })?;
        Ok(Self { id, kind, base_url, region: None, requires_key: kind.requires_key() })
    }
}

/// Why a base URL can't be used. The text never repeats the URL: it may hold a credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// Neither https nor http.
    #[error(
        "base_url has to begin with https:// (or http:// for an address in egress.allow_private)"
    )]
    Scheme,
    /// A user name or password in the URL.
    #[error("base_url must not hold a user name or password; set the key with: palisade keys set")]
    Credentials,
    /// A query or fragment.
    #[error("base_url must not have a query (?) or a fragment (#)")]
    Query,
    /// An encoded, empty or backslashed path segment.
    #[error("base_url has a path that could be read in two ways; leave out %, \\ and //")]
    Path,
    /// No host.
    #[error("base_url has no host")]
    Host,
    /// Clear text to a host that isn't a private exception.
    #[error(
        "base_url has to begin with https://: http:// sends the key and the conversation in clear \
         text, and is possible only for a host that egress.allow_private lists"
    )]
    ClearText,
    /// A literal address that isn't public and isn't an exception.
    #[error(
        "base_url names an address that is not public; if that is meant, list it in \
         egress.allow_private"
    )]
    Address,
}

/// Checks a base URL against the egress policy, as far as that is possible without name resolution.
/// What its host resolves to is checked at each connection.
pub fn validate_base_url(base_url: &Url, policy: &EgressPolicy) -> Result<(), BaseUrlError> {
    let clear_text = match base_url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(BaseUrlError::Scheme),
    };
    if !base_url.username().is_empty() || base_url.password().is_some() {
        return Err(BaseUrlError::Credentials);
    }
    if base_url.query().is_some() || base_url.fragment().is_some() {
        return Err(BaseUrlError::Query);
    }
    if base_url.path().contains(['%', '\\']) || base_url.path().contains("//") {
        return Err(BaseUrlError::Path);
    }
    let port = base_url.port_or_known_default().ok_or(BaseUrlError::Host)?;
    let literal = match base_url.host().ok_or(BaseUrlError::Host)? {
        Host::Domain(name) => {
            return match clear_text && !policy.names_host(name, port) {
                true => Err(BaseUrlError::ClearText),
                false => Ok(()),
            };
        }
        Host::Ipv4(address) => address.into(),
        Host::Ipv6(address) => address.into(),
    };
    if clear_text && !policy.lists_address(literal, port) {
        return Err(BaseUrlError::ClearText);
    }
    match policy.permits_literal(literal, port, clear_text) {
        true => Ok(()),
        false => Err(BaseUrlError::Address),
    }
}
