//! Answers from the results of `items`.

use serde_json::Value;

use super::{
    calls::{columns, page},
    dialogue::Outcome,
    grammar::Verb,
    table::{cell, inline, paragraph, table, value_at},
    talk::{one, plural, refused},
    task::Task,
};

/// The key of the one item that a change is for. The error is an answer.
pub(super) fn only_key(task: &Task<'_>, outcome: &Outcome) -> Result<Value, String> {
    let (collection, display) = (task.collection, task.collection.display());
    let rows = match outcome {
        Outcome::Rows { rows, .. } => rows,
        Outcome::Withheld { .. } | Outcome::Failed(_) => {
            return Err(format!(
                "I can't look up which {} is meant here. Name it by its key.",
                one(collection)
            ));
        }
    };
    let known_by = task.conditions.named.as_deref().unwrap_or_default();
    let row = match (the_one(rows, display, known_by), rows.as_slice()) {
        (Some(row), _) if !value_at(row, &collection.primary_key).is_null() => row,
        (_, []) => {
            return Err(format!("I found no such item in `{}`.", inline(&collection.name)));
        }
        _ => {
            let shown = [collection.primary_key.clone(), display.to_owned()];
            return Err(format!(
                "{} fit that. Tell me which one by its key:\n\n{}",
                plural(rows.len(), "item"),
                rows_table(&shown, rows)
            ));
        }
    };
    Ok(value_at(row, &collection.primary_key).clone())
}

/// The row that is known by a name: the one that has exactly this name ("titled Hello" finds "Hello
/// again" too), else the only one.
fn the_one<'v>(rows: &'v [Value], display: &str, name: &str) -> Option<&'v Value> {
    let named = |row: &&Value| match value_at(row, display) {
        Value::String(text) => text.to_lowercase() == name.to_lowercase(),
        other => cell(other) == name,
    };
    let mut exact = rows.iter().filter(named);
    match (exact.next(), exact.next(), rows) {
        (Some(row), None, _) | (None, _, [row]) => Some(row),
        _ => None,
    }
}

/// The answer to a task whose last call has its result.
pub(super) fn done(task: &Task<'_>, outcome: &Outcome) -> String {
    let (rows, cut) = match outcome {
        Outcome::Rows { rows, cut } => (rows.as_slice(), *cut),
        Outcome::Failed(text) => return refused("items", &Value::Null, text),
        Outcome::Withheld { items } => {
            let found =
                items.map_or_else(String::new, |items| format!(" {} matched.", plural_u64(items)));
            return format!(
                "Done.{found} This workspace keeps item values from models, so I can't show them; you may see them on your screen."
            );
        }
    };
    match task.verb {
        Verb::Create => written("Created", task, rows),
        Verb::Update => written("Updated", task, rows),
        Verb::Delete => {
            let keys: Vec<String> = rows.iter().map(|row| key_of(task, row)).collect();
            format!(
                "Deleted {} {} from `{}`.",
                one(task.collection),
                keys.join(", "),
                inline(&task.collection.name)
            )
        }
        Verb::Count => with_remark(task, counted(task, rows)),
        _ => with_remark(task, listed(task, rows, cut)),
    }
}

fn written(what: &str, task: &Task<'_>, rows: &[Value]) -> String {
    let keys: Vec<String> = rows.iter().map(|row| key_of(task, row)).collect();
    let mut text = format!("{what} {} {}:\n", one(task.collection), keys.join(", "));
    for (field, asked) in &task.data {
        // What was stored, where the caller may read it: a rule of the project may have changed it.
        let stored = rows.first().filter(|row| row.is_object()).map(|row| value_at(row, field));
        let value =
            stored.filter(|stored| !stored.is_null() && !stored.is_object()).unwrap_or(asked);
        text.push_str(&format!("\n- **{}**: {}", inline(field), cell(value)));
    }
    text
}

fn key_of(task: &Task<'_>, row: &Value) -> String {
    match row {
        Value::Object(_) => cell(value_at(row, &task.collection.primary_key)),
        key => cell(key),
    }
}

fn counted(task: &Task<'_>, rows: &[Value]) -> String {
    let name = inline(&task.collection.name);
    if let Some(group) = &task.conditions.group {
        return format!("`{name}` by {group}:\n\n{}", grouped(group, "count", rows));
    }
    let count = rows.first().map(|row| number_in(value_at(row, "count"))).unwrap_or_default();
    let (verb, noun) = match count.as_str() {
        "1" => ("is", one(task.collection)),
        _ => ("are", name),
    };
    format!("There {verb} **{count}** {noun}{}.", conditions_in_words(task))
}

fn grouped(group: &str, function: &str, rows: &[Value]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| vec![cell(value_at(row, group)), number_in(value_at(row, function))])
        .collect();
    table(&[group.to_owned(), function.to_owned()], &rows)
}

