//! Who a request is from, and who may call a route.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{FromRequestParts, MatchedPath};
use http::{HeaderMap, Method, header, request::Parts};
use palisade_data::{Accountability, Authenticator, Caller, Credential, DataError};
use palisade_project::SESSION_COOKIE;
use palisade_state::{LedgerEntry, LedgerKind};

use super::{HttpError, body, extension, origin::Origin};
use crate::app::App;

/// The address at the other end of the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Where a credential was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// `Authorization: Bearer`: only a program or a page that holds the token can have sent it.
    Header,
    /// The session cookie: a browser adds it by itself.
    Cookie,
}

/// Declares who may call a route, as an argument of it.
macro_rules! callers {
    ($($(#[$doc:meta])+ $name:ident: $admits:expr;)+) => {$(
        $(#[$doc])+
        #[derive(Debug)]
        pub(super) struct $name(pub(super) Caller);

        impl FromRequestParts<App> for $name {
            type Rejection = HttpError;

            async fn from_request_parts(
                parts: &mut Parts,
                app: &App,
            ) -> Result<Self, HttpError> {
                let caller = authenticate(parts, app).await?;
                let admits: fn(&Accountability) -> bool = $admits;
                if admits(&caller.accountability) {
                    return Ok(Self(caller));
                }
                record_refusal(parts, app, &caller).await?;
                Err(HttpError::forbidden())
            }
        }
    )+};
}

callers! {
    /// Anyone, with the public's permissions where nobody is signed in.
    Anyone: |_| true;
    /// A user with access to the app.
    AppUser: |accountability| accountability.app_user().is_some();
    /// An administrator.
    Administrator: |accountability| accountability.user.is_some() && accountability.admin;
}

/// The caller of a request.
///
/// A token in the query string is never looked at: addresses end up in logs and histories.
async fn authenticate(parts: &Parts, app: &App) -> Result<Caller, HttpError> {
    let ip = client_ip(parts, app)?;
    let project = app.backend.authenticator();
    let Some((credential, source)) = credential(&parts.headers)? else {
        return Ok(project.anonymous(ip).await?);
    };
    if source == Source::Cookie && !is_safe(&parts.method) {
        refuse_forgery(&parts.headers, app)?;
    }
    Ok(project.authenticate(&credential, ip).await?)
}

/// Puts on record that a user tried a route that isn't for them. Nobody can fill the ledger without
/// an account.
async fn record_refusal(parts: &Parts, app: &App, caller: &Caller) -> Result<(), HttpError> {
    let Some(user) = &caller.accountability.user else { return Ok(()) };
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let row = LedgerEntry {
        user: Some(user.clone()),
        outcome: "FORBIDDEN".into(),
        reason: Some(format!("{} {route}", parts.method)),
        ..LedgerEntry::new(app.config.workspace.id.clone(), LedgerKind::Refusal)
    };
    Ok(app.state.ledger().append(row).await?)
}

/// The address of the client: the one that the extension in Directus says, else that of the other
/// end of the connection.
pub(super) fn client_ip(parts: &Parts, app: &App) -> Result<Option<IpAddr>, HttpError> {
    let peer = || parts.extensions.get::<Peer>().map(|peer| peer.0.ip().to_canonical());
    Ok(extension::client_ip(&parts.headers, &app.config)?.or_else(peer))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// A request that acts by a cookie has to come from a page of this host, and to have a form that no
/// page elsewhere can give it without being asked (Fetch Standard, "CORS-safelisted").
fn refuse_forgery(headers: &HeaderMap, app: &App) -> Result<(), HttpError> {
    let own = Origin::of(headers, app.config.public_url.as_ref()) == Origin::Own;
    let plain = !headers.contains_key(header::CONTENT_TYPE)
        || body::has_type(headers, body::JSON)
        || body::has_type(headers, body::MULTIPART);
    if own && plain { Ok(()) } else { Err(HttpError::forbidden()) }
}

/// The credential of a request. As in Directus, the header wins over the cookie.
fn credential(headers: &HeaderMap) -> Result<Option<(Credential, Source)>, HttpError> {
    let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(value) = authorizations.next() {
        // Which of two identities is meant must not depend on who reads them.
        if authorizations.next().is_some() {
            return Err(DataError::InvalidCredentials.into());
        }
        let text = value.to_str().map_err(|_| DataError::InvalidCredentials)?;
        if let Some((scheme, token)) = text.split_once(' ')
            && scheme.eq_ignore_ascii_case("bearer")
        {
            let token = token.trim();
            if token.is_empty() {
                return Err(DataError::InvalidCredentials.into());
            }
            return Ok(Some((Credential::new(token), Source::Header)));
        }
    }
    Ok(cookie(headers, SESSION_COOKIE).map(|token| (Credential::new(token), Source::Cookie)))
}

/// The value of a cookie, where it has one.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| value.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(headers: &[(&'static str, &str)]) -> Result<Option<(String, Source)>, HttpError> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header"));
        }
        let credential = credential(&map)?;
        Ok(credential.map(|(credential, source)| (credential.expose().to_owned(), source)))
    }

    #[test]
    fn the_header_wins_over_the_cookie() {
        let cookie = ("cookie", "a=b; directus_session_token=from-cookie; c=d");
        let found_cookie = found(&[cookie]).expect("readable");
        assert_eq!(found_cookie, Some(("from-cookie".into(), Source::Cookie)));
        let both = found(&[cookie, ("authorization", "bearer from-header")]).expect("readable");
        assert_eq!(both, Some(("from-header".into(), Source::Header)));
    }

    #[test]
    fn other_schemes_and_empty_cookies_are_no_credential() {
        for headers in [
            &[("authorization", "Basic dXNlcjpwYXNz")][..],
            &[("cookie", "directus_session_token=")],
            &[("cookie", "other=1; xdirectus_session_token=2")],
            &[],
        ] {
            assert_eq!(found(headers).expect("readable"), None);
        }
    }

    #[test]
    fn an_ambiguous_or_broken_header_is_refused() {
        let token = ("authorization", "Bearer one");
        for headers in [&[token, token][..], &[("authorization", "Bearer ")]] {
            assert!(found(headers).is_err(), "{headers:?}");
        }
    }
}
