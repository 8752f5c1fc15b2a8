//! What callers learn from the ledger about their own answers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{ADMIN, API, Call, EDITOR, Host, READER, chat, with_host};

/// Asks a question; the id of the turn.
async fn turn(host: &Host, token: &str) -> String {
    let answer = host.send(Call::post("/ai/chat", chat("How many articles?")).token(token)).await;
    let start = answer.text.lines().next().and_then(|line| line.strip_prefix("data: "));
    let start: Value = serde_json::from_str(start.expect("an event")).expect("JSON");
    let turns = start["messageMetadata"]["turns"].as_object().expect("the turn of the message");
    turns.keys().next().expect("an id").clone()
}

async fn sent(host: &Host, token: &str, turns: &str) -> Value {
    host.send(Call::get(&format!("/ai/ledger?turn={turns}")).token(token)).await.json()
}

/// The rows of a turn, once it is on record.
async fn recorded(host: &Host, token: &str, turns: &str) -> Vec<Value> {
    for _ in 0..100 {
        let rows = sent(host, token, turns).await["data"].as_array().expect("a list").clone();
        if rows.last().is_some_and(|row| row["kind"] == "turn") {
            return rows;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the turn isn't on record");
}

#[test]
fn nobody_learns_of_a_turn_that_is_not_theirs() {
    with_host(async |host| {
        let turn = turn(host, EDITOR).await;
        recorded(host, EDITOR, &turn).await;
        let nothing = json!({"data": []});
        let never = "01890a5d-ac96-774b-bcce-b302099a8057";
        for token in [READER, ADMIN] {
            assert_eq!(sent(host, token, &turn).await, nothing);
            assert_eq!(sent(host, token, never).await, nothing);
        }
        let call = Call::get(&format!("/ai/ledger?turn={turn}"));
        assert_eq!(host.send(call.clone().token(API)).await.verdict(), "403 FORBIDDEN");
        assert_eq!(host.send(call).await.verdict(), "403 FORBIDDEN");
    });
}

#[test]
fn a_question_for_what_is_no_turn_is_refused() {
    with_host(async |host| {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let many = vec![id; 21].join(",");
        for query in ["", "?turn=", "?turn=x", "?turn=6d2f1c1e-52f3-4a5c-9b0e-0d8f6a3b2c11"] {
            let answer = host.send(Call::get(&format!("/ai/ledger{query}")).token(EDITOR)).await;
            assert_eq!(answer.verdict(), "400 INVALID_QUERY", "{query}");
        }
        for query in [format!("turn={many}"), format!("turn={id}&user=x"), format!("turn={id},")] {
            let answer = host.send(Call::get(&format!("/ai/ledger?{query}")).token(EDITOR)).await;
            assert_eq!(answer.verdict(), "400 INVALID_QUERY", "{query}");
        }
    });
}

#[test]
fn the_caller_sees_what_went_where_for_an_answer() {
    with_host(async |host| {
        let first = turn(host, EDITOR).await;
        let second = turn(host, EDITOR).await;
        recorded(host, EDITOR, &first).await;
        recorded(host, EDITOR, &second).await;
        let rows = sent(host, EDITOR, &format!("{first},{second}")).await;
        let rows = rows["data"].as_array().expect("a list");
        let turns: Vec<_> = rows.iter().filter_map(|row| row["turn"].as_str()).collect();
        assert!(turns.contains(&first.as_str()) && turns.contains(&second.as_str()));
        let call = rows.iter().find(|row| row["kind"] == "provider_call").expect("a call");
        assert_eq!((&call["provider"], &call["model"]), (&json!("demo"), &json!("demo")));
        assert!(call["bytes_sent"].as_u64() > Some(0), "{call}");
        let read = |row: &&Value| row["collections"] == json!(["articles"]);
        let read = rows.iter().find(read).expect("a read of the articles");
        assert_eq!((&read["kind"], &read["outcome"]), (&json!("data_operation"), &json!("ok")));
        for row in rows {
            for hidden in ["id", "workspace", "user", "approval_id"] {
                assert_eq!(row.get(hidden), None, "{row}");
            }
        }
        assert_eq!(call.get("endpoint"), None, "an address may be one of the operator's network");
    });
}
