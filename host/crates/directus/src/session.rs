//! Sessions of people who sign in on the host's own page. Directus makes, renews and ends them; the
//! host hands them on.

use std::{net::IpAddr, time::Duration};

use http::{HeaderMap, HeaderValue, Method, header};
use palisade_data::{Credential, DataError};
use serde_json::{Value, json};

use crate::{
    backend::Directus,
    rest::{Identity, Request, unavailable},
};

/// The cookie that Directus keeps a session's token in.
const COOKIE: &str = "directus_session_token";
/// Bytes of an answer at most.
const ANSWER_BYTES: usize = 64 * 1024;

/// Whose browser a session is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionClient<'a> {
    /// Its address, by which Directus counts failed attempts.
    pub ip: Option<IpAddr>,
    /// `User-Agent`, for Directus's list of sessions.
    pub user_agent: Option<&'a str>,
}

/// A session that Directus made or renewed.
#[derive(Debug)]
pub struct DirectusSession {
    /// Its token, good as a session cookie and as a bearer token.
    pub token: Credential,
    /// How long a browser keeps it.
    pub max_age: Duration,
    /// What Directus says about it under `data`, without the token.
    pub body: Value,
}

impl Directus {
    /// Signs somebody in.
    ///
    /// Errors: Directus's refusal, such as [`DataError::InvalidCredentials`].
    pub async fn login(
        &self,
        client: SessionClient<'_>,
        email: &str,
        password: &str,
        otp: Option<&str>,
    ) -> Result<DirectusSession, DataError> {
        let mut body = json!({"email": email, "password": password, "mode": "session"});
        if let Some(otp) = otp {
            body["otp"] = otp.into();
        }
        self.session(client, "login", body, HeaderMap::new()).await
    }

    /// Renews a session. The token that it had is no longer good.
    ///
    /// Errors: Directus's refusal.
    pub async fn renew(
        &self,
        client: SessionClient<'_>,
        token: &Credential,
    ) -> Result<DirectusSession, DataError> {
        let renewed = self.session(client, "refresh", mode(), cookie(token)?).await?;
        self.accounts.forget(token, client.ip).await;
        Ok(renewed)
    }

    /// Ends a session.
    ///
    /// Errors: Directus's refusal.
    pub async fn end(
        &self,
        client: SessionClient<'_>,
        token: &Credential,
    ) -> Result<(), DataError> {
        let request = request(client, "logout", mode(), cookie(token)?)?;
        let identity = Identity { credential: None, ip: client.ip };
        self.rest.bytes(identity, request, ANSWER_BYTES).await?;
        self.accounts.forget(token, client.ip).await;
        Ok(())
    }

    async fn session(
        &self,
        client: SessionClient<'_>,
        action: &str,
        body: Value,
        headers: HeaderMap,
    ) -> Result<DirectusSession, DataError> {
        let identity = Identity { credential: None, ip: client.ip };
        let request = request(client, action, body, headers)?;
        let (headers, answer) = self.rest.bytes(identity, request, ANSWER_BYTES).await?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let (token, max_age) = given(&headers)
            .ok_or_else(|| unavailable("It keeps its sessions in a cookie of another name"))?;
        let expires = answer.pointer("/data/expires").cloned().unwrap_or_default();
        Ok(DirectusSession { token, max_age, body: json!({ "expires": expires }) })
    }
}

fn mode() -> Value {
    json!({"mode": "session"})
}

fn request<'a>(
    client: SessionClient<'_>,
    action: &'a str,
    body: Value,
    mut headers: HeaderMap,
) -> Result<Request<'a>, DataError> {
    if let Some(agent) = client.user_agent {
        let agent = HeaderValue::from_str(agent).map_err(DataError::internal)?;
        headers.insert(header::USER_AGENT, agent);
    }
    let mut request = Request::write(Method::POST, vec!["auth", action], Some(body));
    request.headers = headers;
    Ok(request)
}

fn cookie(token: &Credential) -> Result<HeaderMap, DataError> {
    let mut value = HeaderValue::from_str(&format!("{COOKIE}={}", token.expose()))
        .map_err(|_| DataError::InvalidCredentials)?;
    value.set_sensitive(true);
    Ok([(header::COOKIE, value)].into_iter().collect())
}

/// The session's cookie among those of an answer: its value, and how long it is kept.
fn given(headers: &HeaderMap) -> Option<(Credential, Duration)> {
    let cookies =
        headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.into_iter().find_map(|text| {
        let mut parts = text.split(';').map(str::trim);
        let token = parts.next()?.strip_prefix(COOKIE)?.strip_prefix('=')?;
        let seconds = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.eq_ignore_ascii_case("max-age").then(|| value.parse().ok())?
        })?;
        (!token.is_empty()).then(|| (Credential::new(token), Duration::from_secs(seconds)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(cookies: &[&str]) -> Option<(String, u64)> {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::SET_COOKIE, cookie.parse().expect("a header"));
        }
        given(&headers).map(|(token, age)| (token.expose().to_owned(), age.as_secs()))
    }

    #[test]
    fn the_session_is_found_by_its_name_and_has_an_end() {
        let cookie = "directus_session_token=a.b; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax";
        assert_eq!(found(&["x=y", cookie]), Some(("a.b".into(), 86_400)));
        for other in [
            "directus_refresh_token=a; Max-Age=1",
            "directus_session_token2=a; Max-Age=1",
            "directus_session_token=; Max-Age=1",
            "directus_session_token=a; Path=/",
        ] {
            assert_eq!(found(&[other]), None, "{other}");
        }
    }
}
