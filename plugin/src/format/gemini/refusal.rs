//! What Google's errors add to what all errors have: why a limit was hit, and when to come back.
//!
//! The body is `{"error":{"code","message","status","details":[…]}}`, or a list with that object
//! where the request was not for server-sent events.

use serde_json::Value;

use crate::failure::Failure;
use crate::format::{Refused, errors};

/// What a response with an error status means.
pub(super) fn of_status(status: u16, body: &[u8]) -> Refused {
    let mut refused = errors::of_status(status, body);
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let body = body.get(0).unwrap_or(&body);
    let error = body.get("error").unwrap_or(body);
    refused.failure = limit(error).unwrap_or(refused.failure);
    refused.retry_after = retry_after(error);
    refused
}

/// What an error event in mid-stream means.
pub(super) fn of_event(error: &Value) -> (Failure, String) {
    let (failure, detail) = errors::of_event(error);
    (limit(error).unwrap_or(failure), detail)
}

/// Which limit was hit. The message speaks of plan and billing even where the limit is one of
/// requests per minute; the names of the violated quotas tell them apart.
fn limit(error: &Value) -> Option<Failure> {
    if error.get("status")?.as_str()? != "RESOURCE_EXHAUSTED" {
        return None;
    }
    let violations = details(error, "google.rpc.QuotaFailure")
        .filter_map(|detail| detail.get("violations")?.as_array())
        .flatten();
    let mut per_day = violations
        .filter_map(|violation| violation.get("quotaId")?.as_str())
        .map(|id| id.contains("PerDay"));
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    // Prepaid credit has no quota that it violates.
    let is_spent = message.contains("credits are depleted") || per_day.any(|per_day| per_day);
    Some(if is_spent { Failure::Quota } else { Failure::RateLimit })
}

fn retry_after(error: &Value) -> Option<u64> {
    details(error, "google.rpc.RetryInfo")
        .find_map(|detail| milliseconds(detail.get("retryDelay")?.as_str()?))
}

fn details<'a>(error: &'a Value, kind: &'static str) -> impl Iterator<Item = &'a Value> {
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    details.filter(move |detail| {
        let named = detail.get("@type").and_then(Value::as_str).unwrap_or_default();
        named.ends_with(kind)
    })
}

/// A duration as protocol buffers write it in JSON: seconds with up to nine decimals and an "s".
fn milliseconds(duration: &str) -> Option<u64> {
    let seconds: f64 = duration.strip_suffix('s')?.parse().ok()?;
    let milliseconds = (seconds * 1_000.0).ceil();
    let sensible = (0.0..=f64::from(u32::MAX)).contains(&milliseconds);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number between 0 and 2^32"
    )]
    sensible.then_some(milliseconds as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(code: u16, status: &str, message: &str, details: Value) -> Value {
        json!({"error": {"code": code, "message": message, "status": status, "details": details}})
    }

    fn exhausted(quota: &str, delay: &str) -> Value {
        let message =
            "You exceeded your current quota, please check your plan and billing details.";
        error(
            429,
            "RESOURCE_EXHAUSTED",
            message,
            json!([
                {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
                 "violations": [{"quotaId": quota, "quotaValue": "15"}]},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay},
            ]),
        )
    }

    #[test]
    fn a_status_name_and_its_reason_become_one_kind() {
        let reason = |reason: &str| json!([{"@type": "x/google.rpc.ErrorInfo", "reason": reason}]);
        let none = || json!([]);
        for (status, body, expected) in [
            (
                400,
                error(400, "INVALID_ARGUMENT", "API key not valid.", reason("API_KEY_INVALID")),
                Failure::Authentication,
            ),
            (
                400,
                error(400, "INVALID_ARGUMENT", "Unknown name \"x\".", none()),
                Failure::InvalidRequest,
            ),
            (
                400,
                error(
                    400,
                    "INVALID_ARGUMENT",
                    "The input token count (1200000) exceeds the maximum number of tokens allowed \
                     (1048576).",
                    none(),
                ),
                Failure::ContextTooLong,
            ),
            (
                400,
                error(400, "FAILED_PRECONDITION", "Please enable billing.", none()),
                Failure::Quota,
            ),
            (403, error(403, "PERMISSION_DENIED", "No.", none()), Failure::Authentication),
            (404, error(404, "NOT_FOUND", "models/x is not found.", none()), Failure::NotFound),
            (
                429,
                exhausted("GenerateRequestsPerMinutePerProjectPerModel", "34s"),
                Failure::RateLimit,
            ),
            (429, exhausted("GenerateRequestsPerDayPerProjectPerModel", "34s"), Failure::Quota),
            (
                429,
                error(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", none()),
                Failure::Quota,
            ),
            (
                429,
                error(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted.", none()),
                Failure::RateLimit,
            ),
            (500, error(500, "INTERNAL", "An internal error.", none()), Failure::Unavailable),
            (
                503,
                error(503, "UNAVAILABLE", "The model is overloaded.", none()),
                Failure::Overloaded,
            ),
        ] {
            let text = body.to_string();
            assert_eq!(of_status(status, text.as_bytes()).failure, expected, "{text}");
            let list = json!([body]).to_string();
            assert_eq!(of_status(status, list.as_bytes()).failure, expected, "{list}");
        }
    }

    #[test]
    fn an_error_event_means_the_same() {
        for (event, expected) in [
            (error(429, "RESOURCE_EXHAUSTED", "Too many.", json!([])), Failure::RateLimit),
            (error(503, "UNAVAILABLE", "Overloaded.", json!([])), Failure::Overloaded),
            (error(400, "INVALID_ARGUMENT", "No.", json!([])), Failure::InvalidRequest),
            (error(500, "INTERNAL", "Sorry.", json!([])), Failure::Unavailable),
        ] {
            assert_eq!(of_event(&event["error"]).0, expected, "{event}");
        }
    }

    #[test]
    fn the_log_gets_the_codes() {
        let body = error(
            400,
            "INVALID_ARGUMENT",
            "sk-secret",
            json!([{"@type": "x/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]),
        );
        assert_eq!(
            of_status(400, body.to_string().as_bytes()).detail,
            "status=400 code=400 status=INVALID_ARGUMENT reason=API_KEY_INVALID"
        );
    }

    #[test]
    fn the_delay_is_read_to_the_millisecond() {
        for (delay, expected) in [
            ("34s", Some(34_000)),
            ("1.5s", Some(1_500)),
            ("34.074824224s", Some(34_075)),
            ("0s", Some(0)),
            ("-1s", None),
            ("NaNs", None),
            ("1e99s", None),
            ("34", None),
            ("soon", None),
        ] {
            let body = exhausted("x", delay).to_string();
            assert_eq!(of_status(429, body.as_bytes()).retry_after, expected, "{delay}");
        }
        assert_eq!(of_status(429, b"<html>").retry_after, None);
    }
}
