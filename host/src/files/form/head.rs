//! What stands at the head of a form and of its parts.

/// Bytes of a boundary at most (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES: usize = 70;

/// The head of a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::files) struct PartHead {
    /// Name of the field.
    pub(in crate::files) name: String,
    /// Name of the file; none for a field that is no file.
    pub(in crate::files) filename: Option<String>,
    /// Media type.
    pub(in crate::files) media_type: Option<String>,
}

/// The boundary that a `Content-Type` names.
pub(in crate::files) fn boundary(content_type: &str) -> Option<String> {
    let (_, parameters) = content_type.split_once(';')?;
    let value = parameter(parameters, "boundary")?;
    let valid = (1..=BOUNDARY_BYTES).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        && !value.ends_with(' ');
    valid.then_some(value)
}

/// Reads the headers of a part, of which two count. None if they are not those of a form.
pub(super) fn parse_head(head: &[u8]) -> Option<PartHead> {
    let text = std::str::from_utf8(head).ok()?;
    let mut parsed = PartHead::default();
    let mut has_disposition = false;
    for line in text.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("content-disposition") {
            let (disposition, parameters) = value.split_once(';')?;
            if has_disposition || !disposition.trim().eq_ignore_ascii_case("form-data") {
                return None;
            }
            has_disposition = true;
            parsed.name = parameter(parameters, "name")?;
            parsed.filename = parameter(parameters, "filename");
        } else if name.eq_ignore_ascii_case("content-type") {
            parsed.media_type = Some(value.trim().to_owned());
        }
    }
    has_disposition.then_some(parsed)
}

/// The value of a parameter in `name=token; name="quoted"`.
fn parameter(parameters: &str, wanted: &str) -> Option<String> {
    let mut rest = parameters.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                let (token, after) = after.split_at(end);
                (token.trim().to_owned(), after)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after.trim_start().strip_prefix(';').unwrap_or_default().trim_start();
    }
    None
}

/// A quoted value up to its quote, and what is behind it. Browsers write a quote in a name as `%22`,
/// others as `\"`; a backslash in front of anything else is one.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Some((value.replace("%22", "\""), quoted.get(index + 1..)?)),
            '\\' if characters.next_if(|(_, next)| *next == '"').is_some() => value.push('"'),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_clients_write_them() {
        let head = |line: &str| parse_head(format!("Content-Disposition: {line}").as_bytes());
        for (line, filename) in [
            ("form-data; name=\"file\"; filename=\"a b;c=d.txt\"", Some("a b;c=d.txt")),
            ("form-data; name=\"file\"; filename=\"say %22hi%22.txt\"", Some("say \"hi\".txt")),
            ("form-data; name=\"file\"; filename=\"say \\\"hi\\\".txt\"", Some("say \"hi\".txt")),
            ("form-data; name=\"file\"; filename=\"C:\\dir\\a.txt\"", Some("C:\\dir\\a.txt")),
            ("form-data; filename=Grüße.txt ; name=file", Some("Grüße.txt")),
            ("form-data; name=\"file\"; filename=\"\"", Some("")),
            ("form-data; name=\"file\"", None),
        ] {
            let head = head(line).expect(line);
            assert_eq!(
                (head.name.as_str(), head.filename.as_deref()),
                ("file", filename),
                "{line}"
            );
        }
        for line in ["form-data", "form-data; name", "form-data; filename=\"a\"", "name=\"a\""] {
            assert_eq!(head(line), None, "{line}");
        }
    }

    #[test]
    fn a_boundary_is_taken_from_the_content_type() {
        let found = |text| boundary(text);
        assert_eq!(found("multipart/form-data; boundary=a-b").as_deref(), Some("a-b"));
        assert_eq!(
            found("multipart/form-data; charset=x; Boundary=\"a b\"").as_deref(),
            Some("a b")
        );
        let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
        for text in
            ["multipart/form-data", "multipart/form-data; boundary=", &long, "a; boundary=ü"]
        {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
