//! P6: the guest reaches configured provider endpoints and nothing else. Loopback, private, link-local
//! and metadata addresses need an explicit exception, whichever way they are written.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use palisade_tests::{
    fake::{Answer, FakeOptions, FakeProvider, Scenario},
    host::{Folder, FolderOptions, Person, Role, question},
};
use tokio::net::TcpListener;

/// Counts connections to a port of this machine, on IPv4.
struct Trap {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connections }
    }

    fn assert_untouched(&self, case: &str) {
        assert_eq!(self.connections.load(Ordering::SeqCst), 0, "{case} was connected to");
    }
}

async fn provider() -> FakeProvider {
    FakeProvider::start(FakeOptions::default()).await.expect("a provider")
}

#[tokio::test]
async fn an_address_without_an_exception_is_not_connected_to_however_it_is_written() {
    let (provider, trap) = (provider().await, Trap::set().await);
    let folder = Folder::prepare(&provider, &FolderOptions::default()).await.expect("a folder");
    let port = trap.port;
    for host in [
        "127.0.0.1",
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[::]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "[fd00::1]",
        "[fe80::1]",
    ] {
        let options = FolderOptions {
            base_url: Some(format!("https://{host}:{port}/v1")),
            allow_private: Some(Vec::new()),
            ..FolderOptions::default()
        };
        folder.configure(&provider, &options).expect("a configuration");
        // Refused at the start, or at the first use; never used.
        if let Ok(running) = folder.serve().await {
            let body = question("scenario:hello", "Hi");
            let answer = running.chat(Person::of(Role::Editor), &body).await.expect("an answer");
            assert!(answer.status != 200 || answer.chunk("error").is_some(), "{host}: {answer:?}");
        }
        trap.assert_untouched(host);
    }
}

#[tokio::test]
async fn an_exception_for_one_port_is_none_for_another() {
    let (provider, trap) = (provider().await, Trap::set().await);
    let options = FolderOptions {
        base_url: Some(format!("https://127.0.0.1:{}/v1", trap.port)),
        allow_private: Some(vec![provider.authority().to_owned()]),
        ..FolderOptions::default()
    };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    if let Ok(running) = folder.serve().await {
        let body = question("scenario:hello", "Hi");
        let answer = running.chat(Person::of(Role::Editor), &body).await.expect("an answer");
        assert!(answer.status != 200 || answer.chunk("error").is_some(), "{answer:?}");
    }
    trap.assert_untouched("another port");
}

#[tokio::test]
async fn without_encryption_only_an_exception_is_taken() {
    let provider = provider().await;
    let folder = Folder::prepare(&provider, &FolderOptions::default()).await.expect("a folder");
    for base_url in ["http://api.example.com/v1", "http://8.8.8.8/v1", "ftp://127.0.0.1/v1"] {
        let options =
            FolderOptions { base_url: Some(base_url.to_owned()), ..FolderOptions::default() };
        folder.configure(&provider, &options).expect("a configuration");
        let Err(error) = folder.serve().await else { panic!("{base_url} was taken") };
        assert!(error.to_string().contains("base_url"), "{base_url}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_even_to_a_listed_address() {
    let (provider, elsewhere) = (provider().await, self::provider().await);
    let location = format!("{}/chat/completions", elsewhere.base_url());
    provider.script("moved", Scenario::of([Answer::Redirect { location }]));
    let listed = [&provider, &elsewhere].map(|provider| provider.authority().to_owned());
    let options = FolderOptions {
        models: vec!["moved".to_owned()],
        allow_private: Some(listed.into()),
        ..FolderOptions::default()
    };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    let host = folder.serve().await.expect("a host");
    let editor = Person::of(Role::Editor);
    let answer = host.chat(editor, &question("moved", "Hi")).await.expect("an answer");
    assert!(answer.chunk("error").is_some(), "{answer:?}");
    assert_eq!(provider.requests().len(), 1);
    assert!(elsewhere.requests().is_empty(), "the redirect was followed");
}

#[tokio::test]
async fn only_the_one_path_of_the_endpoint_is_asked() {
    let provider = provider().await;
    let folder = Folder::prepare(&provider, &FolderOptions::default()).await.expect("a folder");
    let host = folder.serve().await.expect("a host");
    let editor = Person::of(Role::Editor);
    for model in ["scenario:hello", "scenario:two-reads", "scenario:error-500", "scenario:cut"] {
        host.chat(editor, &question(model, "Hi")).await.expect("an answer");
    }
    let requests = provider.requests();
    assert!(requests.len() >= 4);
    for request in requests {
        let asked = (request.method.as_str(), request.path.as_str());
        assert_eq!(asked, ("POST", "/v1/chat/completions"));
        assert!(!request.headers.contains_key("cookie"), "{:?}", request.headers);
    }
}
