//! What a sentence wants from `items`, once the schema is known well enough.

use serde_json::{Map, Value};

use super::{
    assignments::{self, Assignments},
    conditions::{self, Conditions},
    dialogue::Dialogue,
    grammar::{Sentence, Verb},
    lexer::slice,
    lookup,
    schema_view::{CollectionView, SchemaView},
    subject::{self, Subject},
    talk,
};

/// What a question wants from `items`, once the schema is known well enough.
#[derive(Debug, Clone)]
pub(super) struct Task<'v> {
    pub(super) verb: Verb,
    pub(super) collection: &'v CollectionView,
    pub(super) view: &'v SchemaView,
    pub(super) keys: Vec<Value>,
    pub(super) conditions: Conditions,
    pub(super) data: Map<String, Value>,
    /// Fields that the user asked for by name.
    pub(super) wanted: Vec<String>,
    /// For "what is the alpha_3 of Germany": the value that the item is known by.
    pub(super) known_by: Option<String>,
    /// Function and field of an average, sum, highest or lowest value.
    pub(super) aggregate: Option<(&'static str, String)>,
}

impl<'v> Task<'v> {
    pub(super) fn about(verb: Verb, collection: &'v CollectionView, view: &'v SchemaView) -> Self {
        Self {
            verb,
            collection,
            view,
            keys: Vec::new(),
            conditions: Conditions::default(),
            data: Map::new(),
            wanted: Vec::new(),
            known_by: None,
            aggregate: None,
        }
    }
}

/// Works out what the sentence wants. The error is an answer.
pub(super) fn task<'v>(
    sentence: &Sentence,
    subject: &Subject<'v>,
    dialogue: &'v Dialogue,
) -> Result<Task<'v>, String> {
    let verb = match sentence.verb {
        Verb::Phrase | Verb::Fields => Verb::List,
        verb => verb,
    };
    let mut task = Task {
        verb,
        keys: subject.keys.clone(),
        ..Task::about(verb, subject.collection, &dialogue.view)
    };
    match verb {
        Verb::Create | Verb::Update => write(sentence, subject, dialogue, &mut task)?,
        _ => read(sentence, subject, dialogue, &mut task),
    }
    if matches!(verb, Verb::Delete | Verb::Update) && task.keys.is_empty() {
        if task.conditions.filters.is_empty() {
            return Err(talk::which_item(verb, subject.collection));
        }
        if !task.conditions.ignored.is_empty() {
            return Err(talk::ignored_in_write(&task.conditions.ignored));
        }
    }
    // "Delete the comments of article 3" has a key, but not one of what is to be deleted: with a key,
    // nothing else may be said.
    let keyed = !task.keys.is_empty();
    let more = task.conditions != Conditions::default() || !task.wanted.is_empty();
    if verb == Verb::Delete && (task.conditions.all || (keyed && more)) {
        return Err(talk::which_item(verb, subject.collection));
    }
    Ok(task)
}

fn read<'v>(
    sentence: &Sentence,
    subject: &Subject<'v>,
    dialogue: &'v Dialogue,
    task: &mut Task<'v>,
) {
    let tokens = &sentence.tokens;
    let collection = subject.collection;
    let parser = conditions::Parser {
        source: &sentence.source,
        tokens,
        collection,
        view: &dialogue.view,
        subject: subject.start,
        searching: sentence.is_search(),
    };
    let mut before = sentence.body;
    // "the title and status of articles", "the average price of products".
    if subject::is_owner(tokens, subject.start)
        || tokens.get(subject.start.saturating_sub(1)).is_some_and(|t| t.is("the"))
    {
        let (aggregate, wanted, rest) =
            lookup::wanted_fields(collection, tokens, before, subject.start);
        task.aggregate = aggregate;
        task.wanted = wanted;
        before = rest;
    }
    let searched = sentence.is_search()
        && tokens
            .get(subject.start.saturating_sub(1))
            .is_some_and(|token| token.is_any(&["in", "among", "within", "from", "the"]));
    if searched && before == sentence.body {
        let mut from = before;
        while tokens.get(from).is_some_and(|token| token.is_any(&["for", "the", "me"])) {
            from += 1;
        }
        let mut to = subject.start;
        while to > from
            && tokens.get(to - 1).is_some_and(|token| {
                token.is_any(&["in", "among", "within", "from", "the", "all", "any"])
            })
        {
            to -= 1;
        }
        let text = slice(&sentence.source, tokens, from, to);
        task.conditions.search = Some(text).filter(|text| !text.is_empty());
        before = subject.start;
    }
    parser.read(before, subject.start, &mut task.conditions);
    // "article 3's title".
    let mut after = subject.end;
    if !task.keys.is_empty() && tokens.get(after).is_some_and(|token| token.is("'s")) {
        let (_, wanted, rest) = lookup::wanted_fields(collection, tokens, after + 1, tokens.len());
        task.wanted.extend(wanted);
        after = rest;
    }
    parser.read(after, tokens.len(), &mut task.conditions);
}

fn write<'v>(
    sentence: &Sentence,
    subject: &Subject<'v>,
    dialogue: &'v Dialogue,
    task: &mut Task<'v>,
) -> Result<(), String> {
    let tokens = &sentence.tokens;
    let collection = subject.collection;
    let parser = assignments::Parser { source: &sentence.source, tokens, collection };
    let mut given = Assignments::default();
    let mut after = subject.end;
    if sentence.verb == Verb::Update && task.keys.is_empty() {
        // "the article titled X": found by its title, up to where the change begins.
        let end = lookup::end_of_description(tokens, after);
        let conditions = conditions::Parser {
            source: &sentence.source,
            tokens,
            collection,
            view: &dialogue.view,
            subject: subject.start,
            searching: false,
        };
        conditions.read(after, end, &mut task.conditions);
        after = end;
    }
    lookup::changes(sentence, subject, &parser, after, &mut given);
    if !given.ignored.is_empty() {
        return Err(talk::ignored_in_write(&given.ignored));
    }
    if given.data.is_empty() {
        return Err(talk::no_values(sentence.verb, collection));
    }
    task.data = given.data;
    Ok(())
}
