//! Forms with a file, read as they come: the file's bytes are counted and thrown away.

use std::collections::BTreeMap;

use axum::body::Body;
use futures_util::StreamExt;
use memchr::memmem;

/// Bytes of a form's texts, and of a part's head.
const TEXT_LIMIT: usize = 64 * 1024;

/// A form that was read to its end.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// Texts by name.
    pub(super) texts: BTreeMap<String, String>,
    /// Files by name.
    pub(super) files: BTreeMap<String, FilePart>,
}

/// A file of a form.
#[derive(Debug, Default, Clone)]
pub(super) struct FilePart {
    pub(super) filename: String,
    pub(super) content_type: Option<String>,
    pub(super) bytes: u64,
}

/// Reads a form. Errors are for the client.
pub(super) async fn read(content_type: &str, body: Body) -> Result<Form, &'static str> {
    let boundary = boundary(content_type).ok_or("Expected a multipart form with a boundary")?;
    let mut reader = Reader {
        delimiter: format!("\r\n--{boundary}").into_bytes(),
        // So that the first boundary, too, is a delimiter.
        buffer: b"\r\n".to_vec(),
        state: State::Preamble,
        form: Form::default(),
    };
    let mut stream = body.into_data_stream();
    while let Some(bytes) = stream.next().await {
        reader.buffer.extend_from_slice(&bytes.map_err(|_| "The form broke off")?);
        while reader.advance()? {}
    }
    match reader.state {
        State::End => Ok(reader.form),
        _ => Err("The form has no end"),
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let value = parameters.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?;
    Some(value.trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

enum State {
    /// Before the first boundary.
    Preamble,
    /// Right behind a boundary: a line end, or `--` for the last one.
    Boundary,
    /// In the headers of a part.
    Head,
    /// In a text.
    Text(String, Vec<u8>),
    /// In a file.
    File(String, FilePart),
    /// Behind the last boundary.
    End,
}

struct Reader {
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    state: State,
    form: Form,
}

impl Reader {
    /// Goes on by one piece; false when that needs more bytes.
    fn advance(&mut self) -> Result<bool, &'static str> {
        match self.state {
            State::Boundary => self.boundary(),
            State::Head => self.head(),
            State::End => {
                self.buffer.clear();
                Ok(false)
            }
            State::Preamble | State::Text(..) | State::File(..) => self.content(),
        }
    }

    /// Takes what is certainly content, and the delimiter if it is there.
    fn content(&mut self) -> Result<bool, &'static str> {
        let found = memmem::find(&self.buffer, &self.delimiter);
        let certain = found.unwrap_or_else(|| {
            // The last bytes may be the beginning of a delimiter.
            self.buffer.len().saturating_sub(self.delimiter.len() - 1)
        });
        let content = self.buffer.drain(..certain).collect::<Vec<_>>();
        match &mut self.state {
            State::Text(_, text) => {
                text.extend(content);
                if text.len() > TEXT_LIMIT {
                    return Err("A text of the form is too long");
                }
            }
            State::File(_, file) => file.bytes += content.len() as u64,
            _ => {}
        }
        if found.is_none() {
            return Ok(false);
        }
        self.buffer.drain(..self.delimiter.len());
        match std::mem::replace(&mut self.state, State::Boundary) {
            State::Text(name, text) => {
                let text = String::from_utf8(text).map_err(|_| "A text isn't UTF-8")?;
                self.form.texts.insert(name, text);
            }
            State::File(name, file) => {
                self.form.files.insert(name, file);
            }
            _ => {}
        }
        Ok(true)
    }

    fn boundary(&mut self) -> Result<bool, &'static str> {
        let Some(next) = self.buffer.get(..2) else { return Ok(false) };
        self.state = match next {
            b"--" => State::End,
            b"\r\n" => State::Head,
            _ => return Err("A boundary has no line end"),
        };
        if matches!(self.state, State::Head) {
            self.buffer.drain(..2);
        }
        Ok(true)
    }

    fn head(&mut self) -> Result<bool, &'static str> {
        let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") else {
            return if self.buffer.len() > TEXT_LIMIT {
                Err("The head of a part is too long")
            } else {
                Ok(false)
            };
        };
        let head = self.buffer.drain(..end + 4).collect::<Vec<_>>();
        let head = String::from_utf8(head).map_err(|_| "The head of a part isn't UTF-8")?;
        let header = |wanted: &str| {
            head.lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.trim().to_owned())
        };
        let disposition = header("content-disposition").ok_or("A part has no disposition")?;
        let name = parameter(&disposition, "name").ok_or("A part has no name")?;
        self.state = match parameter(&disposition, "filename") {
            Some(filename) => {
                let content_type = header("content-type");
                State::File(name, FilePart { filename, content_type, bytes: 0 })
            }
            None => State::Text(name, Vec::new()),
        };
        Ok(true)
    }
}

/// A quoted parameter of a disposition, with what browsers and clients escape in it.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let start = disposition.find(&format!("; {name}=\""))? + name.len() + 4;
    let rest = disposition.get(start..)?;
    let value = rest.get(..rest.find('"')?)?;
    Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\
        \r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a %22b%22.txt\"\r\n\
        content-type: text/plain\r\n\r\none\r\n--two\r\n\r\n--b--\r\n";

    async fn read_in_pieces(form: &[u8], size: usize) -> Result<Form, &'static str> {
        let pieces = form.chunks(size).map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
        let body = Body::from_stream(futures_util::stream::iter(pieces.collect::<Vec<_>>()));
        read("multipart/form-data; boundary=b", body).await
    }

    #[tokio::test]
    async fn a_form_reads_the_same_however_it_is_cut() {
        for size in 1..FORM.len() {
            let form = read_in_pieces(FORM, size).await.unwrap();
            assert_eq!(form.texts["purpose"], "user_data", "pieces of {size}");
            let file = &form.files["file"];
            assert_eq!(file.filename, "a \"b\".txt");
            assert_eq!(file.content_type.as_deref(), Some("text/plain"));
            assert_eq!(file.bytes, "one\r\n--two\r\n".len() as u64, "pieces of {size}");
        }
    }

    #[tokio::test]
    async fn a_form_that_breaks_off_is_refused() {
        for end in 0..FORM.len() - 4 {
            assert!(read_in_pieces(&FORM[..end], 7).await.is_err(), "cut at {end}");
        }
    }
}
