//! A form with a file in it (RFC 7578), read as it arrives.
//!
//! The parser holds one piece of the body and no more, whoever sends it, and knows at each moment how
//! much of the body it has read: where a file is the last part of a form whose length was announced,
//! the file's own length follows from that before its content is there.

mod head;

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use memchr::memmem::Finder;
use thiserror::Error;

use head::parse_head;
pub(super) use head::{PartHead, boundary};

/// Bytes of a part's headers at most.
const HEAD_BYTES: usize = 8 * 1024;
/// Bytes behind the last boundary at most. They mean nothing.
const EPILOGUE_BYTES: usize = 1024;

static HEAD_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\r\n\r\n"));

/// Why a form can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum FormError {
    /// The client left or was too slow.
    #[error("the body broke off")]
    Broken,
    /// The body isn't a form.
    #[error("the body is not a valid form")]
    Malformed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind a boundary, or at the beginning in front of the first.
    Boundary { is_first: bool },
    /// In the content of a part.
    Content,
    /// Behind the last boundary.
    End,
}

/// A form that is being read.
pub(super) struct Form<S> {
    body: S,
    buffer: BytesMut,
    /// `\r\n--` and the boundary: what ends a content.
    delimiter: Finder<'static>,
    place: Place,
    /// Bytes of the body that were taken out of the buffer.
    taken: u64,
    /// Bytes of the whole body, as announced.
    announced: Option<u64>,
}

