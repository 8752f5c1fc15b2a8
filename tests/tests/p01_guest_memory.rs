//! P1: no key, token or cookie is ever in guest memory. Two turns are held open in the middle of the
//! provider's answer, when all secrets have been used, and all of the guests' memory is searched.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

use std::{
    fs::{self, File},
    ops::Range,
    os::unix::fs::FileExt,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use palisade::{
    app::App,
    config::{Config, LoadOptions},
    http,
};
use palisade_tests::{
    fake::{
        self, FakeOptions, FakeProvider, Interruption, InterruptionKind, MessageAnswer, Scenario,
        Text,
    },
    host::{Folder, FolderOptions, MODEL, OpenAnswer, Person, Role, question},
    pieces::Pieces,
};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A key that has no piece in common with any word.
const KEY: &str = "sk-Nx8Lc3Vj5Tq1Wz7Fb4Hm9Rg2Yd6Ks0";
/// What the two users ask. Their guests have to hold it, or another memory was searched.
const QUESTIONS: [&str; 2] = ["Quicksilver marmots, by token", "Obsidian pangolins, by cookie"];

/// One mapping of this process.
struct Mapping {
    addresses: Range<u64>,
    permissions: String,
}

fn mappings() -> Vec<Mapping> {
    let maps = fs::read_to_string("/proc/self/maps").expect("the mappings");
    let parse = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let address = |text| u64::from_str_radix(text, 16).ok();
        let addresses = address(start)?..address(end)?;
        Some(Mapping { addresses, permissions: fields.next()?.to_owned() })
    };
    maps.lines().map(|line| parse(line).unwrap_or_else(|| panic!("a mapping: {line}"))).collect()
}

/// The linear memories of all instances: each is writable memory in front of a reservation of
/// gigabytes that nothing may touch, which is how the engine does without bounds checks. Nothing else
/// in a process looks like that.
fn guest_memories() -> Vec<Range<u64>> {
    const RESERVATION: u64 = 1 << 30;
    let mut memories = Vec::new();
    let mut open: Option<Range<u64>> = None;
    for Mapping { addresses, permissions } in mappings() {
        open = match open {
            Some(memory) if memory.end == addresses.start => {
                if permissions.starts_with("rw-p") {
                    Some(memory.start..addresses.end)
                } else {
                    let reserved = addresses.end - addresses.start;
                    if permissions.starts_with("---p") && reserved >= RESERVATION {
                        memories.push(memory);
                    }
                    None
                }
            }
            _ => permissions.starts_with("rw-p").then_some(addresses),
        };
    }
    memories
}

/// What is in the guests' memory now.
fn read_guest_memories() -> Vec<u8> {
    let memory = File::open("/proc/self/mem").expect("this process's memory");
    let mut bytes = Vec::new();
    for Range { start, end } in guest_memories() {
        let offset = bytes.len();
        bytes.resize(offset + usize::try_from(end - start).expect("a size"), 0);
        memory.read_exact_at(&mut bytes[offset..], start).expect("readable memory");
    }
    bytes
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A host in this process.
struct InProcess {
    url: String,
    client: Client,
    app: App,
}

impl InProcess {
    async fn start(folder: &Folder) -> Self {
        let config = Config::load(LoadOptions {
            file: Some(folder.path().join("palisade.toml")),
            data_dir: Some(folder.data_dir()),
            environment: Vec::new(),
        })
        .expect("a configuration");
        let app = App::open(config, None).await.expect("a host");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = http::router(app.clone());
        let workers = http::Workers::start().expect("threads");
        tokio::spawn(http::serve(listener, router, CancellationToken::new(), workers));
        Self { url, client: client(), app }
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.client.request(Method::POST, format!("{}{path}", self.url));
        request.header("origin", &self.url).json(body)
    }
}

#[expect(clippy::disallowed_methods, reason = "a client of the host, not the host's own")]
fn client() -> Client {
    Client::new()
}

/// Text, and then nothing more while the connection stays open.
fn held_open() -> Scenario {
    let answer = MessageAnswer {
        text: Some(Text::Tokens { tokens: 50 }),
        interruption: Some(Interruption { after: 10, what: InterruptionKind::Stall }),
        ..MessageAnswer::default()
    };
    Scenario::of([fake::Answer::from(answer)])
}

#[tokio::test(flavor = "multi_thread")]
async fn guest_memory_holds_the_question_and_no_secret() {
    let options = FakeOptions { key: None, ..FakeOptions::default() };
    let provider = FakeProvider::start(options).await.expect("a provider");
    provider.script(MODEL, held_open());
    let options = FolderOptions {
        models: vec![MODEL.to_owned()],
        key: Some(KEY.to_owned()),
        tables: "[limits]\nlive_turns = 4".to_owned(),
        ..FolderOptions::default()
    };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    let host = InProcess::start(&folder).await;
    let (reader, editor) = (Person::of(Role::Reader), Person::of(Role::Editor));

    let login = json!({"email": editor.email, "password": editor.password, "mode": "session"});
    let login = host.post("/auth/login", &login).send().await.expect("an answer");
    let cookie = login.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
    let (cookie, _) = cookie.and_then(|cookie| cookie.split_once(';')).expect("a session cookie");
    let (_, session) = cookie.split_once('=').expect("a value");

    let [by_token, by_cookie] = QUESTIONS.map(|text| host.post("/ai/chat", &question(MODEL, text)));
    let mut answers = Vec::new();
    for request in [by_token.bearer_auth(reader.token), by_cookie.header("cookie", cookie)] {
        let mut answer = OpenAnswer::to(request).await.expect("a stream");
        answer.read_until("text-delta").await.expect("an answer that begins");
        answers.push(answer);
    }
    let sent = provider.requests();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|request| request.headers["authorization"] == format!("Bearer {KEY}")));

    let memory = read_guest_memories();
    assert_eq!(host.app.turns.sandbox().capacity().running, 2, "both turns are still there");
    for text in QUESTIONS {
        assert!(
            contains(&memory, text),
            "{text:?} isn't in {} bytes of guest memory",
            memory.len()
        );
    }
    let master = fs::read_to_string(folder.data_dir().join("master.key")).expect("a master key");
    let master_bytes = STANDARD.decode(master.trim()).expect("base64");
    // The header of a session's token is the same for all; what counts is behind it.
    let (_, signed) = session.split_once('.').expect("a token of three parts");
    for (secret, bytes) in [
        ("the provider's key", KEY.as_bytes()),
        ("a user's token", reader.token.as_bytes()),
        ("a session's token", signed.as_bytes()),
        ("a password", editor.password.as_bytes()),
        ("the master key", master.trim().as_bytes()),
        ("the master key's bytes", &master_bytes),
        ("the key that sessions are signed with", &*host.app.state.derive("palisade/sessions/v1")),
        (
            "the key that approvals are signed with",
            &*host.app.state.derive("palisade/approvals/v1"),
        ),
    ] {
        let found = Pieces::of([bytes]).find(&memory);
        assert_eq!(found, None, "a piece of {secret} is in guest memory");
    }
}
