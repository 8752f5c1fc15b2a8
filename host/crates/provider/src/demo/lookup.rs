//! The parts of a sentence that name fields and values rather than items.

use serde_json::json;

use super::{
    assignments::{Assignments, Parser},
    grammar::{Sentence, Verb},
    lexer::{Token, slice},
    schema_view::{CollectionView, FieldView, SchemaView},
    subject::Subject,
    task::Task,
};

/// An aggregate function of Directus, with the field it runs over.
type Aggregate = (&'static str, String);

const AGGREGATES: [(&str, &str); 9] = [
    ("average", "avg"),
    ("avg", "avg"),
    ("mean", "avg"),
    ("sum", "sum"),
    ("total", "sum"),
    ("minimum", "min"),
    ("min", "min"),
    ("maximum", "max"),
    ("max", "max"),
];

/// Fields named in front of "of the articles", an aggregate among them, and where they end.
pub(super) fn wanted_fields(
    collection: &CollectionView,
    tokens: &[Token],
    from: usize,
    to: usize,
) -> (Option<Aggregate>, Vec<String>, usize) {
    let mut wanted: Vec<String> = Vec::new();
    let mut function = None;
    let mut at = from;
    let mut end = from;
    while at < to
        && let Some(token) = tokens.get(at)
    {
        if let Some((_, name)) = AGGREGATES.iter().find(|(word, _)| token.is(word)) {
            function = Some(*name);
            at += 1;
            continue;
        }
        if token.is_any(&[
            "the", "a", "an", "all", "and", ",", "of", "for", "from", "on", "in", "?", ".",
        ]) {
            at += 1;
            continue;
        }
        let owned = tokens.get(at + 1).is_none_or(|next| next.is_any(&["of", "for", "?", "."]));
        let found = collection
            .field_at(tokens, at)
            .or_else(|| Some((collection.field_like(&token.word).filter(|_| owned)?, 1)));
        let Some((field, length)) = found else { break };
        if !wanted.contains(&field.name) {
            wanted.push(field.name.clone());
        }
        at += length;
        end = at;
    }
    match (function, wanted.first()) {
        (Some(function), Some(field)) => (Some((function, field.clone())), Vec::new(), end),
        _ => (None, wanted, end),
    }
}

/// "the alpha_3 of Germany", "Germany's capital": no collection is named, but a field that one has,
/// and what the item is known by.
pub(super) fn owner_of_field<'v>(
    sentence: &Sentence,
    view: &'v SchemaView,
    previous: Option<&str>,
) -> Option<Task<'v>> {
    if !matches!(sentence.verb, Verb::List | Verb::Phrase) {
        return None;
    }
    let tokens = &sentence.tokens;
    let (start, end) = (skip_articles(tokens, sentence.body), tokens.len());
    let place =
        |words: &[&str]| (start..end).find(|&at| tokens.get(at).is_some_and(|t| t.is_any(words)));
    let (written, value) = match (place(&["of", "for"]), place(&["'s"])) {
        (Some(of), _) => (
            slice(&sentence.source, tokens, start, of),
            slice(&sentence.source, tokens, skip_articles(tokens, of + 1), end),
        ),
        (None, Some(possessive)) => (
            slice(&sentence.source, tokens, possessive + 1, end),
            slice(&sentence.source, tokens, start, possessive),
        ),
        (None, None) => return None,
    };
    let value =
        value.trim_end_matches(['!', '?', '.']).trim_matches(['"', '\'', '“', '”']).to_owned();
    let fits = |collection: &&CollectionView| {
        collection.field_written(&written).is_some_and(|field| field.name != collection.display())
    };
    // System collections have fields of every name; the project's own come first.
    let collection = previous
        .and_then(|name| view.named(name))
        .filter(fits)
        .or_else(|| view.collections.iter().filter(|c| !c.name.starts_with("directus_")).find(fits))
        .or_else(|| view.collections.iter().find(fits))?;
    let field = collection.field_written(&written).filter(|_| !value.is_empty())?;
    let mut task = Task::about(Verb::List, collection, view);
    task.conditions.filters.push(json!({collection.display(): {"_icontains": value}}));
    task.wanted.push(field.name.clone());
    task.known_by = Some(value);
    Some(task)
}

