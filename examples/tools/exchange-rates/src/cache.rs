//! Rates that are kept for an hour, for everybody: they are the same for all callers.

use palisade_tool::prelude::*;

use crate::question::Question;

const HOUR: u64 = 60 * 60 * 1000;

/// A rate and its day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rate {
    pub(crate) value: f64,
    pub(crate) date: String,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    rate: Rate,
    until: u64,
}

/// The rate that is kept, else the one that is asked for, which is kept then. Without a grant for
/// storage, or with a full one, every rate is asked for.
pub(crate) fn or_ask(
    host: &impl Host,
    question: &Question,
    ask: impl FnOnce() -> Result<Rate, Error>,
) -> Result<Rate, Error> {
    let key = format!("{}/{}/{}", question.from, question.to, question.day());
    let now = host.clock().now();
    let kept: Option<Kept> = host.kv().get_json(&key).ok().flatten();
    // A clock that went back must not keep a rate for longer than an hour.
    if let Some(kept) = kept.filter(|kept| (now + 1..=now + HOUR).contains(&kept.until)) {
        return Ok(kept.rate);
    }
    let rate = ask()?;
    let kept = Kept { rate, until: now + HOUR };
    if let Err(error) = host.kv().set_json(&key, &kept)
        && error.kind != ErrorKind::Denied
    {
        host.log().write(Level::Warn, &format!("The rate can't be kept: {}", error.message));
    }
    Ok(kept.rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question::new("EUR", "USD", None).expect("currencies")
    }

    fn rate(value: f64) -> Rate {
        Rate { value, date: "2024-01-05".into() }
    }

    #[test]
    fn without_storage_every_rate_is_asked_for() {
        let host = FakeHost::default();
        assert_eq!(or_ask(&host, &question(), || Ok(rate(1.0))), Ok(rate(1.0)));
        assert_eq!(or_ask(&host, &question(), || Ok(rate(2.0))), Ok(rate(2.0)));
    }

    #[test]
    fn a_clock_that_went_back_keeps_nothing() {
        let host = FakeHost::default().with_kv().at(10 * HOUR);
        or_ask(&host, &question(), || Ok(rate(1.0))).expect("asked");
        let earlier = host.at(HOUR);
        assert_eq!(or_ask(&earlier, &question(), || Ok(rate(2.0))), Ok(rate(2.0)));
    }

    #[test]
    fn what_failed_is_not_kept() {
        let host = FakeHost::default().with_kv();
        or_ask(&host, &question(), || Err(Error::unavailable("down"))).expect_err("down");
        assert_eq!(host.kv().keys(""), Ok(Vec::new()));
    }

    #[test]
    fn what_does_not_read_as_a_rate_is_asked_for_again() {
        let host = FakeHost::default().with_kv();
        host.kv().set("EUR/USD/latest", b"{}").expect("granted");
        assert_eq!(or_ask(&host, &question(), || Ok(rate(3.0))), Ok(rate(3.0)));
    }
}
