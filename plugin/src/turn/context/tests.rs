use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::conversation::{AnswerPart, Call, CallResult};
use crate::types::{Settings, ToolMode};

fn endpoint(context: Option<u64>, output: Option<u32>) -> Endpoint {
    Endpoint {
        provider: String::new(),
        kind: String::new(),
        model: String::new(),
        reasoning: false,
        max_output_tokens: output,
        context_tokens: context,
        capabilities: Vec::new(),
    }
}

fn window(context: u64, layout: Layout) -> Window {
    let endpoint = endpoint(Some(context), Some(1));
    let settings = Settings {
        max_steps: 1,
        system_prompt: None,
        tool_result_bytes: 3,
        tool_mode: ToolMode::Direct,
    };
    Window::new(&endpoint, ResultLimit::new(&settings, &endpoint), layout)
}

fn said(text: &str) -> UserPart {
    UserPart::Text(text.into())
}

fn file(id: &str) -> UserPart {
    UserPart::File {
        media_type: "image/png".into(),
        content: FileContent::Stored(id.into()),
        filename: None,
    }
}

fn answered(text: &str) -> Entry {
    Entry::Answer(vec![AnswerPart::Text { text: text.into(), state: None }])
}

/// Questions and answers of 300 bytes each, one message and one entry each, and a last question.
fn talk(turns: usize) -> (Conversation, Layout) {
    let text = "abc".repeat(100);
    let mut conversation = Conversation::default();
    for _ in 0..turns {
        conversation.entries.push(Entry::User(vec![said(&text)]));
        conversation.entries.push(answered(&text));
    }
    conversation.entries.push(Entry::User(vec![said("And now?")]));
    let question = conversation.entries.len() - 1;
    let layout = Layout { ends: (1..=question + 1).collect(), question, counted: None };
    (conversation, layout)
}

fn dropped(window: &Window) -> String {
    window.data_part().value
}

#[test]
fn what_fits_stays_and_without_a_known_context_all_does() {
    let (mut conversation, layout) = talk(5);
    assert!(!window(100_000, layout).fit(&mut conversation));
    let (mut conversation, layout) = talk(5);
    let endpoint = endpoint(None, None);
    let settings = Settings {
        max_steps: 1,
        system_prompt: None,
        tool_result_bytes: 3,
        tool_mode: ToolMode::Direct,
    };
    let mut window = Window::new(&endpoint, ResultLimit::new(&settings, &endpoint), layout);
    assert!(!window.fit(&mut conversation));
    assert_eq!(conversation.entries.len(), 11);
}

#[test]
fn oldest_turns_go_and_their_files_stay_once() {
    let (mut conversation, layout) = talk(4);
    for (entry, id) in [(0, "a"), (2, "a"), (2, "b"), (4, "c"), (6, "c")] {
        if let Entry::User(parts) = &mut conversation.entries[entry] {
            parts.push(file(id));
        }
    }
    if let Entry::User(parts) = &mut conversation.entries[0] {
        let (media_type, content) = ("image/png".into(), FileContent::Missing);
        parts.push(UserPart::File { media_type, content, filename: None });
    }
    let mut window = window(25_500, layout);
    assert!(window.fit(&mut conversation));
    assert_eq!(dropped(&window), "{\"droppedMessages\":6}");
    let text = "abc".repeat(100);
    let expected = [said(ATTACHED), file("a"), file("b"), said(&text), file("c")];
    assert_eq!(conversation.entries[0], Entry::User(expected.into()));
    assert_eq!(conversation.entries.len(), 3);

    assert!(window.halve(&mut conversation));
    assert_eq!(dropped(&window), "{\"droppedMessages\":8}");
    let expected = [said(ATTACHED), file("a"), file("b"), file("c"), said("And now?")];
    assert_eq!(conversation.entries, [Entry::User(expected.into())]);
    assert!(!window.halve(&mut conversation), "the question stays");
}

