//! A form with a file in it (RFC 7578), written as it is sent.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::{
    Body,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use uuid::Uuid;

use super::{ContentBroken, FileContent, NewFile};

/// A file in a form.
#[derive(Debug, Clone, Copy)]
pub struct FormFile<'a> {
    /// Name.
    pub filename: &'a str,
    /// IANA media type; without line breaks.
    pub media_type: &'a str,
    /// Bytes, where known.
    pub size: Option<u64>,
}

impl<'a> From<&'a NewFile> for FormFile<'a> {
    fn from(file: &'a NewFile) -> Self {
        Self { filename: &file.filename, media_type: file.media_type, size: file.size }
    }
}

/// The body and the headers of a form whose last part, `file`, is a file.
pub fn form_with_file(
    fields: &[(&str, &str)],
    file: FormFile<'_>,
    content: FileContent,
) -> (HeaderMap, Body) {
    let boundary = format!("palisade-{}", Uuid::new_v4().simple());
    let head = head(&boundary, fields, file);
    let tail = format!("\r\n--{boundary}--\r\n");
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}")) {
        headers.insert(CONTENT_TYPE, value);
    }
    if let Some(size) = file.size {
        let length = head.len() as u64 + size + tail.len() as u64;
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let literal = |text: String| stream::iter([Ok::<Bytes, ContentBroken>(text.into())]);
    let body = literal(head).chain(content).chain(literal(tail));
    (headers, Body::wrap_stream(body))
}

fn head(boundary: &str, fields: &[(&str, &str)], file: FormFile<'_>) -> String {
    let mut head = String::new();
    for (name, value) in fields {
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    head.push_str(&format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\
         Content-Type: {}\r\n\r\n",
        escaped(file.filename),
        file.media_type
    ));
    head
}

/// A file name between quotes, as browsers write it (HTML Standard, "multipart/form-data encoding").
fn escaped(filename: &str) -> String {
    filename.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_stays_in_its_quotes() {
        let file = NewFile {
            filename: "a\"; name=\"purpose\r\n\r\nÜ.txt".into(),
            media_type: "text/plain",
            size: None,
        };
        assert_eq!(
            head("B", &[("purpose", "user_data")], (&file).into()),
            "--B\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n\
             --B\r\nContent-Disposition: form-data; name=\"file\"; \
             filename=\"a%22; name=%22purpose%0D%0A%0D%0AÜ.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n"
        );
    }

    #[test]
    fn the_length_is_said_where_it_is_known() {
        let file = |size| NewFile { filename: "a".into(), media_type: "text/plain", size };
        let length = |size| {
            let (headers, _) = form_with_file(&[], (&file(size)).into(), stream::empty().boxed());
            headers.get(CONTENT_LENGTH).map(|value| value.to_str().expect("ASCII").to_owned())
        };
        assert_eq!(length(None), None);
        let empty: u64 = length(Some(0)).expect("a length").parse().expect("a number");
        let more: u64 = length(Some(1000)).expect("a length").parse().expect("a number");
        assert_eq!(more - empty, 1000);
    }
}