/// An aggregate is a number, or an object with one number per field.
fn number_in(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields.values().next().map(cell).unwrap_or_default(),
        other => cell(other),
    }
}

fn listed(task: &Task<'_>, rows: &[Value], cut: bool) -> String {
    let name = inline(&task.collection.name);
    if let Some((function, field)) = &task.aggregate {
        if let Some(group) = &task.conditions.group {
            return grouped(group, function, rows);
        }
        let value = rows.first().map(|row| number_in(value_at(row, function))).unwrap_or_default();
        let word = match *function {
            "avg" => "average",
            "min" => "minimum",
            "max" => "maximum",
            other => other,
        };
        return format!(
            "The {word} {} of `{name}`{} is **{value}**.",
            inline(field),
            conditions_in_words(task)
        );
    }
    if let Some(known_by) = &task.known_by {
        return fact(task, known_by, rows);
    }
    match (rows, task.keys.is_empty()) {
        ([], _) => return format!("I found nothing in `{name}`{}.", conditions_in_words(task)),
        ([row], false) => return item(task, row),
        _ => {}
    }
    let page = usize::try_from(page(task)).unwrap_or(usize::MAX);
    let limited = task.conditions.limit.is_some() || !task.keys.is_empty();
    let more = cut || (!limited && rows.len() > page);
    let shown = if limited { rows } else { rows.get(..page).unwrap_or(rows) };
    let columns = columns(task);
    let found = match more {
        true => format!("The first {} {name}{}:", shown.len(), conditions_in_words(task)),
        false if shown.len() == 1 => format!("One item of `{name}`{}:", conditions_in_words(task)),
        false => format!("{} {name}{}:", shown.len(), conditions_in_words(task)),
    };
    let hint = match more {
        true => "\n\nThere are more; narrow it down, or ask how many there are.",
        false => "",
    };
    format!("{found}\n\n{}{hint}", rows_table(&columns, shown))
}

/// "The alpha_3 of Germany is DEU."
fn fact(task: &Task<'_>, known_by: &str, rows: &[Value]) -> String {
    let (display, field) =
        (task.collection.display(), task.wanted.first().map_or("id", String::as_str));
    let column = columns(task).into_iter().find(|name| name.split('.').next() == Some(field));
    let column = column.as_deref().unwrap_or(field);
    match (the_one(rows, display, known_by), rows) {
        (Some(row), _) => format!(
            "The {} of {} is **{}**.",
            inline(field),
            cell(value_at(row, display)),
            cell(value_at(row, column))
        ),
        (_, []) => format!(
            "I found no item in `{}` whose {display} is \"{}\".",
            inline(&task.collection.name),
            inline(known_by)
        ),
        _ => format!(
            "Several items fit \"{}\":\n\n{}",
            inline(known_by),
            rows_table(&columns(task), rows)
        ),
    }
}

/// One item in full, or the fields that were asked for.
fn item(task: &Task<'_>, row: &Value) -> String {
    let name = one(task.collection);
    let key = task.keys.first().map(cell).unwrap_or_default();
    if let ([field], true) = (task.wanted.as_slice(), row.is_object()) {
        let column = columns(task).into_iter().find(|name| name.split('.').next() == Some(field));
        let value = value_at(row, column.as_deref().unwrap_or(field));
        return format!("The {} of {name} {key} is **{}**.", inline(field), paragraph(value));
    }
    let mut text = format!("{name} {key}:\n");
    for (field, value) in row.as_object().into_iter().flatten() {
        text.push_str(&format!("\n- **{}**: {}", inline(field), paragraph(value)));
    }
    text
}

fn rows_table(columns: &[String], rows: &[Value]) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| cell(value_at(row, column))).collect())
        .collect();
    let headers: Vec<String> = columns
        .iter()
        .map(|column| column.split('.').next().unwrap_or(column).to_owned())
        .collect();
    table(&headers, &cells)
}

fn conditions_in_words(task: &Task<'_>) -> String {
    let mut words = task.conditions.described.clone();
    if let Some(search) = &task.conditions.search {
        words.push(format!("\"{search}\" is found"));
    }
    match words.is_empty() {
        true => String::new(),
        false => format!(" where {}", inline(&words.join(" and "))),
    }
}

/// Words that had no effect are named, so that nobody takes the answer for more than it is.
fn with_remark(task: &Task<'_>, answer: String) -> String {
    match task.conditions.ignored.as_slice() {
        [] => answer,
        words => format!(
            "{answer}\n\nI did not understand \"{}\" and left it out.",
            inline(&words.join(" "))
        ),
    }
}

fn plural_u64(count: u64) -> String {
    if count == 1 { "1 item".into() } else { format!("{count} items") }
}