#[test]
fn half_of_the_turns_go_at_a_time() {
    let (mut conversation, layout) = talk(5);
    let mut window = window(1, layout);
    for (entries, messages) in [(5, 6), (3, 8), (1, 10)] {
        assert!(window.halve(&mut conversation));
        assert_eq!(conversation.entries.len(), entries);
        assert_eq!(dropped(&window), format!("{{\"droppedMessages\":{messages}}}"));
    }
    assert_eq!(conversation.entries, [Entry::User(vec![said(LEFT_OUT), said("And now?")])]);
}

#[test]
fn the_providers_count_is_believed_before_the_estimate() {
    let counted = |tokens| {
        let (mut conversation, mut layout) = talk(5);
        layout.counted = Some(Counted { from: 0, to: 10, tokens });
        let mut window = window(800, layout);
        window.fit(&mut conversation);
        conversation.entries.len()
    };
    // The estimate alone says over 1,000.
    assert_eq!(counted(600), 11);
    assert_eq!(counted(850), 7, "two turns of at least 74 tokens each");
}

#[test]
fn a_count_of_a_shortened_conversation_leaves_the_rest_to_the_estimate() {
    let (mut conversation, mut layout) = talk(5);
    layout.counted = Some(Counted { from: 4, to: 10, tokens: 300 });
    let mut window = window(700, layout);
    assert!(window.fit(&mut conversation));
    assert_eq!(dropped(&window), "{\"droppedMessages\":2}");
}

#[test]
fn a_turn_that_grows_pushes_older_ones_out() {
    let (mut conversation, layout) = talk(2);
    let mut window = window(1_000, layout);
    assert!(!window.fit(&mut conversation));
    let call = Call {
        id: "c".into(),
        provider_id: None,
        name: "items".into(),
        arguments: "{}".into(),
        state: None,
    };
    let result = CallResult::succeeded("c", "x".repeat(1_500));
    window.count(460, conversation.entries.len() + 1);
    conversation.push_step(vec![AnswerPart::Call(call)], vec![result]);
    assert!(!window.fit(&mut conversation), "460 counted, 508 estimated");
    window.count(600, conversation.entries.len() - 1);
    assert!(window.fit(&mut conversation));
    assert_eq!(conversation.entries.len(), 5);
}

#[test]
fn room_is_left_for_the_answer_and_a_result() {
    let room = |context, output, bytes| {
        let endpoint = endpoint(Some(context), output);
        let settings = Settings {
            max_steps: 1,
            system_prompt: None,
            tool_result_bytes: bytes,
            tool_mode: ToolMode::Direct,
        };
        let limit = ResultLimit::new(&settings, &endpoint);
        Window::new(&endpoint, limit, Layout::default()).room
    };
    assert_eq!(room(200_000, Some(64_000), 30_000), Some(126_000));
    assert_eq!(room(200_000, None, 30_000), Some(200_000 - 16_384 - 10_000));
    assert_eq!(room(8_000, Some(64_000), 30_000), Some(3_000), "half, and an eighth");
    assert_eq!(room(0, None, 0), Some(0));
}

/// A posted conversation: what a user says, then steps of the model with calls.
fn conversations() -> impl Strategy<Value = (Conversation, Layout)> {
    let file = prop::option::of(0..4u8);
    let turn = (0..600usize, file, prop::collection::vec((0..300usize, 0..3usize), 0..4));
    (prop::collection::vec(turn, 1..8), any::<bool>(), prop::option::of((0..20usize, 0..4_000u64)))
        .prop_map(|(turns, begins_with_answer, counted)| {
            let mut conversation = Conversation::default();
            let mut layout = Layout::default();
            let mut calls = 0..;
            if begins_with_answer {
                conversation.push_step(answer_parts(30, &[]), Vec::new());
                layout.ends.push(1);
            }
            let last = turns.len() - 1;
            for (number, (bytes, attached, steps)) in turns.into_iter().enumerate() {
                layout.question = conversation.entries.len();
                let mut parts = vec![said(&"q".repeat(bytes + 1))];
                parts.extend(attached.map(file_of));
                conversation.push_user(parts);
                layout.ends.push(conversation.entries.len());
                let steps = if number < last && steps.is_empty() { vec![(9, 0)] } else { steps };
                for (bytes, count) in steps {
                    let ids: Vec<_> =
                        calls.by_ref().take(count).map(|id: u32| id.to_string()).collect();
                    let results = ids.iter().map(|id| CallResult::succeeded(id, "r".repeat(bytes)));
                    conversation.push_step(answer_parts(bytes, &ids), results.collect());
                }
                layout.ends.push(conversation.entries.len());
            }
            layout.counted = counted.map(|(to, tokens)| {
                let to = to.clamp(1, conversation.entries.len());
                Counted { from: to / 3, to, tokens }
            });
            (conversation, layout)
        })
}

