//! Which collection a sentence is about, and which of its items by key.

use serde_json::Value;

use super::{
    grammar::{Sentence, Verb},
    lexer::{Kind, Token},
    schema_view::{CollectionView, Mention, SchemaView},
    value::number,
};

/// The collection of a sentence and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Subject<'v> {
    pub(super) collection: &'v CollectionView,
    /// Tokens of the name, and of the keys after it.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) keys: Vec<Value>,
}

const BEFORE_OWNER: [&str; 6] = ["of", "for", "on", "in", "from", "to"];

/// Finds the collection. `fallback` is the one that the conversation was about before, for "how many
/// of them are drafts?".
pub(super) fn find<'v>(
    sentence: &Sentence,
    view: &'v SchemaView,
    fallback: Option<&str>,
) -> Option<Subject<'v>> {
    let tokens = &sentence.tokens;
    let mentions = view.mentions(tokens, sentence.body);
    let Some(mention) = choose(sentence, view, &mentions) else {
        let pronouns = ["it", "them", "those", "these", "they", "ones", "that", "this"];
        let collection = view.named(fallback?)?;
        let mut places = sentence.body..tokens.len();
        let pronoun =
            places.clone().find(|&at| tokens.get(at).is_some_and(|token| token.is_any(&pronouns)));
        // "How many drafts are there?": a choice of the collection stands for its items.
        let (start, end) = match pronoun {
            Some(at) => (at, at + 1),
            None => places
                .find(|&at| tokens.get(at).is_some_and(|t| collection.choice(&t.word).is_some()))
                .map(|at| (at, at))?,
        };
        return Some(Subject { collection, start, end, keys: Vec::new() });
    };
    let collection = view.collections.get(mention.collection)?;
    let (keys, end) = keys_at(tokens, mention.end);
    Some(Subject { collection, start: mention.start, end, keys })
}

/// Of several names, the one that the sentence is about: for a change the one with a key behind it;
/// in "the category of article 3", where the first is a field of the second, the second; else the
/// first.
fn choose(sentence: &Sentence, view: &SchemaView, mentions: &[Mention]) -> Option<Mention> {
    let tokens = &sentence.tokens;
    let first = *mentions.first()?;
    let keyed = mentions.iter().find(|mention| !keys_at(tokens, mention.end).0.is_empty());
    if matches!(sentence.verb, Verb::Update | Verb::Delete)
        && let Some(keyed) = keyed
    {
        return Some(*keyed);
    }
    if sentence.verb == Verb::Create {
        return Some(first);
    }
    let owner = mentions.iter().skip(1).find(|mention| {
        let between = tokens.get(first.end..mention.start).unwrap_or_default();
        let owned = between.first().is_some_and(|token| token.is_any(&["of", "for"]));
        let collection = view.collections.get(mention.collection);
        let written = tokens.get(first.start).map(|token| token.word.as_str()).unwrap_or_default();
        let is_field = collection.is_some_and(|collection| {
            collection.fields.iter().any(|field| field.name == written && !field.holds_many)
        });
        let is_name = view.collections.get(first.collection).is_some_and(|c| c.name == written);
        owned && is_field && !is_name
    });
    Some(owner.copied().unwrap_or(first))
}

/// Keys after a collection's name: `3`, `#3`, `3, 4 and 5`, `with id 3`, `number 3`, `id "a-b"`.
pub(super) fn keys_at(tokens: &[Token], from: usize) -> (Vec<Value>, usize) {
    let mut at = from;
    let mut explicit = false;
    let word = |at: usize| tokens.get(at);
    if word(at).is_some_and(|token| token.is("with")) && word(at + 1).is_some_and(is_key_word) {
        at += 1;
    }
    while word(at).is_some_and(is_key_word)
        || (explicit && word(at).is_some_and(|token| token.is_any(&["is", "=", ":", "."])))
    {
        explicit = true;
        at += 1;
    }
    let mut keys = Vec::new();
    let mut end = from;
    while let Some(key) = word(at).and_then(|token| key_of(token, explicit)) {
        keys.push(key);
        at += 1;
        end = at;
        let mut next = at;
        while word(next).is_some_and(|token| token.is_any(&[",", "and", "&"])) {
            next += 1;
        }
        if next == at {
            break;
        }
        at = next;
    }
    (keys, end)
}

fn is_key_word(token: &Token) -> bool {
    token.is_any(&["id", "ids", "key", "keys", "number", "no", "nr", "#"])
}

fn key_of(token: &Token, explicit: bool) -> Option<Value> {
    let uuid = uuid::Uuid::parse_str(&token.text).is_ok();
    match number(&token.text) {
        Some(number) if number.is_i64() && token.kind == Kind::Word => Some(Value::Number(number)),
        _ if uuid || (explicit && token.kind != Kind::Symbol) => Some(token.text.clone().into()),
        _ => None,
    }
}

/// Whether a place in the sentence is behind a word like "of" or "in".
pub(super) fn is_owner(tokens: &[Token], at: usize) -> bool {
    let mut before = tokens.get(..at).unwrap_or_default().iter().rev();
    before
        .find(|token| !token.is_any(&["the", "all", "a", "an", "every", "our", "my"]))
        .is_some_and(|token| token.is_any(&BEFORE_OWNER))
}
