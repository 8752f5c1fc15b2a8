//! Text that comes from guests.

/// The beginning of `text`, at most `bytes` bytes, whole characters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

/// Whether a character hides or rearranges what a reader sees: control characters, separators,
/// direction marks, characters without a width.
pub fn hides(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
