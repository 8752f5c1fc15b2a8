//! Values as people write them, turned into what a field takes.

use serde_json::{Number, Value, json};

use super::schema_view::FieldView;

/// A value in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) text: String,
    pub(super) quoted: bool,
}

impl Phrase {
    /// The value in the field's type; text where it fits no other.
    pub(super) fn typed(&self, field: &FieldView) -> Value {
        let text = self.text.trim();
        if !self.quoted && matches!(text.to_lowercase().as_str(), "null" | "nothing" | "empty") {
            return Value::Null;
        }
        let word = text.to_lowercase();
        if let Some(choice) = field.choice(&word) {
            return choice;
        }
        if field.kind == "boolean" {
            match word.as_str() {
                "yes" | "true" | "on" | "1" => return Value::Bool(true),
                "no" | "false" | "off" | "0" => return Value::Bool(false),
                _ => {}
            }
        }
        if (field.is_number() || (field.points_to.is_some() && !self.quoted))
            && let Some(number) = number(text)
        {
            return Value::Number(number);
        }
        if field.is_date()
            && let Some((from, _)) = period(text)
        {
            return json!(from);
        }
        Value::String(self.text.clone())
    }
}

/// `1,000`, `2.5`, `-3`, `10 million`.
pub(super) fn number(text: &str) -> Option<Number> {
    let (digits, factor) = match text.split_once(' ') {
        Some((digits, "thousand")) => (digits, 1e3),
        Some((digits, "million")) => (digits, 1e6),
        Some((digits, "billion")) => (digits, 1e9),
        Some(_) => return None,
        None => (text, 1.0),
    };
    let plain = digits.replace(',', "");
    if factor == 1.0
        && let Ok(whole) = plain.parse::<i64>()
    {
        return Some(whole.into());
    }
    let scaled = plain.parse::<f64>().ok().filter(|_| plain.starts_with(is_number_start))? * factor;
    // Whole results stay whole: a filter on an integer column takes no fraction.
    match scaled.fract() == 0.0 && scaled.abs() < 9e15 {
        true => format!("{scaled:.0}").parse::<i64>().ok().map(Number::from),
        false => Number::from_f64(scaled),
    }
}

fn is_number_start(character: char) -> bool {
    character.is_ascii_digit() || character == '-' || character == '.'
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The first day of a year, month or day, and the first day after it (none after a single day whose
/// successor needs a calendar).
pub(super) fn period(text: &str) -> Option<(String, Option<String>)> {
    let word = text.trim().to_lowercase();
    if let Some((name, year)) = word.split_once(' ')
        && let Some(month) = MONTHS
            .iter()
            .position(|month| *month == name || (name.len() == 3 && month.starts_with(name)))
    {
        return Some(month_of(year_of(year)?, u32::try_from(month).ok()? + 1));
    }
    let mut parts = word.splitn(3, '-');
    let year = year_of(parts.next()?)?;
    let Some(month) = parts.next() else {
        return Some((format!("{year:04}-01-01"), Some(format!("{:04}-01-01", year + 1))));
    };
    let month = month.parse::<u32>().ok().filter(|month| (1..=12).contains(month))?;
    let Some(day) = parts.next() else {
        return Some(month_of(year, month));
    };
    let (day, time) = match day.split_once(['t', ' ']) {
        Some((day, time)) => (day, Some(time)),
        None => (day, None),
    };
    let day = day.parse::<u32>().ok().filter(|day| (1..=31).contains(day))?;
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(match time {
        Some(time) => (format!("{date}T{}", time.to_uppercase()), None),
        None => (date, None),
    })
}

fn year_of(text: &str) -> Option<u32> {
    text.parse::<u32>().ok().filter(|year| text.len() == 4 && (1000..=2999).contains(year))
}

fn month_of(year: u32, month: u32) -> (String, Option<String>) {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    (format!("{year:04}-{month:02}-01"), Some(format!("{next_year:04}-{next_month:02}-01")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_periods_as_people_write_them() {
        assert_eq!(number("1,000"), Some(1000.into()));
        assert_eq!(number("1.5 million"), Some(1_500_000.into()));
        assert_eq!(number("-3"), Some((-3).into()));
        assert_eq!(number("three"), None);
        assert_eq!(number("nan"), None);
        let period = |text| period(text).map(|(from, to)| (from, to.unwrap_or_default()));
        let pair = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(period("2025"), pair("2025-01-01", "2026-01-01"));
        assert_eq!(period("December 2025"), pair("2025-12-01", "2026-01-01"));
        assert_eq!(period("2025-03"), pair("2025-03-01", "2025-04-01"));
        assert_eq!(period("2025-03-09"), pair("2025-03-09", ""));
        assert_eq!(period("12"), None);
        assert_eq!(period("2025-13"), None);
    }
}
