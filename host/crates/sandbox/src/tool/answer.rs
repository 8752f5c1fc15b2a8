//! What a tool answered, checked and in the form in which screen and model get it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use palisade_data::Media;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    ToolLimits, ToolStop,
    bindings::exports::palisade::tool::tools as wit,
    limits::{FILE_BYTES, PARTS},
};

/// Images that models look at and screens show.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const NAME_BYTES: usize = 255;

/// The answer of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolAnswer {
    /// `{"content": […]}` as one line of JSON, for the screen: bytes are `data:` URLs.
    pub screen: String,
    /// The same for the model, where it has bytes: of images and files it reads name, type and size.
    pub model: Option<String>,
    /// The first image, for a model that looks at images.
    pub image: Option<Media>,
}

/// A part as JSON.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Part<'a> {
    Text {
        text: &'a str,
    },
    Json {
        json: &'a RawValue,
    },
    #[serde(rename_all = "camelCase")]
    Image {
        media_type: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<&'a str>,
        bytes: usize,
    },
    #[serde(rename_all = "camelCase")]
    File {
        name: &'a str,
        media_type: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
        /// Id of a file in the project.
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
    },
}

#[derive(Serialize)]
struct Content<'a> {
    content: Vec<Part<'a>>,
}

/// Checks an answer and writes it.
pub(super) fn check(parts: &[wit::Content], limits: &ToolLimits) -> Result<ToolAnswer, ToolStop> {
    if parts.len() > PARTS {
        return Err(ToolStop::CallSize);
    }
    let urls = parts.iter().map(data_url).collect::<Result<Vec<_>, _>>()?;
    let values = parts.iter().map(json).collect::<Result<Vec<_>, _>>()?;
    let write = |whole: bool| {
        let content = parts
            .iter()
            .zip(&urls)
            .zip(&values)
            .map(|((part, url), value)| shown(part, url.as_deref().filter(|_| whole), *value))
            .collect::<Option<Vec<_>>>()
            .ok_or(ToolStop::Answer)?;
        serde_json::to_string(&Content { content }).map_err(|_| ToolStop::Answer)
    };
    let screen = write(true)?;
    let model = urls.iter().any(Option::is_some).then(|| write(false)).transpose()?;
    // Bytes are a third longer as base64, which the limit doesn't count.
    if screen.len() / 4 * 3 > limits.answer_bytes {
        return Err(ToolStop::CallSize);
    }
    let image = parts.iter().find_map(|part| match part {
        wit::Content::Image(image) => Some(Media {
            media_type: image.media_type.clone(),
            base64: STANDARD.encode(&image.bytes),
        }),
        _ => None,
    });
    Ok(ToolAnswer { screen, model, image })
}

fn data_url(part: &wit::Content) -> Result<Option<String>, ToolStop> {
    let (media_type, bytes) = match part {
        wit::Content::Image(image) if IMAGES.contains(&image.media_type.as_str()) => {
            (image.media_type.as_str(), &image.bytes)
        }
        wit::Content::Image(_) => return Err(ToolStop::Answer),
        wit::Content::File(wit::File { name, media_type, content }) => {
            let is_named = !name.is_empty()
                && name.len() <= NAME_BYTES
                && !name.contains(['/', '\\'])
                && !name.chars().any(crate::text::hides);
            if !is_named || !is_media_type(media_type) {
                return Err(ToolStop::Answer);
            }
            match content {
                wit::FileContent::Bytes(bytes) => (media_type.as_str(), bytes),
                wit::FileContent::Reference(id) => {
                    return Uuid::try_parse(id).map(|_| None).map_err(|_| ToolStop::Answer);
                }
            }
        }
        wit::Content::Text(_) | wit::Content::Json(_) => return Ok(None),
    };
    if bytes.len() > FILE_BYTES {
        return Err(ToolStop::CallSize);
    }
    Ok(Some(format!("data:{media_type};base64,{}", STANDARD.encode(bytes))))
}

/// `type/subtype` of RFC 6838, section 4.2, without parameters.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

fn json(part: &wit::Content) -> Result<Option<&RawValue>, ToolStop> {
    match part {
        wit::Content::Json(text) => {
            serde_json::from_str(text).map(Some).map_err(|_| ToolStop::Answer)
        }
        _ => Ok(None),
    }
}

