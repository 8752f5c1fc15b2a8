//! Images and sounds that tools give to the model in one turn.

use std::rc::Rc;

use crate::conversation::Media;
use crate::types;

/// Bytes of base64 that one turn may have: each request repeats them all, beside the conversation, and
/// the host takes 4 MiB of it.
const MAX_BYTES: usize = 3 * 1024 * 1024;

/// What was admitted so far.
#[derive(Debug, Default)]
pub(super) struct Gallery {
    bytes: usize,
}

impl Gallery {
    /// What the model reads and sees of a result: where it doesn't take what belongs to it, a sentence
    /// says so.
    pub(super) fn admit(
        &mut self,
        mut content: String,
        media: Option<types::Media>,
        is_taken: impl Fn(&str) -> bool,
    ) -> (String, Option<Rc<Media>>) {
        let Some(types::Media { media_type, base64 }) = media else {
            return (content, None);
        };
        let bare = media_type.split(';').next().unwrap_or_default().trim();
        let media_type = match bare.to_ascii_lowercase().as_str() {
            "image/jpg" => "image/jpeg".into(),
            "audio/mp3" => "audio/mpeg".into(),
            "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "audio/wav".into(),
            other => other.to_owned(),
        };
        let (sense, kind) =
            if media_type.starts_with("audio/") { ("hear", "sounds") } else { ("see", "images") };
        let note = if !is_taken(&media_type) {
            format!(
                "[This model can't {sense} {kind} of the type {media_type:?} in results of tools.]"
            )
        } else if base64.len() > MAX_BYTES.saturating_sub(self.bytes) {
            format!(
                "[You can't {sense} this one: it is too large, by itself or with those before it.]"
            )
        } else {
            self.bytes += base64.len();
            return (content, Some(Rc::new(Media { media_type, base64 })));
        };
        content.push_str("\n\n");
        content.push_str(&note);
        (content, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(media_type: &str, bytes: usize) -> Option<types::Media> {
        Some(types::Media { media_type: media_type.into(), base64: "A".repeat(bytes) })
    }

    #[test]
    fn what_the_model_does_not_take_is_told() {
        let mut gallery = Gallery::default();
        let (content, kept) = gallery.admit("{}".into(), media("audio/MPEG; x=y", 4), |_| false);
        assert_eq!(kept, None);
        assert!(content.contains("can't hear sounds of the type \"audio/mpeg\""), "{content}");
        let (content, kept) = gallery.admit("{}".into(), media("image/tiff", 4), |_| false);
        assert_eq!(kept, None);
        assert!(content.contains("can't see images of the type \"image/tiff\""), "{content}");
        assert_eq!(gallery.bytes, 0);
    }

    #[test]
    fn all_of_a_turn_fit_into_one_request() {
        let mut gallery = Gallery::default();
        let (content, kept) =
            gallery.admit(String::new(), media("image/png", MAX_BYTES + 1), |_| true);
        assert!(kept.is_none() && content.contains("too large"), "{content}");
        let (content, kept) =
            gallery.admit("{}".into(), media("image/jpg", MAX_BYTES - 4), |_| true);
        assert_eq!((content.as_str(), kept.is_some()), ("{}", true));
        assert_eq!(kept.map(|media| media.media_type.clone()).as_deref(), Some("image/jpeg"));
        let (content, kept) = gallery.admit("{}".into(), media("image/png", 8), |_| true);
        assert!(kept.is_none() && content.contains("too large"), "{content}");
        assert!(gallery.admit("{}".into(), media("image/png", 4), |_| true).1.is_some());
    }

    #[test]
    fn a_result_without_any_stays_as_it_is() {
        let admitted = Gallery::default().admit("{}".into(), None, |_| false);
        assert_eq!(admitted, ("{}".into(), None));
    }
}
