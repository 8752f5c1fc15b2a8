//! What a guest gets through the capabilities, end to end.

use std::sync::Arc;

use palisade_sandbox::{
    CapabilityError, CapabilityErrorKind, ModelView, ProviderCall, ProviderUsage, TurnOutcome,
};

use crate::support::{
    Host, START, assert_events,
    fakes::{Answering, GrantAll, Streaming},
    guest::{AddOk, Chunk, Guest},
    run, sandbox, scripted, small_limits,
};

/// Asks leave for a call, runs it, shows the result, and says what the guest itself saw of it.
fn reading_guest(excerpt_bytes: u32) -> Vec<u8> {
    let (mut guest, authorise) = Guest::authorising(1);
    let start = guest.emit(&[Chunk::Start]);
    let finish = guest.emit(&[Chunk::Finish]);
    let (call_id, text_id) = (guest.text("call-1"), guest.text("t"));
    let script = format!(
        "{start} {authorise}
         (i32.store (i32.const 64) (i32.load offset=4 (i32.load (i32.const 0))))
         (call $execute_all (i32.const 64) (i32.const 1) (i32.const 128))
         (if (i32.load8_u (i32.load (i32.const 128))) (then (unreachable)))
         (local.set $handle (i32.load offset=4 (i32.load (i32.const 128))))
         (call $emit_outcome {} (local.get $handle))
         ;; A text delta, made of the excerpt: case 3, the id, and the text.
         (call $excerpt (local.get $handle) (i32.const {excerpt_bytes}) (i32.const 160))
         (i32.store (i32.const 256) (i32.const 3))
         (i32.store (i32.const 260) (i32.const {}))
         (i32.store (i32.const 264) (i32.const {}))
         (i32.store (i32.const 268) (i32.load (i32.const 160)))
         (i32.store (i32.const 272) (i32.load (i32.const 164)))
         (call $emit (i32.const 256) (i32.const 1))
         {finish}",
        call_id.operands(),
        text_id.0,
        text_id.1,
    );
    guest.build(&script.add_ok())
}

