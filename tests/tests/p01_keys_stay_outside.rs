//! P1: no provider key, user token, master key or password is ever in a log, an error, a trace, a
//! response, or readable in a file. Keys can be set, listed masked, rotated and deleted; never read
//! back.
//!
//! That no key is in guest memory follows from the component's imports: no function gives it one.
#![expect(clippy::expect_used, clippy::panic, reason = "a helper that fails fails its test")]

use std::{collections::HashSet, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use palisade_tests::{
    fake::{FakeOptions, FakeProvider, Outcome},
    host::{Folder, FolderOptions, Host, Person, Role, question},
};
use reqwest::Method;
use serde_json::{Value, json};

/// Pieces of this length may appear nowhere. A masked key shows fewer characters in a row.
const PIECE: usize = 8;

/// Two keys that have no piece in common, neither with each other nor with any word.
const FIRST_KEY: &str = "sk-Zq7Xw2Vb9Lm4Tk1Rj8Hg5Fd3Ps6Ny0";
const SECOND_KEY: &str = "sk-Uc1Oe5Ai9Wt3Bz7Gx2Kv6Md0Qh4Jr8";

/// All that the host can log, less the compiler's diary, which knows nothing but the component.
const ALL_LOGS: &str = "trace,cranelift_codegen=off,cranelift_frontend=off,regalloc2=off,\
                        wasmtime_internal_cranelift=off,wasmtime_cranelift=off";

fn piece(window: &[u8]) -> [u8; PIECE] {
    window.try_into().expect("a window of this length")
}

/// Secrets, as a set of all their pieces in each form in which they could leak.
struct Secrets(HashSet<[u8; PIECE]>);

impl Secrets {
    fn of<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut pieces = HashSet::new();
        for secret in secrets {
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            // Base64 of a secret that stands in a longer text begins at any of three places; the
            // characters that depend on its neighbours are left out.
            let encoded = (0..3).map(|before| {
                let padded = [vec![b'-'; before], secret.to_vec()].concat();
                let text = STANDARD.encode(padded);
                text.trim_end_matches('=').get(4..text.len() - 4).unwrap_or_default().to_owned()
            });
            let forms = encoded.map(String::into_bytes).chain([secret.to_vec(), hex.into_bytes()]);
            for form in forms {
                pieces.extend(form.windows(PIECE).map(piece));
            }
        }
        Self(pieces)
    }

    /// Fails where a piece of a secret stands in `bytes`.
    fn assert_absent(&self, bytes: &[u8], place: &str) {
        let found = bytes.windows(PIECE).position(|window| self.0.contains(&piece(window)));
        if let Some(at) = found {
            let around = &bytes[at.saturating_sub(80)..bytes.len().min(at + 80)];
            panic!("a secret in {place} at byte {at}: …{}…", String::from_utf8_lossy(around));
        }
    }

    /// Fails where a piece of a secret stands in a file below `folder`, other than in `except`.
    fn assert_absent_below(&self, folder: &Path, except: &Path) -> usize {
        let mut files = 0;
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files += self.assert_absent_below(&path, except);
            } else if path != except {
                // A side file of a database may go at any moment.
                let bytes = fs::read(&path).unwrap_or_default();
                self.assert_absent(&bytes, &path.display().to_string());
                files += 1;
            }
        }
        files
    }
}

struct Scene {
    provider: FakeProvider,
    folder: Folder,
    host: Host,
    secrets: Secrets,
    /// Whatever somebody could read: responses and outputs of commands.
    seen: Vec<(String, String)>,
}

impl Scene {
    /// A host that logs all it can, and a provider that takes any key.
    async fn start() -> Self {
        let options = FakeOptions { key: None, ..FakeOptions::default() };
        let provider = FakeProvider::start(options).await.expect("a provider");
        let options = FolderOptions {
            workspace: "approvals = \"writes\"".to_owned(),
            key: Some(FIRST_KEY.to_owned()),
            ..FolderOptions::default()
        };
        let folder = Folder::prepare(&provider, &options).await.expect("a folder");
        let host = folder.serve_logging(ALL_LOGS).await.expect("a host");
        let path = folder.data_dir().join("master.key");
        let master = fs::read_to_string(path).expect("a master key");
        let master_bytes = STANDARD.decode(master.trim()).expect("base64");
        assert_eq!(master_bytes.len(), 32);
        let people = Person::ALL.iter().flat_map(|person| [person.token, person.password]);
        let texts = people.chain([FIRST_KEY, SECOND_KEY, master.trim()]).map(str::as_bytes);
        let secrets = Secrets::of(texts.chain([master_bytes.as_slice()]));
        Self { provider, folder, host, secrets, seen: Vec::new() }
    }

