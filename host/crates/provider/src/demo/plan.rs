//! The next step: a tool call that is still missing, or an answer.

use serde_json::{Value, json};

use super::{
    calls::act,
    conditions,
    dialogue::{Dialogue, Exchange, Outcome},
    grammar::{Sentence, Verb, parse},
    lexer::Kind,
    lookup,
    names::same,
    schema_view::{CollectionView, SchemaView},
    subject::{self, Subject},
    talk,
    task::task,
};

/// Tool calls for one question at most: overview, details, a lookup, a change.
const MAXIMUM_ROUNDS: usize = 4;

/// Tokens of a sentence at most; quoted text is one. Names are compared at each of them.
const LONGEST_SENTENCE: usize = 250;

/// What the model does next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Say(String),
    Call { tool: &'static str, arguments: Value },
}

/// Decides on the next step.
pub(super) fn next(dialogue: &Dialogue, tools: &[&str]) -> Step {
    let sentence = parse(&dialogue.question);
    match sentence.verb {
        Verb::Help => return Step::Say(talk::introduction()),
        Verb::Thanks => return Step::Say(talk::thanks()),
        Verb::Unknown => return Step::Say(talk::not_understood()),
        _ if sentence.tokens.len() > LONGEST_SENTENCE => {
            return Step::Say(talk::not_understood());
        }
        _ => {}
    }
    if !["schema", "items"].iter().all(|tool| tools.contains(tool)) {
        return Step::Say(talk::no_tools());
    }
    if let Some(Exchange { outcome: Outcome::Failed(text), tool, arguments }) =
        dialogue.exchanges.last()
    {
        return Step::Say(talk::refused(tool, arguments, text));
    }
    let step = decide(&sentence, dialogue);
    match step {
        Step::Call { .. } if dialogue.rounds >= MAXIMUM_ROUNDS => Step::Say(talk::gave_up()),
        step => step,
    }
}

fn decide(sentence: &Sentence, dialogue: &Dialogue) -> Step {
    let view = &dialogue.view;
    if sentence.verb == Verb::Collections {
        return match view.complete {
            true => Step::Say(talk::collections(view)),
            false => overview(dialogue),
        };
    }
    let fallback = dialogue.previous_collection.as_deref();
    let found = subject::find(sentence, view, fallback);
    // Names are compared with all collections: the first that fits among a few isn't the best.
    if !view.complete && !found.as_ref().is_some_and(|found| found.collection.detailed) {
        return overview(dialogue);
    }
    let Some(subject) = found else {
        return match lookup::owner_of_field(sentence, view, fallback) {
            Some(task) => act(&task, dialogue),
            None => Step::Say(talk::no_collection(sentence, view)),
        };
    };
    if sentence.verb == Verb::Fields && subject.keys.is_empty() {
        return match subject.collection.detailed {
            true => Step::Say(talk::fields(subject.collection)),
            false => details(dialogue, subject.collection),
        };
    }
    if !subject.collection.detailed && needs_details(sentence, &subject, view) {
        return details(dialogue, subject.collection);
    }
    match task(sentence, &subject, dialogue) {
        Ok(task) => act(&task, dialogue),
        Err(text) => Step::Say(text),
    }
}

fn overview(dialogue: &Dialogue) -> Step {
    match dialogue.exchanges.iter().any(|exchange| exchange.tool == "schema") {
        true => Step::Say(talk::nothing_readable()),
        false => Step::Call { tool: "schema", arguments: json!({}) },
    }
}

fn details(dialogue: &Dialogue, collection: &CollectionView) -> Step {
    let asked = dialogue
        .exchanges
        .iter()
        .any(|exchange| exchange.arguments.get("keys").is_some() && exchange.tool == "schema");
    match asked {
        true => Step::Say(talk::nothing_readable()),
        false => Step::Call { tool: "schema", arguments: json!({"keys": [collection.name]}) },
    }
}

/// Whether the sentence says more than a collection and keys, so that types and choices matter.
fn needs_details(sentence: &Sentence, subject: &Subject<'_>, view: &SchemaView) -> bool {
    if matches!(sentence.verb, Verb::Create | Verb::Update) {
        return true;
    }
    let plain = [
        "all", "the", "every", "of", "are", "there", "do", "we", "have", "me", "a", "an", "any",
        "our", "my", "in", "total", "please", "exist", "and", "with", "id", "number", "now", "us",
        "items",
    ];
    sentence.tokens.iter().enumerate().skip(sentence.body).any(|(at, token)| {
        let inside = (subject.start..subject.end).contains(&at);
        let counts = conditions::count(&token.word).is_some();
        !inside
            && token.kind != Kind::Symbol
            && !token.is_any(&plain)
            && !counts
            && !is_plain_field(sentence, subject, view, at)
    })
}

/// Whether a word names a field that is only to be shown, and that is no relation by its name.
fn is_plain_field(
    sentence: &Sentence,
    subject: &Subject<'_>,
    view: &SchemaView,
    at: usize,
) -> bool {
    let shown = at < subject.start || !subject.keys.is_empty();
    let field = sentence
        .tokens
        .get(at)
        .and_then(|token| subject.collection.field_written(&token.word))
        .filter(|_| shown && sentence.verb == Verb::List);
    field.is_some_and(|field| {
        !view.collections.iter().any(|collection| same(&collection.name, &field.name))
    })
}
