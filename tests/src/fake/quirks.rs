//! The ways in which a message may go over the wire, each with the service's own way as its default.

use serde::{Deserialize, Serialize};

/// Where usage stands in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsagePlace {
    /// In a last chunk without choices, and null in all others, if the request asks for it.
    #[default]
    WhenAsked,
    /// In the chunk with the finish reason.
    FinalChoice,
    /// In each chunk, growing.
    EveryChunk,
    /// Null in each chunk.
    NullEverywhere,
    /// Nowhere.
    Never,
}

/// The `index` of tool call deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolIndexes {
    /// Counted.
    #[default]
    Counted,
    /// 0 for all.
    AllZero,
    /// Missing.
    Missing,
}

/// The `id` of tool call deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolIds {
    /// In the first delta of a call.
    #[default]
    First,
    /// In each delta of a call, with the name.
    Each,
    /// In the first delta; the text `null` in the others.
    TextNull,
    /// The same id for all calls of the answer.
    Same,
    /// Missing.
    Missing,
}

/// Line ending of an event stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnding {
    /// The one that the service has.
    #[default]
    Usual,
    /// Line feed.
    Lf,
    /// Carriage return and line feed.
    CrLf,
    /// Carriage return.
    Cr,
}

impl LineEnding {
    /// The characters; none for the service's own.
    pub(super) fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Usual => None,
            Self::Lf => Some("\n"),
            Self::CrLf => Some("\r\n"),
            Self::Cr => Some("\r"),
        }
    }
}

/// How the bytes of an answer are cut into writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Write {
    /// One write for each event.
    #[default]
    Event,
    /// One write for everything.
    Whole,
    /// Writes of that many bytes, which cut through events and characters. 0 counts as 1.
    Bytes(usize),
}

/// What goes wrong while an answer is on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interruption {
    /// Events that arrive before it. All count of Chat Completions and Gemini; of the protocols that
    /// open and close what they send, those that carry a piece of it (none is right at the start).
    pub after: usize,
    /// What happens.
    pub what: InterruptionKind,
}

/// Kinds of interruption.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InterruptionKind {
    /// The connection breaks.
    Cut,
    /// The stream ends as if all was well.
    End,
    /// Nothing more comes, and the connection stays open until the client leaves.
    Stall,
    /// An event that says what went wrong, and the end of the stream.
    ErrorEvent {
        /// Message for people.
        message: String,
    },
    /// An event that isn't JSON; the stream goes on behind it.
    MalformedEvent,
}
