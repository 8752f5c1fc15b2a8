//! Requests that come by way of the extension in Directus.
//!
//! The extension passes requests on with the caller's own credential, which is checked like any
//! other. What only it can say, because it stands between, is the address of the caller; it is
//! believed where the request carries the secret that both share.

use std::net::IpAddr;

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::HttpError;
use crate::config::{BackendConfig, Config};

const SECRET: &str = "x-palisade-extension-secret";
const CLIENT_IP: &str = "x-palisade-client-ip";

/// The address of the caller as the extension says it. None: the request didn't come by way of the
/// extension, or the extension doesn't know.
///
/// Errors: forbidden, for a request that claims to come from the extension and can't prove it.
pub(super) fn client_ip(headers: &HeaderMap, config: &Config) -> Result<Option<IpAddr>, HttpError> {
    if !headers.contains_key(SECRET) && !headers.contains_key(CLIENT_IP) {
        return Ok(None);
    }
    let mut given = headers.get_all(SECRET).iter();
    let proven = match (secret(config), given.next(), given.next()) {
        (Some(secret), Some(given), None) => {
            #[expect(clippy::disallowed_methods, reason = "the secret is exposed to be verified")]
            let secret = secret.expose_secret().as_bytes();
            bool::from(given.as_bytes().ct_eq(secret))
        }
        _ => false,
    };
    if !proven {
        return Err(HttpError::forbidden());
    }
    let ip = headers.get(CLIENT_IP).and_then(|ip| ip.to_str().ok());
    Ok(ip.and_then(|ip| ip.parse().ok()).map(|ip: IpAddr| ip.to_canonical()))
}

fn secret(config: &Config) -> Option<&SecretString> {
    match &config.backend {
        BackendConfig::Directus(directus) => directus.extension_secret.as_ref(),
        BackendConfig::Embedded => None,
    }
}
