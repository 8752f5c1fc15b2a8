//! Dates in the proleptic Gregorian calendar.
//!
//! Years are counted from March, so that the leap day is the last day of a year and months follow
//! one linear rule.

const DAY_MS: u64 = 86_400_000;
const WEEKDAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Days of 400 years.
const ERA: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

/// Weekday and ISO 8601 date of milliseconds since the Unix epoch, UTC.
pub(crate) fn of(now: u64) -> String {
    let (year, month, day) = civil(now / DAY_MS);
    format!("{}, {year:04}-{month:02}-{day:02}", weekday(now / DAY_MS))
}

/// Milliseconds since the Unix epoch of a date as HTTP headers have it, RFC 9110's IMF-fixdate:
/// `Sun, 06 Nov 1994 08:49:37 GMT`. None for anything else, and before 1970.
pub(crate) fn parse_http(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let separators = [(3, b", ".as_slice()), (7, b" "), (11, b" "), (16, b" "), (25, b" GMT")];
    let separated = separators.iter().all(|(place, separator)| {
        bytes.get(*place..).is_some_and(|rest| rest.starts_with(separator))
    });
    let colons = bytes.get(19) == Some(&b':') && bytes.get(22) == Some(&b':');
    if bytes.len() != 29 || !separated || !colons {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let month = MONTHS.iter().position(|name| text.get(8..11) == Some(name))? as u64 + 1;
    let (day, year) = (number(5, 7)?, number(12, 16)?);
    let (hour, minute, second) = (number(17, 19)?, number(20, 22)?, number(23, 25)?);
    // The grammar has a leap second, which is the first second of the next day here.
    if year < 1970 || day == 0 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days(year, month, day);
    let exists = civil(days) == (year, month, day);
    let named = weekday(days).get(..3) == text.get(..3);
    (exists && named).then_some(days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000)
}

fn weekday(days: u64) -> &'static str {
    WEEKDAYS.get((days % 7) as usize).copied().unwrap_or_default()
}

/// Year, month and day of a day since the Unix epoch.
fn civil(days: u64) -> (u64, u64, u64) {
    let day_of_era = (days + EPOCH) % ERA;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = (days + EPOCH) / ERA * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// Days since the Unix epoch of a date from 1970 on. A day that its month doesn't have is one of the
/// next month.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let month_from_march = if month <= 2 { month + 9 } else { month - 3 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let year_of_era = year % 400;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    year / 400 * ERA + day_of_era - EPOCH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_around_leap_days_and_centuries() {
        for (days, expected) in [
            (0, "Thursday, 1970-01-01"),
            (11_015, "Monday, 2000-02-28"),
            (11_016, "Tuesday, 2000-02-29"),
            (11_017, "Wednesday, 2000-03-01"),
            (20_779, "Sunday, 2026-11-22"),
            (47_540, "Sunday, 2100-02-28"),
            (47_541, "Monday, 2100-03-01"),
        ] {
            assert_eq!(of(days * DAY_MS + DAY_MS - 1), expected);
        }
    }

    #[test]
    fn dates_of_http_are_taken_in_one_form_alone() {
        assert_eq!(parse_http("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(parse_http("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse_http("Tue, 29 Feb 2000 23:59:60 GMT"), Some(951_868_800_000));
        for other in [
            "",
            "7",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Thu, 30 Feb 2023 00:00:00 GMT",
            "Thu, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:3\u{e9}GMT",
        ] {
            assert_eq!(parse_http(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_written_date_reads_as_its_moment(seconds in 0..253_402_300_800u64) {
            let (year, month, day) = civil(seconds / 86_400);
            let (name, month) = (&weekday(seconds / 86_400)[..3], MONTHS[month as usize - 1]);
            let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
            let written =
                format!("{name}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT");
            prop_assert_eq!(parse_http(&written), Some(seconds * 1000));
        }

        #[test]
        fn any_text_is_read_without_harm(text in ".{0,40}") {
            parse_http(&text);
        }
    }
}
