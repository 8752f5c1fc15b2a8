//! `/assets/{id}`: a file's content.

use std::{
    io::ErrorKind,
    path::{Component, Path},
};

use palisade_data::{Caller, DataBackend, DataError, Operation, Query, forbidden_action};
use tokio::fs::{File, OpenOptions};

use crate::Project;

/// Types that browsers show without running anything in them. Everything else is downloaded: an
/// SVG, HTML or XML file from a project's own origin could act as its viewer.
const SHOWN: [&str; 9] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "text/plain",
    "text/csv",
    "audio/mpeg",
    "video/mp4",
];

/// Sent for files whose type is unknown or malformed.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file to send, with `X-Content-Type-Options: nosniff`.
#[derive(Debug)]
pub struct Asset {
    /// `Content-Type`.
    pub content_type: String,
    /// `Content-Length`, in bytes.
    pub length: u64,
    /// Name to offer for saving.
    pub filename: String,
    /// Whether a browser may show it; otherwise it has to save it.
    pub inline: bool,
    /// The content.
    pub content: File,
}

impl Asset {
    /// `Content-Disposition` (RFC 6266), with the name in ASCII and in UTF-8.
    pub fn content_disposition(&self) -> String {
        let disposition = if self.inline { "inline" } else { "attachment" };
        let plain: String = self
            .filename
            .chars()
            .map(|character| match character {
                '"' | '\\' | '%' => '_',
                ' '..='~' => character,
                _ => '_',
            })
            .collect();
        // attr-char of RFC 5987.
        let mut encoded = String::new();
        for byte in self.filename.bytes() {
            if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                encoded.push_str(&format!("%{byte:02X}"));
            }
        }
        format!("{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
    }
}

#[derive(sqlx::FromRow)]
struct FileRow {
    filename_disk: Option<String>,
    filename_download: String,
    r#type: Option<String>,
}

impl Project {
    /// `GET /assets/{id}`: a file that the caller may read.
    ///
    /// Errors: [`DataError::Forbidden`], also for files that don't exist; [`DataError::RouteNotFound`]
    /// where the content is missing.
    pub async fn asset(&self, caller: &Caller, id: &str) -> Result<Asset, DataError> {
        let refused = || forbidden_action("read", "directus_files");
        if uuid::Uuid::try_parse(id).is_err() {
            return Err(refused());
        }
        let operation = Operation::ReadItems {
            collection: "directus_files".into(),
            keys: Some(vec![id.into()]),
            query: Query { fields: vec!["id".into()], ..Query::default() },
        };
        match self.engine().execute(caller, &operation).await {
            Ok(outcome) if outcome.items == 1 => {}
            Ok(_) | Err(DataError::Forbidden(_)) => return Err(refused()),
            Err(error) => return Err(error),
        }
        let row: FileRow = sqlx::query_as(
            "select filename_disk, filename_download, type from directus_files where id = ?1",
        )
        .bind(id)
        .fetch_optional(self.pool())
        .await
        .map_err(DataError::internal)?
        .ok_or_else(refused)?;
        let missing = || DataError::RouteNotFound(format!("/assets/{id}"));
        let name =
            row.filename_disk.as_deref().filter(|name| is_plain(name)).ok_or_else(missing)?;
        let content = open(&self.uploads().join(name)).await?.ok_or_else(missing)?;
        let length = content.metadata().await.map_err(DataError::internal)?.len();
        let content_type =
            row.r#type.filter(|kind| is_media_type(kind)).unwrap_or_else(|| UNKNOWN_TYPE.into());
        Ok(Asset {
            inline: SHOWN.contains(&content_type.as_str()),
            content_type,
            length,
            filename: row.filename_download,
            content,
        })
    }
}

/// Whether a name is one visible file right in the directory: no `..`, no separator, no NUL.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!(components.next(), Some(Component::Normal(only)) if only == name)
        && components.next().is_none()
        && !name.starts_with('.')
        && !name.contains(['\0', '\\'])
}

/// Opens a regular file. Links aren't followed, so nothing outside the directory is read; pipes
/// don't block.
async fn open(path: &Path) -> Result<Option<File>, DataError> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .await;
    let file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        // The error of O_NOFOLLOW at a link.
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => return Ok(None),
        Err(error) => return Err(DataError::internal(error)),
    };
    let is_file = file.metadata().await.map_err(DataError::internal)?.is_file();
    Ok(is_file.then_some(file))
}

/// `type/subtype` with an optional parameter, safe in a header.
fn is_media_type(text: &str) -> bool {
    text.contains('/') && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_opened() {
        assert!(is_plain("0b1e.svg"));
        for name in
            ["", ".", "..", "../x", "/etc/passwd", "a/b", "a/", "./a", ".hidden", "a\\b", "a\0b"]
        {
            assert!(!is_plain(name), "{name:?}");
        }
    }

    #[tokio::test]
    async fn names_in_headers_cannot_break_out() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("file");
        std::fs::write(&path, b"x").expect("written");
        let asset = Asset {
            content_type: "text/html".into(),
            length: 1,
            filename: "é\"\r\nSet-Cookie: x\\.html".into(),
            inline: false,
            content: open(&path).await.expect("readable").expect("there"),
        };
        let disposition = asset.content_disposition();
        assert_eq!(
            disposition,
            "attachment; filename=\"____Set-Cookie: x_.html\"; \
             filename*=UTF-8''%C3%A9%22%0D%0ASet-Cookie%3A%20x%5C.html"
        );
    }

    #[tokio::test]
    async fn links_and_directories_are_not_opened() {
        let directory = tempfile::tempdir().expect("directory");
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/etc/passwd", &link).expect("linked");
        assert!(open(&link).await.expect("no fault").is_none());
        assert!(open(directory.path()).await.expect("no fault").is_none());
        assert!(open(&directory.path().join("missing")).await.expect("no fault").is_none());
    }
}
