//! Places for turns: how many there are, who waits, and what gives them back.

use std::{
    fs,
    process::Command,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use palisade_sandbox::{
    Limits, Sandbox, SandboxError, SandboxOptions, TurnOutcome, TurnRequest, TurnSetup, TurnStop,
};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::support::{
    FRIENDLY, Host, START, assert_events, eventually,
    fakes::{GrantAll, Silent},
    friendly,
    guest::{AddOk, Chunk, Guest},
    run, sandbox, scripted, setup, small_limits, transcript,
};

/// A component whose scripted half waits for a provider that says nothing.
fn waiting_guest() -> Vec<u8> {
    let mut guest = Guest::default();
    let (path, body) = (guest.text("chat/completions"), guest.text("{}"));
    let script = format!(
        "(call $send {} (i32.const 0) (i32.const 0) {} (i32.const 0))
         (call $read (i32.load (i32.const 4)) (i32.const 10) (i32.const 16))
         (unreachable)",
        path.operands(),
        body.operands(),
    );
    guest.build(&script)
}

/// Starts a turn that waits for its provider until it is aborted.
fn hold(sandbox: &Sandbox, provider: &Silent) -> JoinHandle<()> {
    hold_with(sandbox, provider, scripted())
}

fn hold_with(sandbox: &Sandbox, provider: &Silent, request: TurnRequest) -> JoinHandle<()> {
    let (sandbox, provider) = (sandbox.clone(), provider.clone());
    tokio::spawn(async move {
        let host = Host {
            gatekeeper: Arc::new(GrantAll::default()),
            provider: Arc::new(provider),
            ..Host::default()
        };
        let (setup, _input) = setup(host);
        sandbox.run_turn(setup, request).await.unwrap();
    })
}

#[tokio::test]
async fn dropping_a_turn_closes_its_connections_and_frees_its_place() {
    let sandbox = sandbox(&waiting_guest(), small_limits()).await.unwrap();
    let provider = Silent::default();
    let turn = hold(&sandbox, &provider);
    eventually("the provider was called", || provider.open.load(Ordering::SeqCst) == 1).await;
    assert_eq!(sandbox.capacity().running, 1);

    turn.abort();
    assert!(turn.await.unwrap_err().is_cancelled());
    assert_eq!(provider.open.load(Ordering::SeqCst), 0, "closed when the future was dropped");
    assert_eq!(sandbox.capacity().running, 0);
}

#[tokio::test]
async fn a_turn_whose_client_goes_away_is_stopped() {
    let mut guest = Guest::default();
    let more = guest.emit(&[Chunk::Start]);
    let script = format!("(loop $more {more} (br $more)) (unreachable)");
    let sandbox = sandbox(&guest.build(&script), small_limits()).await.unwrap();
    let (setup, input) = setup(Host::default());
    drop(input);
    let end = sandbox.run_turn(setup, scripted()).await.unwrap();
    assert_eq!(end.outcome, TurnOutcome::Stopped(TurnStop::ClientGone));
}

/// The chunk that never reached the client doesn't count: its stream ends with an error, where it would
/// otherwise look complete and be cut.
#[tokio::test]
async fn a_client_that_reads_too_late_gets_an_error_and_no_silent_end() {
    let mut guest = Guest::default();
    let start = guest.emit(&[Chunk::Start]);
    let finish = guest.emit(&[Chunk::Finish]);
    let limits = Limits { turn_time: Duration::from_millis(100), ..small_limits() };
    let script = format!("{start} {finish}").add_ok();
    let sandbox = sandbox(&guest.build(&script), limits).await.unwrap();
    let (output, input) = mpsc::channel(1);
    let (setup, _) = setup(Host::default());
    let place = sandbox.admit().await.unwrap();
    let turn = tokio::spawn(place.run(TurnSetup { output, ..setup }, scripted()));
    eventually("the turn was stopped", || sandbox.capacity().running == 0).await;
    assert_events(
        &transcript(input).await,
        &[
            START,
            r#"{"type":"error","errorText":"The assistant was stopped because the answer took too long."}"#,
            "[DONE]",
        ],
    );
    assert_eq!(turn.await.unwrap().outcome, TurnOutcome::Stopped(TurnStop::TurnTime));
}

#[tokio::test]
async fn a_full_house_queues_and_a_full_queue_refuses() {
    let limits = Limits { live_turns: 1, queue_length: 1, ..small_limits() };
    let sandbox = sandbox(&waiting_guest(), limits).await.unwrap();
    let provider = Silent::default();
    let first = hold(&sandbox, &provider);
    eventually("the first turn runs", || provider.open.load(Ordering::SeqCst) == 1).await;

    let second = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { run(&sandbox, Host::default(), friendly()).await }
    });
    eventually("the second turn waits", || sandbox.capacity().waiting == 1).await;

    let refused = sandbox.admit().await.unwrap_err();
    let SandboxError::Busy { retry_after } = refused else { panic!("{refused}") };
    assert!(retry_after >= Duration::from_secs(1));
    assert_eq!(refused.to_string(), "All places for turns are taken. Try again in 5 s.");

    first.abort();
    let (end, answer) = second.await.unwrap();
    assert_eq!((end.outcome, answer.as_str()), (TurnOutcome::Finished, FRIENDLY));
    assert_eq!((sandbox.capacity().running, sandbox.capacity().waiting), (0, 0));
}

