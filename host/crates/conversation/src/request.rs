//! The body of a chat request.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    ClientTool, Message, RequestError, RequestedTool, ToolMode, context,
    posted::{Checked, Posted, object_shape, present},
    tools::ToolModes,
};

/// Why the client posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A new message, or answers to approvals.
    SubmitMessage,
    /// The last answer again.
    RegenerateMessage,
}

/// A chat request: the whole conversation and what the client wants to happen with it.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    /// Id of a configured provider. None: the workspace's default.
    pub provider: Option<String>,
    /// Model of that provider. None: the workspace's default.
    pub model: Option<String>,
    /// 1 to [`MESSAGES_AT_MOST`](crate::MESSAGES_AT_MOST) messages, oldest first.
    pub messages: Vec<Message>,
    /// Tools of the client and names of built-in tools. None: the request doesn't limit the
    /// built-in tools. A client tool's name occurs once.
    pub tools: Option<Vec<RequestedTool>>,
    /// The user's modes for tools.
    pub tool_modes: BTreeMap<String, ToolMode>,
    /// What the user has open or attached, an object. Data, never instructions.
    pub context: Option<Box<RawValue>>,
    /// The client's id of the conversation.
    pub id: Option<String>,
    /// Why the client posts.
    pub trigger: Option<Trigger>,
    /// The message that is to be made again.
    pub message_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyFields<'a> {
    #[serde(borrow, default)]
    provider: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    model: Posted<Cow<'a, str>>,
    #[serde(default)]
    messages: Posted<Checked<Message>>,
    #[serde(default)]
    tools: Posted<Checked<RequestedTool>>,
    #[serde(default)]
    tool_approvals: Posted<ToolModes>,
    #[serde(borrow, default, deserialize_with = "present")]
    context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    trigger: Posted<Cow<'a, str>>,
    #[serde(borrow, default)]
    message_id: Posted<Cow<'a, str>>,
}

object_shape!(BodyFields);

impl ChatRequest {
    /// Reads a body. Keys that mean nothing are ignored, as the AI SDK does.
    ///
    /// Errors name the first wrong value. The caller limits the size of the body.
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let fields: Posted<BodyFields<'_>> =
            serde_json::from_slice(body).map_err(|error| RequestError::Json(error.to_string()))?;
        let Posted::Value(fields) = fields else {
            return Err(RequestError::Json("it has to be an object".into()));
        };
        let provider = fields.provider.optional("provider")?.map(Cow::into_owned);
        let model = fields.model.optional("model")?.map(Cow::into_owned);
        let messages = fields.messages.required_list("messages")?;
        if messages.is_empty() {
            return Err(RequestError::at("messages", "must not be empty"));
        }
        let tools = if fields.tools.is_present() {
            Some(fields.tools.optional_list("tools")?)
        } else {
            None
        };
        refuse_repeated_names(tools.as_deref().unwrap_or_default())?;
        let tool_modes = match fields.tool_approvals.optional("toolApprovals")? {
            Some(modes) => modes.0.map_err(|error| error.inside("toolApprovals"))?,
            None => BTreeMap::new(),
        };
        if let Some(posted) = fields.context {
            context::check(posted)?;
        }
        Ok(Self {
            provider,
            model,
            messages,
            tools,
            tool_modes,
            context: fields.context.map(ToOwned::to_owned),
            id: fields.id.lenient().map(Cow::into_owned),
            trigger: match fields.trigger.lenient().as_deref() {
                Some("submit-message") => Some(Trigger::SubmitMessage),
                Some("regenerate-message") => Some(Trigger::RegenerateMessage),
                _ => None,
            },
            message_id: fields.message_id.lenient().map(Cow::into_owned),
        })
    }

    /// Tools that the client runs itself.
    pub fn client_tools(&self) -> impl Iterator<Item = &ClientTool> {
        self.tools.iter().flatten().filter_map(|tool| match tool {
            RequestedTool::Client(tool) => Some(tool),
            RequestedTool::BuiltIn(_) => None,
        })
    }

    /// Refuses client tools that take the name of a tool that the host runs: a call by that name
    /// must mean the host's tool to everyone who sees it.
    pub fn refuse_reserved_names(&self, reserved: &[impl AsRef<str>]) -> Result<(), RequestError> {
        for (index, tool) in self.tools.iter().flatten().enumerate() {
            if let RequestedTool::Client(tool) = tool
                && reserved.iter().any(|name| name.as_ref() == tool.name)
            {
                return Err(RequestError::at(
                    format!("tools[{index}].name"),
                    format!("\"{}\" is the name of a built-in tool; choose another", tool.name),
                ));
            }
        }
        Ok(())
    }
}

fn refuse_repeated_names(tools: &[RequestedTool]) -> Result<(), RequestError> {
    let mut seen = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        if let RequestedTool::Client(tool) = tool
            && !seen.insert(tool.name.as_str())
        {
            return Err(RequestError::at(
                format!("tools[{index}].name"),
                "is the name of another tool in the list",
            ));
        }
    }
    Ok(())
}
