//! Brings JSON values into the form in which a field's type is stored.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use sea_query::Value as SqlValue;
use serde_json::Value;

use crate::schema::FieldType;

/// The stored form of a value that isn't null. Errors say what the type takes.
pub(crate) fn coerce(value: &Value, kind: FieldType) -> Result<SqlValue, String> {
    match kind {
        FieldType::Integer | FieldType::BigInteger => integer(value).map(SqlValue::from),
        FieldType::Float | FieldType::Decimal => float(value).map(SqlValue::from),
        FieldType::Boolean => boolean(value).map(|flag| SqlValue::from(i64::from(flag))),
        FieldType::String | FieldType::Text => string(value).map(SqlValue::from),
        FieldType::Uuid => string(value).map(|text| SqlValue::from(text.to_ascii_lowercase())),
        FieldType::Date => temporal(value, "a date (YYYY-MM-DD)", date),
        FieldType::DateTime => temporal(value, "a date and time (YYYY-MM-DDTHH:MM:SS)", datetime),
        FieldType::Time => temporal(value, "a time (HH:MM:SS)", time),
        FieldType::Timestamp => temporal(value, "a timestamp (RFC 3339)", timestamp),
        FieldType::Json => Ok(SqlValue::from(value.to_string())),
        FieldType::Csv => csv(value).map(SqlValue::from),
        FieldType::Alias | FieldType::Binary => Err("doesn't take values".to_owned()),
    }
}

fn integer(value: &Value) -> Result<i64, String> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .ok_or_else(|| "has to be a whole number between -2^63 and 2^63 - 1".to_owned())
}

/// A float that is a whole number which a float holds exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53, checked before")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

fn float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number| number.is_finite())
    .ok_or_else(|| "has to be a number".to_owned())
}

fn boolean(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
    .ok_or_else(|| "has to be true or false".to_owned())
}

fn string(value: &Value) -> Result<String, String> {
    match value {
        // SQLite's text functions stop at a NUL.
        Value::String(text) if text.contains('\0') => Err("can't hold a NUL character".to_owned()),
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        _ => Err("has to be a string".to_owned()),
    }
}

fn csv(value: &Value) -> Result<String, String> {
    match value {
        Value::Array(values) => {
            let parts: Vec<String> = values.iter().map(string).collect::<Result<_, _>>()?;
            if parts.iter().any(|part| part.contains(',')) {
                return Err("can't hold entries with commas".to_owned());
            }
            Ok(parts.join(","))
        }
        other => string(other).map_err(|_| "has to be a list of strings".to_owned()),
    }
}

fn temporal(
    value: &Value,
    expected: &str,
    read: fn(&str) -> Option<String>,
) -> Result<SqlValue, String> {
    value
        .as_str()
        .and_then(|text| read(text.trim()))
        .map(SqlValue::from)
        .ok_or_else(|| format!("has to be {expected}"))
}

fn civil(text: &str) -> Option<DateTime> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.to_zoned(TimeZone::UTC).datetime());
    }
    text.parse::<DateTime>()
        .ok()
        .or_else(|| text.parse::<Date>().ok().map(|date| date.to_datetime(Time::midnight())))
}

fn date(text: &str) -> Option<String> {
    Some(civil(text)?.date().to_string())
}

fn datetime(text: &str) -> Option<String> {
    Some(civil(text)?.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

fn time(text: &str) -> Option<String> {
    let time = text.parse::<Time>().ok().or_else(|| civil(text).map(|moment| moment.time()))?;
    Some(time.strftime("%H:%M:%S").to_string())
}

fn timestamp(text: &str) -> Option<String> {
    Some(civil(text)?.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_take_the_stored_form_of_their_type() {
        for (value, kind, expected) in [
            (json!("7"), FieldType::Integer, Some(SqlValue::from(7_i64))),
            (json!(7.0), FieldType::Integer, Some(SqlValue::from(7_i64))),
            (json!(7.5), FieldType::Integer, None),
            (json!(u64::MAX), FieldType::BigInteger, None),
            (json!("1e400"), FieldType::Float, None),
            (json!("true"), FieldType::Boolean, Some(SqlValue::from(1_i64))),
            (json!(2), FieldType::Boolean, None),
            (json!({}), FieldType::Text, None),
            (
                json!("2024-05-06T07:08:09+02:00"),
                FieldType::Timestamp,
                Some(SqlValue::from("2024-05-06T05:08:09.000Z".to_owned())),
            ),
            (
                json!("2024-05-06"),
                FieldType::Timestamp,
                Some(SqlValue::from("2024-05-06T00:00:00.000Z".to_owned())),
            ),
            (
                json!("2024-05-06T07:08:09"),
                FieldType::Date,
                Some(SqlValue::from("2024-05-06".to_owned())),
            ),
            (
                json!("2024-05-06 07:08"),
                FieldType::DateTime,
                Some(SqlValue::from("2024-05-06T07:08:00".to_owned())),
            ),
            (json!("07:08"), FieldType::Time, Some(SqlValue::from("07:08:00".to_owned()))),
            (json!("2024-02-30"), FieldType::Date, None),
            (json!(["a", "b"]), FieldType::Csv, Some(SqlValue::from("a,b".to_owned()))),
            (json!(["a,b"]), FieldType::Csv, None),
        ] {
            assert_eq!(coerce(&value, kind).ok(), expected, "{value} as {}", kind.name());
        }
    }
}
