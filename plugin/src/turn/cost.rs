//! What a conversation costs in tokens, estimated.
//!
//! Tokenisers differ, so there are two bounds: what a thing costs at the most, for the question
//! whether a conversation fits, and what it costs at the least, for what is no longer in it.
//!
//! - Text: at most a token for three bytes, which holds for prose in every script, for code and for
//!   JSON; at least one for eight.
//! - An image costs by its pixels, which can't be seen from here: 5,000 tokens, above what any
//!   provider takes for one.
//! - A document costs by its pages, text and image of each: 3,000 tokens for each begun 50 KB, and
//!   10,000 where it is in a provider's storage and nobody says how large it is. The same holds for
//!   sound and film.
//! - Reasoning and what a provider wants back with a part may or may not be billed again.

use super::results::TOKEN_BYTES;
use crate::conversation::{AnswerPart, CallResult, Conversation, Entry, FileContent, UserPart};

const MOST_BYTES: u64 = 8;
/// What the frame of a part costs at the most.
const FRAME: u64 = 8;
const IMAGE: u64 = 5_000;
const STORED: u64 = 10_000;
const PIECE: u64 = 3_000;
/// Bytes of a piece in base64.
const PIECE_BYTES: u64 = 50 * 1024 * 4 / 3;

/// Bounds of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) most: u64,
    pub(super) least: u64,
    /// The part of `most` that files have.
    pub(super) files: u64,
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.most = self.most.saturating_add(other.most);
        self.least = self.least.saturating_add(other.least);
        self.files = self.files.saturating_add(other.files);
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), |mut sum, cost| {
            sum += cost;
            sum
        })
    }
}

/// What every request of the conversation costs besides its entries, at the most.
pub(super) fn of_frame(conversation: &Conversation) -> u64 {
    let tools = conversation.tools.iter().map(|tool| {
        [tool.name.as_str(), &tool.description, tool.input_schema.get()].map(text).into_iter().sum()
    });
    (tools.sum::<Cost>().most).saturating_add(text(&conversation.system).most)
}

/// What an entry costs.
pub(super) fn of_entry(entry: &Entry) -> Cost {
    match entry {
        Entry::User(parts) => parts.iter().map(of_user_part).sum(),
        Entry::Answer(parts) => parts.iter().map(of_answer_part).sum(),
        Entry::Results(results) => results.iter().map(of_result).sum(),
    }
}

fn of_result(result: &CallResult) -> Cost {
    let mut cost = text(&result.content);
    if let Some(media) = &result.media {
        // It goes with its result, so unlike a file of the user's it doesn't stay.
        cost.most += FRAME + of_inline(&media.media_type, media.base64.len());
    }
    cost
}

fn of_user_part(part: &UserPart) -> Cost {
    match part {
        UserPart::Text(said) => text(said),
        UserPart::File { media_type, content, .. } => {
            let most = FRAME + of_file(media_type, content);
            Cost { most, least: 0, files: most }
        }
    }
}

fn of_file(media_type: &str, content: &FileContent) -> u64 {
    match content {
        FileContent::Missing => 64,
        FileContent::Stored(_) if !media_type.starts_with("image/") => STORED,
        FileContent::Stored(_) => IMAGE,
        FileContent::Inline(url) => of_inline(media_type, url.len()),
    }
}

fn of_inline(media_type: &str, bytes: usize) -> u64 {
    let bytes = bytes as u64;
    match media_type.split_once('/') {
        Some(("image", _)) => IMAGE,
        Some(("text", _)) => bytes.div_ceil(TOKEN_BYTES),
        _ => bytes.div_ceil(PIECE_BYTES) * PIECE,
    }
}

fn of_answer_part(part: &AnswerPart) -> Cost {
    let maybe = |text: &str| (text.len() as u64).div_ceil(TOKEN_BYTES);
    let (sure, unsure) = match part {
        AnswerPart::Text { text: said, state } => (text(said), state.as_deref().map_or(0, maybe)),
        AnswerPart::Reasoning { text, state, .. } => {
            let unsure = maybe(text) + state.as_deref().map_or(0, maybe);
            (Cost { most: FRAME, ..Cost::default() }, unsure)
        }
        AnswerPart::Call(call) => (
            [text(&call.name), text(&call.arguments)].into_iter().sum(),
            call.state.as_deref().map_or(0, maybe),
        ),
    };
    Cost { most: sure.most + unsure, ..sure }
}

fn text(text: &str) -> Cost {
    let bytes = text.len() as u64;
    Cost { most: bytes.div_ceil(TOKEN_BYTES) + FRAME, least: bytes / MOST_BYTES, files: 0 }
}
