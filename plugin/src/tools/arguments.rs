//! From what a model wrote to arguments that a tool takes.

use serde_json::Value;

use super::json_schema::Schema;
use super::rules::Rules;

/// Bytes of a call's arguments at most, the host's limit.
const MAX_BYTES: usize = 1024 * 1024;

/// Arguments that fit their tool.
#[derive(Debug)]
pub(super) struct Fitting {
    value: Value,
    /// Whether they are other than what was written.
    changed: bool,
}

impl Fitting {
    /// The arguments as text. What needed no forgiving stays as it was written.
    pub(super) fn into_text(self, written: &str) -> String {
        if self.changed { self.value.to_string() } else { written.trim().into() }
    }

    pub(super) fn value(&self) -> &Value {
        &self.value
    }
}

/// Parses, forgives what is clearly meant (JSON inside of strings, null for absent, one value for a
/// list, lists as texts with commas), and checks against the tool's schema and rules.
pub(super) fn check(schema: &str, rules: Rules, written: &str) -> Result<Fitting, String> {
    if written.len() > MAX_BYTES {
        return Err("they are larger than 1 MiB. Send less at a time.".into());
    }
    let (mut value, mut changed) = parse(written.trim())?;
    changed |= check_value(schema, rules, &mut value)?;
    Ok(Fitting { value, changed })
}

