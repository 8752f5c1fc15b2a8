//! P6: the guest reaches configured provider endpoints and nothing else. Addresses are checked after
//! name resolution; private ones need an explicit exception; redirects are not followed.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

#[path = "../../host/crates/sandbox/tests/sandbox/support/guest.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "one builder of guests for all tests")]
mod guest;

use std::{fs, io, net::TcpListener};

use guest::Guest;
use palisade_tests::{
    fake::{self, FakeOptions, FakeProvider, Scenario},
    host::{Answer, Folder, FolderOptions, Host, MODEL, Person, Role, Stage, eventually, question},
};
use reqwest::Method;
use serde_json::{Value, json};

fn options() -> FolderOptions {
    FolderOptions { models: vec![MODEL.to_owned()], ..FolderOptions::default() }
}

async fn chat(host: &Host, body: &Value) -> Answer {
    host.chat(Person::of(Role::Editor), body).await.expect("an answer")
}

/// Outcomes of the provider calls so far, each with the bytes that left.
async fn provider_calls(host: &Host) -> Vec<(Value, Value)> {
    let path = "/ai/admin/ledger?kind=provider_call&order=oldest";
    let (_, body) =
        host.json(Method::GET, path, Person::of(Role::Admin), None).await.expect("rows");
    let rows = body["data"].as_array().expect("rows").iter();
    rows.map(|row| (row["outcome"].clone(), row["bytes_sent"].clone())).collect()
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_without_an_exception() {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    listener.set_nonblocking(true).expect("non-blocking");
    let port = listener.local_addr().expect("an address").port();
    let options = FolderOptions {
        base_url: Some(format!("https://localhost:{port}/v1")),
        allow_private: Some(Vec::new()),
        ..options()
    };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    let host = folder.serve().await.expect("a host");
    let answer = chat(&host, &question(MODEL, "Hello")).await;
    assert_eq!(
        answer.error(),
        Some(
            "The address of the provider \"fake\" is not one that this host may connect to. An \
             administrator can make an exception in egress.allow_private."
        )
    );
    assert!(!answer.text.contains("127.0.0.1") && !answer.text.contains("::1"), "{}", answer.text);
    assert_eq!(provider_calls(&host).await, [(json!("EGRESS_DENIED"), Value::Null)]);
    let connection = listener.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(connection, Err(io::ErrorKind::WouldBlock), "a connection was made");
}

#[tokio::test]
async fn an_address_that_is_not_public_is_refused_at_the_start() {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let folder = Folder::empty(&provider, &options()).expect("a folder");
    for base_url in [
        provider.base_url(),
        "http://provider.example/v1",
        "https://127.0.0.1/v1",
        "https://[::ffff:127.0.0.1]/v1",
        "https://10.0.0.1/v1",
        "https://169.254.169.254/latest",
        "https://[fd00::1]/v1",
        "https://0x7f000001/v1",
    ] {
        let options = FolderOptions {
            base_url: Some(base_url.to_owned()),
            allow_private: Some(Vec::new()),
            ..options()
        };
        folder.configure(&provider, &options).expect("configured");
        let said = folder.command(&["serve", "--listen", "127.0.0.1:0"], "").await;
        let error = said.expect_err(base_url).to_string();
        assert!(error.contains("exit status: 1"), "{base_url}: {error}");
        assert!(error.contains("providers[0].base_url"), "{base_url}: {error}");
        assert!(error.contains("egress.allow_private"), "{base_url}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_takes_the_key_nowhere() {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let options_of_other = FakeOptions { key: None, ..FakeOptions::default() };
    let other = FakeProvider::start(options_of_other).await.expect("another provider");
    let allowed = [&provider, &other].map(|provider| provider.authority().to_owned());
    let options = FolderOptions { allow_private: Some(allowed.to_vec()), ..options() };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    let host = folder.serve().await.expect("a host");
    for target in [&other, &provider] {
        let location = format!("{}/chat/completions", target.base_url());
        provider.script(MODEL, Scenario::of([fake::Answer::Redirect { location }]));
        let answer = chat(&host, &question(MODEL, "Hello")).await;
        assert_eq!(
            answer.error(),
            Some(
                "The provider \"fake\" answered with a redirect (HTTP 307), which is not followed. \
                 Its base_url is probably wrong."
            )
        );
    }
    assert_eq!(other.requests().len(), 0, "the other provider was asked");
    assert_eq!(provider.requests().len(), 2);
    let outcomes: Vec<_> =
        provider_calls(&host).await.into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["PROVIDER_REDIRECT", "PROVIDER_REDIRECT"]);
}

/// A guest that sends these paths and bodies, one after the other, and then gives up.
fn sender(requests: &[(&str, &str)]) -> Vec<u8> {
    let mut guest = Guest::default();
    let mut script = String::new();
    for (path, body) in requests {
        let (path, body) = (guest.text(path), guest.text(body));
        script += &format!(
            "(call $send {} (i32.const 0) (i32.const 0) {} (i32.const 0))",
            path.operands(),
            body.operands()
        );
    }
    guest.build(&format!("{script} (unreachable)"))
}

#[tokio::test]
async fn a_hostile_guest_reaches_the_configured_endpoint_and_nothing_else() {
    let Stage { provider, folder, host } =
        Stage::start(FolderOptions::default()).await.expect("a stage");
    drop(host);
    let body = format!("{{\"model\":\"{MODEL}\",\"messages\":[]}}");
    let other_model = "{\"model\":\"scenario:hello\",\"messages\":[]}";
    let paths = [
        "models",
        "../admin",
        "/v1/chat/completions",
        "chat/completions/",
        "chat/completions?next=1",
        "chat/completions#a",
        "//evil.example/chat/completions",
        "https://evil.example/v1/chat/completions",
        "",
    ];
    let refused: Vec<_> = paths.iter().map(|path| (*path, body.as_str())).collect();
    let cases = [
        (&refused[..5], "PROVIDER_PATH_DENIED"),
        (&refused[5..], "PROVIDER_PATH_DENIED"),
        (&[("chat/completions", other_model)][..], "MODEL_DENIED"),
    ];
    for (requests, code) in cases {
        let component = folder.path().join("sender.wasm");
        fs::write(&component, sender(requests)).expect("written");
        let host = folder.serve_plugin(&component).await.expect("a host");
        let before = provider_calls(&host).await.len();
        let mut hostile = question(MODEL, "Hello");
        hostile["context"] = json!({});
        chat(&host, &hostile).await;
        // A turn is put on record after its client has read the end of it.
        let calls = eventually("all are on record", async || {
            let calls = provider_calls(&host).await.split_off(before);
            Ok((calls.len() >= requests.len()).then_some(calls))
        });
        let expected = vec![(json!(code), Value::Null); requests.len()];
        assert_eq!(calls.await.expect("rows"), expected, "{requests:?}");
    }
    assert_eq!(provider.requests().len(), 0, "{:?}", provider.requests());
}
