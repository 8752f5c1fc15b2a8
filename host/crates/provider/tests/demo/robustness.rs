//! Whatever is asked and whatever comes back, the model answers, and stops asking.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    client::{ask, continuation},
    project::Project,
};

/// Words that mean something to the grammar, so that random sentences reach all of it.
const WORDS: &[&str] = &[
    "list",
    "show",
    "count",
    "how",
    "many",
    "create",
    "add",
    "set",
    "change",
    "rename",
    "publish",
    "delete",
    "find",
    "search",
    "what",
    "is",
    "the",
    "of",
    "all",
    "articles",
    "article",
    "comments",
    "countries",
    "authors",
    "title",
    "status",
    "draft",
    "published",
    "not",
    "with",
    "without",
    "where",
    "whose",
    "and",
    "or",
    "that",
    "are",
    "in",
    "by",
    "for",
    "per",
    "between",
    "1",
    "3",
    "2025",
    "12",
    "to",
    "as",
    "=",
    ">",
    "<=",
    ",",
    ":",
    ".",
    "?",
    "'s",
    "\"Night train\"",
    "titled",
    "starting",
    "starts",
    "contains",
    "sorted",
    "latest",
    "oldest",
    "first",
    "highest",
    "population",
    "average",
    "category",
    "author",
    "Jane",
    "approved",
    "null",
    "id",
    "it",
    "them",
    "“",
    "'",
    "#7",
];

fn sentence() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..14);
    prop_oneof![
        4 => words.prop_map(|words| words.join(" ")),
        1 => "\\PC{0,80}",
    ]
}

/// Rounds until the model answers. Results of `items` are as given; the schema is the project's.
async fn rounds(question: &str, result: &str) -> usize {
    let mut project = Project::newsroom();
    let mut messages = vec![json!({"role": "user", "content": question})];
    for round in 0..=4 {
        let answer = ask(&messages).await;
        let Some(call) = answer.calls.first() else {
            assert!(!answer.text.is_empty(), "an empty answer to {question:?}");
            return round;
        };
        let result = match call.tool.as_str() {
            "schema" => project.execute("schema", &call.arguments),
            _ => {
                check(&call.arguments, question);
                result.to_owned()
            }
        };
        messages.extend(continuation(&answer, &result));
    }
    panic!("more than four rounds for {question:?}");
}

/// What holds for every call, whatever was asked.
fn check(arguments: &Value, question: &str) {
    let action = arguments["action"].as_str().expect("an action");
    assert!(arguments["collection"].is_string(), "{question:?}");
    if matches!(action, "update" | "delete") {
        let keys = arguments["keys"].as_array().expect("keys");
        assert!(!keys.is_empty(), "{action} of everything for {question:?}");
    }
    if matches!(action, "update" | "create") {
        assert!(arguments["data"].as_object().is_some_and(|data| !data.is_empty()), "{question:?}");
    }
}

proptest! {
    #[test]
    fn any_sentence_is_answered_within_four_rounds(
        question in sentence(),
        result in prop::sample::select(&["[]", r#"[{"id":1,"title":"Night train"}]"#, "[7]", "{}", "no"][..]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(rounds(&question, result));
    }
}

/// Questions that repeat what is costly to read: they are read up to a limit, beyond it not at all.
#[tokio::test]
async fn long_questions_are_refused_before_they_are_read() {
    for piece in ["in ", "and ", "' ", "title is ", "by articles ", "of the ", "list ", ", "] {
        rounds(&format!("list articles {}", piece.repeat(40)), "[]").await;
        let question = format!("list articles {}", piece.repeat(5000));
        assert_eq!(rounds(&question, "[]").await, 0, "{piece:?}");
    }
}
