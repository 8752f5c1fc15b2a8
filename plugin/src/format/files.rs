//! What all formats say of attached files.

/// What the model reads in place of a file that it can't.
pub(super) fn unreadable_note(filename: Option<&str>, media_type: &str) -> String {
    let filename = filename.unwrap_or("file");
    format!(
        "[The user attached the file {filename:?} ({media_type}), which this model can't read. Say \
         so if it matters.]"
    )
}