    async fn send(&mut self, method: Method, path: &str, role: Role, body: Option<Value>) -> Value {
        let mut request = self.host.request(method.clone(), path, Some(Person::of(role)));
        if let Some(body) = &body {
            request = request.json(body);
        }
        self.read(&format!("{method} {path}"), request).await
    }

    async fn chat(&mut self, model: &str) {
        let editor = Some(Person::of(Role::Editor));
        let request = self.host.request(Method::POST, "/ai/chat", editor);
        let request = request.json(&question(model, "What is there?"));
        self.read(&format!("the answer of {model}"), request).await;
    }

    async fn read(&mut self, what: &str, request: reqwest::RequestBuilder) -> Value {
        let response = request.send().await.expect("an answer");
        let headers = format!("{:?}", response.headers());
        let text = response.text().await.expect("a body");
        let value = serde_json::from_str(&text).unwrap_or_default();
        self.seen.push((what.to_owned(), headers + &text));
        value
    }

    async fn command(&mut self, arguments: &[&str], input: &str) -> String {
        let said = match self.folder.command(arguments, input).await {
            Ok(said) => said,
            Err(error) => error.to_string(),
        };
        self.seen.push((format!("palisade {}", arguments.join(" ")), said.clone()));
        said
    }

    /// Looks for secrets in everything: responses, outputs, log, files, and bodies to the provider.
    fn assert_no_secret_anywhere(&self) {
        for (what, text) in &self.seen {
            self.secrets.assert_absent(text.as_bytes(), what);
        }
        self.secrets.assert_absent(self.host.log().as_bytes(), "the log");
        for request in self.provider.requests() {
            self.secrets.assert_absent(request.body.to_string().as_bytes(), "a provider request");
        }
        let folder = self.folder.data_dir();
        let files = self.secrets.assert_absent_below(&folder, &folder.join("master.key"));
        assert!(files >= 2, "looked into {files} files only");
    }

    /// The key of the last request that reached the provider.
    fn key_on_the_wire(&self) -> String {
        let last = self.provider.requests().pop().expect("a request");
        last.headers.get("authorization").cloned().unwrap_or_default()
    }
}

#[test]
fn the_search_finds_a_piece_of_a_secret_in_each_form() {
    let secrets = Secrets::of([FIRST_KEY.as_bytes()]);
    let piece = &FIRST_KEY[6..22];
    let hex: String = piece.bytes().map(|byte| format!("{byte:02x}")).collect();
    let encoded = ["", "a", "ab"].map(|before| STANDARD.encode(format!("{before}{FIRST_KEY}!")));
    for leak in [piece.to_owned(), hex].into_iter().chain(encoded) {
        let text = format!("{{\"error\":\"{leak}\"}}");
        let search = || secrets.assert_absent(text.as_bytes(), "a test");
        assert!(std::panic::catch_unwind(search).is_err(), "{text}");
    }
    secrets.assert_absent(b"{\"masked\":\"sk-\xe2\x80\xa66Ny0\"}", "a test");
}

#[tokio::test]
async fn the_key_reaches_the_provider_and_nobody_else() {
    let mut scene = Scene::start().await;
    for model in
        ["hello", "read-articles", "schema", "error-event", "cut", "html", "malformed-event"]
    {
        scene.chat(&format!("scenario:{model}")).await;
        assert_eq!(scene.key_on_the_wire(), format!("Bearer {FIRST_KEY}"), "{model}");
    }
    scene.assert_no_secret_anywhere();
}

#[tokio::test]
async fn a_provider_that_repeats_the_key_is_not_passed_on() {
    let mut scene = Scene::start().await;
    for model in ["error-401-echo", "error-401", "error-500", "redirect", "error-429"] {
        scene.chat(&format!("scenario:{model}")).await;
    }
    let echoed = scene.provider.requests();
    assert!(echoed.iter().all(|request| request.headers["authorization"].contains(FIRST_KEY)));
    assert!(echoed.iter().all(|request| request.outcome == Outcome::Completed));
    scene.assert_no_secret_anywhere();
}

