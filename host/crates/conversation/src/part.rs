//! Which parts are parts: the AI SDK's rules for each type and state.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::{
    Approval, DataPart, FilePart, Message, Part, RequestError, Role, SourceDocumentPart,
    SourceUrlPart, TextPart, ToolPart, ToolState,
    posted::{Checked, Element, Posted, object_shape, present},
};

const TOOL: &str = "tool-";
const DATA: &str = "data-";

/// A message as posted.
#[derive(Debug, Deserialize)]
pub(crate) struct MessageFields<'a> {
    #[serde(borrow, default)]
    id: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    role: Posted<Cow<'a, str>>,
    #[serde(default)]
    parts: Posted<Checked<Part>>,
}

/// A part as posted: every key that counts in some part.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartFields<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    id: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    text: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    state: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    url: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    media_type: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    filename: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    title: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    source_id: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    tool_call_id: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    tool_name: Posted<Cow<'a, str>>,
    #[serde(default)]
    provider_executed: Posted<bool>,
    #[serde(default)]
    preliminary: Posted<bool>,
    #[serde(borrow, default)]
    error_text: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    approval: Posted<ApprovalFields<'a>>,
    #[serde(borrow, default, deserialize_with = "present")]
    input: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    raw_input: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    output: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    provider_metadata: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    call_provider_metadata: Option<&'a RawValue>,
}

/// An approval as posted.
#[derive(Debug, Deserialize)]
pub(crate) struct ApprovalFields<'a> {
    #[serde(borrow, default)]
    id: Posted<Cow<'a, str>>,
    #[serde(default)]
    approved: Posted<bool>,
    #[serde(borrow, default)]
    reason: Posted<Cow<'a, str>>,
}

object_shape!(MessageFields, PartFields, ApprovalFields);

impl<'de> Element<'de> for Message {
    type Fields = MessageFields<'de>;
    const AT_MOST: usize = crate::MESSAGES_AT_MOST;

    fn check(fields: MessageFields<'de>) -> Result<Self, RequestError> {
        let id = fields.id.required("id")?.into_owned();
        let role = match &*fields.role.required("role")? {
            "system" => Role::System,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => {
                return Err(RequestError::at(
                    "role",
                    "has to be \"system\", \"user\" or \"assistant\"",
                ));
            }
        };
        let parts = fields.parts.required_list("parts")?;
        if parts.is_empty() {
            return Err(RequestError::at("parts", "must not be empty"));
        }
        refuse_repeated_calls(&parts)?;
        Ok(Self { id, role, parts })
    }
}

/// Clients find a call by its id alone, so with two of the same id an answer to one would show, and
/// be sent, as an answer to the other.
fn refuse_repeated_calls(parts: &[Part]) -> Result<(), RequestError> {
    let mut seen = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        if let Part::Tool(tool) = part
            && let Some(first) = seen.insert(tool.tool_call_id.as_str(), index)
        {
            return Err(RequestError::at(
                format!("parts[{index}].toolCallId"),
                format!("is the same as that of parts[{first}]"),
            ));
        }
    }
    Ok(())
}

impl<'de> Element<'de> for Part {
    type Fields = PartFields<'de>;
    const AT_MOST: usize = crate::PARTS_AT_MOST;

    fn check(mut fields: PartFields<'de>) -> Result<Self, RequestError> {
        let kind = std::mem::take(&mut fields.kind).required("type")?;
        match &*kind {
            "text" => text(fields).map(Self::Text),
            "reasoning" => text(fields).map(Self::Reasoning),
            "file" => file(fields).map(Self::File),
            "step-start" => Ok(Self::StepStart),
            "source-url" => source_url(fields).map(Self::SourceUrl),
            "source-document" => source_document(fields).map(Self::SourceDocument),
            "dynamic-tool" => {
                let name = std::mem::take(&mut fields.tool_name).required("toolName")?;
                tool(fields, name.into_owned(), true).map(Self::Tool)
            }
            other => {
                if let Some(name) = other.strip_prefix(TOOL) {
                    tool(fields, name.to_owned(), false).map(Self::Tool)
                } else if other.starts_with(DATA) {
                    data(fields, other).map(Self::Data)
                } else {
                    Err(RequestError::at("type", "is not a type of part"))
                }
            }
        }
    }
}

fn text(fields: PartFields<'_>) -> Result<TextPart, RequestError> {
    let text = fields.text.required("text")?.into_owned();
    if let Some(state) = fields.state.optional("state")?
        && !matches!(&*state, "streaming" | "done")
    {
        return Err(RequestError::at("state", "has to be \"streaming\" or \"done\""));
    }
    let provider_metadata = metadata(fields.provider_metadata, "providerMetadata")?;
    Ok(TextPart { text, provider_metadata })
}

fn file(fields: PartFields<'_>) -> Result<FilePart, RequestError> {
    Ok(FilePart {
        media_type: fields.media_type.required("mediaType")?.into_owned(),
        url: fields.url.required("url")?.into_owned(),
        stored: None,
        filename: fields.filename.optional("filename")?.map(Cow::into_owned),
        provider_metadata: metadata(fields.provider_metadata, "providerMetadata")?,
    })
}

fn source_url(fields: PartFields<'_>) -> Result<SourceUrlPart, RequestError> {
    Ok(SourceUrlPart {
        source_id: fields.source_id.required("sourceId")?.into_owned(),
        url: fields.url.required("url")?.into_owned(),
        title: fields.title.optional("title")?.map(Cow::into_owned),
        provider_metadata: metadata(fields.provider_metadata, "providerMetadata")?,
    })
}

