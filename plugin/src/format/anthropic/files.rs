//! Attached files: what the model reads as an image, as a document, or not at all.

use super::blocks::{Content, Source};
use super::can;
use crate::conversation::{FileContent, Media};
use crate::format::files::unreadable_note;
use crate::types::Endpoint;

/// The kinds of files that the API takes, with the media type as it wants it.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Image(&'static str),
    Pdf,
    /// Only from the file storage: in a request, plain text is text.
    PlainText,
}

impl Kind {
    fn of(media_type: &str) -> Option<Self> {
        let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Some(match bare.as_str() {
            "image/jpeg" | "image/jpg" => Self::Image("image/jpeg"),
            "image/png" => Self::Image("image/png"),
            "image/gif" => Self::Image("image/gif"),
            "image/webp" => Self::Image("image/webp"),
            "application/pdf" => Self::Pdf,
            "text/plain" => Self::PlainText,
            _ => return None,
        })
    }

    /// Whether the model reads it. Where nothing is known of the model, it is worth a try.
    fn is_read_by(self, endpoint: &Endpoint) -> bool {
        let capability = match self {
            Self::Image(_) => "images",
            Self::Pdf | Self::PlainText => "documents",
        };
        endpoint.capabilities.is_empty() || can(endpoint, capability)
    }
}

/// A file as the model reads it, or what it reads in its place.
pub(super) fn block<'a>(
    endpoint: &Endpoint,
    media_type: &'a str,
    content: &'a FileContent,
    filename: Option<&'a str>,
) -> Content<'a> {
    let kind = Kind::of(media_type).filter(|kind| kind.is_read_by(endpoint));
    let source = kind.and_then(|kind| source(kind, content));
    let title = filename.filter(|name| !name.trim().is_empty());
    match (kind, source) {
        (Some(Kind::Image(_)), Some(source)) => Content::Image { source },
        (Some(Kind::Pdf | Kind::PlainText), Some(source)) => Content::Document { source, title },
        _ => Content::Text { text: unreadable_note(filename, media_type).into() },
    }
}

/// The image of a result.
pub(super) fn image(media: &Media) -> Option<Content<'_>> {
    let Some(Kind::Image(media_type)) = Kind::of(&media.media_type) else { return None };
    Some(Content::Image { source: Source::Base64 { media_type, data: &media.base64 } })
}

/// Whether a model that sees takes a result's image of this type.
pub(super) fn is_image(media_type: &str) -> bool {
    matches!(Kind::of(media_type), Some(Kind::Image(_)))
}

fn source(kind: Kind, content: &FileContent) -> Option<Source<'_>> {
    match (content, kind) {
        (FileContent::Stored(file_id), _) => Some(Source::File { file_id }),
        (FileContent::Inline(url), Kind::Image(media_type)) => {
            Some(Source::Base64 { media_type, data: base64(url)? })
        }
        (FileContent::Inline(url), Kind::Pdf) => {
            Some(Source::Base64 { media_type: "application/pdf", data: base64(url)? })
        }
        (FileContent::Inline(_), Kind::PlainText) | (FileContent::Missing, _) => None,
    }
}

/// The data of a `data:` URL that is in base64 (RFC 2397).
fn base64(url: &str) -> Option<&str> {
    let (head, data) = url.get(5..)?.split_once(',')?;
    let is_base64 = head.to_ascii_lowercase().ends_with(";base64");
    (is_base64 && !data.is_empty()).then_some(data)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sent(capabilities: &[&str], media_type: &str, content: &FileContent) -> Value {
        let endpoint = Endpoint {
            provider: "anthropic".into(),
            kind: "anthropic".into(),
            model: "claude-x".into(),
            reasoning: false,
            max_output_tokens: None,
            context_tokens: None,
            capabilities: capabilities.iter().map(ToString::to_string).collect(),
        };
        serde_json::to_value(block(&endpoint, media_type, content, Some("a"))).expect("JSON")
    }

    #[test]
    fn stored_files_go_by_their_id() {
        let stored = FileContent::Stored("file_1".into());
        let source = json!({"type": "file", "file_id": "file_1"});
        assert_eq!(
            sent(&["images"], "image/PNG; q=1", &stored),
            json!({"type": "image", "source": source})
        );
        for media_type in ["application/pdf", "text/plain"] {
            assert_eq!(
                sent(&["documents"], media_type, &stored),
                json!({"type": "document", "source": source, "title": "a"})
            );
        }
    }

    #[test]
    fn data_urls_go_as_base64() {
        let inline = |url: &str| FileContent::Inline(url.into());
        assert_eq!(
            sent(&[], "image/jpg", &inline("data:image/jpg;base64,AAAA")),
            json!({"type": "image", "source": {
                "type": "base64", "media_type": "image/jpeg", "data": "AAAA",
            }})
        );
        for url in ["data:image/png,AAAA", "data:image/png;base64,", "data:image/png;base64", ""] {
            assert_eq!(sent(&[], "image/png", &inline(url))["type"], "text", "{url}");
        }
    }

    #[test]
    fn what_the_model_cannot_read_is_told() {
        let stored = FileContent::Stored("file_1".into());
        for (capabilities, media_type, content) in [
            (&["images"][..], "application/pdf", &stored),
            (&["documents"], "image/png", &stored),
            (&[], "image/svg+xml", &stored),
            (&[], "audio/wav", &stored),
            (&["images"], "image/png", &FileContent::Missing),
            (
                &["documents"],
                "text/plain",
                &FileContent::Inline("data:text/plain;base64,AA".into()),
            ),
        ] {
            let block = sent(capabilities, media_type, content);
            let text = block["text"].as_str().expect("a note");
            assert!(text.contains("can't read") && text.contains(media_type), "{text}");
        }
    }
}
