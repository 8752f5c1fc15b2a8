//! What models get to know of files that they can't read.

/// What stands in the conversation in place of a file whose type the model can't read, or whose
/// content is nowhere that a provider can reach.
pub(super) fn unreadable(media_type: &str, filename: Option<&str>) -> String {
    let filename = filename.unwrap_or("file");
    format!(
        "[The user attached the file {filename:?} ({media_type}), which this model can't read. Say \
         so if it matters.]"
    )
}