#[tokio::test]
async fn a_granted_call_runs_once_and_its_result_reaches_screen_and_model() {
    let sandbox = sandbox(&reading_guest(1_000), small_limits()).await.unwrap();
    let gatekeeper = Arc::new(GrantAll::default());
    let executor = Answering::new(r#"[{"title":"Grüße"}]"#, ModelView::Whole);
    let host =
        Host { gatekeeper: gatekeeper.clone(), executor: executor.clone(), ..Host::default() };
    let (end, text) = run(&sandbox, host, scripted()).await;
    assert_events(
        &text,
        &[
            START,
            r#"{"type":"tool-output-available","toolCallId":"call-1","output":[{"title":"Grüße"}]}"#,
            r#"{"type":"text-delta","id":"t","delta":"[{\"title\":\"Grüße\"}]"}"#,
            r#"{"type":"finish","finishReason":"stop"}"#,
            "[DONE]",
        ],
    );
    assert_eq!(end.outcome, TurnOutcome::Finished);
    assert_eq!(executor.executed(), 1);
    let asked = gatekeeper.asked.lock().unwrap();
    let call = asked.first().unwrap();
    assert_eq!((&*call.id, &*call.tool, &*call.arguments), ("call-1", "schema", "{}"));
}

#[tokio::test]
async fn an_excerpt_ends_at_a_whole_character() {
    let sandbox = sandbox(&reading_guest(5), small_limits()).await.unwrap();
    let executor = Answering::new("\"abc\u{1F600}\"", ModelView::Whole);
    let host = Host { gatekeeper: Arc::new(GrantAll::default()), executor, ..Host::default() };
    let (_, text) = run(&sandbox, host, scripted()).await;
    assert!(text.contains(r#""delta":"\"abc""#), "{text}");
}

#[tokio::test]
async fn withheld_values_go_to_the_screen_and_not_to_the_guest() {
    let sandbox = sandbox(&reading_guest(1_000), small_limits()).await.unwrap();
    let view = ModelView::Instead(r#"{"items":1}"#.into());
    let host = Host {
        gatekeeper: Arc::new(GrantAll::default()),
        executor: Answering::new(r#"[{"salary":4711}]"#, view),
        ..Host::default()
    };
    let (_, text) = run(&sandbox, host, scripted()).await;
    assert!(text.contains(r#""output":[{"salary":4711}]"#), "{text}");
    assert!(text.contains(r#""delta":"{\"items\":1}""#), "{text}");
    assert_eq!(text.matches("4711").count(), 1, "the guest never had the value: {text}");
}

#[tokio::test]
async fn what_is_not_granted_does_not_run() {
    let sandbox = sandbox(&reading_guest(1_000), small_limits()).await.unwrap();
    let executor = Answering::new("[]", ModelView::Whole);
    let host = Host { executor: executor.clone(), ..Host::default() };
    let (end, _) = run(&sandbox, host, scripted()).await;
    assert!(matches!(end.outcome, TurnOutcome::Stopped(_)), "the script has no handle: {end:?}");
    assert_eq!(executor.executed(), 0);
}

#[tokio::test]
async fn an_error_of_the_guest_becomes_an_error_chunk() {
    let mut guest = Guest::default();
    let start = guest.emit(&[Chunk::Start]);
    let fail = guest.failing("PROVIDER_CUT", "The answer broke off.");
    let script = format!("{start} {fail}");
    let sandbox = sandbox(&guest.build(&script), small_limits()).await.unwrap();
    let (end, text) = run(&sandbox, Host::default(), scripted()).await;
    assert_events(
        &text,
        &[START, r#"{"type":"error","errorText":"The answer broke off."}"#, "[DONE]"],
    );
    let (code, message) = ("PROVIDER_CUT".into(), "The answer broke off.".into());
    assert_eq!(end.outcome, TurnOutcome::Failed { code, message });
}

#[tokio::test]
async fn a_guest_that_stops_in_mid_answer_is_reported() {
    let mut guest = Guest::default();
    let script = guest.emit(&[Chunk::Start, Chunk::TextStart("t")]).add_ok();
    let sandbox = sandbox(&guest.build(&script), small_limits()).await.unwrap();
    let (_, text) = run(&sandbox, Host::default(), scripted()).await;
    assert_events(
        &text,
        &[
            START,
            r#"{"type":"text-start","id":"t"}"#,
            r#"{"type":"error","errorText":"The assistant stopped in the middle of its answer."}"#,
            "[DONE]",
        ],
    );
}

/// Sends a request with a header, reads twice and says what it read.
fn calling_guest() -> Vec<u8> {
    let mut guest = Guest::default();
    let (path, body) = (guest.text("chat/completions"), guest.text(r#"{"model":"m"}"#));
    let (name, value) = (guest.text("x-name"), guest.text("value"));
    let header: Vec<u8> =
        [name.0, name.1, value.0, value.1].iter().flat_map(|number| number.to_le_bytes()).collect();
    let headers = guest.bytes(&header);
    let id = guest.text("t");
    let start = guest.emit(&[Chunk::Start]);
    let finish = guest.emit(&[Chunk::Finish]);
    // result<list<u8>, error> at address 16: the bytes, or the error's code.
    let read = format!(
        "(call $read (local.get $handle) (i32.const 100) (i32.const 16))
         (i32.store (i32.const 256) (i32.const 3))
         (i32.store (i32.const 260) (i32.const {})) (i32.store (i32.const 264) (i32.const {}))
         (if (i32.load8_u (i32.const 16))
           (then
             (i32.store (i32.const 268) (i32.load (i32.const 24)))
             (i32.store (i32.const 272) (i32.load (i32.const 28))))
           (else
             (i32.store (i32.const 268) (i32.load (i32.const 20)))
             (i32.store (i32.const 272) (i32.load (i32.const 24)))))
         (call $emit (i32.const 256) (i32.const 1))",
        id.0, id.1,
    );
    let script = format!(
        "{start}
         (call $send {} (i32.const {}) (i32.const 1) {} (i32.const 0))
         (if (i32.load8_u (i32.const 0)) (then (unreachable)))
         (local.set $handle (i32.load (i32.const 4)))
         {read} {read}
         (call $report_usage (local.get $handle)
           (i64.const 10) (i64.const 1) (i64.const 5) (i64.const 3) (i64.const 2))
         {finish}",
        path.operands(),
        headers.0,
        body.operands(),
    );
    guest.build(&script.add_ok())
}

#[tokio::test]
async fn a_provider_call_goes_out_as_it_is_and_its_body_comes_in_as_it_arrives() {
    let sandbox = sandbox(&calling_guest(), small_limits()).await.unwrap();
    let provider = Streaming::new(vec![Ok("data: "), Ok("1")]);
    let host = Host {
        gatekeeper: Arc::new(GrantAll::default()),
        provider: Arc::new(provider.clone()),
        ..Host::default()
    };
    let (end, text) = run(&sandbox, host, scripted()).await;
    assert_events(
        &text,
        &[
            START,
            r#"{"type":"text-delta","id":"t","delta":"data: 1"}"#,
            r#"{"type":"text-delta","id":"t","delta":""}"#,
            r#"{"type":"finish","finishReason":"stop"}"#,
            "[DONE]",
        ],
    );
    assert_eq!(end.usage.provider_calls, 1);
    let sent = provider.sent.lock().unwrap();
    let call = ProviderCall {
        path: "chat/completions".into(),
        headers: vec![("x-name".into(), "value".into())],
        body: r#"{"model":"m"}"#.into(),
    };
    assert_eq!(*sent, [call]);
    let usage = ProviderUsage {
        input_tokens: 10,
        cache_written_tokens: 1,
        output_tokens: 5,
        cached_tokens: 3,
        reasoning_tokens: 2,
    };
    assert_eq!(*provider.usage.lock().unwrap(), [usage]);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_for_the_guest() {
    let sandbox = sandbox(&calling_guest(), small_limits()).await.unwrap();
    let cut = CapabilityError::new(CapabilityErrorKind::Unavailable, "PROVIDER_CUT", "Cut off.");
    let provider = Streaming::new(vec![Ok("data: "), Err(cut)]);
    let host = Host {
        gatekeeper: Arc::new(GrantAll::default()),
        provider: Arc::new(provider),
        ..Host::default()
    };
    let (_, text) = run(&sandbox, host, scripted()).await;
    assert!(text.contains(r#""delta":"data: ""#), "what arrived is given first: {text}");
    assert!(text.contains(r#""delta":"PROVIDER_CUT""#), "{text}");
}

#[tokio::test]
async fn without_a_gateway_nothing_is_sent() {
    let sandbox = sandbox(&calling_guest(), small_limits()).await.unwrap();
    let host = Host { gatekeeper: Arc::new(GrantAll::default()), ..Host::default() };
    let (end, _) = run(&sandbox, host, scripted()).await;
    assert!(matches!(end.outcome, TurnOutcome::Stopped(_)), "the script expects a response");
}
