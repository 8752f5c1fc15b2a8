//! Cutting text.

/// The beginning of `text`, at most `bytes` bytes, whole characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}
