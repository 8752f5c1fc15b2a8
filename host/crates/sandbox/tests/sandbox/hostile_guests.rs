//! Promise P7: a hostile component gets an error of its own; the host and other turns go on.
//!
//! Every test runs a hostile turn and a friendly one on the same sandbox, at the same time and on one
//! thread, and then another friendly one.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use palisade_sandbox::{Limits, ModelView, TurnEnd, TurnOutcome, TurnStop};

use crate::support::{
    FRIENDLY, Host, START, assert_events,
    fakes::{Answering, GrantAll, Silent, Statuses},
    friendly,
    guest::{AddOk, Chunk, Guest},
    run, sandbox, scripted, small_limits,
};

/// Runs the script beside a friendly turn and gives its end and its stream.
async fn hostile(guest: Guest, script: &str, host: Host, limits: Limits) -> (TurnEnd, String) {
    let sandbox = sandbox(&guest.build(script), limits).await.unwrap();
    let ((end, text), (neighbour, answer)) =
        tokio::join!(run(&sandbox, host, scripted()), run(&sandbox, Host::default(), friendly()),);
    assert_eq!(neighbour.outcome, TurnOutcome::Finished, "the neighbour's turn");
    assert_eq!(answer, FRIENDLY, "the neighbour's answer");
    let (next, answer) = run(&sandbox, Host::default(), friendly()).await;
    assert_eq!((next.outcome, answer.as_str()), (TurnOutcome::Finished, FRIENDLY), "the next turn");
    assert_eq!(sandbox.capacity().running, 0, "all places are free again");
    (end, text)
}

/// Expects the reason, and a stream that says so and ends.
#[track_caller]
fn assert_stopped((end, text): (TurnEnd, String), stop: TurnStop) -> TurnEnd {
    let error =
        format!("data: {{\"type\":\"error\",\"errorText\":\"{stop}\"}}\n\ndata: [DONE]\n\n");
    assert!(text.ends_with(&error), "{text}");
    assert_eq!(text.matches("\"type\":\"error\"").count(), 1);
    assert_eq!(text.matches("[DONE]").count(), 1);
    assert_eq!(end.outcome, TurnOutcome::Stopped(stop));
    end
}

/// The detail of a trap.
#[track_caller]
fn assert_trapped((end, text): (TurnEnd, String)) -> String {
    assert!(text.ends_with("data: [DONE]\n\n"), "{text}");
    match end.outcome {
        TurnOutcome::Stopped(TurnStop::Trap { detail }) => detail,
        other => panic!("no trap but {other:?}"),
    }
}

fn granting() -> Host {
    Host { gatekeeper: Arc::new(GrantAll::default()), ..Host::default() }
}

#[tokio::test]
async fn an_endless_loop_meets_the_processor_budget() {
    let limits = small_limits();
    let budget = limits.cpu_time;
    let end = hostile(
        Guest::default(),
        "(loop $forever (br $forever)) (unreachable)",
        Host::default(),
        limits,
    )
    .await;
    let end = assert_stopped(end, TurnStop::CpuTime);
    assert!(end.usage.cpu > budget);
}

#[tokio::test]
async fn waiting_costs_no_processor_budget_and_meets_the_deadline() {
    let limits = Limits { turn_time: Duration::from_millis(400), ..small_limits() };
    let mut guest = Guest::default();
    let (path, body) = (guest.text("chat/completions"), guest.text("{}"));
    let script = format!(
        "(call $send {} (i32.const 0) (i32.const 0) {} (i32.const 0))
         (call $read (i32.load (i32.const 4)) (i32.const 10) (i32.const 16))
         (unreachable)",
        path.operands(),
        body.operands(),
    );
    let provider = Silent::default();
    let host = Host { provider: Arc::new(provider.clone()), ..granting() };
    let end = assert_stopped(hostile(guest, &script, host, limits).await, TurnStop::TurnTime);
    assert_eq!(end.usage.provider_calls, 1);
    assert_eq!(provider.open.load(Ordering::SeqCst), 0, "connections are closed");
}

#[tokio::test]
async fn a_memory_bomb_meets_the_memory_limit() {
    let script = "(loop $more (drop (memory.grow (i32.const 16))) (br $more)) (unreachable)";
    let end = hostile(Guest::default(), script, Host::default(), small_limits()).await;
    let end = assert_stopped(end, TurnStop::Memory);
    assert!(end.usage.peak_memory_bytes <= 64 << 20);
    assert!(end.usage.peak_memory_bytes > 60 << 20);
}

