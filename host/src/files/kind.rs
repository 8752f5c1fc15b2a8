//! Which files are taken, and how a file shows what it is.

use std::str::FromStr;

use thiserror::Error;

/// Bytes that tell every kind of file apart.
pub(super) const PREFIX_BYTES: usize = 16;

/// A kind of file that is taken: Directus's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
    /// `image/gif`.
    Gif,
    /// `image/webp`.
    Webp,
    /// `application/pdf`.
    Pdf,
    /// `text/plain`, in UTF-8.
    Text,
    /// `audio/mpeg`.
    Mpeg,
    /// `audio/wav`.
    Wav,
    /// `video/mp4`.
    Mp4,
}

/// A media type that isn't taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a type of file that is taken")]
pub struct UnknownFileKind;

/// Major brands of MP4 videos. Other files of the same container are no videos: HEIC and AVIF images,
/// QuickTime.
const MP4_BRANDS: [&[u8; 4]; 17] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"iso7", b"iso8", b"iso9", b"mp41",
    b"mp42", b"avc1", b"dash", b"M4V ", b"M4VH", b"M4VP", b"MSNV",
];

impl FileKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Webp,
        Self::Pdf,
        Self::Text,
        Self::Mpeg,
        Self::Wav,
        Self::Mp4,
    ];

    /// The IANA media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
            Self::Mpeg => "audio/mpeg",
            Self::Wav => "audio/wav",
            Self::Mp4 => "video/mp4",
        }
    }

    /// What the first bytes of a file show it to be: [`PREFIX_BYTES`] of them, or all that there are.
    /// None for a text, which shows in no prefix, and for everything else.
    pub(super) fn sniff(prefix: &[u8]) -> Option<Self> {
        let at = |start: usize, expected: &[u8]| {
            prefix.get(start..).is_some_and(|rest| rest.starts_with(expected))
        };
        let found = if at(0, b"\xff\xd8\xff") {
            Self::Jpeg
        } else if at(0, b"\x89PNG\r\n\x1a\n") {
            Self::Png
        } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
            Self::Gif
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Self::Webp
        } else if at(0, b"RIFF") && at(8, b"WAVE") {
            Self::Wav
        } else if at(0, b"%PDF-") {
            Self::Pdf
        } else if at(4, b"ftyp") && MP4_BRANDS.iter().any(|brand| at(8, *brand)) {
            Self::Mp4
        } else if at(0, b"ID3") || is_mpeg_frame(prefix) {
            Self::Mpeg
        } else {
            return None;
        };
        Some(found)
    }

    /// Whether a file that begins so may be of this kind.
    pub(super) fn agrees_with(self, prefix: &[u8]) -> bool {
        match Self::sniff(prefix) {
            Some(found) => found == self,
            None => self == Self::Text,
        }
    }
}

/// The header of an audio frame, layer II or III (ISO 11172-3): eleven set bits, and no reserved value
/// in version, layer, bit rate and sampling rate.
fn is_mpeg_frame(prefix: &[u8]) -> bool {
    let [0xff, second, third, ..] = *prefix else { return false };
    let version = second >> 3 & 0b11;
    let layer = second >> 1 & 0b11;
    second & 0b1110_0000 == 0b1110_0000
        && version != 0b01
        && matches!(layer, 0b01 | 0b10)
        && third >> 4 != 0b1111
        && third >> 2 & 0b11 != 0b11
}

impl FromStr for FileKind {
    type Err = UnknownFileKind;

    /// Reads a media type; parameters such as `charset` don't matter.
    fn from_str(media_type: &str) -> Result<Self, Self::Err> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        Self::ALL
            .into_iter()
            .find(|kind| kind.media_type().eq_ignore_ascii_case(essence))
            .ok_or(UnknownFileKind)
    }
}

/// Checks that a text is UTF-8 without NUL, piece by piece.
#[derive(Debug, Default)]
pub(super) struct TextCheck {
    /// Beginning of a character that the next piece goes on with.
    open: Vec<u8>,
}

