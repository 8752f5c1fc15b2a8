//! Which tools fit a few words: BM25 over what is said of them.
//!
//! The fields of a tool count differently: a word in its name is worth three in its instructions.
//! They are put together as one text in which the words of a field stand as often as its weight says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::tools::entry::Entry;

/// How soon more of the same word says nothing more.
const SATURATION: f64 = 1.2;
/// How much a long text counts against its words.
const LENGTH: f64 = 0.75;

const NAME: f64 = 3.0;
const KEYWORDS: f64 = 2.0;
const SUMMARY: f64 = 2.0;
const ARGUMENTS: f64 = 1.0;
const INSTRUCTIONS: f64 = 1.0;

/// Words that say nothing about what is meant.
const EMPTY: [&str; 22] = [
    "a", "all", "an", "and", "can", "for", "from", "how", "i", "in", "into", "is", "it", "me",
    "my", "of", "on", "or", "that", "the", "to", "with",
];

/// The words of one tool, by their weight.
struct Document<'t> {
    tool: &'t Entry,
    words: BTreeMap<String, f64>,
    length: f64,
}

/// The tools that fit a query, best first; those that fit equally well by their names. A tool whose
/// name is the query is the first.
pub(super) fn ranked<'t>(tools: &'t [Entry], query: &str) -> Vec<&'t Entry> {
    let documents: Vec<_> = tools.iter().map(Document::new).collect();
    #[expect(clippy::cast_precision_loss, reason = "there are few of them")]
    let number = documents.len() as f64;
    let mean = documents.iter().map(|document| document.length).sum::<f64>() / number.max(1.0);
    let mut wanted: Vec<(String, f64)> = Vec::new();
    for word in words(query) {
        let having = documents.iter().filter(|document| document.words.contains_key(&word));
        #[expect(clippy::cast_precision_loss, reason = "there are few of them")]
        let having = having.count() as f64;
        if having > 0.0 && !wanted.iter().any(|(known, _)| *known == word) {
            wanted.push((word, (1.0 + (number - having + 0.5) / (having + 0.5)).ln()));
        }
    }
    let mut found: Vec<Found<'t>> = Vec::new();
    for document in &documents {
        let length = 1.0 - LENGTH + LENGTH * document.length / mean;
        let scores = wanted.iter().map(|(word, weight)| {
            let frequency = document.words.get(word).copied().unwrap_or_default();
            weight * frequency * (SATURATION + 1.0) / (frequency + SATURATION * length)
        });
        let tool = document.tool;
        let is_exact = tool.name.eq_ignore_ascii_case(query.trim());
        let new = Found { tool, is_exact, score: scores.sum() };
        if new.score > 0.0 || is_exact {
            found.insert(found.partition_point(|other| other.is_before(&new)), new);
        }
    }
    found.into_iter().map(|found| found.tool).collect()
}

/// A tool that fits.
struct Found<'t> {
    tool: &'t Entry,
    is_exact: bool,
    score: f64,
}

impl Found<'_> {
    fn is_before(&self, other: &Self) -> bool {
        let order = other.is_exact.cmp(&self.is_exact);
        let order = order.then(other.score.total_cmp(&self.score));
        order.then(self.tool.name.cmp(&other.tool.name)).is_lt()
    }
}

impl<'t> Document<'t> {
    fn new(tool: &'t Entry) -> Self {
        let mut document = Self { tool, words: BTreeMap::new(), length: 0.0 };
        document.add(&tool.name, NAME);
        document.add(tool.keywords, KEYWORDS);
        document.add(&tool.summary, SUMMARY);
        document.add(&tool.instructions, INSTRUCTIONS);
        if let Ok(schema) = serde_json::from_str(&tool.input_schema) {
            document.add_arguments(&schema);
        }
        document
    }

    fn add(&mut self, text: &str, weight: f64) {
        for word in words(text) {
            *self.words.entry(word).or_default() += weight;
            self.length += weight;
        }
    }

    /// Names and descriptions of arguments, also of those inside of others.
    fn add_arguments(&mut self, schema: &Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            self.add(name, ARGUMENTS);
            self.add(
                schema.get("description").and_then(Value::as_str).unwrap_or_default(),
                ARGUMENTS,
            );
            self.add_arguments(schema);
            if let Some(items) = schema.get("items") {
                self.add_arguments(items);
            }
        }
    }
}

/// The words of a text that say something, each in its simplest form. The texts are English.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .filter(|word| !EMPTY.contains(&word.as_str()))
        .map(singular)
}

fn singular(mut word: String) -> String {
    if word.len() > 4 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::builtin::BUILTINS;
    use crate::tools::rules;

    fn names(query: &str) -> Vec<String> {
        let hosted = BUILTINS.iter().filter(|tool| !tool.client_side);
        let tools: Vec<_> = hosted.map(Entry::from).collect();
        ranked(&tools, query).iter().map(|tool| tool.name.to_string()).collect()
    }

    #[test]
    fn nothing_fits_words_that_nobody_says() {
        for query in ["", "   ", "xyzzy", "the of and", "!?", "日本語"] {
            assert_eq!(names(query), Vec::<String>::new(), "{query:?}");
        }
        assert!(ranked(&[], "items").is_empty());
    }

    #[test]
    fn the_tool_that_is_meant_comes_first() {
        let wrong: Vec<_> = [
            ("items", "items"),
            (" Fields ", "fields"),
            ("trigger-flow", "trigger-flow"),
            ("update an article", "items"),
            ("create content", "items"),
            ("change the title of a post", "items"),
            ("count the published posts", "items"),
            ("import an image from a url", "files"),
            ("delete a file", "files"),
            ("make a new folder", "folders"),
            ("look at a picture", "assets"),
            ("listen to the audio", "assets"),
            ("run a flow", "trigger-flow"),
            ("list all automations", "flows"),
            ("step of a flow that sends mail", "operations"),
            ("create a new table", "collections"),
            ("add a dropdown column", "fields"),
            ("foreign key between two collections", "relations"),
            ("describe the data model", "schema"),
        ]
        .into_iter()
        .filter(|(query, expected)| names(query).first().is_none_or(|first| first != expected))
        .map(|(query, _)| (query, names(query)))
        .collect();
        assert_eq!(wrong, []);
    }
    #[test]
    fn what_fits_equally_well_stands_by_name() {
        let tool = |name: &'static str| Entry {
            name: name.into(),
            summary: "Sends a letter.".into(),
            instructions: "".into(),
            keywords: "",
            input_schema: "{}".into(),
            rules: rules::NONE,
        };
        let tools = [tool("c1"), tool("a1"), tool("b1")];
        let ranked: Vec<_> = ranked(&tools, "letters").iter().map(|tool| &*tool.name).collect();
        assert_eq!(ranked, ["a1", "b1", "c1"]);
    }

    #[test]
    fn plurals_and_small_words_make_no_difference() {
        assert_eq!(names("file"), names("the FILES"));
        assert_eq!(singular("properties".into()), "property");
        assert_eq!(singular("address".into()), "address");
    }
}
