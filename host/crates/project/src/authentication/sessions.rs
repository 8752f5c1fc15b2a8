//! Signing and verifying access tokens and session tokens.

use std::{fmt, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use palisade_data::{Accountability, DataError};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Issuer of Directus's tokens.
const ISSUER: &str = "directus";
/// Longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Directus's claims. The rights in them are hints for clients.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// User id.
    pub(crate) id: String,
    /// Role id.
    role: Option<String>,
    app_access: bool,
    admin_access: bool,
    /// Id of the session's row, for session tokens: they end with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    /// Issued at, in seconds since 1970.
    iat: i64,
    /// Expires at, in seconds since 1970.
    exp: i64,
    iss: String,
}

/// The keys that tokens are signed with.
pub(crate) struct Sessions {
    signing: EncodingKey,
    verifying: DecodingKey,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sessions([redacted])")
    }
}

impl Sessions {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
        }
    }

    /// Signs a token for a user.
    pub(crate) fn sign(
        &self,
        user: &str,
        accountability: &Accountability,
        session: Option<&str>,
        lifetime: Duration,
    ) -> Result<SecretString, DataError> {
        let issued = jiff::Timestamp::now().as_second();
        let claims = Claims {
            id: user.to_owned(),
            role: accountability.role.clone(),
            app_access: accountability.app,
            admin_access: accountability.admin,
            session: session.map(str::to_owned),
            iat: issued,
            exp: issued.saturating_add_unsigned(lifetime.as_secs()),
            iss: ISSUER.to_owned(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .map(SecretString::from)
            .map_err(DataError::internal)
    }

    /// Whether a credential has the form of a web token; it is never taken for a static one then.
    pub(crate) fn is_web_token(token: &str) -> bool {
        token.len() <= LONGEST_TOKEN && jsonwebtoken::decode_header(token).is_ok()
    }

    /// The claims of a token with a good signature that hasn't expired.
    pub(crate) fn verify(&self, token: &str) -> Result<Claims, DataError> {
        self.decode(token, true)
    }

    /// The claims of a token with a good signature, expired or not: to end or renew its session,
    /// whose own row decides.
    pub(crate) fn verify_signature(&self, token: &str) -> Result<Claims, DataError> {
        self.decode(token, false)
    }

    fn decode(&self, token: &str, must_be_fresh: bool) -> Result<Claims, DataError> {
        if token.len() > LONGEST_TOKEN {
            return Err(DataError::InvalidCredentials);
        }
        // HS256 alone: a token that names another algorithm, or none, is refused.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.validate_exp = must_be_fresh;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        match jsonwebtoken::decode(token, &self.verifying, &validation) {
            Ok(data) => Ok(data.claims),
            Err(error) if matches!(error.kind(), ErrorKind::ExpiredSignature) => {
                Err(DataError::TokenExpired)
            }
            Err(_) => Err(DataError::InvalidCredentials),
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look into the tokens they made")]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::*;

    const SECRET: [u8; 32] = [7; 32];

    fn signed(claims: &Value, algorithm: Algorithm) -> String {
        let key = EncodingKey::from_secret(&SECRET);
        jsonwebtoken::encode(&Header::new(algorithm), claims, &key).expect("signed")
    }

    fn claims(expires: i64, issuer: &str) -> Value {
        json!({
            "id": "u", "role": null, "app_access": true, "admin_access": false,
            "iat": 0, "exp": expires, "iss": issuer,
        })
    }

    #[test]
    fn a_signed_token_verifies_and_has_directus_claims() {
        let sessions = Sessions::new(&SECRET);
        let accountability = Accountability {
            user: Some("u".into()),
            role: Some("r".into()),
            app: true,
            ..Accountability::default()
        };
        let token = sessions
            .sign("u", &accountability, Some("s"), Duration::from_secs(60))
            .expect("signed");
        assert!(Sessions::is_web_token(token.expose_secret()));
        let claims = sessions.verify(token.expose_secret()).expect("verified");
        assert_eq!((claims.id.as_str(), claims.session.as_deref()), ("u", Some("s")));
        assert_eq!(claims.role.as_deref(), Some("r"));
        assert!(claims.app_access && !claims.admin_access);
        assert_eq!(claims.exp - claims.iat, 60);
    }

    #[test]
    fn forged_and_foreign_tokens_are_refused() {
        let sessions = Sessions::new(&SECRET);
        let far = 9_999_999_999;
        let good = signed(&claims(far, "directus"), Algorithm::HS256);
        assert!(sessions.verify(&good).is_ok());
        let (head, _) = good.rsplit_once('.').expect("three parts");
        let none =
            "eyJhbGciOiJub25lIn0.eyJpZCI6InUiLCJleHAiOjk5OTk5OTk5OTksImlzcyI6ImRpcmVjdHVzIn0.";
        for (what, token) in [
            ("without signature", format!("{head}.")),
            ("algorithm none", none.to_owned()),
            ("another algorithm", signed(&claims(far, "directus"), Algorithm::HS512)),
            ("another issuer", signed(&claims(far, "someone"), Algorithm::HS256)),
            ("without expiry", signed(&json!({"id": "u", "iss": "directus"}), Algorithm::HS256)),
            ("no token", "x".into()),
            ("too long", "x".repeat(LONGEST_TOKEN + 1)),
        ] {
            let error = sessions.verify(&token).expect_err(what);
            assert!(matches!(error, DataError::InvalidCredentials), "{what}: {error:?}");
        }
        let error = Sessions::new(&[8; 32]).verify(&good).expect_err("another secret");
        assert!(matches!(error, DataError::InvalidCredentials));
        let expired = signed(&claims(1, "directus"), Algorithm::HS256);
        assert!(matches!(sessions.verify(&expired), Err(DataError::TokenExpired)));
        assert!(sessions.verify_signature(&expired).is_ok());
    }
}
