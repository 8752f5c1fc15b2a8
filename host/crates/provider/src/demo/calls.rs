//! The calls of a task, one after the other.

use serde_json::{Map, Value, json};

use super::{answer, dialogue::Dialogue, grammar::Verb, plan::Step, task::Task};

/// Items of a list that nobody limited.
const PAGE: i64 = 25;
/// Items of a list that was to be "all".
const LONGEST_PAGE: i64 = 100;
/// Fields of a table at most.
const COLUMNS: usize = 6;

/// Makes the calls of a task one after the other, then answers.
pub(super) fn act(task: &Task<'_>, dialogue: &Dialogue) -> Step {
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
        let Some(found) = done("read") else {
            return call(lookup_arguments(task));
        };
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
    task.conditions.limit.unwrap_or_else(|| page(task) + 1)
}

/// Items of one answer, where the user didn't say how many.
pub(super) fn page(task: &Task<'_>) -> i64 {
    if task.conditions.all { LONGEST_PAGE } else { PAGE }
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