impl TextCheck {
    /// Whether the text is good so far.
    pub(super) fn take(&mut self, piece: &[u8]) -> bool {
        if piece.contains(&0) {
            return false;
        }
        let mut rest = piece;
        while !self.open.is_empty() {
            let Some((next, after)) = rest.split_first() else { return true };
            self.open.push(*next);
            rest = after;
            match std::str::from_utf8(&self.open) {
                Ok(_) => self.open.clear(),
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        match std::str::from_utf8(rest) {
            Ok(_) => true,
            Err(error) if error.error_len().is_some() => false,
            Err(error) => {
                self.open.extend_from_slice(rest.get(error.valid_up_to()..).unwrap_or_default());
                true
            }
        }
    }

    /// Whether the text may end here.
    pub(super) fn is_complete(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNS: [(&[u8], FileKind); 16] = [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", FileKind::Jpeg),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileKind::Png),
        (b"GIF87a\x01\0\x01\0", FileKind::Gif),
        (b"GIF89a\x01\0\x01\0", FileKind::Gif),
        (b"RIFF\x24\0\0\0WEBPVP8 ", FileKind::Webp),
        (b"RIFF\x24\0\0\0WAVEfmt ", FileKind::Wav),
        (b"%PDF-1.7\n%\xe2\xe3", FileKind::Pdf),
        (b"ID3\x04\0\0\0\0\0\0", FileKind::Mpeg),
        (b"\xff\xfb\x90\x64", FileKind::Mpeg),
        (b"\xff\xf3\x40\xc0", FileKind::Mpeg),
        (b"\xff\xfd\x90\x64", FileKind::Mpeg),
        (b"\0\0\0\x20ftypisom\0\0\x02\0", FileKind::Mp4),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", FileKind::Mp4),
        (b"\0\0\0\x1cftypM4V \0\0\0\0", FileKind::Mp4),
        ("Grüße".as_bytes(), FileKind::Text),
        (b"a", FileKind::Text),
    ];

    #[test]
    fn a_file_is_what_its_first_bytes_show_and_nothing_else() {
        for (prefix, expected) in SIGNS {
            let agreeing: Vec<_> =
                FileKind::ALL.into_iter().filter(|kind| kind.agrees_with(prefix)).collect();
            assert_eq!(agreeing, [expected], "{}", prefix.escape_ascii());
        }
    }

    #[test]
    fn what_only_resembles_a_kind_is_not_of_it() {
        for prefix in [
            &b""[..],
            b"\xff\xd8",
            b"\x89PNG\n\n",
            b"GIF88a",
            b"RIFF\x24\0\0\0AVI ",
            b"RIFFWEBP",
            b" %PDF-1.7",
            b"<html><script>",
            b"<svg xmlns=",
            b"PK\x03\x04",
            b"MZ\x90\0",
            b"\x7fELF",
            b"\0\0\0\x18ftypheic",
            b"\0\0\0\x18ftypavif",
            b"\0\0\0\x14ftypqt  ",
            b"\xff\xfe\0\0",
            b"\xff\xfeh\0",
            b"\xff\xe3\xf0\0",
            b"\xff\xeb\x90\0",
        ] {
            assert_eq!(FileKind::sniff(prefix), None, "{}", prefix.escape_ascii());
        }
    }

    #[test]
    fn media_types_are_compared_without_parameters_and_case() {
        for kind in FileKind::ALL {
            assert_eq!(kind.media_type().parse(), Ok(kind));
        }
        assert_eq!("Text/Plain; charset=utf-8".parse(), Ok(FileKind::Text));
        for other in ["", "text/html", "image/svg+xml", "text/plain2", "text", "*/*"] {
            assert_eq!(other.parse::<FileKind>(), Err(UnknownFileKind), "{other}");
        }
    }

    fn is_text(pieces: &[&[u8]]) -> bool {
        let mut check = TextCheck::default();
        pieces.iter().all(|piece| check.take(piece)) && check.is_complete()
    }

    #[test]
    fn a_text_is_utf_8_however_it_is_cut() {
        let text = "aé€😀\u{feff}\n".as_bytes();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                assert!(is_text(&pieces), "cut at {first} and {second}");
            }
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert!(is_text(&bytes));
    }

    #[test]
    fn what_is_no_text_is_found_however_it_is_cut() {
        for wrong in [
            &b"a\0b"[..],
            b"caf\xe9",
            b"caf\xe9 au lait",
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"\xf5\x80\x80\x80",
            b"\x80",
            b"\xe2\x82",
            b"\xff\xfeh\0",
        ] {
            for cut in 0..=wrong.len() {
                assert!(!is_text(&[&wrong[..cut], &wrong[cut..]]), "{}", wrong.escape_ascii());
            }
        }
    }
}
