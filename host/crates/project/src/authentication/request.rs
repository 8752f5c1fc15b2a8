//! What clients send to `/auth/login`, `/auth/refresh` and `/auth/logout`.

use std::net::IpAddr;

use palisade_data::{Credential, DataError};
use secrecy::SecretString;
use serde_json::Value;

use crate::password::LONGEST_PASSWORD;

/// Where a client keeps its tokens (Directus: authentication modes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionMode {
    /// Access token and refresh token in the answer.
    Json,
    /// Access token in the answer, refresh token in a cookie.
    Cookie,
    /// One session token, in a cookie.
    Session,
}

impl SessionMode {
    /// The `mode` of a request's body, if it has one.
    fn of(body: &Value) -> Result<Option<Self>, DataError> {
        match body.get("mode") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(mode)) if mode == "json" => Ok(Some(Self::Json)),
            Some(Value::String(mode)) if mode == "cookie" => Ok(Some(Self::Cookie)),
            Some(Value::String(mode)) if mode == "session" => Ok(Some(Self::Session)),
            Some(_) => Err(DataError::InvalidPayload(
                "\"mode\" must be one of \"json\", \"cookie\", \"session\"".into(),
            )),
        }
    }
}

/// Where a request came from, for the session's row.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Address of the client itself. Failed attempts are counted by it; all clients without one
    /// count together.
    pub ip: Option<IpAddr>,
    /// `User-Agent`; the first 255 characters are kept.
    pub user_agent: Option<String>,
    /// `Origin`; the first 255 characters are kept.
    pub origin: Option<String>,
}

/// Body of `/auth/login`.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// E-mail address, in any case of letters.
    pub email: String,
    /// Password.
    pub password: SecretString,
    /// Where the tokens go. Default: the answer.
    pub mode: SessionMode,
}

impl LoginRequest {
    /// Reads `{email, password, mode?}`. Errors: [`DataError::InvalidPayload`] that names the key.
    pub fn from_body(body: &Value) -> Result<Self, DataError> {
        let text = |name: &str, longest: usize| match body.get(name) {
            Some(Value::String(text)) if text.is_empty() => {
                Err(DataError::InvalidPayload(format!("\"{name}\" is not allowed to be empty")))
            }
            Some(Value::String(text)) if text.len() > longest => {
                Err(DataError::InvalidPayload(format!("\"{name}\" is too long")))
            }
            Some(Value::String(text)) => Ok(text.clone()),
            None | Some(Value::Null) => {
                Err(DataError::InvalidPayload(format!("\"{name}\" is required")))
            }
            Some(_) => Err(DataError::InvalidPayload(format!("\"{name}\" must be a string"))),
        };
        Ok(Self {
            email: text("email", 512)?,
            password: SecretString::from(text("password", LONGEST_PASSWORD)?),
            mode: SessionMode::of(body)?.unwrap_or(SessionMode::Json),
        })
    }
}

/// What stands for a session when it is refreshed or ended.
#[derive(Debug, Clone)]
pub enum SessionHandle {
    /// A refresh token.
    RefreshToken(SecretString),
    /// The session token of the cookie.
    SessionToken(Credential),
}

impl SessionHandle {
    /// Reads the body `{refresh_token?, mode?}` and the two cookies of `/auth/refresh` and
    /// `/auth/logout`. Without `mode`: `json` where the body has a refresh token, else `cookie`.
    ///
    /// Errors: [`DataError::InvalidPayload`] where the mode's token is missing.
    pub fn from_request(
        body: &Value,
        refresh_cookie: Option<&str>,
        session_cookie: Option<&str>,
    ) -> Result<(Self, SessionMode), DataError> {
        let in_body = body.get("refresh_token").and_then(Value::as_str);
        let fallback = if in_body.is_some() { SessionMode::Json } else { SessionMode::Cookie };
        let mode = SessionMode::of(body)?.unwrap_or(fallback);
        let handle = match mode {
            SessionMode::Json => in_body.map(|token| Self::RefreshToken(token.into())),
            SessionMode::Cookie => refresh_cookie.map(|token| Self::RefreshToken(token.into())),
            SessionMode::Session => {
                session_cookie.map(|token| Self::SessionToken(Credential::new(token)))
            }
        };
        let place = match mode {
            SessionMode::Json => "payload",
            SessionMode::Cookie | SessionMode::Session => "cookie",
        };
        let missing =
            || DataError::InvalidPayload(format!("The refresh token is required in the {place}"));
        Ok((handle.ok_or_else(missing)?, mode))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_wrong_login_body_names_its_key() {
        for (body, name) in [
            (json!({"password": "x"}), "email"),
            (json!({"email": "a@b", "password": 1}), "password"),
            (json!({"email": "a@b", "password": ""}), "password"),
            (json!({"email": "a@b", "password": "x".repeat(1025)}), "password"),
            (json!({"email": "a@b", "password": "x", "mode": "jwt"}), "mode"),
            (json!([]), "email"),
            (json!(null), "email"),
        ] {
            let error = LoginRequest::from_body(&body).expect_err("refused");
            assert_eq!(error.code(), "INVALID_PAYLOAD");
            assert!(error.to_string().contains(&format!("\"{name}\"")), "{error}");
        }
    }

    #[test]
    fn the_mode_follows_from_where_the_token_is() {
        let mode = |body, refresh, session| {
            SessionHandle::from_request(&body, refresh, session).map(|(_, mode)| mode).ok()
        };
        assert_eq!(mode(json!({"refresh_token": "r"}), None, None), Some(SessionMode::Json));
        assert_eq!(mode(json!({}), Some("r"), Some("s")), Some(SessionMode::Cookie));
        let session = json!({"mode": "session"});
        assert_eq!(mode(session.clone(), None, Some("s")), Some(SessionMode::Session));
        assert_eq!(mode(session, Some("r"), None), None);
        assert_eq!(mode(json!({}), None, Some("s")), None);
    }
}
