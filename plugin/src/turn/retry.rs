//! Whether and when a refused request is tried again: the rules of the providers' own SDKs.
//!
//! Like them, this looks at requests that were refused or never arrived. An answer that began with a
//! good status is not asked for again even if nothing of it was shown yet: the provider has accepted
//! the request, may bill it, and the host has counted it as a step.

use crate::date;
use crate::failure::Failure;
use crate::format::Refused;
use crate::host::Response;
use crate::types::DataPart;

/// Retries of one provider call at most.
pub(super) const MAX_RETRIES: u32 = 2;

/// Milliseconds of a hint that is followed at most; the host doesn't wait for longer either.
const LONGEST_HINT: u64 = 60_000;
const FIRST_WAIT: u64 = 500;
const LONGEST_WAIT: u64 = 8_000;
/// Milliseconds that an answer needs at the least: with less left of the turn there is no use in
/// asking again.
const SHORTEST_ANSWER: u64 = 1_000;

/// A request that the provider refused or that never reached it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    /// Whether another attempt may help.
    temporary: bool,
    /// Milliseconds after which the provider wants to be asked again.
    hint: Option<u64>,
}

/// A wait before another attempt.
#[derive(Debug)]
pub(super) struct Retry {
    /// Number of the retry, from 1.
    pub(super) attempt: u32,
    pub(super) milliseconds: u32,
    /// Why.
    pub(super) failure: Failure,
}

impl Refusal {
    /// There was no connection.
    pub(super) fn unreachable() -> Self {
        Self { failure: Failure::Unavailable, temporary: true, hint: None }
    }

    /// The provider answered with an error status. `now` is in milliseconds since the Unix epoch.
    pub(super) fn of_response(response: &impl Response, refused: &Refused, now: u64) -> Self {
        let usual = matches!(response.status(), 408 | 409 | 429 | 500..);
        let temporary = match response.header("x-should-retry").as_deref() {
            Some("true") => true,
            Some("false") => false,
            _ => usual,
        };
        // The same request again has no more credit and is no shorter.
        let lasting = matches!(refused.failure, Failure::Quota | Failure::ContextTooLong);
        let hints = [
            response.header("retry-after-ms").and_then(|value| number(&value)),
            response.header("retry-after").and_then(|value| after(&value, now)),
            refused.retry_after,
        ];
        Self {
            failure: refused.failure,
            temporary: temporary && !lasting,
            hint: hints.into_iter().flatten().find(|hint| (1..=LONGEST_HINT).contains(hint)),
        }
    }

    /// The wait before another attempt; none where there is to be no other.
    ///
    /// `retries` is how often this call was tried again, `remaining` the milliseconds until the turn's
    /// deadline, `seed` anything that differs from turn to turn.
    pub(super) fn retry(&self, retries: u32, remaining: u64, seed: &str) -> Option<Retry> {
        if !self.temporary || retries >= MAX_RETRIES {
            return None;
        }
        let milliseconds = self.hint.unwrap_or_else(|| backoff(retries, seed));
        if milliseconds + SHORTEST_ANSWER > remaining {
            return None;
        }
        Some(Retry {
            attempt: retries + 1,
            milliseconds: u32::try_from(milliseconds).ok()?,
            failure: self.failure,
        })
    }
}

impl Retry {
    /// What the user sees meanwhile.
    pub(super) fn data_part(&self) -> DataPart {
        let value = serde_json::json!({
            "attempt": self.attempt,
            "of": MAX_RETRIES,
            "seconds": f64::from(self.milliseconds.div_ceil(100)) / 10.0,
            "reason": self.failure.summary(),
        });
        DataPart { name: "retry".into(), id: None, value: value.to_string(), transient: true }
    }
}

