//! Directus's refusals.

use http::StatusCode;
use palisade_data::DataError;
use serde::Deserialize;

/// Characters of a message at most.
const MESSAGE_CHARACTERS: usize = 2_000;

#[derive(Deserialize)]
struct Body {
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Deserialize, Default)]
struct Extensions {
    #[serde(default)]
    code: String,
    #[serde(default)]
    reason: Option<String>,
}

/// The error that a body of Directus's stands for. None: the body isn't Directus's.
pub(crate) fn refusal(status: StatusCode, body: &[u8]) -> Option<DataError> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let first = body.errors.first()?;
    let messages: Vec<&str> = body.errors.iter().map(|entry| entry.message.as_str()).collect();
    let message: String = messages.join(" ").chars().take(MESSAGE_CHARACTERS).collect();
    Some(match first.extensions.code.as_str() {
        "FORBIDDEN" => DataError::Forbidden(message),
        "INVALID_CREDENTIALS" => DataError::InvalidCredentials,
        "TOKEN_EXPIRED" | "INVALID_TOKEN" => DataError::TokenExpired,
        "USER_SUSPENDED" => DataError::UserSuspended,
        "SERVICE_UNAVAILABLE" => DataError::ServiceUnavailable {
            service: "directus".into(),
            reason: match first.extensions.reason.as_deref() {
                Some("Under pressure") => "It is under pressure; try again in a moment".into(),
                Some(reason) => reason.trim_end_matches('.').chars().take(200).collect(),
                None => "It is not available at the moment".into(),
            },
        },
        "" => return None,
        code => DataError::Refused {
            status: status.as_u16(),
            code: code.chars().take(64).collect(),
            message,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(status: u16, body: &str) -> Option<DataError> {
        refusal(StatusCode::from_u16(status).expect("a status"), body.as_bytes())
    }

    #[test]
    fn refusals_keep_directus_s_code_and_words() {
        let body = r#"{"errors":[{"message":"No.","extensions":{"code":"FORBIDDEN"}}]}"#;
        assert!(matches!(parse(403, body), Some(DataError::Forbidden(text)) if text == "No."));

        let two = r#"{"errors":[
            {"message":"A.","extensions":{"code":"FAILED_VALIDATION","field":"a"}},
            {"message":"B.","extensions":{"code":"FAILED_VALIDATION","field":"b"}}]}"#;
        let error = parse(400, two).expect("an error");
        assert_eq!((error.status(), error.code()), (400, "FAILED_VALIDATION"));
        assert_eq!(error.to_string(), "A. B.");

        let pressure = r#"{"errors":[{"message":"Service \"api\" is unavailable. Under pressure.",
            "extensions":{"code":"SERVICE_UNAVAILABLE","reason":"Under pressure"}}]}"#;
        let error = parse(503, pressure).expect("an error");
        assert_eq!((error.status(), error.code()), (503, "SERVICE_UNAVAILABLE"));
        assert!(error.to_string().contains("under pressure"), "{error}");
    }

    #[test]
    fn other_bodies_are_no_refusals_of_directus() {
        for body in ["", "<html>", "{}", r#"{"errors":[]}"#, r#"{"errors":[{"message":"x"}]}"#] {
            assert!(parse(502, body).is_none(), "{body}");
        }
    }
}
