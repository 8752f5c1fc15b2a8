//! The next step: a tool call that is still missing, or an answer.

use serde_json::{Map, Value, json};

use super::{
    answer,
    assignments::{self, Assignments},
    conditions::{self, Conditions},
    dialogue::{Dialogue, Exchange, Outcome},
    grammar::{Sentence, Verb, parse},
    lexer::slice,
    lookup,
    schema_view::{CollectionView, SchemaView},
    subject::{self, Subject},
};

/// Tool calls for one question at most: overview, details, a lookup, a change.
const MAXIMUM_ROUNDS: usize = 4;
/// Items of a list that nobody limited.
pub(super) const PAGE: i64 = 25;
/// Fields of a table at most.
const COLUMNS: usize = 6;

/// What the model does next.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Say(String),
    Call { tool: &'static str, arguments: Value },
}

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

/// Decides on the next step.
pub(super) fn next(dialogue: &Dialogue, tools: &[&str]) -> Step {
    let sentence = parse(&dialogue.question);
    match sentence.verb {
        Verb::Help => return Step::Say(answer::introduction()),
        Verb::Thanks => return Step::Say(answer::thanks()),
        Verb::Unknown => return Step::Say(answer::not_understood()),
        _ => {}
    }
    if !["schema", "items"].iter().all(|tool| tools.contains(tool)) {
        return Step::Say(answer::no_tools());
    }
    if let Some(Exchange { outcome: Outcome::Failed(text), tool, arguments }) = dialogue.exchanges.last() {
        return Step::Say(answer::refused(tool, arguments, text));
    }
    let step = decide(&sentence, dialogue);
    match step {
        Step::Call { .. } if dialogue.rounds >= MAXIMUM_ROUNDS => Step::Say(answer::gave_up()),
        step => step,
    }
}

fn decide(sentence: &Sentence, dialogue: &Dialogue) -> Step {
    let view = &dialogue.view;
    if sentence.verb == Verb::Collections {
        return match view.complete {
            true => Step::Say(answer::collections(view)),
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
            None => Step::Say(answer::no_collection(sentence, view)),
        };
    };
    if sentence.verb == Verb::Fields && subject.keys.is_empty() {
        return match subject.collection.detailed {
            true => Step::Say(answer::fields(subject.collection)),
            false => details(dialogue, subject.collection),
        };
    }
    if !subject.collection.detailed && needs_details(sentence, &subject) {
        return details(dialogue, subject.collection);
    }
    match task(sentence, &subject, dialogue) {
        Ok(task) => act(&task, dialogue),
        Err(text) => Step::Say(text),
    }
}

fn overview(dialogue: &Dialogue) -> Step {
    match dialogue.exchanges.iter().any(|exchange| exchange.tool == "schema") {
        true => Step::Say(answer::nothing_readable()),
        false => Step::Call { tool: "schema", arguments: json!({}) },
    }
}

fn details(dialogue: &Dialogue, collection: &CollectionView) -> Step {
    let asked = dialogue.exchanges.iter().any(|exchange| exchange.arguments.get("keys").is_some() && exchange.tool == "schema");
    match asked {
        true => Step::Say(answer::nothing_readable()),
        false => Step::Call { tool: "schema", arguments: json!({"keys": [collection.name]}) },
    }
}

/// Whether the sentence says more than a collection and keys, so that types and choices matter.
fn needs_details(sentence: &Sentence, subject: &Subject<'_>) -> bool {
    if matches!(sentence.verb, Verb::Create | Verb::Update) {
        return true;
    }
    let plain = [
        "all", "the", "every", "of", "are", "there", "do", "we", "have", "me", "a", "an", "any", "our", "my",
        "in", "total", "please", "exist", "and", "with", "id", "number", "now", "us", "items",
    ];
    sentence.tokens.iter().enumerate().skip(sentence.body).any(|(at, token)| {
        let inside = (subject.start..subject.end).contains(&at);
        let counts = conditions::count(&token.word).is_some();
        !inside
            && token.kind != super::lexer::Kind::Symbol
            && !token.is_any(&plain)
            && !counts
            && subject.collection.field_written(&token.word).is_none_or(|_| sentence.verb != Verb::List)
    })
}

/// Works out what the sentence wants. The error is an answer.
fn task<'v>(
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
            return Err(answer::which_item(verb, subject.collection));
        }
        if !task.conditions.ignored.is_empty() {
            return Err(answer::ignored_in_write(&task.conditions.ignored));
        }
    }
    if verb == Verb::Delete && task.conditions.all {
        return Err(answer::which_item(verb, subject.collection));
    }
    Ok(task)
}

fn read<'v>(sentence: &Sentence, subject: &Subject<'v>, dialogue: &'v Dialogue, task: &mut Task<'v>) {
    let tokens = &sentence.tokens;
    let collection = subject.collection;
    let parser = conditions::Parser {
        source: &sentence.source,
        tokens,
        collection,
        view: &dialogue.view,
        searching: sentence.is_search(),
    };
    let mut before = sentence.body;
    // "the title and status of articles", "the average price of products".
    if subject::is_owner(tokens, subject.start) || tokens.get(subject.start.saturating_sub(1)).is_some_and(|t| t.is("the")) {
        let (aggregate, wanted, rest) = lookup::wanted_fields(collection, tokens, before, subject.start);
        task.aggregate = aggregate;
        task.wanted = wanted;
        before = rest;
    }
    let searched = sentence.is_search()
        && tokens.get(subject.start.saturating_sub(1)).is_some_and(|token| token.is_any(&["in", "among", "within", "from", "the"]));
    if searched && before == sentence.body {
        let mut from = before;
        while tokens.get(from).is_some_and(|token| token.is_any(&["for", "the", "me"])) {
            from += 1;
        }
        let mut to = subject.start;
        while to > from && tokens.get(to - 1).is_some_and(|token| token.is_any(&["in", "among", "within", "from", "the", "all", "any"])) {
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
            searching: false,
        };
        conditions.read(after, end, &mut task.conditions);
        after = end;
    }
    lookup::changes(sentence, subject, &parser, after, &mut given);
    if !given.ignored.is_empty() {
        return Err(answer::ignored_in_write(&given.ignored));
    }
    if given.data.is_empty() {
        return Err(answer::no_values(sentence.verb, collection));
    }
    task.data = given.data;
    Ok(())
}

