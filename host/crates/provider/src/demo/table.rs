//! Values in Markdown. Item values are data that others wrote: they must not become markup.

use serde_json::Value;

/// Characters of one cell at most.
const CELL: usize = 80;
/// Characters of a value that stands alone at most.
const PARAGRAPH: usize = 600;

/// A table.
pub(super) fn table(headers: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |", cells.join(" | "));
    let escaped: Vec<String> = headers.iter().map(|header| inline(header)).collect();
    let mut lines = vec![
        line(escaped.iter().map(String::as_str).collect()),
        line(headers.iter().map(|_| "---").collect()),
    ];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// The value at a dotted path of an item; null where there is none.
pub(super) fn value_at<'v>(row: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(row, |value, name| value.get(name).unwrap_or(&Value::Null))
}

/// A value as the text of a cell.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => inline(text),
        Value::Array(values) => match values.len() {
            1 => "1 entry".into(),
            count => format!("{count} entries"),
        },
        // A related item that was read with one field is that field.
        Value::Object(object) => match object.values().next() {
            Some(value) if object.len() == 1 => cell(value),
            _ => inline(&value.to_string()),
        },
    }
}

/// A value that stands alone: as in a cell, with more of a long text.
pub(super) fn paragraph(value: &Value) -> String {
    match value {
        Value::String(text) => escaped(text, PARAGRAPH),
        other => cell(other),
    }
}

/// Text for a cell or within a sentence.
pub(super) fn inline(text: &str) -> String {
    escaped(text, CELL)
}

/// Text on one line, cut, and with Markdown's and HTML's special characters escaped.
fn escaped(text: &str, longest: usize) -> String {
    let mut escaped = String::with_capacity(text.len());
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (index, character) in one_line.chars().enumerate() {
        if index == longest {
            escaped.push('…');
            break;
        }
        if matches!(character, '\\' | '|' | '*' | '`' | '[' | ']' | '<' | '>' | '~' | '!' | '#') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_do_not_become_markup() {
        assert_eq!(cell(&json!("a|b\n**c** ![x](http://y)")), r"a\|b \*\*c\*\* \!\[x\](http://y)");
        assert_eq!(cell(&json!("<img src=x>")), r"\<img src=x\>");
        assert_eq!(cell(&json!("x".repeat(200))).chars().count(), 81);
        assert_eq!(cell(&json!({"name": "Jane"})), "Jane");
        assert_eq!(cell(value_at(&json!({"a": {"b": 1}}), "a.b")), "1");
        assert_eq!(cell(value_at(&json!({"a": 1}), "a.b")), "–");
    }
}
