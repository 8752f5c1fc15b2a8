//! Keeps a conversation within the model's context: whole oldest turns go, files stay.
//!
//! A turn is what a user said and all that follows until they speak again, so no tool call is ever
//! parted from its result. How long the conversation is, the provider has said in the usage of its
//! last answer; what came since is estimated ([`cost`]).

use super::cost::{self, Cost};
use super::results::ResultLimit;
use super::results::TOKEN_BYTES;
use crate::conversation::{Conversation, Entry, FileContent, UserPart};
use crate::types::{DataPart, Endpoint};

/// Output tokens to leave room for where nobody sets a limit.
const USUAL_ANSWER: u64 = 16_384;

const LEFT_OUT: &str = "[Note of the application: the conversation before this was left out, because \
                        it is too long for the model.]";
const ATTACHED: &str = "[Note of the application: the conversation before this was left out, because \
                        it is too long for the model. These files were attached in it.]";
/// Tokens of either at the most.
const NOTE: u64 = 64;

/// Entries of which the provider has said what they cost, the request's frame included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) from: usize,
    /// The entry after the last one.
    pub(super) to: usize,
    pub(super) tokens: u64,
}

/// How the posted messages stand in a conversation.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Number of entries after each message.
    pub(super) ends: Vec<usize>,
    /// The entry with the last question: this one and what follows never goes.
    pub(super) question: usize,
    pub(super) counted: Option<Counted>,
}

/// The part of a conversation that the model reads.
#[derive(Debug)]
pub(super) struct Window {
    /// Tokens that a request may have; none where the model's context isn't known.
    room: Option<u64>,
    layout: Layout,
    dropped_messages: usize,
}

impl Window {
    pub(super) fn new(endpoint: &Endpoint, limit: ResultLimit, layout: Layout) -> Self {
        let room = endpoint.context_tokens.map(|context| {
            let answer =
                endpoint.max_output_tokens.map_or(USUAL_ANSWER.min(context / 8), u64::from);
            // What a tool may give in this turn.
            let result = u64::from(limit.of(1)).div_ceil(TOKEN_BYTES);
            context.saturating_sub(answer.min(context / 2)).saturating_sub(result.min(context / 8))
        });
        Self { room, layout, dropped_messages: 0 }
    }

    /// The provider said that a request and its answer, up to the entry before `to`, cost so much.
    pub(super) fn count(&mut self, tokens: u64, to: usize) {
        if tokens > 0 {
            self.layout.counted = Some(Counted { from: 0, to, tokens });
        }
    }

    /// Drops as many of the oldest turns as it takes; whether it dropped any.
    pub(super) fn fit(&mut self, conversation: &mut Conversation) -> bool {
        let Some(room) = self.room else { return false };
        let estimate = Estimate::new(conversation, self.layout.counted);
        if estimate.tokens(0) <= room {
            return false;
        }
        let cuts = self.cuts(conversation);
        let fitting = cuts.iter().find(|cut| estimate.tokens(**cut) <= room).or(cuts.last());
        fitting.copied().is_some_and(|cut| self.drop_before(cut, conversation))
    }

    /// Drops half of the oldest turns, whatever they cost; whether there were any.
    pub(super) fn halve(&mut self, conversation: &mut Conversation) -> bool {
        let cuts = self.cuts(conversation);
        let half = cuts.get(cuts.len().div_ceil(2).saturating_sub(1));
        half.copied().is_some_and(|cut| self.drop_before(cut, conversation))
    }

    /// What the user is told of it.
    pub(super) fn data_part(&self) -> DataPart {
        DataPart {
            name: "context".into(),
            id: Some("context".into()),
            value: format!("{{\"droppedMessages\":{}}}", self.dropped_messages),
            transient: false,
        }
    }

    /// Where the conversation may begin instead: at each later turn, up to that of the question.
    fn cuts(&self, conversation: &Conversation) -> Vec<usize> {
        let turns = conversation.entries.iter().enumerate().take(self.layout.question + 1).skip(1);
        turns.filter(|(_, entry)| matches!(entry, Entry::User(_))).map(|(cut, _)| cut).collect()
    }