#[tokio::test]
async fn a_table_bomb_meets_the_limit_on_elements() {
    let script = "(drop (table.grow $table (ref.null func) (i32.const 1000000))) (unreachable)";
    let end = hostile(Guest::default(), script, Host::default(), small_limits()).await;
    assert_stopped(end, TurnStop::Memory);
}

#[tokio::test]
async fn deep_recursion_meets_the_stack_limit() {
    let guest = Guest::default().with(
        "(func $deep (param i32) (result i32)
           (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (local.get 0)))",
    );
    let end = hostile(guest, "(call $deep (i32.const 0))", Host::default(), small_limits()).await;
    assert_stopped(end, TurnStop::Stack);
}

#[tokio::test]
async fn a_log_flood_is_dropped_and_then_stopped() {
    let limits = Limits { host_calls: 1_000, ..small_limits() };
    let script = "(loop $more
        (call $log (i32.const 1) (i32.const 0) (i32.const 1000)) (br $more)) (unreachable)";
    let end = hostile(Guest::default(), script, Host::default(), limits).await;
    let end = assert_stopped(end, TurnStop::HostCalls);
    assert_eq!(end.usage.host_calls, 1_001);
    assert!(end.usage.dropped_log_lines > 900);
}

#[tokio::test]
async fn a_string_beyond_the_memory_traps() {
    let script = "(call $log (i32.const 1) (i32.const 0) (i32.const 1073741824)) (unreachable)";
    let end = hostile(Guest::default(), script, Host::default(), small_limits()).await;
    let detail = assert_trapped(end);
    assert!(detail.contains("out-of-bounds") || detail.contains("out of bounds"), "{detail}");
}

#[tokio::test]
async fn a_string_beyond_the_size_of_a_call_is_not_copied() {
    let script = "(drop (memory.grow (i32.const 128)))
        (call $log (i32.const 1) (i32.const 0) (i32.const 5242880)) (unreachable)";
    let end = hostile(Guest::default(), script, Host::default(), small_limits()).await;
    assert_stopped(end, TurnStop::CallSize);
}

#[tokio::test]
async fn a_list_of_a_million_small_things_is_not_copied() {
    let script = "(drop (memory.grow (i32.const 900)))
        (call $emit (i32.const 65536) (i32.const 1000000)) (unreachable)";
    let end = hostile(Guest::default(), script, Host::default(), small_limits()).await;
    assert_stopped(end, TurnStop::CallSize);
}

#[tokio::test]
async fn endless_output_meets_the_output_limit() {
    let limits = Limits { output_bytes: 100_000, ..small_limits() };
    let mut guest = Guest::default();
    let open = guest.emit(&[Chunk::Start, Chunk::TextStart("t")]);
    let more = guest.emit(&[Chunk::TextDelta("t", &"x".repeat(1_000))]);
    let script = format!("{open} (loop $more {more} (br $more)) (unreachable)");
    let end = hostile(guest, &script, Host::default(), limits).await;
    let end = assert_stopped(end, TurnStop::Output);
    assert!(end.usage.output_bytes <= 100_000);
    assert!(end.usage.output_bytes > 98_000);
}

#[tokio::test]
async fn a_trap_in_mid_stream_ends_the_stream_with_an_error() {
    let mut guest = Guest::default();
    let begin = guest.emit(&[Chunk::Start, Chunk::TextStart("t"), Chunk::TextDelta("t", "Hal")]);
    let end =
        hostile(guest, &format!("{begin} (unreachable)"), Host::default(), small_limits()).await;
    assert_events(
        &end.1,
        &[
            START,
            r#"{"type":"text-start","id":"t"}"#,
            r#"{"type":"text-delta","id":"t","delta":"Hal"}"#,
            r#"{"type":"error","errorText":"The assistant stopped because of an internal fault."}"#,
            "[DONE]",
        ],
    );
    assert!(assert_trapped(end).contains("unreachable"));
}

