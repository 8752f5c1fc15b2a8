//! Components are replaced while turns run: no turn fails, and none sees two of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use futures_util::future::join_all;
use palisade_tests::{
    fake::{self, Scenario, ToolCall},
    host::{MODEL, Person, Role, Stage, eventually, question},
    plugins::TestTool,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{support::replaced, turns::add};

const TURNS: u32 = 1_000;
const AT_A_TIME: usize = 8;
const REPLACEMENTS: u32 = 20;

/// Puts another version of the probe into the folder and grants it, as an administrator would.
pub(crate) async fn replace(stage: &Stage, version: u32) {
    let version = format!("{version:05}");
    let module = replaced(TestTool::Probe, "version = \"1.0.0\"", &format!("version = {version:?}"));
    let file = stage.folder.path().join("replacement.wasm");
    std::fs::write(&file, module).expect("written");
    let file = file.to_str().expect("a path");
    stage.folder.command(&["tools", "add", file], "").await.expect("added");
    let admin = Person::of(Role::Admin);
    let digest = eventually("the host has seen it", async || {
        let path = "/ai/admin/plugins";
        let (_, body) = stage.host.json(Method::GET, path, admin, None).await?;
        let plugin = &body["data"][0];
        Ok((plugin["version"] == version).then(|| plugin["digest"].clone()))
    })
    .await
    .expect("seen");
    let path = format!("/ai/admin/plugins/probe/grant?digest={}", digest.as_str().expect("text"));
    let granted = stage.host.json(Method::PUT, &path, admin, Some(&json!({}))).await;
    assert_eq!(granted.expect("an answer").0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_turns_while_a_component_is_replaced_twenty_times() {
    let stage = Stage::with_approvals("writes").await.expect("a stage");
    add(&stage).await;
    stage.folder.command(&["tools", "grant", "probe"], "").await.expect("granted");
    let call = || ToolCall::new("probe__try_it", json!({"deeds": [{"try": "say", "text": "x"}]}));
    let steps = [
        fake::Answer::tools([call()]),
        fake::Answer::tools([call()]),
        fake::Answer::text("That is done."),
    ];
    stage.provider.script(MODEL, Scenario::of(steps));

    let (left, over) = (AtomicU32::new(TURNS), AtomicBool::new(false));
    let turns = async {
        let people = (0..AT_A_TIME).map(|_| async {
            let take = |left: u32| left.checked_sub(1);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                let asked = question(MODEL, "Try it.");
                let person = Person::of(Role::Editor);
                let answer = stage.host.chat(person, &asked).await.expect("an answer");
                assert_eq!(answer.status, 200, "{}", answer.text);
                assert!(answer.chunk("error").is_none(), "{}", answer.text);
                assert_eq!(answer.said(), "That is done.", "{}", answer.text);
                // Between a replacement and its grant there is no such tool.
                for error in answer.tool_errors() {
                    assert!(error.contains("TOOL_DISABLED") || error.contains("no tool"), "{error}");
                }
            }
        });
        join_all(people).await;
        over.store(true, Ordering::Relaxed);
    };
    let replacements = async {
        for version in 2..=REPLACEMENTS + 1 {
            replace(&stage, version).await;
        }
    };
    tokio::join!(turns, replacements);

    let rows = stage.folder.ledger().await.expect("rows");
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["kind"] == "tool_call") {
        assert_eq!(row["outcome"], "ok", "{row}");
        let turn = row["turn"].as_str().expect("a turn");
        versions.entry(turn).or_default().insert(row["reason"].as_str().expect("a version"));
    }
    let mixed: Vec<_> = versions.iter().filter(|(_, seen)| seen.len() > 1).collect();
    assert!(mixed.is_empty(), "{mixed:?}");
    let seen: BTreeSet<_> = versions.values().flatten().collect();
    assert!(seen.len() > 3, "turns ran beside the replacements: {seen:?}");
    let ended: Vec<&Value> = rows.iter().filter(|row| row["kind"] == "turn").collect();
    assert_eq!(ended.len(), TURNS as usize);
    assert!(ended.iter().all(|row| row["outcome"] == "ok"));
}