#[tokio::test]
async fn waiting_ends_with_a_refusal() {
    let limits = Limits { live_turns: 1, queue_wait: Duration::from_millis(20), ..small_limits() };
    let sandbox = sandbox(&waiting_guest(), limits).await.unwrap();
    let place = sandbox.admit().await.unwrap();
    assert!(matches!(sandbox.admit().await, Err(SandboxError::Busy { .. })));
    drop(place);
    assert!(sandbox.admit().await.is_ok(), "an unused place is free again");
}

#[tokio::test]
async fn who_waits_longest_comes_first() {
    let limits = Limits { live_turns: 1, ..small_limits() };
    let sandbox = sandbox(&waiting_guest(), limits).await.unwrap();
    let place = sandbox.admit().await.unwrap();
    let (served, mut order) = mpsc::unbounded_channel();
    let mut waiting = Vec::new();
    for number in 0..5 {
        let (sandbox_of_task, served) = (sandbox.clone(), served.clone());
        waiting.push(tokio::spawn(async move {
            let place = sandbox_of_task.admit().await.unwrap();
            served.send(number).unwrap();
            drop(place);
        }));
        eventually("the turn waits", || sandbox.capacity().waiting == number + 1).await;
    }
    drop(place);
    for task in waiting {
        task.await.unwrap();
    }
    for number in 0..5 {
        assert_eq!(order.recv().await, Some(number));
    }
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_queue() {
    let limits = Limits { live_turns: 1, ..small_limits() };
    let sandbox = sandbox(&waiting_guest(), limits).await.unwrap();
    let _place = sandbox.admit().await.unwrap();
    let waiting = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.admit().await.map(drop) }
    });
    eventually("the turn waits", || sandbox.capacity().waiting == 1).await;
    waiting.abort();
    eventually("the queue is empty", || sandbox.capacity().waiting == 0).await;
}

/// The cap on live turns is computed from this number; too small a one lets the kernel abort the host.
/// Other tests make and drop mappings in this process, so the count is taken in one of its own.
#[test]
fn a_live_turn_takes_no_more_memory_mappings_than_the_cap_assumes() {
    let count = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "admission::count_memory_mappings"])
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&count.stdout);
    assert!(count.status.success() && output.contains("1 passed"), "{output}");
}

#[tokio::test]
#[ignore = "run by the test above, alone in its process"]
async fn count_memory_mappings() {
    const TURNS: u32 = 200;
    let mappings = || fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let before = mappings();
    let limits = Limits { live_turns: TURNS, ..small_limits() };
    // The component that hosts run: its memory, tables and data are what counts.
    let options = SandboxOptions { limits, ..SandboxOptions::default() };
    let sandbox = Sandbox::new(options).await.unwrap();
    let provider = Silent::default();
    let turns: Vec<_> = (0..TURNS).map(|_| hold_with(&sandbox, &provider, friendly())).collect();
    eventually("all turns wait for the provider", || {
        provider.open.load(Ordering::SeqCst) == TURNS as usize
    })
    .await;
    let taken = mappings().saturating_sub(before) as u64;
    let assumed = sandbox.capacity().mappings_per_turn * u64::from(TURNS);
    assert!(taken <= assumed, "{taken} mappings for {TURNS} turns");
    turns.iter().for_each(JoinHandle::abort);
}
