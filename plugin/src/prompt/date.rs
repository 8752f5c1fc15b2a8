//! The date of a moment, in the proleptic Gregorian calendar.

const DAY_MS: u64 = 86_400_000;
const WEEKDAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
/// Days of 400 years.
const ERA: u64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: u64 = 719_468;

/// Weekday and ISO 8601 date of milliseconds since the Unix epoch, UTC.
///
/// Years are counted from March, so that the leap day is the last day of a year and months follow
/// one linear rule.
pub(super) fn of(now: u64) -> String {
    let days = now / DAY_MS;
    let weekday = WEEKDAYS.get((days % 7) as usize).copied().unwrap_or_default();
    let day_of_era = (days + EPOCH) % ERA;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = (days + EPOCH) / ERA * 400 + year_of_era + u64::from(month <= 2);
    format!("{weekday}, {year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
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
}
