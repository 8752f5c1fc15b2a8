//! P9, as far as it goes today: there is no history on the host. What a user asks and what the model
//! answers is in no file and in no log; the client has it, and nobody else.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use std::{fs, path::Path};

use palisade_tests::{
    fake::{self, Scenario, ToolCall},
    host::{FolderOptions, MODEL, Person, Role, Stage, question},
};
use serde_json::json;

const QUESTION: &str = "Whereabouts of the quicksilver marmot";
const SAID: &str = "Obsidian pangolins are out of season.";
/// In the arguments of a call that the user doesn't answer.
const PROPOSED: &str = "Turquoise capybara in the harbour";

/// Files below a folder that hold a text, and how many were looked into.
fn holding(folder: &Path, text: &str) -> (Vec<String>, usize) {
    let (mut found, mut looked) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            let (more, files) = holding(&path, text);
            found.extend(more);
            looked += files;
        } else {
            // A side file of a database that is open may go at any moment.
            let bytes = fs::read(&path).unwrap_or_default();
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(path.display().to_string());
            }
            looked += 1;
        }
    }
    (found, looked)
}

#[tokio::test]
async fn a_conversation_is_nowhere_on_the_host() {
    let stage = Stage::start(FolderOptions::default()).await.expect("a stage");
    let editor = Person::of(Role::Editor);
    let data = json!({"title": PROPOSED});
    let create = json!({"action": "create", "collection": "articles", "data": data});
    stage.script([ToolCall::new("items", create)]);
    let asked = stage.host.chat(editor, &question(MODEL, QUESTION)).await.expect("an answer");
    assert!(asked.chunk("tool-approval-request").is_some(), "{}", asked.text);
    stage.provider.script(MODEL, Scenario::of([fake::Answer::text(SAID)]));
    let answer = stage.host.chat(editor, &question(MODEL, QUESTION)).await.expect("an answer");
    assert_eq!(answer.said(), SAID, "{}", answer.text);
    // A question that fails: what is logged about it has no word of it either.
    let failing = question("scenario:error-event", QUESTION);
    let failed = stage.host.chat(editor, &failing).await.expect("an answer");
    assert!(failed.error().is_some(), "{}", failed.text);

    // Everything that is to be written has been written.
    assert_eq!(stage.ledger("turn").await.expect("rows").len(), 3);
    for text in [QUESTION, SAID, PROPOSED] {
        let (found, looked) = holding(stage.folder.path(), text);
        assert!(found.is_empty(), "{text:?} in {found:?}");
        assert!(looked >= 4, "looked into {looked} files only");
        assert!(!stage.host.log().contains(text), "{text:?} in the log");
    }
    let (found, _) = holding(stage.folder.path(), editor.email);
    assert!(!found.is_empty(), "the search finds what is there");
}
