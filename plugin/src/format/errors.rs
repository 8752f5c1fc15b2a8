//! What providers' error bodies mean. Shapes seen: `{"error":{"message","type","code","param"}}`,
//! `{"error":"text"}`, `{"object":"error","message","type","code"}`, `{"detail":…}`, Google's
//! `{"error":{"code","message","status","details":[{"reason"}]}}` or a list of it, plain text, HTML.

use serde_json::Value;

use super::Refused;
use crate::failure::Failure;

/// What a response with an error status means.
pub(super) fn of_status(status: u16, body: &[u8]) -> Refused {
    let body = serde_json::from_slice(body).unwrap_or_else(|_| {
        Value::String(String::from_utf8_lossy(body).chars().take(8 * 1024).collect())
    });
    let (specific, codes) = inspect(&body);
    let general = match status {
        401 | 403 => Failure::Authentication,
        402 => Failure::Quota,
        404 | 405 => Failure::NotFound,
        408 | 504 => Failure::TimedOut,
        413 => Failure::ContextTooLong,
        429 => Failure::RateLimit,
        503 | 529 => Failure::Overloaded,
        500.. => Failure::Unavailable,
        _ => Failure::InvalidRequest,
    };
    let failure = match (general, specific) {
        // A gateway's page or a login wall may contain any word: the status knows better.
        (Failure::Authentication | Failure::Overloaded | Failure::Unavailable, _) => general,
        // What a limit counts may be tokens, which says nothing of the model's context.
        (Failure::RateLimit, Some(Failure::ContextTooLong)) => general,
        (_, Some(specific)) => specific,
        (general, None) => general,
    };
    Refused { failure, detail: format!("status={status}{codes}"), retry_after: None }
}

/// What an error event in mid-stream means.
pub(super) fn of_event(error: &Value) -> (Failure, String) {
    let (specific, codes) = inspect(error);
    (specific.unwrap_or(Failure::Unavailable), format!("error event{codes}"))
}

/// The meaning that codes and text have, if any, and the codes for the log.
fn inspect(body: &Value) -> (Option<Failure>, String) {
    let body = body.get(0).unwrap_or(body);
    let error = match body.get("error") {
        Some(error) if !error.is_null() => error,
        _ => body,
    };
    let mut codes = String::new();
    for name in ["type", "code", "param", "status"] {
        if let Some(code) = error.get(name).and_then(identifier) {
            codes.push_str(&format!(" {name}={code}"));
        }
    }
    // Anthropic's own codes.
    if let Some(code) = error.pointer("/details/error_code").and_then(identifier) {
        codes.push_str(&format!(" error_code={code}"));
    }
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    if let Some(reason) = details.filter_map(|detail| identifier(detail.get("reason")?)).next() {
        codes.push_str(&format!(" reason={reason}"));
    }
    let message = match error {
        Value::String(message) => message,
        error => error
            .get("message")
            .or_else(|| error.get("detail"))
            .and_then(Value::as_str)
            .unwrap_or_default(),
    };
    (meaning(&format!("{codes} {message}").to_ascii_lowercase()), codes)
}

/// A code that is one, rather than prose or a key: keys have more digits.
fn identifier(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-[]".contains(&byte);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_code = (1..=64).contains(&text.len()) && digits <= 4 && text.bytes().all(plain);
    is_code.then_some(text)
}

