//! Sentences around the answers: what the model is, what it lacks, what was refused.

use serde_json::Value;

use super::{
    grammar::{Sentence, Verb},
    names::singular,
    schema_view::{CollectionView, SchemaView},
    table::{cell, inline, table},
};

const ABILITIES: &str = "\
- **Look:** \"List all articles\", \"Show the 5 latest articles that are drafts\", \"Which countries \
start with A?\", \"Show article 3\", \"What is the title of article 3?\"\n\
- **Count:** \"How many comments are there?\", \"How many articles per status?\"\n\
- **Search and sort:** \"Search articles for coffee\", \"List authors sorted by name\"\n\
- **Change:** \"Create an article titled Hello, status draft\", \"Set the title of article 3 to \
Hello\", \"Publish article 12\", \"Delete comment 7\"\n\
- **Structure:** \"What collections are there?\", \"What fields does articles have?\"";

pub(super) fn introduction() -> String {
    format!(
        "Hello! I am Palisade's demo model: a small set of rules inside the host, **not** a language \
         model. I understand simple English sentences about this project's items and look everything \
         up with the same tools, permissions and approvals that a real model has. For \
         example:\n\n{ABILITIES}"
    )
}

pub(super) fn thanks() -> String {
    "You're welcome. I'm only a demo model made of rules; ask me for items of this project whenever \
     you like."
        .into()
}

pub(super) fn not_understood() -> String {
    format!(
        "I did not understand that. I am Palisade's demo model, a small set of rules and **not** a \
         language model, so I can't chat, write or reason. What I understand:\n\n{ABILITIES}"
    )
}

pub(super) fn no_tools() -> String {
    "I answer from the project's items, for which I need the tools `schema` and `items`. They are not \
     available in this conversation."
        .into()
}

pub(super) fn gave_up() -> String {
    "I have used all the tool calls that I make for one question and still have no answer. Please ask \
     in a simpler way."
        .into()
}

pub(super) fn nothing_readable() -> String {
    "I can't see any collection that this is about: the project's schema, as far as you may read it, \
     says nothing that I understand."
        .into()
}

/// A tool call that failed, was refused or denied. The text is the host's.
pub(super) fn refused(tool: &str, arguments: &Value, text: &str) -> String {
    let action = arguments.get("action").and_then(Value::as_str);
    let unchanged = match action {
        Some("create" | "update" | "delete") => " Nothing was changed.",
        _ => "",
    };
    let what = match (action, arguments.get("collection").and_then(Value::as_str)) {
        (Some(action), Some(collection)) => format!("the {action} on `{}`", inline(collection)),
        _ => format!("the call of `{}`", inline(tool)),
    };
    let lower = text.to_lowercase();
    let declined = ["the user declined", "tool execution denied"];
    if declined.iter().any(|known| lower.starts_with(known)) {
        return format!("You declined {what}, so it was not done.{unchanged}");
    }
    let text = if text.is_empty() { "no reason given" } else { text };
    format!(
        "That was not done: {what} came back with this answer.{unchanged}\n\n> {}",
        cell_text(text)
    )
}

fn cell_text(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ").chars().take(600).collect()
}

pub(super) fn collections(view: &SchemaView) -> String {
    let mut text = format!("You can see {}:\n\n", plural(view.collections.len(), "collection"));
    for collection in &view.collections {
        text.push_str(&format!("- **{}**", inline(&collection.name)));
        if let Some(note) = &collection.note {
            text.push_str(&format!(": {}", inline(note)));
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

pub(super) fn fields(collection: &CollectionView) -> String {
    let rows: Vec<Vec<String>> = collection
        .fields
        .iter()
        .map(|field| {
            let choices: Vec<String> = field.choices.iter().map(cell).collect();
            let about = match (&field.points_to, choices.is_empty()) {
                (Some(related), _) => format!("one of {related}"),
                (None, false) => format!("one of {}", choices.join(", ")),
                (None, true) if field.name == collection.primary_key => "primary key".into(),
                (None, true) if field.holds_many => "related items".into(),
                (None, true) => String::new(),
            };
            vec![field.name.clone(), field.kind.clone(), about]
        })
        .collect();
    let headers = ["field", "type", ""].map(String::from);
    format!(
        "`{}` has {} that you can see:\n\n{}",
        inline(&collection.name),
        plural(rows.len(), "field"),
        table(&headers, &rows)
    )
}

pub(super) fn no_collection(sentence: &Sentence, view: &SchemaView) -> String {
    let names: Vec<String> = view
        .collections
        .iter()
        .map(|collection| format!("`{}`", inline(&collection.name)))
        .collect();
    let search = match sentence.is_search() {
        true => " Tell me which of them to search, for example \"Search articles for coffee\".",
        false => "",
    };
    format!(
        "I am a demo model made of rules, and I don't find a collection of this project in your \
         sentence. You can see: {}.{search}",
        names.join(", ")
    )
}

pub(super) fn which_item(verb: Verb, collection: &CollectionView) -> String {
    let (word, name) = (if verb == Verb::Delete { "delete" } else { "change" }, one(collection));
    format!(
        "Tell me which item to {word}, one at a time or by key, for example \"{word} {name} 3\". I never \
         {word} everything at once."
    )
}

pub(super) fn ignored_in_write(ignored: &[String]) -> String {
    format!(
        "I did not understand \"{}\", so I change nothing. Say it like \"Set the title of article 3 to \
         Hello\" or \"Create an article titled Hello, status draft\", with the names of the fields, and \
         quotation marks around longer texts.",
        inline(&ignored.join(" "))
    )
}

pub(super) fn no_values(verb: Verb, collection: &CollectionView) -> String {
    let (display, name) = (collection.display(), one(collection));
    let example = match verb {
        Verb::Create => format!("Create {name} with {display} Hello"),
        _ => format!("Set the {display} of {name} 3 to Hello"),
    };
    format!("Tell me which values to write, for example \"{example}\".")
}

pub(super) fn one(collection: &CollectionView) -> String {
    let name = collection.name.trim_start_matches("directus_");
    inline(&match name.rsplit_once('_') {
        Some((front, last)) => format!("{front}_{}", singular(last)),
        None => singular(name),
    })
}

pub(super) fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