#[tokio::test]
async fn a_key_is_set_masked_replaced_and_deleted_but_never_read_back() {
    let mut scene = Scene::start().await;
    let path = "/ai/admin/providers/fake/key";
    let read = scene.send(Method::GET, path, Role::Admin, None).await;
    assert_eq!(read["data"]["set"], true, "{read}");
    assert_eq!(read["data"]["masked"], "sk-…6Ny0", "{read}");

    let body = Some(json!({"key": SECOND_KEY}));
    let set = scene.send(Method::PUT, path, Role::Admin, body).await;
    assert_eq!(set["data"]["masked"], "sk-…4Jr8", "{set}");
    scene.chat("scenario:hello").await;
    assert_eq!(scene.key_on_the_wire(), format!("Bearer {SECOND_KEY}"));

    for path in ["/ai/admin/providers", "/ai/admin/settings", "/ai/admin/ledger"] {
        scene.send(Method::GET, path, Role::Admin, None).await;
    }
    for arguments in
        [&["keys", "list"][..], &["doctor"], &["ledger", "export"], &["project", "show"]]
    {
        scene.command(arguments, "").await;
    }
    assert!(scene.command(&["keys", "list"], "").await.contains("sk-…4Jr8"));
    scene.assert_no_secret_anywhere();

    scene.send(Method::DELETE, path, Role::Admin, None).await;
    let read = scene.send(Method::GET, path, Role::Admin, None).await;
    assert_eq!(read["data"]["set"], false, "{read}");
    scene.chat("scenario:hello").await;
    assert_eq!(scene.key_on_the_wire(), "", "a deleted key was used");
    scene.assert_no_secret_anywhere();
}

#[tokio::test]
async fn errors_about_keys_and_sign_ins_repeat_nothing() {
    let mut scene = Scene::start().await;
    let path = "/ai/admin/providers/fake/key";
    for body in [
        json!({"key": {"nested": SECOND_KEY}}),
        json!({"kay": SECOND_KEY}),
        json!([SECOND_KEY]),
        json!({"key": format!("{SECOND_KEY}\n{SECOND_KEY}")}),
    ] {
        scene.send(Method::PUT, path, Role::Admin, Some(body.clone())).await;
        scene.send(Method::PUT, path, Role::Editor, Some(body)).await;
    }
    let malformed = format!("{{\"key\":\"{SECOND_KEY}\"");
    let request = scene.host.request(Method::PUT, path, Some(Person::of(Role::Admin)));
    let request = request.header("content-type", "application/json").body(malformed);
    scene.read("a malformed body", request).await;

    let editor = Person::of(Role::Editor);
    for login in [
        json!({"email": editor.email, "password": SECOND_KEY}),
        json!({"email": SECOND_KEY, "password": editor.password}),
        json!({"email": editor.email, "password": [editor.password]}),
    ] {
        let request = scene.host.request(Method::POST, "/auth/login", None).json(&login);
        let answer = scene.read("a failed sign-in", request).await;
        assert!(answer["errors"].is_array(), "{answer}");
    }
    let request = scene.host.client().get(format!("{}/users/me", scene.host.url()));
    scene.read("an unknown token", request.bearer_auth(SECOND_KEY)).await;
    let query = format!("/users/me?access_token={SECOND_KEY}");
    scene.send(Method::GET, &query, Role::Editor, None).await;
    scene.assert_no_secret_anywhere();
}

#[tokio::test]
async fn a_session_is_not_readable_where_it_is_kept() {
    let mut scene = Scene::start().await;
    let editor = Person::of(Role::Editor);
    let login = json!({"email": editor.email, "password": editor.password});
    let request = scene.host.request(Method::POST, "/auth/login", None).json(&login);
    let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    let access = answer["data"]["access_token"].as_str().expect("an access token").to_owned();
    let refresh = answer["data"]["refresh_token"].as_str().expect("a refresh token").to_owned();
    let request = scene.host.client().get(format!("{}/users/me", scene.host.url()));
    let me = scene.read("who I am", request.bearer_auth(&access)).await;
    assert_eq!(me["data"]["email"], editor.email);

    // The header of a token is the same for all tokens; what counts is behind it.
    let (_, claims_and_signature) = access.split_once('.').expect("a token of three parts");
    let (_, signature) = claims_and_signature.split_once('.').expect("a token of three parts");
    scene.secrets = Secrets::of([signature.as_bytes(), refresh.as_bytes()]);
    scene.assert_no_secret_anywhere();
}

#[tokio::test]
async fn a_key_is_never_taken_from_an_argument() {
    let mut scene = Scene::start().await;
    let said = scene.command(&["keys", "set", "fake", "not-a-key-but-an-argument"], "").await;
    assert!(said.contains("exit status: 2"), "{said}");
    scene.chat("scenario:hello").await;
    assert_eq!(scene.key_on_the_wire(), format!("Bearer {FIRST_KEY}"));
}
