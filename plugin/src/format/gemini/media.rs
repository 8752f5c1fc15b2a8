//! Attached files: which of them Gemini reads, and as what they go.

use super::can;
use super::parts::{FileData, InlineData, Part};
use crate::conversation::{FileContent, Media};
use crate::format::files::unreadable_note;
use crate::types::Endpoint;

/// The part for a file, or a note where the model can't read it.
pub(super) fn part<'a>(
    endpoint: &Endpoint,
    media_type: &str,
    content: &'a FileContent,
    filename: Option<&str>,
) -> Part<'a> {
    let mime_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // A model of which nothing is known is given whatever Gemini takes.
    let reads = |capability: &str| endpoint.capabilities.is_empty() || can(endpoint, capability);
    let readable = capability(&mime_type).is_some_and(reads);
    match content {
        FileContent::Stored(uri) if readable => {
            Part { file_data: Some(FileData { mime_type, file_uri: uri }), ..Part::default() }
        }
        FileContent::Inline(url) if readable && let Some(data) = base64_of(url) => {
            let mime_type = mime_type.into();
            Part { inline_data: Some(InlineData { mime_type, data }), ..Part::default() }
        }
        _ => Part::text(unreadable_note(filename, media_type)),
    }
}

/// The image or sound of a result.
pub(super) fn of_result(media: &Media) -> InlineData<'_> {
    InlineData { mime_type: media.media_type.as_str().into(), data: &media.base64 }
}

/// Whether the model takes an image or sound of this type in a result.
pub(super) fn is_read(endpoint: &Endpoint, media_type: &str) -> bool {
    let needed = capability(media_type);
    needed.is_some_and(|needed| ["images", "audio"].contains(&needed) && can(endpoint, needed))
}

/// Whether an image may stand inside of the result that it belongs to: the models since Gemini 3 take
/// these types there. Older ones, and other types, go beside the results.
pub(super) fn is_within_result(endpoint: &Endpoint, media_type: &str) -> bool {
    let inside = ["image/png", "image/jpeg", "image/webp"];
    can(endpoint, "thinking-level") && inside.contains(&media_type)
}

/// What a model has to be able to do to read a type; none for types that Gemini refuses.
fn capability(mime_type: &str) -> Option<&'static str> {
    match mime_type.split_once('/')? {
        ("image", "png" | "jpeg" | "webp" | "heic" | "heif") => Some("images"),
        ("text", _) | ("application", "pdf") => Some("documents"),
        (
            "audio",
            "wav" | "x-wav" | "mp3" | "mpeg" | "aiff" | "aac" | "ogg" | "flac" | "mp4" | "m4a"
            | "webm",
        ) => Some("audio"),
        (
            "video",
            "mp4" | "mpeg" | "mpg" | "mov" | "quicktime" | "avi" | "x-flv" | "webm" | "wmv"
            | "3gpp",
        ) => Some("video"),
        _ => None,
    }
}

/// The content of a `data:` URL that is written in base64.
fn base64_of(url: &str) -> Option<&str> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    (head.ends_with(";base64") && !data.is_empty()).then_some(data)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn endpoint(capabilities: &[&str]) -> Endpoint {
        Endpoint {
            provider: "google".into(),
            kind: "google".into(),
            model: "gemini-x".into(),
            reasoning: true,
            max_output_tokens: None,
            context_tokens: None,
            capabilities: capabilities.iter().map(ToString::to_string).collect(),
        }
    }

    fn sent(capabilities: &[&str], media_type: &str, content: &FileContent) -> Value {
        let part = part(&endpoint(capabilities), media_type, content, Some("a.x"));
        serde_json::to_value(part).expect("JSON")
    }

    #[test]
    fn a_file_goes_by_its_address_or_with_its_content() {
        let stored = FileContent::Stored("https://files.example/v1beta/files/abc".into());
        assert_eq!(
            sent(&["documents"], "application/pdf", &stored),
            json!({"fileData": {
                "mimeType": "application/pdf", "fileUri": "https://files.example/v1beta/files/abc",
            }})
        );
        let inline = FileContent::Inline("data:image/png;base64,iVBORw0=".into());
        assert_eq!(
            sent(&["images"], "image/PNG; x=y", &inline),
            json!({"inlineData": {"mimeType": "image/png", "data": "iVBORw0="}})
        );
    }

    #[test]
    fn what_the_model_can_not_read_is_told() {
        let inline = FileContent::Inline("data:x/y;base64,iVBORw0=".into());
        let plain = FileContent::Inline("data:text/plain,hello".into());
        let stored = FileContent::Stored("https://files.example/v1beta/files/abc".into());
        for (capabilities, media_type, content) in [
            (&["documents"][..], "image/png", &inline),
            (&["images"], "video/mp4", &stored),
            (&[], "image/gif", &inline),
            (&[], "application/zip", &stored),
            (&[], "text/plain", &plain),
            (&[], "image/png", &FileContent::Missing),
        ] {
            assert_eq!(
                sent(capabilities, media_type, content),
                json!({"text": unreadable_note(Some("a.x"), media_type)}),
            );
        }
        for media_type in ["image/webp", "text/csv", "audio/mpeg", "audio/wav", "video/mp4"] {
            assert!(sent(&[], media_type, &stored).get("fileData").is_some(), "{media_type}");
        }
    }
}
