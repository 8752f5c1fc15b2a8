//! Answers that are one JSON value: the text as it comes, nothing around it, and an end that says
//! whether it is whole.

use std::{sync::Arc, time::Duration};

use palisade_sandbox::{Limits, TurnEnd, TurnOutcome, TurnStop};

use crate::support::{
    FRIENDLY, Host,
    fakes::{GrantAll, Silent},
    friendly,
    guest::{AddOk, Chunk, Guest},
    question, run, sandbox, small_limits, transcript,
};

async fn answer(guest: Guest, script: &str, host: Host, limits: Limits) -> (TurnEnd, String) {
    let sandbox = sandbox(&guest.build(script), limits).await.unwrap();
    let answered = run(&sandbox, host, question(true)).await;
    let (next, text) = run(&sandbox, Host::default(), question(false)).await;
    assert_eq!((next.outcome, text.as_str()), (TurnOutcome::Finished, r#"{"answer":1}"#));
    assert_eq!(sandbox.capacity().running, 0, "all places are free again");
    answered
}

/// Emits these chunks, each list in one call, and ends well.
async fn emitted(lists: &[&[Chunk<'_>]]) -> (TurnEnd, String) {
    let mut guest = Guest::default();
    let script: String = lists.iter().map(|chunks| guest.emit(chunks)).collect();
    answer(guest, &script.add_ok(), Host::default(), small_limits()).await
}

#[tokio::test]
async fn the_text_comes_as_it_is() {
    let (end, text) = emitted(&[
        &[Chunk::Start],
        &[Chunk::TextDelta("t", "{\n \"a\":"), Chunk::TextDelta("other", " \"Grüße\"")],
        &[Chunk::TextDelta("t", "}"), Chunk::Finish],
    ])
    .await;
    assert_eq!((end.outcome, text.as_str()), (TurnOutcome::Finished, "{\n \"a\": \"Grüße\"}"));
    assert_eq!(end.usage.output_bytes, text.len() as u64);
}

#[tokio::test]
async fn one_component_answers_with_objects_and_with_turns() {
    let component = Guest::default().build(&String::new().add_ok());
    let sandbox = sandbox(&component, small_limits()).await.unwrap();
    let ((turn, events), (object, text)) = tokio::join!(
        run(&sandbox, Host::default(), friendly()),
        run(&sandbox, Host::default(), question(false)),
    );
    assert_eq!((turn.outcome, events.as_str()), (TurnOutcome::Finished, FRIENDLY));
    assert_eq!((object.outcome, text.as_str()), (TurnOutcome::Finished, r#"{"answer":1}"#));
}

#[tokio::test]
async fn other_chunks_stop_the_instance() {
    for chunk in [
        Chunk::TextStart("t"),
        Chunk::TextEnd("t"),
        Chunk::Error("No."),
        Chunk::Other(r#"{"type":"x"}"#),
    ] {
        let (end, text) = emitted(&[&[Chunk::TextDelta("t", "{}"), chunk]]).await;
        assert!(
            matches!(end.outcome, TurnOutcome::Stopped(TurnStop::InvalidChunk { .. })),
            "{end:?}"
        );
        assert_eq!(text, "{}", "what came before it, and no frame");
    }
}

#[tokio::test]
async fn nothing_follows_the_end() {
    let (end, text) =
        emitted(&[&[Chunk::TextDelta("t", "{}"), Chunk::Finish], &[Chunk::TextDelta("t", "{}")]])
            .await;
    assert!(matches!(end.outcome, TurnOutcome::Stopped(TurnStop::InvalidChunk { .. })), "{end:?}");
    assert_eq!(text, "{}");
}

#[tokio::test]
async fn an_answer_without_text_or_without_an_end_is_not_whole() {
    let cases: [&[Chunk<'_>]; 5] = [
        &[],
        &[Chunk::Start, Chunk::Finish],
        &[Chunk::TextDelta("t", ""), Chunk::Finish],
        &[Chunk::Start],
        &[Chunk::TextDelta("t", "{}")],
    ];
    for chunks in cases {
        let (end, _) = emitted(&[chunks]).await;
        assert_eq!(end.outcome, TurnOutcome::Stopped(TurnStop::Unfinished));
    }
}

#[tokio::test]
async fn an_error_of_the_guest_is_the_outcome_and_not_in_the_text() {
    let failed =
        TurnOutcome::Failed { code: "OUTPUT_INVALID".into(), message: "No object came.".into() };
    for (chunks, expected) in [
        (&[Chunk::Start][..], ""),
        (&[Chunk::TextDelta("t", "{")], "{"),
        (&[Chunk::TextDelta("t", "{}"), Chunk::Finish], "{}"),
    ] {
        let mut guest = Guest::default();
        let before = guest.emit(chunks);
        let fail = guest.failing("OUTPUT_INVALID", "No object came.");
        let script = format!("{before} {fail}");
        let (end, text) = answer(guest, &script, Host::default(), small_limits()).await;
        assert_eq!((&end.outcome, text.as_str()), (&failed, expected));
    }
}

#[tokio::test]
async fn the_limits_of_a_turn_hold() {
    let endless = "(loop $forever (br $forever)) (unreachable)";
    let (end, text) = answer(Guest::default(), endless, Host::default(), small_limits()).await;
    assert_eq!((end.outcome, text.as_str()), (TurnOutcome::Stopped(TurnStop::CpuTime), ""));

    let mut guest = Guest::default();
    let more = guest.emit(&[Chunk::TextDelta("t", &"x".repeat(600))]);
    let limits = Limits { output_bytes: 1_000, ..small_limits() };
    let script = format!("{more} {more}").add_ok();
    let (end, text) = answer(guest, &script, Host::default(), limits).await;
    assert_eq!((end.outcome, text.len()), (TurnOutcome::Stopped(TurnStop::Output), 600));

    let mut guest = Guest::default();
    let (path, body) = (guest.text("chat/completions"), guest.text("{}"));
    let script = format!(
        "(call $send {} (i32.const 0) (i32.const 0) {} (i32.const 0))
         (call $read (i32.load (i32.const 4)) (i32.const 10) (i32.const 16))
         (unreachable)",
        path.operands(),
        body.operands(),
    );
    let host = Host {
        gatekeeper: Arc::new(GrantAll::default()),
        provider: Arc::new(Silent::default()),
        ..Host::default()
    };
    let limits = Limits { turn_time: Duration::from_millis(300), ..small_limits() };
    let (end, text) = answer(guest, &script, host, limits).await;
    assert_eq!((end.outcome, text.as_str()), (TurnOutcome::Stopped(TurnStop::TurnTime), ""));
}

#[tokio::test]
async fn an_answer_whose_client_goes_away_is_stopped() {
    let mut guest = Guest::default();
    let more = guest.emit(&[Chunk::TextDelta("t", "x")]);
    let script = format!("(loop $more {more} (br $more)) (unreachable)");
    let sandbox = sandbox(&guest.build(&script), small_limits()).await.unwrap();
    let (setup, input) = crate::support::setup(Host::default());
    drop(input);
    let end = sandbox.run_turn(setup, question(true)).await.unwrap();
    assert_eq!(end.outcome, TurnOutcome::Stopped(TurnStop::ClientGone));

    let (setup, input) = crate::support::setup(Host::default());
    let (end, text) = tokio::join!(sandbox.run_turn(setup, question(false)), transcript(input));
    assert_eq!((end.unwrap().outcome, text.as_str()), (TurnOutcome::Finished, r#"{"answer":1}"#));
}
