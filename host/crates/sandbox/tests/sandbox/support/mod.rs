//! What the tests share: small guests, fakes for the host's side, and transcripts.

pub(crate) mod fakes;
pub(crate) mod guest;

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use palisade_conversation::ChatRequest;
use palisade_sandbox::{
    ComponentSource, DenyAll, Gatekeeper, GrantExecutor, GuestRequest, Limits, ObjectRequest,
    ProviderGateway, Sandbox, SandboxError, SandboxOptions, TurnEnd, TurnIdentity, TurnRequest,
    TurnSetup,
};
use tempfile::TempDir;
use tokio::{sync::mpsc, time::sleep};

/// What the friendly half of every guest writes.
pub(crate) const FRIENDLY: &str = "data: {\"type\":\"start\",\"messageId\":\"message-1\",\"messageMetadata\":{\"turns\":{\"turn-1\":true}}}\n\n\
    data: {\"type\":\"text-start\",\"id\":\"t\"}\n\n\
    data: {\"type\":\"text-delta\",\"id\":\"t\",\"delta\":\"Hello\"}\n\n\
    data: {\"type\":\"text-end\",\"id\":\"t\"}\n\n\
    data: {\"type\":\"finish\",\"finishReason\":\"stop\"}\n\n\
    data: [DONE]\n\n";

/// Limits that make tests quick and small.
pub(crate) fn small_limits() -> Limits {
    Limits {
        live_turns: 4,
        cpu_time: Duration::from_millis(200),
        turn_time: Duration::from_secs(30),
        ..Limits::default()
    }
}

/// A component in a file of its own.
pub(crate) struct ComponentFile {
    _folder: TempDir,
    pub(crate) path: PathBuf,
}

impl ComponentFile {
    pub(crate) fn new(component: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("assistant.wasm");
        std::fs::write(&path, component).unwrap();
        Self { _folder: folder, path }
    }
}

/// A sandbox for a component, without a cache.
pub(crate) async fn sandbox(component: &[u8], limits: Limits) -> Result<Sandbox, SandboxError> {
    let file = ComponentFile::new(component);
    Sandbox::new(SandboxOptions {
        component: ComponentSource::File(file.path.clone()),
        cache: None,
        limits,
    })
    .await
}

/// The host's side of a turn.
pub(crate) struct Host {
    pub(crate) gatekeeper: Arc<dyn Gatekeeper>,
    pub(crate) executor: Arc<dyn GrantExecutor>,
    pub(crate) provider: Arc<dyn ProviderGateway>,
}

impl Default for Host {
    fn default() -> Self {
        Self {
            gatekeeper: Arc::new(DenyAll),
            executor: Arc::new(DenyAll),
            provider: Arc::new(DenyAll),
        }
    }
}

/// A turn's setup and the receiving end of its stream.
pub(crate) fn setup(host: Host) -> (TurnSetup, mpsc::Receiver<Bytes>) {
    let (output, input) = mpsc::channel(16);
    let setup = TurnSetup {
        identity: TurnIdentity { turn_id: "turn-1".into(), ..TurnIdentity::default() },
        gatekeeper: host.gatekeeper,
        executor: host.executor,
        provider: host.provider,
        output,
        message_id: Some("message-1".into()),
    };
    (setup, input)
}

/// A request that takes the friendly half of a guest.
pub(crate) fn friendly() -> TurnRequest {
    request(r#"{"messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"Hi"}]}]}"#)
}

/// A request that takes the half under test: it carries a context.
pub(crate) fn scripted() -> TurnRequest {
    request(
        r#"{"messages":[{"id":"1","role":"user","parts":[{"type":"text","text":"Hi"}]}],
            "context":{}}"#,
    )
}

fn request(body: &str) -> TurnRequest {
    ChatRequest::parse(body.as_bytes()).unwrap().into()
}

/// A question for an object; a limited one takes the half under test.
pub(crate) fn question(limited: bool) -> ObjectRequest {
    let limit = if limited { r#","maxOutputTokens":256"# } else { "" };
    let body = format!(r#"{{"prompt":"Hi","outputSchema":{{"type":"object"}}{limit}}}"#);
    palisade_conversation::ObjectRequest::parse(body.as_bytes()).unwrap().into()
}

/// Collects a stream to its end.
pub(crate) async fn transcript(mut input: mpsc::Receiver<Bytes>) -> String {
    let mut text = String::new();
    while let Some(bytes) = input.recv().await {
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    text
}

/// Waits until something holds, for a few seconds at most.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if condition() {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("never came true: {what}");
}

/// The first event of a turn that is set up by [`setup`].
pub(crate) const START: &str =
    r#"{"type":"start","messageId":"message-1","messageMetadata":{"turns":{"turn-1":true}}}"#;

/// Expects exactly these events.
#[track_caller]
pub(crate) fn assert_events(text: &str, events: &[&str]) {
    let expected: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    assert_eq!(text, expected);
}

/// Runs a turn to its end.
pub(crate) async fn run(
    sandbox: &Sandbox,
    host: Host,
    request: impl Into<GuestRequest>,
) -> (TurnEnd, String) {
    let (setup, input) = setup(host);
    let (end, text) = tokio::join!(sandbox.run_turn(setup, request), transcript(input));
    (end.unwrap(), text)
}
