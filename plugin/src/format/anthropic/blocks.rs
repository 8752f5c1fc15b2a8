//! The blocks that messages consist of, and the marks that tell the provider what to cache.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

/// Something that can end a cached beginning of the request.
#[derive(Debug, Serialize)]
pub(super) struct Markable<T> {
    #[serde(flatten)]
    pub(super) value: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum CacheControl {
    /// For five minutes from its last use.
    Ephemeral,
}

impl<T> Markable<T> {
    /// Marks the end of what is worth caching. The API takes four marks at most.
    pub(super) fn mark(&mut self) {
        self.cache_control = Some(CacheControl::Ephemeral);
    }
}

impl<T> From<T> for Markable<T> {
    fn from(value: T) -> Self {
        Self { value, cache_control: None }
    }
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    User,
    Assistant,
}

/// A message.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    pub(super) role: Role,
    pub(super) content: Vec<Markable<Content<'a>>>,
}

/// What a block holds.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content<'a> {
    Text {
        /// Not blank.
        text: Cow<'a, str>,
    },
    Image {
        source: Source<'a>,
    },
    Document {
        source: Source<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
    },
    Thinking {
        thinking: &'a str,
        signature: String,
    },
    RedactedThinking {
        data: String,
    },
    ToolUse {
        id: String,
        name: &'a str,
        input: &'a RawValue,
    },
    ToolResult {
        tool_use_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<ResultContent<'a>>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

/// What a result holds.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ResultContent<'a> {
    /// Not blank.
    Text(&'a str),
    Blocks(Vec<Content<'a>>),
}

/// Where a file's content is.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'a> {
    File { file_id: &'a str },
    Base64 { media_type: &'static str, data: &'a str },
}

impl Content<'_> {
    pub(super) fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::RedactedThinking { .. })
    }

    pub(super) fn is_result(&self) -> bool {
        matches!(self, Self::ToolResult { .. })
    }
}