/// The same for a value that is parsed already. Returns whether anything changed.
pub(super) fn check_value(schema: &str, rules: Rules, value: &mut Value) -> Result<bool, String> {
    let schema = Schema::parse(schema).ok_or("the tool's own schema is broken.")?;
    let split = rules.split_lists(value);
    let forgiven = schema.forgive(value);
    schema.check(value)?;
    rules.check(value)?;
    Ok(split || forgiven)
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
    use crate::tools::builtin::BUILTINS;
    use crate::tools::toolset::Toolset;
    use crate::types::ToolMode;

    fn check(tool: &str, written: &str) -> Result<String, String> {
        let names: Vec<_> = BUILTINS.iter().map(|builtin| builtin.name.to_owned()).collect();
        Toolset::new(ToolMode::Direct, true, &names, Vec::new, &[])
            .check(tool, written)
            .map(|(_, arguments)| arguments)
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
            ("files", r#"{"action":"read","query":{"filter":{"type":{"_starts_with":"image/"}}}}"#),
            (
                "files",
                r#"{"action":"import","data":[{"url":"https://a.example/b.png","file":{"tags":["x"]}}]}"#,
            ),
            ("files", r#"{"action":"update","data":[{"id":"f1","title":null}]}"#),
            ("folders", r#"{"action":"create","data":{"name":"Press","parent":null}}"#),
            ("folders", r#"{"action":"update","query":{"search":"press"},"data":{"parent":null}}"#),
            ("assets", r#"{"id":"f1"}"#),
            (
                "trigger-flow",
                r#"{"id":"w1","collection":"articles","keys":[],"data":{"note":"x"}}"#,
            ),
            ("flows", r#"{"action":"update","key":"w1","data":{"status":"inactive"}}"#),
            ("flows", r#"{"action":"read","key":"w1","query":{"fields":["*","operations.*"]}}"#),
            ("operations", r#"{"action":"delete","keys":["o1"]}"#),
            (
                "collections",
                r#"{"action":"create","data":[{"collection":"a","schema":null,"meta":null}]}"#,
            ),
            ("collections", r#"{"action":"read"}"#),
            (
                "fields",
                r#"{"action":"create","collection":"a","data":[{"field":"b","type":"alias","schema":null}]}"#,
            ),
            (
                "fields",
                r#"{"action":"update","collection":"a","field":"b","data":[{"meta":{"note":"x"}}]}"#,
            ),
            (
                "relations",
                r#"{"action":"create","data":{"collection":"a","field":"b","related_collection":null}}"#,
            ),
            (
                "relations",
                r#"{"action":"create","collection":"a","field":"b","data":{"related_collection":"c"}}"#,
            ),
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
            ("schema", r#"{"keys":"articles, authors"}"#, r#"{"keys":["articles","authors"]}"#),
            (
                "files",
                r#"{"action":"read","query":"{\"fields\":\"id,title\"}"}"#,
                r#"{"action":"read","query":{"fields":["id","title"]}}"#,
            ),
            (
                "files",
                r#"{"action":"import","data":"[{\"url\":\"https://a.example/b.png\"}]","keys":null}"#,
                r#"{"action":"import","data":[{"url":"https://a.example/b.png"}]}"#,
            ),
            (
                "trigger-flow",
                r#"{"id":"w1","collection":"a","keys":1,"query":"{}","headers":null}"#,
                r#"{"id":"w1","collection":"a","keys":[1],"query":{}}"#,
            ),
            (
                "collections",
                r#"{"action":"update","data":{"collection":"a","meta":{"note":"x"}}}"#,
                r#"{"action":"update","data":[{"collection":"a","meta":{"note":"x"}}]}"#,
            ),
            (
                "fields",
                r#"{"action":"create","collection":"a","data":"[{\"field\":\"b\",\"type\":\"string\"}]"}"#,
                r#"{"action":"create","collection":"a","data":[{"field":"b","type":"string"}]}"#,
            ),
            (
                "relations",
                r#"{"action":"delete","collection":"a","field":"b","data":null}"#,
                r#"{"action":"delete","collection":"a","field":"b"}"#,
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
            ("items", r#"{"action":"read","collection":"Directus_Files"}"#),
            ("items", r#"{"action":"read","collection":"directus_users"}"#),
            ("items", r#"{"action":"update","collection":"a","query":{"limit":5},"data":{"t":1}}"#),
            ("files", r#"{"action":"create","data":{}}"#),
            ("files", r#"{"action":"import"}"#),
            ("files", r#"{"action":"import","data":[{"url":"/a.png"}]}"#),
            ("files", r#"{"action":"update","data":[{"id":"f1"},{"title":"x"}]}"#),
            ("files", r#"{"action":"delete","keys":[]}"#),
            ("folders", r#"{"action":"create","keys":["f1"],"data":{"name":"x"}}"#),
            ("folders", r#"{"action":"read","key":"f1"}"#),
            ("assets", "{}"),
            ("trigger-flow", r#"{"id":"w1"}"#),
            ("trigger-flow", r#"{"id":"w1","collection":"a","data":[1]}"#),
            ("flows", r#"{"action":"update","data":{"status":"active"}}"#),
            ("flows", r#"{"action":"delete","key":"w1","keys":["w2"]}"#),
            ("operations", r#"{"action":"delete","key":"o1","query":{}}"#),
            ("collections", r#"{"action":"create","data":[{"name":"a"}]}"#),
            ("collections", r#"{"action":"delete"}"#),
            ("collections", r#"{"action":"update","keys":["a"],"data":[{"collection":"a"}]}"#),
            ("fields", r#"{"action":"create","data":[{"field":"b"}]}"#),
            ("fields", r#"{"action":"create","collection":"a","data":[{"type":"string"}]}"#),
            (
                "fields",
                r#"{"action":"update","collection":"a","field":"b","data":[{"field":"c"}]}"#,
            ),
            ("fields", r#"{"action":"read","field":"b"}"#),
            ("fields", r#"{"action":"delete","collection":"a"}"#),
            ("relations", r#"{"action":"create","data":{"related_collection":"c"}}"#),
            (
                "relations",
                r#"{"action":"create","field":"x","data":{"collection":"a","field":"b"}}"#,
            ),
            ("relations", r#"{"action":"update","collection":"a","data":{}}"#),
            ("relations", r#"{"action":"delete","collection":"a"}"#),
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
