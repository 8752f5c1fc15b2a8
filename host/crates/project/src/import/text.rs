//! What a text may stand for: no more than it plainly is.

use jiff::{Timestamp, civil};

/// Significant digits that double precision keeps, whichever they are.
const EXACT_DIGITS: usize = 15;
/// Longest text that is looked at as a date or a number.
const LONGEST_TYPED: usize = 40;

/// What a value may be taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Integer,
    Float,
    Date,
    DateTime,
    Timestamp,
    Uuid,
    Text,
    Nested,
}

/// What a text may stand for in a format that has nothing but text.
pub(super) fn kind_of(text: &str) -> Kind {
    if boolean(text).is_some() {
        Kind::Boolean
    } else if integer(text).is_some() {
        Kind::Integer
    } else if float(text).is_some() {
        Kind::Float
    } else {
        written_kind(text)
    }
}

/// What a text that is written as text may stand for.
pub(super) fn written_kind(text: &str) -> Kind {
    if date(text).is_some() {
        Kind::Date
    } else if date_time(text).is_some() {
        Kind::DateTime
    } else if timestamp(text).is_some() {
        Kind::Timestamp
    } else if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() {
        Kind::Uuid
    } else {
        Kind::Text
    }
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Whole numbers in their plain form only: `007` and `+1` are codes and phone numbers.
pub(super) fn integer(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Decimal numbers that double precision keeps, in their plain form only: of few digits, or of just
/// those that the number itself is written with.
pub(super) fn float(text: &str) -> Option<f64> {
    if text.len() > LONGEST_TYPED {
        return None;
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent
            .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
        && (fraction.is_some() || exponent.is_some());
    if !is_plain {
        return None;
    }
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let digits = whole.len() + fraction.map_or(0, str::len);
    (digits <= EXACT_DIGITS || number.to_string() == text).then_some(number)
}

/// An integer in double precision, where nothing of it is lost.
pub(super) fn exact(number: i64) -> Option<f64> {
    const LARGEST: u64 = 1 << 53;
    if number.unsigned_abs() > LARGEST {
        return None;
    }
    number.to_string().parse().ok()
}

pub(super) fn date(text: &str) -> Option<civil::Date> {
    if text.len() != 10 || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    text.parse().ok()
}

/// A day and a time without zone, `T` or a space between.
pub(super) fn date_time(text: &str) -> Option<civil::DateTime> {
    if !has_time(text) || ends_in_zone(text) {
        return None;
    }
    text.parse().ok()
}

/// A day and a time with `Z` or an offset.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    if !has_time(text) || !ends_in_zone(text) {
        return None;
    }
    text.parse().ok()
}

fn has_time(text: &str) -> bool {
    (16..=LONGEST_TYPED).contains(&text.len())
        && text.as_bytes().get(4) == Some(&b'-')
        && matches!(text.as_bytes().get(10), Some(b'T' | b't' | b' '))
}

fn ends_in_zone(text: &str) -> bool {
    text.ends_with(['Z', 'z'])
        || text
            .as_bytes()
            .get(16..)
            .is_some_and(|rest| rest.contains(&b'+') || rest.contains(&b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_taken_for_no_more_than_it_plainly_is() {
        for (text, kind) in [
            ("true", Kind::Boolean),
            ("FALSE", Kind::Boolean),
            ("0", Kind::Integer),
            ("-12", Kind::Integer),
            ("9223372036854775807", Kind::Integer),
            ("9223372036854775808", Kind::Text),
            ("007", Kind::Text),
            ("+1", Kind::Text),
            ("-0", Kind::Text),
            (" 1", Kind::Text),
            ("1.5", Kind::Float),
            ("-0.25", Kind::Float),
            ("1e5", Kind::Float),
            ("0.14285714285714285", Kind::Float),
            ("1e999", Kind::Text),
            ("00.5", Kind::Text),
            ("1.", Kind::Text),
            (".5", Kind::Text),
            ("NaN", Kind::Text),
            ("inf", Kind::Text),
            ("0.1234567890123456789", Kind::Text),
            ("1.2.3", Kind::Text),
            ("2026-01-31", Kind::Date),
            ("2026-02-30", Kind::Text),
            ("31.01.2026", Kind::Text),
            ("2026-01-31T12:30", Kind::DateTime),
            ("2026-01-31 12:30:15", Kind::DateTime),
            ("2026-01-31T12:30:00Z", Kind::Timestamp),
            ("2026-01-31T12:30:00+02:00", Kind::Timestamp),
            ("2026-01-31T25:30:00Z", Kind::Text),
            ("67e55044-10b1-426f-9247-bb680e5fe0c8", Kind::Uuid),
            ("yes", Kind::Text),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
        assert_eq!(written_kind("12"), Kind::Text, "what is written as text is no number");
        assert_eq!(written_kind("2026-01-31"), Kind::Date);
    }
}