fn shown<'a>(
    part: &'a wit::Content,
    url: Option<&'a str>,
    json: Option<&'a RawValue>,
) -> Option<Part<'a>> {
    Some(match part {
        wit::Content::Text(text) => Part::Text { text },
        wit::Content::Json(_) => Part::Json { json: json? },
        wit::Content::Image(image) => {
            Part::Image { media_type: &image.media_type, url, bytes: image.bytes.len() }
        }
        wit::Content::File(file) => {
            let (bytes, reference) = match &file.content {
                wit::FileContent::Bytes(bytes) => (Some(bytes.len()), None),
                wit::FileContent::Reference(id) => (None, Some(id.as_str())),
            };
            Part::File {
                name: &file.name,
                media_type: &file.media_type,
                url,
                bytes,
                file: reference,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, media_type: &str, content: wit::FileContent) -> wit::Content {
        wit::Content::File(wit::File { name: name.into(), media_type: media_type.into(), content })
    }

    #[test]
    fn the_screen_gets_the_bytes_and_the_model_their_size() {
        let parts = [
            wit::Content::Text("Two rows.".into()),
            wit::Content::Json(r#"[ {"a": 1.50} ]"#.into()),
            file("a.csv", "text/csv", wit::FileContent::Bytes(b"a\n1\n".to_vec())),
            wit::Content::Image(wit::Image { media_type: "image/png".into(), bytes: vec![1, 2] }),
        ];
        let answer = check(&parts, &ToolLimits::default()).expect("an answer");
        assert_eq!(
            answer.screen,
            r#"{"content":[{"type":"text","text":"Two rows."},{"type":"json","json":[ {"a": 1.50} ]},{"type":"file","name":"a.csv","mediaType":"text/csv","url":"data:text/csv;base64,YQoxCg==","bytes":4},{"type":"image","mediaType":"image/png","url":"data:image/png;base64,AQI=","bytes":2}]}"#
        );
        let model = answer.model.expect("a text without bytes");
        assert!(model.contains(r#""name":"a.csv","mediaType":"text/csv","bytes":4"#));
        assert!(!model.contains("base64"), "{model}");
        assert_eq!(answer.image.map(|image| image.base64).as_deref(), Some("AQI="));
    }

    #[test]
    fn an_answer_without_bytes_is_the_same_for_both() {
        let parts = [wit::Content::Text("Two rows.".into())];
        let answer = check(&parts, &ToolLimits::default()).expect("an answer");
        assert_eq!((answer.model, answer.image), (None, None));
    }

    #[test]
    fn answers_that_no_screen_can_show_are_refused() {
        let bytes = || wit::FileContent::Bytes(vec![1]);
        let image = |media_type: &str, bytes: usize| {
            let media_type = media_type.into();
            wit::Content::Image(wit::Image { media_type, bytes: vec![0; bytes] })
        };
        for (part, stop) in [
            (wit::Content::Json("{".into()), ToolStop::Answer),
            (wit::Content::Json("1 2".into()), ToolStop::Answer),
            (image("image/svg+xml", 1), ToolStop::Answer),
            (image("image/png", FILE_BYTES + 1), ToolStop::CallSize),
            (file("", "text/csv", bytes()), ToolStop::Answer),
            (file("../a", "text/csv", bytes()), ToolStop::Answer),
            (file("a\u{202e}gpj.exe", "text/csv", bytes()), ToolStop::Answer),
            (file("a", "text/html;base64,x", bytes()), ToolStop::Answer),
            (file("a", "text/csv", wit::FileContent::Reference("../x".into())), ToolStop::Answer),
        ] {
            let answer = check(std::slice::from_ref(&part), &ToolLimits::default());
            assert_eq!(answer, Err(stop), "{part:?}");
        }
        let many = vec![wit::Content::Text("x".into()); PARTS + 1];
        assert_eq!(check(&many, &ToolLimits::default()), Err(ToolStop::CallSize));
        let long = [wit::Content::Text("x".repeat(4 << 20))];
        assert_eq!(check(&long, &ToolLimits::default()), Err(ToolStop::CallSize));
    }
}
