//! The request body.

use serde::Serialize;
use serde_json::value::RawValue;

use super::output::{self, OutputMode};
use crate::conversation::{AnswerPart, CallResult, Conversation, Entry, FileContent, UserPart};
use crate::failure::Failure;
use crate::format::files::{DataUrl, Url, unreadable_note};
use crate::format::wire_ids::{IdShape, WireIds};
use crate::types::Endpoint;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ToolChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum Message<'a> {
    System {
        content: &'a str,
    },
    User {
        content: Content<'a>,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_content: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall<'a>>,
    },
    Tool {
        tool_call_id: String,
        content: &'a str,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(String),
    Parts(Vec<ContentPart<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ContentPart<'a> {
    Text { text: std::borrow::Cow<'a, str> },
    ImageUrl { image_url: ImageUrl<'a> },
    InputAudio { input_audio: Audio<'a> },
    File { file: FileData<'a> },
}

#[derive(Serialize)]
struct ImageUrl<'a> {
    url: Url<'a>,
}

#[derive(Serialize)]
struct Audio<'a> {
    data: &'a str,
    format: &'static str,
}

#[derive(Serialize)]
struct FileData<'a> {
    filename: &'a str,
    file_data: &'a str,
}

#[derive(Serialize)]
struct ToolCall<'a> {
    id: String,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: OfferedFunction<'a>,
}

#[derive(Serialize)]
struct OfferedFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a RawValue,
}

/// The tool that has to be called.
#[derive(Serialize)]
struct ToolChoice {
    r#type: &'static str,
    function: ChosenFunction,
}

#[derive(Serialize)]
struct ChosenFunction {
    name: &'static str,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'static str,
    schema: &'a RawValue,
    strict: bool,
}

pub(super) fn body(
    endpoint: &Endpoint,
    id_shape: IdShape,
    conversation: &Conversation,
) -> Result<String, Failure> {
    // Mistral refuses fields that it doesn't know, and reports usage unasked.
    let asks_for_usage = !endpoint.provider.to_ascii_lowercase().contains("mistral");
    let mode = OutputMode::of(endpoint, conversation);
    let output = conversation.output.as_ref();
    let limit = output.and_then(|output| output.max_tokens).or(endpoint.max_output_tokens);
    let body = Body {
        model: &endpoint.model,
        messages: messages(id_shape, conversation),
        tools: tools(mode, conversation),
        tool_choice: (mode == OutputMode::Call).then_some(ToolChoice {
            r#type: "function",
            function: ChosenFunction { name: output::NAME },
        }),
        response_format: output
            .filter(|_| mode == OutputMode::Native)
            .map(|output| response_format(&output.schema)),
        stream: true,
        stream_options: asks_for_usage.then_some(StreamOptions { include_usage: true }),
        max_tokens: limit,
    };
    serde_json::to_string(&body).map_err(|_| Failure::InvalidRequest)
}

fn tools(mode: OutputMode, conversation: &Conversation) -> Vec<Tool<'_>> {
    let tool = |name, description, parameters| Tool {
        r#type: "function",
        function: OfferedFunction { name, description, parameters },
    };
    match &conversation.output {
        Some(output) if mode == OutputMode::Call => {
            vec![tool(output::NAME, "Takes the answer.", &output.schema)]
        }
        _ => conversation
            .tools
            .iter()
            .map(|it| tool(it.name.as_str(), it.description.as_str(), &it.input_schema))
            .collect(),
    }
}

fn response_format(schema: &RawValue) -> ResponseFormat<'_> {
    let strict = serde_json::from_str(schema.get()).is_ok_and(|schema| output::is_strict(&schema));
    let json_schema = JsonSchema { name: output::NAME, schema, strict };
    ResponseFormat { r#type: "json_schema", json_schema }
}

