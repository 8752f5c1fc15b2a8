//! Currencies and day, checked before anything is sent.

use palisade_tool::prelude::*;

/// Which rate is asked for. Its parts can stand in an address as they are.
#[derive(Debug, PartialEq)]
pub(crate) struct Question {
    pub(crate) from: String,
    pub(crate) to: String,
    /// `YYYY-MM-DD`; nothing for the latest.
    pub(crate) date: Option<String>,
}

impl Question {
    pub(crate) fn new(from: &str, to: &str, date: Option<&str>) -> Result<Self, Error> {
        if let Some(date) = date
            && !is_date(date)
        {
            return Err(Error::invalid("`date` has to be a day, as in 2024-01-31."));
        }
        Ok(Self { from: currency(from)?, to: currency(to)?, date: date.map(Into::into) })
    }

    /// The day as the service names it.
    pub(crate) fn day(&self) -> &str {
        self.date.as_deref().unwrap_or("latest")
    }
}

fn currency(code: &str) -> Result<String, Error> {
    if code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_alphabetic()) {
        return Ok(code.to_ascii_uppercase());
    }
    Err(Error::invalid("A currency is three letters, as in EUR."))
}

fn is_date(text: &str) -> bool {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return false };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let (Some(year), Some(month), Some(day)) =
        (number(&[y1, y2, y3, y4]), number(&[m1, m2]), number(&[d1, d2]))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_currency_or_day_is_refused() {
        for code in ["", "EU", "EURO", "E R", "€", "EU&", "ÄÖÜ"] {
            assert_eq!(Question::new(code, "USD", None).expect_err(code).kind, ErrorKind::Invalid);
            assert_eq!(Question::new("USD", code, None).expect_err(code).kind, ErrorKind::Invalid);
        }
        for day in [
            "",
            "latest",
            "2024-1-5",
            "2023-02-29",
            "2024-13-01",
            "2024-04-31",
            "2024-01-00",
            "2024-01-05?",
            "２024-01-05",
        ] {
            assert_eq!(Question::new("A", "B", Some(day)).expect_err(day).kind, ErrorKind::Invalid);
            assert!(!is_date(day), "{day}");
        }
    }

    #[test]
    fn days_of_leap_years_are_days() {
        for day in ["2024-02-29", "2000-02-29", "1999-12-31"] {
            assert!(is_date(day), "{day}");
        }
        assert!(!is_date("1900-02-29"));
    }
}
