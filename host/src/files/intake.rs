//! From a request to a stored file.

use bytes::BytesMut;
use jiff::Timestamp;
use palisade_data::{Caller, DataError};
use palisade_provider::{FILE_LIFETIME, StoredFile};
use palisade_state::FileClaims;

use super::{
    FileError, FileRequest, FileService, MAXIMUM_FILE_BYTES, UploadedFile,
    content::{ClientForm, Content},
    form::{PartHead, boundary},
    kind::FileKind,
    record::Sent,
    target::Target,
    transfer,
};

/// Bytes of a file that are kept until the form says which provider it is for.
const KEPT_BYTES: usize = 1024 * 1024;
/// Bytes of a file name at most.
const FILENAME_BYTES: usize = 255;

impl FileService {
    /// Stores the file of a request. `sent` says what left the host, whatever comes of it.
    pub(super) async fn attempt(
        &self,
        caller: &Caller,
        user: &str,
        request: FileRequest,
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        match request {
            FileRequest::Asset { provider, asset } => {
                let target = self.target(&provider).await?;
                let asset = self.parts.backend.file(caller, &asset).await?;
                let kind = kind(Some(&asset.media_type))?;
                let mut content = Content::asset(asset.content);
                let opened = transfer::open(&mut content, kind, asset.length).await?;
                sent.collections = vec!["directus_files".into()];
                self.store(user, target, &asset.filename, opened, &mut content, sent).await
            }
            FileRequest::Form(request) => {
                let boundary = boundary(&request.content_type)
                    .ok_or_else(|| FileError::invalid("the form has no boundary"))?;
                let mut form = ClientForm::new(request.body, &boundary, request.content_length);
                let said = (request.provider, request.size);
                let result = self.attempt_form(user, &mut form, said, sent).await;
                if result.is_err() {
                    form.drain().await;
                }
                result
            }
        }
    }

    async fn attempt_form(
        &self,
        user: &str,
        form: &mut ClientForm,
        (mut provider, said_size): (Option<String>, Option<u64>),
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        let head = loop {
            let head = form.part().await?.ok_or_else(FileError::no_file)?;
            if head.filename.is_some() {
                break head;
            }
            let value = form.field(&head).await?;
            if head.name == "provider"
                && provider.replace(value.clone()).is_some_and(|before| before != value)
            {
                return Err(FileError::invalid("Two providers are named for one file"));
            }
        };
        let kind = kind(head.media_type.as_deref())?;
        let Some(provider) = provider else {
            return self.provider_last(user, form, &head, kind, sent).await;
        };
        let target = self.target(&provider).await?;
        let size = said_size.or_else(|| form.expected_length());
        let mut content = Content::Form { form, provider: &provider };
        let opened = transfer::open(&mut content, kind, size).await?;
        self.store(user, target, filename(&head), opened, &mut content, sent).await
    }

    /// Data Studio names the provider behind the file. A small file is kept until then. A larger one
    /// is read past, and the client is asked to send the form once more, to an address that says what
    /// is known now: a file rests nowhere, and goes to no provider that nobody named.
    async fn provider_last(
        &self,
        user: &str,
        form: &mut ClientForm,
        head: &PartHead,
        kind: FileKind,
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        let mut kept = BytesMut::new();
        let mut size = 0;
        while let Some(piece) = form.piece().await? {
            size += piece.len() as u64;
            if size > MAXIMUM_FILE_BYTES {
                return Err(FileError::too_large());
            }
            if size <= KEPT_BYTES as u64 {
                kept.extend_from_slice(&piece);
            } else {
                kept = BytesMut::new();
            }
        }
        let provider =
            form.rest().await?.ok_or_else(|| FileError::invalid("No provider specified"))?;
        let target = self.target(&provider).await?;
        if size > KEPT_BYTES as u64 {
            return Err(FileError::SendAgain { provider, size });
        }
        let mut content = Content::Kept(Some(kept.freeze()));
        let opened = transfer::open(&mut content, kind, Some(size)).await?;
        self.store(user, target, filename(head), opened, &mut content, sent).await
    }

    async fn store(
        &self,
        user: &str,
        target: Target,
        filename: &str,
        opened: transfer::Opened,
        content: &mut Content<'_>,
        sent: &mut Sent,
    ) -> Result<(UploadedFile, StoredFile), FileError> {
        let filename = clean(filename);
        let media_type = opened.kind().media_type();
        sent.media_type = Some(media_type);
        let target = &*sent.target.insert(target);
        let stored = transfer::store(target, &filename, opened, content, &mut sent.bytes).await;
        let (stored, size) = stored?;
        let now = Timestamp::now();
        let expires_at = stored
            .expires_at
            .unwrap_or_else(|| now.saturating_add(FILE_LIFETIME).unwrap_or(Timestamp::MAX));
        let claims = FileClaims {
            user: user.to_owned(),
            workspace: self.parts.workspace.clone(),
            provider: target.provider.clone(),
            reference: stored.reference.clone(),
            name: stored.name.clone(),
            media_type: media_type.to_owned(),
            filename,
            size,
            expires_at: expires_at.as_millisecond(),
        };
        match self.parts.state.files().issue(&claims) {
            Some(id) => Ok((UploadedFile { claims, id }, stored)),
            None => {
                transfer::delete(target, &stored.name).await;
                Err(DataError::internal("a file's address at its provider is too long").into())
            }
        }
    }
}

fn kind(media_type: Option<&str>) -> Result<FileKind, FileError> {
    let declared = media_type.unwrap_or_default();
    if declared.is_empty() {
        return Err(FileError::invalid("The file has no type"));
    }
    declared.parse().map_err(|_| {
        let shown: String = declared.chars().filter(|it| !it.is_control()).take(100).collect();
        FileError::invalid(format!("Unsupported file type: {shown}"))
    })
}

fn filename(head: &PartHead) -> &str {
    head.filename.as_deref().unwrap_or_default()
}

/// A file's own name: without folders and control characters, and of a decent length.
fn clean(name: &str) -> String {
    let own = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = own.chars().filter(|character| !character.is_control()).collect();
    name.truncate(name.floor_char_boundary(FILENAME_BYTES));
    match name.trim() {
        "" => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_plain_name() {
        for (given, expected) in [
            ("report.pdf", "report.pdf"),
            ("C:\\dir\\report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb\0.txt", "ab.txt"),
            ("Grüße 😀.txt", "Grüße 😀.txt"),
            ("", "file"),
            ("folder/", "file"),
            (" ", "file"),
        ] {
            assert_eq!(clean(given), expected, "{given:?}");
        }
        assert_eq!(clean(&"é".repeat(200)).len(), 254);
    }
}
