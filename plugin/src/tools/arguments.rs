//! From what a model wrote to arguments that a tool takes.

use serde_json::Value;

use super::items;
use super::json_schema::Schema;

/// Bytes of a call's arguments at most, the host's limit.
const MAX_BYTES: usize = 1024 * 1024;

/// Parses, forgives what is clearly meant (JSON inside of strings, null for absent, one value for a
/// list), and checks against the tool's schema. Text that needs no forgiving stays as it was written.
pub(super) fn check(tool: &str, schema: &str, written: &str) -> Result<String, String> {
    if written.len() > MAX_BYTES {
        return Err("they are larger than 1 MiB. Send less at a time.".into());
    }
    let written = written.trim();
    let (mut value, mut changed) = parse(written)?;
    let schema = Schema::parse(schema).ok_or("the tool's own schema is broken.")?;
    if tool == "items" {
        changed |= items::split_lists(&mut value);
    }
    changed |= schema.forgive(&mut value);
    schema.check(&value)?;
    if tool == "items" {
        items::check(&value)?;
    }
    Ok(if changed { value.to_string() } else { written.into() })
}

/// The value, and whether its text is other than what was written.
fn parse(written: &str) -> Result<(Value, bool), String> {
    let not_json = |error: serde_json::Error| format!("they are not valid JSON ({error}).");
    if matches!(written, "" | "null" | "\"\"") {
        return Ok((Value::Object(serde_json::Map::new()), true));
    }
    let mut value: Value = serde_json::from_str(written).map_err(not_json)?;
    let mut changed = false;
    if let Value::String(inner) = &value {
        value = serde_json::from_str(inner).map_err(not_json)?;
        changed = true;
    }
    if value.is_object() {
        Ok((value, changed))
    } else {
        Err("they have to be a JSON object.".into())
    }
}

/// What a model wrote as one JSON value: itself where it is one, else a string that holds it, or the
/// beginning of it where it is larger than any tool takes.
pub(crate) fn as_json_value(written: &str) -> String {
    if written.len() > MAX_BYTES {
        let (beginning, _) = written.split_at(written.floor_char_boundary(1_000));
        return Value::from(format!("{beginning} …")).to_string();
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(written) {
        Ok(_) => written.trim().into(),
        Err(_) => Value::from(written).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::tools::toolset::Toolset;

    fn check(tool: &str, written: &str) -> Result<String, String> {
        let names = ["items", "schema", "ask_user"].map(String::from);
        Toolset::new(&names, &[]).find(tool).expect("built in").check(written)
    }

    #[test]
    fn what_fits_stays_as_it_was_written() {
        for (tool, written) in [
            ("schema", "{}"),
            ("schema", r#"{"keys": ["articles"]}"#),
            ("items", r#"{"collection":"a", "action":"read","query":{"limit":-1,"fields":["*"]}}"#),
            ("items", r#"{"action":"delete","collection":"a","keys":[1,"b"]}"#),
            ("items", r#"{"action":"create","collection":"a","data":{"n":12345678901234567890}}"#),
            ("items", r#"{"action":"update","collection":"a","data":[{"id":1,"t":"x"}]}"#),
            ("ask_user", r#"{"question":"Which?","options":["a","b"]}"#),
        ] {
            assert_eq!(check(tool, written).as_deref(), Ok(written));
        }
    }

    #[test]
    fn what_is_clearly_meant_is_understood() {
        for (tool, written, expected) in [
            ("schema", "", "{}"),
            ("schema", "null", "{}"),
            ("schema", r#"{"keys":null}"#, "{}"),
            ("schema", r#"{"keys":"articles"}"#, r#"{"keys":["articles"]}"#),
            ("schema", r#""{\"keys\":[\"a\"]}""#, r#"{"keys":["a"]}"#),
            (
                "items",
                r#"{"action":"read","collection":"a","query":"{\"limit\":\"5\",\"filter\":\"{}\"}"}"#,
                r#"{"action":"read","collection":"a","query":{"filter":{},"limit":5}}"#,
            ),
            (
                "items",
                r#"{"action":"read","collection":"a","query":{"fields":"id, title","sort":"-id"}}"#,
                r#"{"action":"read","collection":"a","query":{"fields":["id","title"],"sort":["-id"]}}"#,
            ),
            (
                "items",
                r#"{"action":"create","collection":"a","data":"[{\"t\":\"[1]\"}]"}"#,
                r#"{"action":"create","collection":"a","data":[{"t":"[1]"}]}"#,
            ),
            (
                "items",
                r#"{"action":"delete","collection":"a","keys":7}"#,
                r#"{"action":"delete","collection":"a","keys":[7]}"#,
            ),
        ] {
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
            assert_eq!(
                check(tool, written).map(|text| json(&text)),
                Ok(json(expected)),
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let wrong: Vec<String> = [
            ("schema", "{\"keys\":"),
            ("schema", "[1]"),
            ("schema", r#"{"collections":["a"]}"#),
            ("items", "{}"),
            ("items", r#"{"action":"drop","collection":"a"}"#),
            ("items", r#"{"action":"read","collection":"a","query":{"limit":"many"}}"#),
            ("items", r#"{"action":"read","collection":"a","query":{"where":{}}}"#),
            ("items", r#"{"action":"read","collection":"a","query":{"page":2,"offset":3}}"#),
            ("items", r#"{"action":"read","collection":"a","data":{}}"#),
            ("items", r#"{"action":"create","collection":"a"}"#),
            ("items", r#"{"action":"create","collection":"a","data":[1]}"#),
            ("items", r#"{"action":"update","collection":"a","data":{"t":1}}"#),
            ("items", r#"{"action":"update","collection":"a","data":[{}],"keys":[1]}"#),
            ("items", r#"{"action":"delete","collection":"a","query":{}}"#),
            ("items", r#"{"action":"delete","collection":"a","keys":[1.5]}"#),
            ("ask_user", r#"{"question":"","options":["a"]}"#),
        ]
        .into_iter()
        .map(|(tool, written)| check(tool, written).expect_err(written))
        .collect();
        insta::assert_snapshot!(wrong.join("\n"));
    }

    #[test]
    fn a_megabyte_is_enough() {
        let written = format!("{{\"keys\":[\"{}\"]}}", "x".repeat(super::MAX_BYTES));
        assert!(check("schema", &written).is_err());
        assert!(super::as_json_value(&written).len() < 2_000);
    }

    #[test]
    fn whatever_was_written_is_shown_as_one_value() {
        assert_eq!(super::as_json_value(" {\"a\": 1}"), "{\"a\": 1}");
        assert_eq!(super::as_json_value("{\"a\""), "\"{\\\"a\\\"\"");
        assert_eq!(super::as_json_value(""), "\"\"");
    }
}
