//! A file of 50 MB passes through the host without resting in it: its memory grows by less than 8 MB,
//! and no file of its data folder grows at all.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    routing::post,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use palisade_tests::{
    fake::{FakeOptions, FakeProvider},
    host::{Folder, FolderOptions, Host, Person, Role},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const MEGABYTE: usize = 1024 * 1024;
const FILE: usize = 50 * MEGABYTE;
/// What the host's memory may grow by.
const GROWTH: u64 = 8 * MEGABYTE as u64;
const PROVIDERS: [(&str, &str, &str); 3] =
    [("openai", "openai", "/v1"), ("anthropic", "anthropic", ""), ("google", "google", "/v1beta")];

/// The storages of all providers on one port, which count bytes and keep none.
#[derive(Clone)]
struct Sink {
    authority: String,
    received: Arc<AtomicU64>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let authority = listener.local_addr().expect("an address").to_string();
        let sink = Self { authority, received: Arc::default() };
        let router = Router::new()
            .route("/v1/files", post(form))
            .route("/upload/v1beta/files", post(start))
            .route("/session", post(finish))
            .with_state(sink.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        sink
    }

    async fn drain(&self, body: Body) {
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let length = piece.expect("a whole body").len() as u64;
            self.received.fetch_add(length, Ordering::Relaxed);
        }
    }
}

async fn form(State(sink): State<Sink>, body: Body) -> Json<Value> {
    sink.drain(body).await;
    Json(json!({"id": "file-1"}))
}

async fn start(State(sink): State<Sink>) -> HeaderMap {
    let address = format!("http://{}/session?upload_id=1", sink.authority);
    let name = HeaderName::from_static("x-goog-upload-url");
    HeaderMap::from_iter([(name, HeaderValue::from_str(&address).expect("a header"))])
}

async fn finish(State(sink): State<Sink>, body: Body) -> Json<Value> {
    sink.drain(body).await;
    let uri = format!("http://{}/v1beta/files/a", sink.authority);
    Json(json!({"file": {"name": "files/a", "uri": uri, "state": "ACTIVE"}}))
}

async fn host(sink: &Sink) -> (Folder, Host) {
    let unused = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let tables = PROVIDERS.map(|(id, kind, path)| {
        let authority = &sink.authority;
        format!(
            "[[providers]]\nid = \"{id}\"\nkind = \"{kind}\"\n\
             base_url = \"http://{authority}{path}\"\nallowed_models = [\"m\"]\n"
        )
    });
    let options = FolderOptions {
        tables: tables.concat(),
        allow_private: Some(vec![unused.authority().to_owned(), sink.authority.clone()]),
        ..FolderOptions::default()
    };
    let folder = Folder::prepare(&unused, &options).await.expect("a folder");
    for (id, ..) in PROVIDERS {
        folder.command(&["keys", "set", id], "sk-0123456789abcdef\n").await.expect("a key");
    }
    let host = folder.serve().await.expect("a host");
    (folder, host)
}

/// Sends a form with a PDF of this size, made as it is sent.
async fn upload(host: &Host, provider: &str, size: usize, provider_first: bool) -> (u16, Value) {
    let field =
        format!("--B\r\nContent-Disposition: form-data; name=\"provider\"\r\n\r\n{provider}\r\n");
    let head = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
                Content-Type: application/pdf\r\n\r\n%PDF-1.7";
    let (before, behind) = match provider_first {
        true => (format!("{field}{head}"), "\r\n--B--\r\n".to_owned()),
        false => (head.to_owned(), format!("\r\n{field}--B--\r\n")),
    };
    let content = size - "%PDF-1.7".len();
    let length = before.len() + content + behind.len();
    let piece = Bytes::from(vec![b' '; 64 * 1024]);
    let pieces = (0..content.div_ceil(piece.len()))
        .map(move |index| piece.slice(..piece.len().min(content - index * piece.len())));
    let body = stream::iter([Bytes::from(before)])
        .chain(stream::iter(pieces))
        .chain(stream::iter([Bytes::from(behind)]))
        .map(Ok::<_, std::convert::Infallible>);
    let response = host
        .request(Method::POST, "/ai/files", Some(Person::of(Role::Editor)))
        .header("content-type", "multipart/form-data; boundary=B")
        .header("content-length", length)
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await
        .expect("an answer");
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

/// A value of `/proc/PID/status`, in bytes.
fn memory(host: &Host, field: &str) -> u64 {
    let path = format!("/proc/{}/status", host.id().expect("it runs"));
    let status = fs::read_to_string(path).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("a field");
    let kilobytes = line.trim_matches([':', ' ', '\t']).trim_end_matches(" kB");
    kilobytes.parse::<u64>().expect("a number") * 1024
}

/// Makes the highest resident size the present one (proc_pid_clear_refs(5)).
fn forget_peak(host: &Host) {
    let path = format!("/proc/{}/clear_refs", host.id().expect("it runs"));
    fs::write(path, "5").expect("forgotten");
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let metadata = entry.metadata().expect("metadata");
            if metadata.is_dir() { bytes_below(&entry.path()) } else { metadata.len() }
        })
        .sum()
}

#[tokio::test]
async fn fifty_megabytes_leave_no_trace_in_memory_or_on_disk() {
    let sink = Sink::start().await;
    let (folder, host) = host(&sink).await;
    for (provider, ..) in PROVIDERS {
        let (status, answer) = upload(&host, provider, 128 * 1024, true).await;
        assert_eq!(status, 200, "{answer}");
    }
    let on_disk = bytes_below(folder.path());
    for (provider, ..) in PROVIDERS {
        let before = memory(&host, "VmRSS");
        forget_peak(&host);
        sink.received.store(0, Ordering::Relaxed);
        let (status, answer) = upload(&host, provider, FILE, true).await;
        assert_eq!((status, &answer["sizeBytes"]), (200, &json!(FILE)), "{answer}");
        let received = sink.received.load(Ordering::Relaxed);
        assert!((FILE as u64..FILE as u64 + 4096).contains(&received), "{received}");
        let grown = memory(&host, "VmHWM").saturating_sub(before);
        assert!(grown < GROWTH, "{provider}: grown by {grown} bytes");
    }
    let grown = bytes_below(folder.path()).saturating_sub(on_disk);
    assert!(grown < MEGABYTE as u64, "{grown} bytes more on disk");
}

#[tokio::test]
async fn a_file_whose_provider_comes_last_is_not_kept_either() {
    let sink = Sink::start().await;
    let (_folder, host) = host(&sink).await;
    assert_eq!(upload(&host, "openai", 128 * 1024, false).await.0, 200);
    let before = memory(&host, "VmRSS");
    forget_peak(&host);
    sink.received.store(0, Ordering::Relaxed);
    let (status, answer) = upload(&host, "openai", FILE, false).await;
    assert_eq!(status, 307, "{answer}");
    assert_eq!(sink.received.load(Ordering::Relaxed), 0, "nobody was named yet");
    let grown = memory(&host, "VmHWM").saturating_sub(before);
    assert!(grown < GROWTH, "grown by {grown} bytes");
}