/// Texts are lower-case. The order matters: quota errors are also of the rate-limit type.
fn meaning(text: &str) -> Option<Failure> {
    const SIGNS: [(Failure, &[&str]); 10] = [
        (
            Failure::ContextTooLong,
            &[
                "context_length",
                "context length",
                "context window",
                "maximum context",
                "context size",
                "prompt is too long",
                "too many tokens",
                "input is too long",
                "exceed context limit",
                "request_too_large",
                "input token count",
            ],
        ),
        (
            Failure::Quota,
            &[
                "insufficient_quota",
                "billing",
                "credit balance",
                "payment required",
                "spend_limit_reached",
            ],
        ),
        (Failure::FileGone, &["file_expired"]),
        (
            Failure::ContentFilter,
            &[
                "content_filter",
                "content_policy",
                "responsibleaipolicy",
                "content management policy",
                "policy_violation",
                "code=bio_policy",
                "usage polic",
            ],
        ),
        (
            Failure::Authentication,
            &[
                "invalid_api_key",
                "authentication_error",
                "permission_error",
                "code=401",
                "code=403",
                "api_key_invalid",
                "status=unauthenticated",
                "status=permission_denied",
            ],
        ),
        (
            Failure::Overloaded,
            &[
                "overloaded",
                "code=slow_down",
                "code=503",
                "code=529",
                "server is busy",
                "status=unavailable",
            ],
        ),
        (
            Failure::RateLimit,
            &[
                "rate_limit",
                "rate limit",
                "too many requests",
                "too_many_requests",
                "code=429",
                "status=resource_exhausted",
            ],
        ),
        (Failure::TimedOut, &["timeout_error"]),
        (Failure::NotFound, &["model_not_found", "not_found_error", "code=404"]),
        (
            Failure::InvalidRequest,
            &[
                "invalid_request",
                "code=invalid_",
                "code=unsupported_",
                "code=image_",
                "code=empty_image",
                "code=failed_to_download",
                "code=data_residency",
                "code=400",
                "code=422",
            ],
        ),
    ];
    SIGNS
        .iter()
        .find(|(_, signs)| signs.iter().any(|sign| text.contains(sign)))
        .map(|(failure, _)| *failure)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_and_its_codes_become_one_kind() {
        let openai = |kind: &str, code: &str| {
            json!({"error": {"message": "Provider prose.", "type": kind, "code": code}}).to_string()
        };
        for (status, body, expected) in [
            (401, openai("invalid_request_error", "invalid_api_key"), Failure::Authentication),
            (403, String::new(), Failure::Authentication),
            (402, String::new(), Failure::Quota),
            (404, openai("invalid_request_error", "model_not_found"), Failure::NotFound),
            (408, String::new(), Failure::TimedOut),
            (413, String::new(), Failure::ContextTooLong),
            (
                400,
                openai("invalid_request_error", "context_length_exceeded"),
                Failure::ContextTooLong,
            ),
            (400, openai("invalid_request_error", "unknown_parameter"), Failure::InvalidRequest),
            (400, openai("x", "content_filter"), Failure::ContentFilter),
            (
                400,
                json!({"object": "error", "message": "This model's maximum context length is 8"})
                    .to_string(),
                Failure::ContextTooLong,
            ),
            (
                422,
                json!({"detail": [{"msg": "field required"}]}).to_string(),
                Failure::InvalidRequest,
            ),
            (429, openai("rate_limit_error", "rate_limit_exceeded"), Failure::RateLimit),
            (429, openai("insufficient_quota", "insufficient_quota"), Failure::Quota),
            (500, "<html>rate limit</html>".into(), Failure::Unavailable),
            (502, "<html>Bad gateway</html>".into(), Failure::Unavailable),
            (503, String::new(), Failure::Overloaded),
            (529, json!({"error": "overloaded"}).to_string(), Failure::Overloaded),
        ] {
            assert_eq!(of_status(status, body.as_bytes()).failure, expected, "{status} {body}");
        }
    }

    #[test]
    fn the_codes_of_openais_events() {
        let flagged = "Invalid prompt: it was flagged as potentially violating our usage policy.";
        for (code, message, expected) in [
            ("server_error", "", Failure::Unavailable),
            ("server_is_overloaded", "", Failure::Overloaded),
            ("slow_down", "", Failure::Overloaded),
            ("rate_limit_exceeded", "", Failure::RateLimit),
            ("too_many_requests", "", Failure::RateLimit),
            ("insufficient_quota", "", Failure::Quota),
            ("billing_hard_limit_reached", "", Failure::Quota),
            ("context_length_exceeded", "", Failure::ContextTooLong),
            ("invalid_prompt", flagged, Failure::ContentFilter),
            ("invalid_prompt", "", Failure::InvalidRequest),
            ("bio_policy", "", Failure::ContentFilter),
            ("misalignment_policy_violation", "", Failure::ContentFilter),
            ("image_content_policy_violation", "", Failure::ContentFilter),
            ("invalid_image_format", "", Failure::InvalidRequest),
            ("image_file_too_large", "", Failure::InvalidRequest),
            ("unsupported_image_media_type", "", Failure::InvalidRequest),
            ("empty_image_file", "", Failure::InvalidRequest),
            ("failed_to_download_image", "", Failure::InvalidRequest),
            ("data_residency_mismatch", "", Failure::InvalidRequest),
        ] {
            let nested = json!({"type": "error", "error": {"code": code, "message": message}});
            let flat = json!({"type": "error", "code": code, "message": message, "param": null});
            assert_eq!(of_event(&nested).0, expected, "{nested}");
            assert_eq!(of_event(&flat).0, expected, "{flat}");
        }
    }

    #[test]
    fn the_log_gets_codes_and_no_prose() {
        let body = json!({"error": {
            "message": "Incorrect API key provided: sk-secret",
            "type": "invalid_request_error",
            "code": "key sk-secret is wrong",
            "param": "messages.[0].content",
        }});
        assert_eq!(
            of_status(401, body.to_string().as_bytes()).detail,
            "status=401 type=invalid_request_error param=messages.[0].content"
        );
        let body = json!({"error": {"type": "x", "code": "sk-proj-4f8a1c9e2b7d"}});
        assert_eq!(of_event(&body).1, "error event type=x");
    }
}