    fn drop_before(&mut self, cut: usize, conversation: &mut Conversation) -> bool {
        let tokens = Estimate::new(conversation, self.layout.counted).of_counted(cut);
        let dropped: Vec<_> = conversation.entries.drain(..cut).collect();
        let Layout { ends, question, counted } = &mut self.layout;
        let before = ends.len();
        ends.retain(|end| *end > cut);
        self.dropped_messages += before - ends.len();
        ends.iter_mut().for_each(|end| *end -= cut);
        *question -= cut;
        *counted = counted.filter(|counted| counted.to > cut).map(|counted| Counted {
            from: 0,
            to: counted.to - cut,
            tokens,
        });
        let files = attachments(dropped, &conversation.entries);
        if let Some(Entry::User(parts)) = conversation.entries.first_mut() {
            let note = if files.is_empty() { LEFT_OUT } else { ATTACHED };
            parts.splice(..0, std::iter::once(UserPart::Text(note.into())).chain(files));
        }
        true
    }
}

/// The files in entries that go, each once, without those that the rest has too.
fn attachments(dropped: Vec<Entry>, rest: &[Entry]) -> Vec<UserPart> {
    let mut files: Vec<UserPart> = Vec::new();
    for entry in dropped {
        let Entry::User(parts) = entry else { continue };
        for part in parts {
            let UserPart::File { content, .. } = &part else { continue };
            let again = |part: &UserPart| matches!(part, UserPart::File { content: other, .. } if other == content);
            let known = files.iter().any(again)
                || rest
                    .iter()
                    .any(|entry| matches!(entry, Entry::User(parts) if parts.iter().any(again)));
            if *content != FileContent::Missing && !known {
                files.push(part);
            }
        }
    }
    files
}

/// What a conversation costs, depending on where it begins.
struct Estimate {
    /// For each place, the sum of what is before it.
    before: Vec<Cost>,
    frame: u64,
    counted: Option<Counted>,
}

impl Estimate {
    fn new(conversation: &Conversation, counted: Option<Counted>) -> Self {
        let mut sum = Cost::default();
        let mut before = vec![sum];
        for entry in &conversation.entries {
            sum += cost::of_entry(entry);
            before.push(sum);
        }
        Self { before, frame: cost::of_frame(conversation), counted }
    }

    fn before(&self, place: usize) -> Cost {
        self.before.get(place).or(self.before.last()).copied().unwrap_or_default()
    }

    fn between(&self, from: usize, to: usize) -> u64 {
        self.before(to).most.saturating_sub(self.before(from).most)
    }

    /// Tokens of a request that begins with the entry `cut`, at the most.
    fn tokens(&self, cut: usize) -> u64 {
        let end = self.before.len();
        match self.counted.filter(|counted| counted.to > cut) {
            Some(counted) => self.of_counted(cut).saturating_add(self.between(counted.to, end)),
            None => self.estimated(cut, end),
        }
    }

    /// Tokens of the same request, but only up to where the provider has counted.
    fn of_counted(&self, cut: usize) -> u64 {
        let Some(counted) = self.counted.filter(|counted| counted.to > cut) else { return 0 };
        let uncounted = self.between(cut, counted.from.max(cut));
        let least = |place| self.before(place).least;
        let gone = least(cut.max(counted.from)).saturating_sub(least(counted.from));
        let tokens = counted.tokens.saturating_sub(gone).saturating_add(uncounted);
        if cut == 0 {
            return tokens;
        }
        // Of what is left of a long conversation the estimate knows more than the count of the whole.
        tokens.saturating_add(NOTE).min(self.estimated(cut, counted.to))
    }

    fn estimated(&self, cut: usize, to: usize) -> u64 {
        let note = if cut > 0 { NOTE } else { 0 };
        let parts = [self.before(cut).files, self.frame, note, self.between(cut, to)];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests;