/// Makes the calls of a task one after the other, then answers.
fn act(task: &Task<'_>, dialogue: &Dialogue) -> Step {
    let done = |action: &str| {
        dialogue.exchanges.iter().rev().find(|exchange| {
            exchange.tool == "items"
                && exchange.text("action") == Some(action)
                && exchange.text("collection") == Some(&task.collection.name)
        })
    };
    let action = match task.verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Delete => "delete",
        _ => "read",
    };
    if let Some(exchange) = done(action) {
        return Step::Say(answer::done(task, &exchange.outcome));
    }
    let mut keys = task.keys.clone();
    if keys.is_empty() && matches!(task.verb, Verb::Update | Verb::Delete) {
        let Some(found) = done("read") else { return call(lookup_arguments(task)) };
        match answer::only_key(task, &found.outcome) {
            Ok(key) => keys = vec![key],
            Err(text) => return Step::Say(text),
        }
    }
    let collection = &task.collection.name;
    call(match task.verb {
        Verb::Create => json!({"action": "create", "collection": collection, "data": task.data}),
        Verb::Update => {
            json!({"action": "update", "collection": collection, "keys": keys, "data": task.data})
        }
        Verb::Delete => json!({"action": "delete", "collection": collection, "keys": keys}),
        Verb::Count => count_arguments(task),
        _ => read_arguments(task),
    })
}

fn call(arguments: Value) -> Step {
    Step::Call { tool: "items", arguments }
}

fn lookup_arguments(task: &Task<'_>) -> Value {
    let collection = task.collection;
    let mut fields = vec![collection.primary_key.as_str()];
    if collection.display() != collection.primary_key {
        fields.push(collection.display());
    }
    let mut query = Map::from_iter([("fields".to_owned(), json!(fields))]);
    if let Some(filter) = task.conditions.filter() {
        query.insert("filter".into(), filter);
    }
    query.insert("limit".into(), json!(PAGE));
    json!({"action": "read", "collection": collection.name, "query": query})
}

fn count_arguments(task: &Task<'_>) -> Value {
    let mut query = Map::from_iter([("aggregate".to_owned(), json!({"count": ["*"]}))]);
    if let Some(group) = &task.conditions.group {
        query.insert("groupBy".into(), json!([group]));
    }
    if let Some(filter) = task.conditions.filter() {
        query.insert("filter".into(), filter);
    }
    if let Some(search) = &task.conditions.search {
        query.insert("search".into(), json!(search));
    }
    json!({"action": "read", "collection": task.collection.name, "query": query})
}

fn read_arguments(task: &Task<'_>) -> Value {
    let collection = &task.collection.name;
    let columns = columns(task);
    if !task.keys.is_empty() {
        return match task.wanted.is_empty() {
            true => json!({"action": "read", "collection": collection, "keys": task.keys}),
            false => {
                json!({"action": "read", "collection": collection, "keys": task.keys, "query": {"fields": columns}})
            }
        };
    }
    let conditions = &task.conditions;
    let mut query = Map::new();
    match &task.aggregate {
        Some((function, field)) => {
            query.insert("aggregate".into(), json!({*function: [field]}));
            if let Some(group) = &conditions.group {
                query.insert("groupBy".into(), json!([group]));
            }
        }
        None => {
            query.insert("fields".into(), json!(columns));
        }
    }
    if let Some(filter) = conditions.filter() {
        query.insert("filter".into(), filter);
    }
    if let Some(search) = &conditions.search {
        query.insert("search".into(), json!(search));
    }
    if !conditions.sort.is_empty() {
        query.insert("sort".into(), json!(conditions.sort));
    }
    if task.aggregate.is_none() {
        query.insert("limit".into(), json!(limit(task)));
    }
    json!({"action": "read", "collection": collection, "query": query})
}

/// How many items to ask for. One more than a page shows whether there are more.
fn limit(task: &Task<'_>) -> i64 {
    match (task.conditions.limit, task.conditions.all) {
        (Some(limit), _) => limit,
        (None, true) => 100,
        (None, false) => PAGE + 1,
    }
}

/// Columns of the answer: key, name, what was asked for, what the conditions are about.
pub(super) fn columns(task: &Task<'_>) -> Vec<String> {
    let collection = task.collection;
    let mut columns = vec![collection.primary_key.clone()];
    let shown = task.wanted.iter().chain(&task.conditions.fields).map(String::as_str);
    for name in std::iter::once(collection.display()).chain(shown) {
        let field = collection.field(name);
        if field.is_some_and(|field| field.holds_many) && !task.wanted.iter().any(|w| w == name) {
            continue;
        }
        // A related item is shown by its name, where that is known.
        let name = field
            .and_then(|field| field.points_to.as_ref())
            .and_then(|related| task.view.named(related))
            .filter(|related| related.display() != related.primary_key)
            .map_or_else(|| name.to_owned(), |related| format!("{name}.{}", related.display()));
        if !columns.contains(&name) && columns.len() < COLUMNS {
            columns.push(name);
        }
    }
    columns
}