fn skip_articles(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    while tokens.get(at).is_some_and(|token| token.is_any(&["the", "a", "an", "is", "me"])) {
        at += 1;
    }
    at
}

/// Where the description of an item ends and its change begins: "the article titled A | to B".
pub(super) fn end_of_description(tokens: &[Token], from: usize) -> usize {
    (from..tokens.len())
        .find(|&at| tokens.get(at).is_some_and(|t| t.is_any(&["to", "as", "=", ":", "so"])))
        .unwrap_or(tokens.len())
}

/// The new values of a sentence that creates or changes.
pub(super) fn changes(
    sentence: &Sentence,
    subject: &Subject<'_>,
    parser: &Parser<'_>,
    after: usize,
    given: &mut Assignments,
) {
    let tokens = &sentence.tokens;
    let (collection, end) = (subject.collection, tokens.len());
    if sentence.verb == Verb::Create {
        parser.read(sentence.body, subject.start, given);
        return parser.read(after, end, given);
    }
    if matches!(sentence.stem.as_str(), "rename" | "retitle")
        && let Some(display) = collection.field(collection.display())
    {
        let named = field_before(collection, tokens, sentence.body, subject.start);
        let from = match named {
            Some((field, place)) if field.name == display.name => place,
            _ => sentence.body,
        };
        strays(tokens, from, subject.start, given);
        return parser.read_value_of(display, after, end, given);
    }
    let implied: &[&str] = match sentence.stem.as_str() {
        "publish" => &["published"],
        "unpublish" => &["unpublished", "draft"],
        "archive" => &["archived"],
        "unarchive" => &["unarchived", "published"],
        "approve" => &["approved"],
        "unapprove" => &["unapproved"],
        "reject" => &["rejected", "unapproved"],
        _ => &[],
    };
    if !implied.is_empty() {
        strays(tokens, sentence.body, subject.start, given);
        let found = implied.iter().find_map(|word| collection.choice(word));
        match found {
            Some((field, value)) => {
                given.data.insert(field.name.clone(), value);
            }
            None => given.ignored.push(sentence.stem.clone()),
        }
        return parser.read(after, end, given);
    }
    match field_before(collection, tokens, sentence.body, subject.start) {
        Some((field, place)) => {
            let assigned = tokens.get(place).is_some_and(|t| t.is_any(&["to", "as", "=", ":"]));
            if assigned {
                // "set the status to published for article 3".
                let mut stop = subject.start;
                while stop > place
                    && tokens
                        .get(stop - 1)
                        .is_some_and(|t| t.is_any(&["of", "for", "on", "in", "the", "a"]))
                {
                    stop -= 1;
                }
                parser.read_value_of(field, place, stop, given);
                parser.read(after, end, given);
            } else {
                strays(tokens, place, subject.start, given);
                parser.read_value_of(field, after, end, given);
            }
        }
        None => {
            parser.read(sentence.body, subject.start, given);
            parser.read(after, end, given);
        }
    }
}

/// Words between a verb or field and the item: "publish the comments of article 3" doesn't mean the
/// article.
fn strays(tokens: &[Token], from: usize, to: usize, given: &mut Assignments) {
    let fillers =
        ["the", "a", "an", "of", "for", "on", "in", "my", "our", "this", "that", "all", "every"];
    let words = tokens.get(from..to).unwrap_or_default().iter();
    given
        .ignored
        .extend(words.filter(|token| !token.is_any(&fillers)).map(|token| token.text.clone()));
}

/// The field that is named before the collection, and where its name ends.
fn field_before<'c>(
    collection: &'c CollectionView,
    tokens: &[Token],
    from: usize,
    to: usize,
) -> Option<(&'c FieldView, usize)> {
    let start = skip_articles(tokens, from);
    if start >= to {
        return None;
    }
    collection
        .field_at(tokens, start)
        .map(|(field, length)| (field, start + length))
        .or_else(|| Some((collection.field_like(&tokens.get(start)?.word)?, start + 1)))
}