fn source_document(fields: PartFields<'_>) -> Result<SourceDocumentPart, RequestError> {
    Ok(SourceDocumentPart {
        source_id: fields.source_id.required("sourceId")?.into_owned(),
        media_type: fields.media_type.required("mediaType")?.into_owned(),
        title: fields.title.required("title")?.into_owned(),
        filename: fields.filename.optional("filename")?.map(Cow::into_owned),
        provider_metadata: metadata(fields.provider_metadata, "providerMetadata")?,
    })
}

fn data(fields: PartFields<'_>, kind: &str) -> Result<DataPart, RequestError> {
    Ok(DataPart {
        kind: kind.to_owned(),
        id: fields.id.optional("id")?.map(Cow::into_owned),
        data: fields.data.map(ToOwned::to_owned),
    })
}

fn tool(
    fields: PartFields<'_>,
    tool_name: String,
    dynamic: bool,
) -> Result<ToolPart, RequestError> {
    let tool_call_id = fields.tool_call_id.required("toolCallId")?.into_owned();
    let state = tool_state(&fields.state.required("state")?)?;
    let provider_executed =
        fields.provider_executed.optional("providerExecuted")?.unwrap_or_default();
    let call_metadata = metadata(fields.call_provider_metadata, "callProviderMetadata")?;

    let has_output = state == ToolState::OutputAvailable;
    if fields.output.is_some() && !has_output {
        return Err(RequestError::at("output", "belongs to the state \"output-available\" alone"));
    }
    if has_output {
        fields.preliminary.optional("preliminary")?;
    }
    let error_text = if state == ToolState::OutputError {
        Some(fields.error_text.required("errorText")?.into_owned())
    } else {
        let reason = "belongs to the state \"output-error\" alone";
        fields.error_text.forbidden("errorText", reason)?;
        None
    };
    let input = match state {
        ToolState::OutputError => fields.input.or(fields.raw_input),
        _ => fields.input,
    };
    Ok(ToolPart {
        tool_call_id,
        tool_name,
        dynamic,
        provider_executed,
        state,
        input: input.map(ToOwned::to_owned),
        output: fields.output.map(ToOwned::to_owned),
        error_text,
        approval: approval(fields.approval, state)?,
        call_metadata,
    })
}

fn tool_state(name: &str) -> Result<ToolState, RequestError> {
    Ok(match name {
        "input-streaming" => ToolState::InputStreaming,
        "input-available" => ToolState::InputAvailable,
        "approval-requested" => ToolState::ApprovalRequested,
        "approval-responded" => ToolState::ApprovalResponded,
        "output-available" => ToolState::OutputAvailable,
        "output-error" => ToolState::OutputError,
        "output-denied" => ToolState::OutputDenied,
        _ => {
            return Err(RequestError::at(
                "state",
                "has to be \"input-streaming\", \"input-available\", \"approval-requested\", \
                 \"approval-responded\", \"output-available\", \"output-error\" or \
                 \"output-denied\"",
            ));
        }
    })
}

/// An approval has to say what its state says.
fn approval(
    posted: Posted<ApprovalFields<'_>>,
    state: ToolState,
) -> Result<Option<Approval>, RequestError> {
    let fields = match state {
        ToolState::InputStreaming | ToolState::InputAvailable => {
            posted.forbidden("approval", "must not be there before an approval was requested")?;
            return Ok(None);
        }
        ToolState::OutputAvailable | ToolState::OutputError => {
            match posted.optional("approval")? {
                Some(fields) => fields,
                None => return Ok(None),
            }
        }
        ToolState::ApprovalRequested | ToolState::ApprovalResponded | ToolState::OutputDenied => {
            posted.required("approval")?
        }
    };
    answered(fields, state).map(Some).map_err(|error| error.inside("approval"))
}

fn answered(fields: ApprovalFields<'_>, state: ToolState) -> Result<Approval, RequestError> {
    let id = fields.id.required("id")?.into_owned();
    if state == ToolState::ApprovalRequested {
        let unanswered = "must not be there while the answer is open";
        fields.approved.forbidden("approved", unanswered)?;
        fields.reason.forbidden("reason", unanswered)?;
        return Ok(Approval { id, approved: None, reason: None });
    }
    let approved = fields.approved.required("approved")?;
    let contradiction = match state {
        ToolState::OutputDenied if approved => Some("has to be false in \"output-denied\""),
        ToolState::OutputAvailable if !approved => Some("has to be true in \"output-available\""),
        ToolState::OutputError if !approved => Some("has to be true in \"output-error\""),
        _ => None,
    };
    if let Some(problem) = contradiction {
        return Err(RequestError::at("approved", problem));
    }
    let reason = fields.reason.optional("reason")?.map(Cow::into_owned);
    Ok(Approval { id, approved: Some(approved), reason })
}

/// Provider metadata is an object of objects. Only its two levels are looked at; it stays as posted.
fn metadata(posted: Option<&RawValue>, key: &str) -> Result<Option<Box<RawValue>>, RequestError> {
    let Some(raw) = posted else { return Ok(None) };
    match serde_json::from_str::<BTreeMap<Cow<'_, str>, BTreeMap<Cow<'_, str>, IgnoredAny>>>(
        raw.get(),
    ) {
        Ok(_) => Ok(Some(raw.to_owned())),
        Err(_) => Err(RequestError::at(key, "has to be an object of objects")),
    }
}
