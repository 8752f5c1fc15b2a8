//! What all formats say of attached files, and how they write files of their own.

use serde::{Serialize, Serializer};

use crate::conversation::Media;

/// What the model reads in place of a file that it can't.
pub(super) fn unreadable_note(filename: Option<&str>, media_type: &str) -> String {
    let filename = filename.unwrap_or("file");
    format!(
        "[The user attached the file {filename:?} ({media_type}), which this model can't read. Say \
         so if it matters.]"
    )
}

/// The address of a file.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Url<'a> {
    /// As it was given.
    Given(&'a str),
    /// Of a result's image: a `data:` URL.
    Data(DataUrl<'a>),
}

/// A `data:` URL (RFC 2397) that is written without being put together first: it is large.
#[derive(Debug)]
pub(super) struct DataUrl<'a>(pub(super) &'a Media);

impl Serialize for DataUrl<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Media { media_type, base64 } = self.0;
        serializer.collect_str(&format_args!("data:{media_type};base64,{base64}"))
    }
}