fn file_of(id: u8) -> UserPart {
    file(&id.to_string())
}

fn answer_parts(bytes: usize, calls: &[String]) -> Vec<AnswerPart> {
    let text = AnswerPart::Text { text: "a".repeat(bytes + 1), state: None };
    let calls = calls.iter().map(|id| {
        AnswerPart::Call(Call {
            id: id.clone(),
            provider_id: None,
            name: "items".into(),
            arguments: "{}".into(),
            state: None,
        })
    });
    [text].into_iter().chain(calls).collect()
}

fn files(entries: &[Entry]) -> Vec<String> {
    let parts = entries.iter().filter_map(|entry| match entry {
        Entry::User(parts) => Some(parts),
        _ => None,
    });
    parts
        .flatten()
        .filter_map(|part| match part {
            UserPart::File { content: FileContent::Stored(id), .. } => Some(id.clone()),
            _ => None,
        })
        .collect()
}

/// Each answer's calls have their results at once after it, and no result is without its call.
fn assert_whole(entries: &[Entry]) {
    let mut open: Vec<&str> = Vec::new();
    for entry in entries {
        if let Entry::Results(results) = entry {
            let ids: Vec<_> = results.iter().map(|result| result.call_id.as_str()).collect();
            assert_eq!(ids, std::mem::take(&mut open));
            continue;
        }
        assert!(open.is_empty(), "calls without results");
        if let Entry::Answer(parts) = entry {
            open = parts
                .iter()
                .filter_map(|part| match part {
                    AnswerPart::Call(call) => Some(call.id.as_str()),
                    _ => None,
                })
                .collect();
        }
    }
    assert!(open.is_empty(), "calls without results at the end");
}

proptest! {
    #[test]
    fn what_is_left_is_whole_and_fits_or_is_the_last_turn(
        (mut conversation, layout) in conversations(),
        room in 0..30_000u64,
        halvings in 0..3usize,
    ) {
        let before = conversation.entries.clone();
        let (messages, question) = (layout.ends.len(), layout.question);
        let mut window = window(room, layout);
        let mut changed = window.fit(&mut conversation);
        let estimate = Estimate::new(&conversation, window.layout.counted).tokens(0);
        let minimal = window.cuts(&conversation).is_empty();
        prop_assert!(minimal || window.room.is_some_and(|room| estimate <= room));
        for _ in 0..halvings {
            changed |= window.halve(&mut conversation);
        }

        let left = &conversation.entries;
        assert_whole(left);
        let dropped_entries = before.len() - left.len();
        prop_assert!(dropped_entries <= question);
        prop_assert_eq!(window.layout.question, question - dropped_entries);
        prop_assert_eq!(changed, dropped_entries > 0);
        prop_assert_eq!(&left[1..], &before[dropped_entries + 1..], "the rest is as it was");
        if changed {
            let (Entry::User(first), Entry::User(whole)) = (&left[0], &before[dropped_entries])
            else {
                panic!("what is left begins with a question");
            };
            prop_assert!(first.ends_with(whole));
            prop_assert!(matches!(&first[0], UserPart::Text(note) if note.starts_with("[Note")));
        }
        let attached: BTreeSet<_> = files(&before).into_iter().collect();
        let kept: BTreeSet<_> = files(left).into_iter().collect();
        prop_assert_eq!(kept, attached, "every file stays");
        let carried = files(&left[..1]).len();
        let own = files(&before[dropped_entries..=dropped_entries]).len();
        prop_assert!(carried - own <= 4, "each file once");

        // What is told is what went, in messages.
        prop_assert_eq!(window.dropped_messages + window.layout.ends.len(), messages);
    }
}