fn messages(id_shape: IdShape, conversation: &Conversation) -> Vec<Message<'_>> {
    let mut ids = WireIds::new(id_shape);
    let mut messages = vec![Message::System { content: &conversation.system }];
    for entry in &conversation.entries {
        match entry {
            Entry::User(parts) => messages.push(Message::User { content: content(parts) }),
            Entry::Answer(parts) => messages.push(answer(parts, &mut ids)),
            Entry::Results(results) => {
                messages.extend(results.iter().map(|result| tool_result(result, &mut ids)));
                let media: Vec<_> =
                    results.iter().flat_map(|result| media_of(result, &mut ids)).collect();
                if !media.is_empty() {
                    messages.push(Message::User { content: Content::Parts(media) });
                }
            }
        }
    }
    messages
}

fn tool_result<'a>(result: &'a CallResult, ids: &mut WireIds) -> Message<'a> {
    Message::Tool { tool_call_id: ids.of_call(&result.call_id, None), content: &result.content }
}

/// What belongs to a result, after a line that says to which: a tool's message holds only text.
fn media_of<'a>(result: &'a CallResult, ids: &mut WireIds) -> Vec<ContentPart<'a>> {
    let Some(media) = result.media.as_deref() else { return Vec::new() };
    let part = match audio_format(&media.media_type) {
        Some(format) => {
            ContentPart::InputAudio { input_audio: Audio { data: &media.base64, format } }
        }
        None => ContentPart::ImageUrl { image_url: ImageUrl { url: Url::Data(DataUrl(media)) } },
    };
    let of = ids.of_call(&result.call_id, None);
    let text = format!("[From the result of the tool call {of}:]").into();
    vec![ContentPart::Text { text }, part]
}

/// The format's name of a type of sound, for those that it takes.
pub(super) fn audio_format(media_type: &str) -> Option<&'static str> {
    match media_type {
        "audio/mpeg" => Some("mp3"),
        "audio/wav" => Some("wav"),
        _ => None,
    }
}

fn answer<'a>(parts: &'a [AnswerPart], ids: &mut WireIds) -> Message<'a> {
    let mut content: Option<String> = None;
    let (mut reasoning_content, mut reasoning) = (None::<String>, None::<String>);
    let mut tool_calls = Vec::new();
    for part in parts {
        match part {
            AnswerPart::Text { text, .. } => append(&mut content, text, "\n\n"),
            AnswerPart::Reasoning { place, text, .. } => match place.as_str() {
                "reasoning_content" => append(&mut reasoning_content, text, ""),
                "reasoning" => append(&mut reasoning, text, ""),
                _ => {}
            },
            AnswerPart::Call(call) => tool_calls.push(ToolCall {
                id: ids.of_call(&call.id, call.provider_id.as_deref()),
                r#type: "function",
                function: CalledFunction { name: &call.name, arguments: &call.arguments },
            }),
        }
    }
    Message::Assistant { content, reasoning_content, reasoning, tool_calls }
}

fn append(whole: &mut Option<String>, text: &str, separator: &str) {
    match whole {
        Some(whole) => {
            whole.push_str(separator);
            whole.push_str(text);
        }
        None => *whole = Some(text.into()),
    }
}

/// Text alone goes as a string, which every server takes.
fn content(parts: &[UserPart]) -> Content<'_> {
    let parts: Vec<_> = parts.iter().map(content_part).collect();
    let mut text = None;
    for part in &parts {
        match part {
            ContentPart::Text { text: more } => append(&mut text, more, "\n\n"),
            ContentPart::ImageUrl { .. }
            | ContentPart::InputAudio { .. }
            | ContentPart::File { .. } => return Content::Parts(parts),
        }
    }
    Content::Text(text.unwrap_or_default())
}

fn content_part(part: &UserPart) -> ContentPart<'_> {
    match part {
        UserPart::Text(text) => ContentPart::Text { text: text.into() },
        UserPart::File { media_type, content, filename } => {
            if let FileContent::Inline(url) = content {
                if media_type.starts_with("image/") {
                    return ContentPart::ImageUrl { image_url: ImageUrl { url: Url::Given(url) } };
                }
                if media_type == "application/pdf" {
                    let filename = filename.as_deref().unwrap_or("file");
                    return ContentPart::File { file: FileData { filename, file_data: url } };
                }
            }
            let text = unreadable_note(filename.as_deref(), media_type);
            ContentPart::Text { text: text.into() }
        }
    }
}