impl<S, E> Form<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    /// A form with this boundary in a body of `announced` bytes.
    pub(super) fn new(body: S, boundary: &str, announced: Option<u64>) -> Self {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        Self {
            body,
            buffer: BytesMut::new(),
            delimiter: Finder::new(&delimiter).into_owned(),
            place: Place::Boundary { is_first: true },
            taken: 0,
            announced,
        }
    }

    /// The next part. What is left of the content of the one before is skipped. None at the end.
    pub(super) async fn part(&mut self) -> Result<Option<PartHead>, FormError> {
        while self.piece().await?.is_some() {}
        match self.place {
            Place::End => return Ok(None),
            Place::Content => return Err(FormError::Malformed),
            Place::Boundary { is_first: true } => {
                // The delimiter without the line break in front of it; nothing may stand before it.
                let first = self.delimiter.needle().get(2..).unwrap_or_default().to_vec();
                self.expect(&first).await?;
            }
            Place::Boundary { is_first: false } => {}
        }
        self.fill(2).await?;
        if self.buffer.starts_with(b"--") {
            self.take(2);
            self.place = Place::End;
            return self.skip_epilogue().await.map(|()| None);
        }
        self.expect(b"\r\n").await?;
        let head = self.head().await?;
        self.place = Place::Content;
        Ok(Some(head))
    }

    /// The next piece of the content of the part; none at its end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, FormError> {
        if self.place != Place::Content {
            return Ok(None);
        }
        let length = self.delimiter.needle().len();
        loop {
            match self.delimiter.find(&self.buffer) {
                Some(0) => {
                    self.take(length);
                    self.place = Place::Boundary { is_first: false };
                    return Ok(None);
                }
                Some(end) => return Ok(Some(self.take(end))),
                // The last bytes may be the beginning of a delimiter.
                None if self.buffer.len() >= length => {
                    return Ok(Some(self.take(self.buffer.len() - length + 1)));
                }
                None => self.read().await?,
            }
        }
    }

    /// Bytes of the content that comes now, if it is the last of the form and nothing is behind it.
    pub(super) fn expected_length(&self) -> Option<u64> {
        let behind = self.delimiter.needle().len() as u64 + 4;
        self.announced?.checked_sub(self.taken)?.checked_sub(behind)
    }

    /// Reads on to the end of the body, whatever is in it, but not more than `limit` bytes.
    pub(super) async fn drain(&mut self, limit: u64) {
        self.buffer.clear();
        let mut read = 0;
        while let Some(Ok(piece)) = self.body.next().await {
            read += piece.len() as u64;
            if read > limit {
                return;
            }
        }
    }

    /// The headers of a part, of which two count.
    async fn head(&mut self) -> Result<PartHead, FormError> {
        let end = loop {
            if let Some(end) = HEAD_END.find(&self.buffer) {
                break end;
            }
            if self.buffer.len() > HEAD_BYTES {
                return Err(FormError::Malformed);
            }
            self.read().await?;
        };
        if end > HEAD_BYTES {
            return Err(FormError::Malformed);
        }
        let text = self.take(end);
        self.take(4);
        parse_head(&text).ok_or(FormError::Malformed)
    }

    async fn skip_epilogue(&mut self) -> Result<(), FormError> {
        let mut skipped = self.buffer.len();
        self.take(skipped);
        while let Some(piece) = self.body.next().await {
            skipped += piece.map_err(|_| FormError::Broken)?.len();
            if skipped > EPILOGUE_BYTES {
                return Err(FormError::Malformed);
            }
        }
        Ok(())
    }

    async fn expect(&mut self, text: &[u8]) -> Result<(), FormError> {
        self.fill(text.len()).await?;
        if !self.buffer.starts_with(text) {
            return Err(FormError::Malformed);
        }
        self.take(text.len());
        Ok(())
    }

    async fn fill(&mut self, length: usize) -> Result<(), FormError> {
        while self.buffer.len() < length {
            self.read().await?;
        }
        Ok(())
    }

    /// Reads one more piece of the body, as large as the connection's buffer at most.
    async fn read(&mut self) -> Result<(), FormError> {
        match self.body.next().await {
            Some(Ok(piece)) => {
                self.buffer.extend_from_slice(&piece);
                Ok(())
            }
            Some(Err(_)) | None => Err(FormError::Broken),
        }
    }

    fn take(&mut self, length: usize) -> Bytes {
        self.taken += length as u64;
        self.buffer.split_to(length).freeze()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    type Part = (PartHead, Vec<u8>);

    /// Reads a form whose body arrives in pieces of this size.
    async fn read(body: &[u8], size: usize) -> Result<Vec<Part>, FormError> {
        let pieces =
            body.chunks(size).map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)));
        let mut form = Form::new(stream::iter(pieces), "B", Some(body.len() as u64));
        let mut parts = Vec::new();
        while let Some(head) = form.part().await? {
            let mut content = Vec::new();
            while let Some(piece) = form.piece().await? {
                assert!(!piece.is_empty());
                content.extend_from_slice(&piece);
            }
            parts.push((head, content));
        }
        Ok(parts)
    }

    fn field(name: &str, content: &str) -> Part {
        let head = PartHead { name: name.into(), ..PartHead::default() };
        (head, content.as_bytes().to_vec())
    }

    fn file(filename: &str, media_type: &str, content: &[u8]) -> Part {
        let head = PartHead {
            name: "file".into(),
            filename: Some(filename.into()),
            media_type: Some(media_type.into()),
        };
        (head, content.to_vec())
    }

    const FORM: &[u8] =
        b"--B\r\nContent-Disposition: form-data; name=\"provider\"\r\n\r\nopenai\r\n\
        --B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
        Content-Type: image/png\r\nX-Other: 1\r\n\r\n\0\r\n--\r\n--A\r\n--\xff\r\n\r\n--B--\r\n";

    #[tokio::test]
    async fn a_form_is_the_same_however_it_arrives() {
        let expected = [
            field("provider", "openai"),
            file("a.png", "image/png", b"\0\r\n--\r\n--A\r\n--\xff\r\n"),
        ];
        for size in 1..=FORM.len() {
            assert_eq!(read(FORM, size).await.as_deref(), Ok(&expected[..]), "pieces of {size}");
        }
    }

    #[tokio::test]
    async fn a_form_that_breaks_off_anywhere_is_no_form() {
        let end = FORM.len() - b"\r\n".len();
        for length in 0..end {
            let cut = read(&FORM[..length], 7).await;
            assert_eq!(cut, Err(FormError::Broken), "cut at {length}");
        }
        assert!(read(&FORM[..end], 7).await.is_ok(), "the last line break may be missing");
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        let head = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n";
        for body in [
            "{}{}{}".to_owned(),
            "\r\n--B\r\n".to_owned(),
            "preamble\r\n--B\r\n".to_owned(),
            "--Bx\r\n".to_owned(),
            "--B \r\n\r\n\r\n--B--".to_owned(),
            "--B\r\n\r\n\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Type: a/b\r\n\r\n\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n\r\n--B--\r\n".to_owned(),
            "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\n\r\n--B--\r\n".to_owned(),
            format!("{head}Content-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--B--\r\n"),
            format!("{head}no header\r\n\r\n\r\n--B--\r\n"),
            format!("{head}X: {}\r\n\r\n\r\n--B--\r\n", "x".repeat(HEAD_BYTES)),
            format!("{head}X: {}", "x".repeat(2 * HEAD_BYTES)),
            format!("{head}\r\n\r\n--B--{}", "x".repeat(EPILOGUE_BYTES + 1)),
        ] {
            let refused = read(body.as_bytes(), 512).await;
            assert_eq!(refused, Err(FormError::Malformed), "{:?}", body.get(..80));
        }
    }

    #[tokio::test]
    async fn the_length_of_the_last_file_follows_from_that_of_the_body() {
        let pieces = [Ok::<_, Infallible>(Bytes::from_static(FORM))];
        let mut form = Form::new(stream::iter(pieces), "B", Some(FORM.len() as u64));
        assert_eq!(form.part().await.expect("a form").expect("a part").name, "provider");
        assert_eq!(form.part().await.expect("a form").expect("a part").name, "file");
        assert_eq!(form.expected_length(), Some(b"\0\r\n--\r\n--A\r\n--\xff\r\n".len() as u64));
    }
}