#[tokio::test]
async fn a_trap_before_the_first_chunk_still_gives_a_whole_stream() {
    let end = hostile(Guest::default(), "(unreachable)", Host::default(), small_limits()).await;
    assert_events(
        &end.1,
        &[
            START,
            r#"{"type":"error","errorText":"The assistant stopped because of an internal fault."}"#,
            "[DONE]",
        ],
    );
}

#[tokio::test]
async fn nothing_follows_an_error_chunk() {
    let mut guest = Guest::default();
    let error = guest.emit(&[Chunk::Start, Chunk::Error("No."), Chunk::TextStart("t")]);
    let (end, text) =
        hostile(guest, &error.clone().add_ok(), Host::default(), small_limits()).await;
    assert_eq!(end.outcome, TurnOutcome::Stopped(TurnStop::AfterError));
    assert_events(&text, &[START, r#"{"type":"error","errorText":"No."}"#, "[DONE]"]);

    let mut guest = Guest::default();
    let error = guest.emit(&[Chunk::Error("No.")]);
    let more = guest.emit(&[Chunk::Finish]);
    let (end, text) =
        hostile(guest, &format!("{error}{more}").add_ok(), Host::default(), small_limits()).await;
    assert_eq!(end.outcome, TurnOutcome::Stopped(TurnStop::AfterError));
    assert_events(&text, &[r#"{"type":"error","errorText":"No."}"#, "[DONE]"]);
}

#[tokio::test]
async fn a_chunk_with_a_case_of_its_own_cannot_come_as_another() {
    for json in [
        r#"{"type":"finish"}"#,
        r#"{"type":"tool-approval-request","approvalId":"a","toolCallId":"b"}"#,
        r#"{"type":"data-usage","data":1}"#,
        r#"{"type":"x"} data: {"type":"finish"}"#,
        "[]",
    ] {
        let mut guest = Guest::default();
        let script = guest.emit(&[Chunk::Other(json)]).add_ok();
        let (end, text) = hostile(guest, &script, Host::default(), small_limits()).await;
        assert!(
            matches!(end.outcome, TurnOutcome::Stopped(TurnStop::InvalidChunk { .. })),
            "{json}: {end:?}"
        );
        assert!(!text.contains("approvalId"), "{text}");
    }
}

#[tokio::test]
async fn a_handle_flood_meets_the_limit_on_resources() {
    let (guest, authorise) = Guest::authorising(64);
    let script = format!("(loop $more {authorise} (br $more)) (unreachable)");
    let end = hostile(guest, &script, granting(), small_limits()).await;
    assert_stopped(end, TurnStop::Handles);
}

#[tokio::test]
async fn outcomes_that_are_held_meet_the_limit_on_their_size() {
    let limits = Limits { outcome_bytes: 10_000, ..small_limits() };
    let (guest, authorise) = Guest::authorising(1);
    let read = format!(
        "{authorise}
         (i32.store (i32.const 64) (i32.load offset=4 (i32.load (i32.const 0))))
         (call $execute_all (i32.const 64) (i32.const 1) (i32.const 128))"
    );
    let executor = Answering::new(&format!("\"{}\"", "x".repeat(3_998)), ModelView::Whole);
    let host = Host { executor: executor.clone(), ..granting() };
    let end = hostile(guest, &format!("{read} {read} {read}").add_ok(), host, limits.clone()).await;
    assert_stopped(end, TurnStop::Handles);
    assert_eq!(executor.executed(), 3);

    // One that drops what it has read may go on.
    let (mut guest, _) = Guest::authorising(1);
    let finish = guest.emit(&[Chunk::Finish]);
    let drop = "(call $drop_outcome (i32.load offset=4 (i32.load (i32.const 128))))";
    let script = format!("{read} {drop} {read} {drop} {read} {finish}").add_ok();
    let host = Host { executor: executor.clone(), ..granting() };
    let (end, _) = hostile(guest, &script, host, limits).await;
    assert_eq!(end.outcome, TurnOutcome::Finished);
}

#[tokio::test]
async fn a_list_of_too_many_calls_is_refused() {
    let (guest, authorise) = Guest::authorising(65);
    let end = hostile(guest, &authorise.add_ok(), granting(), small_limits()).await;
    assert_stopped(end, TurnStop::CallSize);
}

#[tokio::test]
async fn a_grant_cannot_be_used_twice() {
    let (guest, authorise) = Guest::authorising(1);
    // The same handle twice in one list, and then again after it was used.
    let take = "(local.set $handle (i32.load offset=4 (i32.load (i32.const 0))))
        (i32.store (i32.const 64) (local.get $handle))
        (i32.store (i32.const 68) (local.get $handle))";
    let twice = format!(
        "{authorise} {take} (call $execute_all (i32.const 64) (i32.const 2) (i32.const 128))"
    );
    let executor = Answering::new("[]", ModelView::Whole);
    let host = || Host { executor: executor.clone(), ..granting() };
    let detail = assert_trapped(hostile(guest, &twice.add_ok(), host(), small_limits()).await);
    assert!(detail.contains("handle"), "{detail}");
    assert_eq!(executor.executed(), 0, "a list with a stolen grant runs nothing");

    let (guest, authorise) = Guest::authorising(1);
    let again = format!(
        "{authorise} {take} (call $execute_all (i32.const 64) (i32.const 1) (i32.const 128))
         (call $execute_all (i32.const 64) (i32.const 1) (i32.const 128))"
    );
    let detail = assert_trapped(hostile(guest, &again.add_ok(), host(), small_limits()).await);
    assert!(detail.contains("handle"), "{detail}");
    assert_eq!(executor.executed(), 1, "only the first use ran");
}

#[tokio::test]
async fn a_grant_cannot_be_made_up() {
    for handle in [0, 1, 7, 4_294_967_295_u32] {
        let script = format!(
            "(i32.store (i32.const 64) (i32.const {handle}))
             (call $execute_all (i32.const 64) (i32.const 1) (i32.const 128))"
        );
        let end = hostile(Guest::default(), &script.add_ok(), granting(), small_limits()).await;
        let detail = assert_trapped(end);
        assert!(detail.contains("handle"), "{handle}: {detail}");
    }
}

/// A guest that makes as many provider calls as it may, at most `attempts`, and expects the next one to
/// be refused with an error of kind `limit` (3).
fn insisting_guest(attempts: usize) -> (Guest, String) {
    let mut guest = Guest::default();
    let (path, body) = (guest.text("chat/completions"), guest.text("{}"));
    let send = format!(
        "(call $send {} (i32.const 0) (i32.const 0) {} (i32.const 0))",
        path.operands(),
        body.operands()
    );
    let is_refused = "(i32.and (i32.load8_u (i32.const 0))
        (i32.eq (i32.load8_u (i32.const 4)) (i32.const 3)))";
    let attempt = format!("{send} (if {is_refused} (then (unreachable)))");
    let script = format!(
        "{} {send} (if (i32.eqz {is_refused}) (then (unreachable)))
         (i32.store (i32.const 0) (i32.const 0))",
        attempt.repeat(attempts)
    );
    (guest, script.add_ok())
}

#[tokio::test]
async fn more_provider_calls_than_steps_are_refused() {
    // GrantAll allows three steps.
    let (guest, script) = insisting_guest(3);
    let provider = Silent::default();
    let host = Host { provider: Arc::new(provider.clone()), ..granting() };
    let end = hostile(guest, &script, host, small_limits()).await;
    let end = assert_stopped(end, TurnStop::Unfinished);
    assert_eq!(end.usage.provider_calls, 3);
    assert_eq!(provider.sent.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_provider_call_that_came_to_nothing_is_no_step() {
    let (guest, script) = insisting_guest(6);
    let provider =
        Statuses::new(&[Some(429), Some(200), None, Some(399), Some(503), Some(200), Some(200)]);
    let host = Host { provider: Arc::new(provider.clone()), ..granting() };
    let end = hostile(guest, &script, host, small_limits()).await;
    let end = assert_stopped(end, TurnStop::Unfinished);
    assert_eq!((end.usage.provider_calls, provider.sent()), (6, 6));
}

#[tokio::test]
async fn a_provider_that_always_refuses_is_asked_three_times_per_step_at_most() {
    for status in [Some(400), Some(429), Some(500), None] {
        let (guest, script) = insisting_guest(9);
        let provider = Statuses::new(&[status]);
        let host = Host { provider: Arc::new(provider.clone()), ..granting() };
        let end = hostile(guest, &script, host, small_limits()).await;
        let end = assert_stopped(end, TurnStop::Unfinished);
        assert_eq!((end.usage.provider_calls, provider.sent()), (9, 9), "{status:?}");
    }
}