/// Doubles with each retry. Up to a quarter is taken off, so that turns which failed together don't
/// come back together. The guest has no randomness, but turns have ids.
fn backoff(retries: u32, seed: &str) -> u64 {
    let whole = (FIRST_WAIT << retries.min(8)).min(LONGEST_WAIT);
    // FNV-1a.
    let hash =
        seed.bytes().chain(retries.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
    whole - (hash >> 32) % (whole / 4 + 1)
}

/// Milliseconds of a `retry-after`: seconds or a date.
fn after(value: &str, now: u64) -> Option<u64> {
    let date = || date::parse_http(value.trim())?.checked_sub(now);
    match value.trim().parse::<f64>() {
        Ok(seconds) => whole(seconds * 1000.0),
        Err(_) => date(),
    }
}

fn number(value: &str) -> Option<u64> {
    whole(value.trim().parse().ok()?)
}

fn whole(milliseconds: f64) -> Option<u64> {
    // The cast saturates, and what is out of range is no hint.
    (milliseconds >= 0.0).then_some(milliseconds.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::types::{Error, Usage};

    struct Answer {
        status: u16,
        headers: BTreeMap<&'static str, String>,
    }

    impl Response for Answer {
        fn status(&self) -> u16 {
            self.status
        }

        fn header(&self, name: &str) -> Option<String> {
            self.headers.get(name).cloned()
        }

        fn read(&self, _: u32) -> Result<Vec<u8>, Error> {
            Ok(Vec::new())
        }

        fn report_usage(&self, _: Usage) {}
    }

    fn refusal(
        status: u16,
        failure: Failure,
        headers: &[(&'static str, &str)],
        body: Option<u64>,
    ) -> Refusal {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let refused = Refused { failure, detail: String::new(), retry_after: body };
        Refusal::of_response(&Answer { status, headers }, &refused, 784_111_777_000)
    }

    fn is_retried(status: u16, failure: Failure, headers: &[(&'static str, &str)]) -> bool {
        refusal(status, failure, headers, None).retry(0, 300_000, "t").is_some()
    }

    fn hint(headers: &[(&'static str, &str)], body: Option<u64>) -> Option<u64> {
        refusal(429, Failure::RateLimit, headers, body).hint
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        for status in [408, 409, 429, 500, 502, 503, 504, 529] {
            assert!(is_retried(status, Failure::Unavailable, &[]), "{status}");
        }
        for status in [400, 401, 403, 404, 413, 422] {
            assert!(!is_retried(status, Failure::InvalidRequest, &[]), "{status}");
        }
        assert!(is_retried(400, Failure::InvalidRequest, &[("x-should-retry", "true")]));
        assert!(!is_retried(503, Failure::Overloaded, &[("x-should-retry", "false")]));
        assert!(!is_retried(429, Failure::Quota, &[]));
        assert!(!is_retried(429, Failure::Quota, &[("x-should-retry", "true")]));
        assert!(Refusal::unreachable().retry(0, 300_000, "t").is_some());
    }

    #[test]
    fn two_retries_that_fit_into_the_turn() {
        let refusal = refusal(429, Failure::RateLimit, &[("retry-after", "30")], None);
        let wait = |retries, remaining| {
            refusal.retry(retries, remaining, "t").map(|retry| (retry.attempt, retry.milliseconds))
        };
        assert_eq!(wait(0, 31_000), Some((1, 30_000)));
        assert_eq!(wait(1, 300_000), Some((2, 30_000)));
        assert_eq!(wait(2, 300_000), None);
        assert_eq!(wait(0, 30_999), None);
    }

    #[test]
    fn the_first_hint_that_can_be_followed_counts() {
        assert_eq!(hint(&[], None), None);
        assert_eq!(hint(&[("retry-after-ms", "250.5"), ("retry-after", "9")], Some(7)), Some(251));
        assert_eq!(hint(&[("retry-after", "9")], Some(7)), Some(9_000));
        assert_eq!(hint(&[("retry-after", " 1.5 ")], None), Some(1_500));
        assert_eq!(hint(&[("retry-after", "60")], None), Some(60_000));
        assert_eq!(hint(&[("retry-after", "61")], Some(7)), Some(7));
        assert_eq!(hint(&[("retry-after", "Sun, 06 Nov 1994 08:49:40 GMT")], None), Some(3_000));
        for useless in ["Sun, 06 Nov 1994 08:49:36 GMT", "soon", "-1", "0", "inf", "NaN", "1e99"] {
            assert_eq!(hint(&[("retry-after", useless)], None), None, "{useless}");
        }
        assert_eq!(hint(&[], Some(600_000)), None);
    }

    proptest! {
        #[test]
        fn waits_double_to_eight_seconds_less_a_quarter(retries in 0..40u32, seed in ".{0,40}") {
            let whole = (500u64 << retries.min(10)).min(8_000);
            let wait = backoff(retries, &seed);
            prop_assert!((whole - whole / 4..=whole).contains(&wait), "{wait} of {whole}");
        }
    }

    #[test]
    fn turns_spread() {
        let waits = (0..100).map(|turn| backoff(1, &format!("turn-{turn}")));
        assert!(waits.collect::<std::collections::BTreeSet<_>>().len() > 50);
    }
}
