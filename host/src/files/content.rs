//! Where the content of a file comes from.

use std::{io, pin::Pin, time::Duration};

use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::{io::AsyncRead, time::timeout};
use tokio_util::io::ReaderStream;

use super::{
    FileError, MAXIMUM_FILE_BYTES,
    form::{Form, FormError, PartHead},
};

/// Time that a client may leave the host without a byte.
const PIECE_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of a field that is no file at most.
const FIELD_BYTES: usize = 4 * 1024;
/// Parts of a form at most.
const PARTS: usize = 16;
/// Bytes that are read at a time from a file of the project.
const READ_BYTES: usize = 64 * 1024;
/// Content that is read piece by piece.
type Reader = Pin<Box<dyn AsyncRead + Send>>;

/// Bytes of a refused form that are still read, so that its sender gets to read the answer: one that
/// is still sending when the connection closes sees a broken connection instead.
const DRAINED_BYTES: u64 = MAXIMUM_FILE_BYTES + 1024 * 1024;
/// Time for that.
const DRAINED_WITHIN: Duration = Duration::from_secs(60);

/// A form that a client sends.
pub(super) struct ClientForm {
    form: Form<BodyDataStream>,
    announced: Option<u64>,
    parts: usize,
}

/// The content of one file.
pub(super) enum Content<'a> {
    /// What comes now in a form. `provider` is what a field of that name behind the file has to say.
    Form { form: &'a mut ClientForm, provider: &'a str },
    /// A small file that was kept until its provider was known.
    Kept(Option<Bytes>),
    /// A file of the project.
    Asset(Box<ReaderStream<Reader>>),
}

impl ClientForm {
    pub(super) fn new(body: Body, boundary: &str, announced: Option<u64>) -> Self {
        let form = Form::new(body.into_data_stream(), boundary, announced);
        Self { form, announced, parts: 0 }
    }

    /// The next part. The client has 30 seconds for each piece.
    pub(super) async fn part(&mut self) -> Result<Option<PartHead>, FileError> {
        self.parts += 1;
        if self.parts > PARTS {
            return Err(FileError::invalid("the form has too many parts"));
        }
        in_time(self.form.part()).await
    }

    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, FileError> {
        in_time(self.form.piece()).await
    }

    /// The value of a field that is no file.
    pub(super) async fn field(&mut self, head: &PartHead) -> Result<String, FileError> {
        let mut value = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            if value.len() + piece.len() > FIELD_BYTES {
                return Err(FileError::invalid(format!(
                    "The field \"{}\" is too long",
                    head.name.chars().take(64).collect::<String>()
                )));
            }
            value.extend_from_slice(&piece);
        }
        String::from_utf8(value.to_vec()).map_err(|_| FormError::Malformed.into())
    }

    /// Reads the fields behind the file; gives the provider that one of them names.
    pub(super) async fn rest(&mut self) -> Result<Option<String>, FileError> {
        let mut provider = None;
        while let Some(head) = self.part().await? {
            if head.filename.is_some() {
                return Err(FileError::invalid("Only one file can be uploaded at a time"));
            }
            let value = self.field(&head).await?;
            if head.name == "provider" && provider.replace(value).is_some() {
                return Err(FileError::invalid("The field \"provider\" is there twice"));
            }
        }
        Ok(provider)
    }

    /// Bytes of the file that comes now, if nothing is behind it in the form.
    pub(super) fn expected_length(&self) -> Option<u64> {
        self.form.expected_length()
    }

    /// Reads what a refused client still sends, within bounds.
    pub(super) async fn drain(&mut self) {
        if self.announced.is_some_and(|announced| announced > DRAINED_BYTES) {
            return;
        }
        drop(timeout(DRAINED_WITHIN, self.form.drain(DRAINED_BYTES)).await);
    }
}

impl Content<'_> {
    /// A file of the project.
    pub(super) fn asset(content: Reader) -> Self {
        Self::Asset(Box::new(ReaderStream::with_capacity(content, READ_BYTES)))
    }

    /// The next piece; none at the end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, FileError> {
        match self {
            Self::Form { form, .. } => form.piece().await,
            Self::Kept(content) => Ok(content.take().filter(|content| !content.is_empty())),
            Self::Asset(pieces) => pieces
                .next()
                .await
                .transpose()
                .map_err(|error: io::Error| palisade_data::DataError::internal(error).into()),
        }
    }

    /// Checks that nothing is behind the file that speaks against it.
    pub(super) async fn finish(&mut self) -> Result<(), FileError> {
        let Self::Form { form, provider } = self else { return Ok(()) };
        match form.rest().await? {
            Some(named) if named != *provider => {
                Err(FileError::invalid("Two providers are named for one file"))
            }
            _ => Ok(()),
        }
    }
}

async fn in_time<T>(reading: impl Future<Output = Result<T, FormError>>) -> Result<T, FileError> {
    match timeout(PIECE_WITHIN, reading).await {
        Ok(read) => read.map_err(FileError::from),
        Err(_) => Err(FileError::Broken("the body did not arrive in time")),
    }
}
