//! Files on the wire to each provider's storage, and what is left behind when something goes wrong.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use palisade_provider::{
    ContentBroken, EgressClient, FileContent, FileStorage, NewFile, ProviderError, ProviderKind,
    ProviderSettings, StorageError, StoredFile, SystemLookup, file_storage,
};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

use crate::server::{KEY, Keys, generous, policy, raw_server, settings, write};

fn storage_of(kind: ProviderKind, base_url: &str) -> Option<Arc<dyn FileStorage>> {
    let egress = EgressClient::with(policy(&["127.0.0.1"]), generous(), Arc::new(SystemLookup));
    let settings = ProviderSettings { kind, ..settings(base_url) };
    file_storage(settings, egress.expect("a client"), Arc::new(Keys(Some(KEY)))).expect("settings")
}

fn storage(kind: ProviderKind, origin: &str) -> Arc<dyn FileStorage> {
    let base = match kind {
        ProviderKind::OpenAi => "/v1",
        ProviderKind::Google => "/v1beta",
        _ => "",
    };
    storage_of(kind, &format!("{origin}{base}")).expect("a storage")
}

fn file(size: Option<u64>) -> NewFile {
    NewFile { filename: "Über \"uns\".pdf".into(), media_type: "application/pdf", size }
}

fn content(pieces: &[&'static str]) -> FileContent {
    let pieces: Vec<_> =
        pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
    stream::iter(pieces).boxed()
}

async fn answers(server: &MockServer, verb: &str, at: &str, response: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(response).mount(server).await;
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|value| value.to_str().expect("ASCII"))
}

/// The form of a request, its boundary replaced by `BOUNDARY`.
fn form(request: &Request) -> String {
    let content_type = header(request, "content-type").expect("a content type");
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let body = String::from_utf8(request.body.clone()).expect("UTF-8");
    body.replace(boundary, "BOUNDARY")
}

#[tokio::test]
async fn openai_gets_a_form_with_purpose_and_expiry() {
    let server = MockServer::start().await;
    let answer = json!({"id": "file-123", "object": "file", "bytes": 8, "created_at": 1,
        "expires_at": 1_800_000_000, "filename": "x", "purpose": "user_data", "status": "processed"});
    answers(&server, "POST", "/v1/files", ResponseTemplate::new(200).set_body_json(answer)).await;
    answers(&server, "DELETE", "/v1/files/file-123", ResponseTemplate::new(200)).await;
    let storage = storage(ProviderKind::OpenAi, &server.uri());
    assert_eq!(storage.endpoint(), format!("{}/v1/files", server.uri()));
    for size in [None, Some(8)] {
        let stored = storage.store(&file(size), content(&["%PDF", "-1.7"])).await.expect("stored");
        assert_eq!(
            stored,
            StoredFile {
                reference: "file-123".into(),
                name: "file-123".into(),
                size: Some(8),
                expires_at: Some("2027-01-15T08:00:00Z".parse().expect("a time")),
            }
        );
    }
    storage.delete("file-123").await.expect("deleted");
    let requests = server.received_requests().await.expect("recorded");
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(header(request, "authorization"), Some(format!("Bearer {KEY}").as_str()));
    }
    for request in &requests[..2] {
        assert_eq!(
            form(request),
            "--BOUNDARY\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"expires_after[anchor]\"\r\n\r\n\
             created_at\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"expires_after[seconds]\"\r\n\r\n\
             172800\r\n\
             --BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; \
             filename=\"Über %22uns%22.pdf\"\r\nContent-Type: application/pdf\r\n\r\n\
             %PDF-1.7\r\n--BOUNDARY--\r\n"
        );
    }
    assert_eq!(header(&requests[0], "transfer-encoding"), Some("chunked"));
    let length = requests[1].body.len().to_string();
    assert_eq!(header(&requests[1], "content-length"), Some(length.as_str()));
}

#[tokio::test]
async fn anthropic_gets_a_form_in_its_pinned_version() {
    let server = MockServer::start().await;
    let answer = json!({"id": "file_011", "type": "file", "size_bytes": 8, "filename": "x",
        "mime_type": "application/pdf", "created_at": "2026-11-24T00:00:00Z",
        "expires_at": "2026-11-26T00:00:00Z"});
    answers(&server, "POST", "/v1/files", ResponseTemplate::new(200).set_body_json(answer)).await;
    answers(&server, "DELETE", "/v1/files/file_011", ResponseTemplate::new(200)).await;
    let storage = storage(ProviderKind::Anthropic, &server.uri());
    let stored = storage.store(&file(Some(8)), content(&["%PDF-1.7"])).await.expect("stored");
    assert_eq!((stored.reference.as_str(), stored.size), ("file_011", Some(8)));
    assert_eq!(stored.expires_at, Some("2026-11-26T00:00:00Z".parse().expect("a time")));
    storage.delete(&stored.name).await.expect("deleted");
    let requests = server.received_requests().await.expect("recorded");
    for request in &requests {
        assert_eq!(header(request, "x-api-key"), Some(KEY));
        assert_eq!(header(request, "anthropic-version"), Some("2026-10-21"));
        assert_eq!(header(request, "authorization"), None);
    }
    let form = form(&requests[0]);
    assert!(form.contains("name=\"expires_in_seconds\"\r\n\r\n172800\r\n"), "{form}");
    assert!(form.ends_with("\r\n\r\n%PDF-1.7\r\n--BOUNDARY--\r\n"), "{form}");
}

/// Google's answer to an upload that is done.
fn google_file(state: &str) -> Value {
    json!({"name": "files/abc-1", "uri": "https://files.example/v1beta/files/abc-1",
        "displayName": "x", "mimeType": "application/pdf", "sizeBytes": "8",
        "expirationTime": "2026-11-26T00:00:00.123456Z", "state": state})
}

async fn google(upload_url: impl FnOnce(&MockServer) -> String, state: &str) -> MockServer {
    let server = MockServer::start().await;
    let start = ResponseTemplate::new(200)
        .insert_header("x-goog-upload-url", upload_url(&server))
        .insert_header("x-goog-upload-status", "active");
    answers(&server, "POST", "/upload/v1beta/files", start).await;
    let done = ResponseTemplate::new(200).set_body_json(json!({"file": google_file(state)}));
    answers(&server, "POST", "/upload/session", done).await;
    answers(&server, "DELETE", "/v1beta/files/abc-1", ResponseTemplate::new(200)).await;
    server
}

fn session(server: &MockServer) -> String {
    format!("{}/upload/session?upload_id=secret", server.uri())
}

#[tokio::test]
async fn google_gets_a_resumable_upload_of_a_known_size() {
    let server = google(session, "ACTIVE").await;
    let storage = storage(ProviderKind::Google, &server.uri());
    assert!(storage.needs_size());
    let stored = storage.store(&file(Some(8)), content(&["%PDF", "-1.7"])).await.expect("stored");
    assert_eq!(stored.reference, "https://files.example/v1beta/files/abc-1");
    assert_eq!((stored.name.as_str(), stored.size), ("files/abc-1", Some(8)));
    storage.delete(&stored.name).await.expect("deleted");
    let requests = server.received_requests().await.expect("recorded");
    let [start, upload, delete] = &requests[..] else { panic!("three requests: {requests:?}") };
    for (name, value) in [
        ("x-goog-api-key", KEY),
        ("x-goog-upload-protocol", "resumable"),
        ("x-goog-upload-command", "start"),
        ("x-goog-upload-header-content-length", "8"),
        ("x-goog-upload-header-content-type", "application/pdf"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(header(start, name), Some(value), "{name}");
    }
    let said: Value = serde_json::from_slice(&start.body).expect("JSON");
    assert_eq!(said, json!({"file": {"display_name": "Über \"uns\".pdf"}}));
    for (name, value) in [
        ("x-goog-upload-command", "upload, finalize"),
        ("x-goog-upload-offset", "0"),
        ("content-length", "8"),
    ] {
        assert_eq!(header(upload, name), Some(value), "{name}");
    }
    assert_eq!(header(upload, "x-goog-api-key"), None, "the address is the permission");
    assert_eq!(upload.body, b"%PDF-1.7");
    assert_eq!(header(delete, "x-goog-api-key"), Some(KEY));
    let error = storage.store(&file(None), content(&["%PDF"])).await.expect_err("no size");
    assert!(matches!(error, StorageError::SizeUnknown { .. }), "{error}");
}

#[tokio::test]
async fn an_upload_address_of_another_origin_is_not_called() {
    let other = MockServer::start().await;
    for address in [
        format!("{}/upload/session", other.uri()),
        "https://evil.example/upload".to_owned(),
        "/upload/session".to_owned(),
        String::new(),
    ] {
        let server = google(|_| address.clone(), "ACTIVE").await;
        let storage = storage(ProviderKind::Google, &server.uri());
        let error = storage.store(&file(Some(4)), content(&["%PDF"])).await.expect_err("refused");
        assert!(matches!(error, StorageError::ForeignAddress { .. }), "{address}: {error}");
        assert_eq!(error.code(), "EGRESS_DENIED");
        assert_eq!(server.received_requests().await.expect("recorded").len(), 1, "{address}");
    }
    assert!(other.received_requests().await.expect("recorded").is_empty());
}

#[tokio::test]
async fn a_video_is_there_when_it_is_processed() {
    let server = google(session, "PROCESSING").await;
    let active = ResponseTemplate::new(200).set_body_json(google_file("ACTIVE"));
    answers(&server, "GET", "/v1beta/files/abc-1", active).await;
    let storage = storage(ProviderKind::Google, &server.uri());
    storage.store(&file(Some(4)), content(&["%PDF"])).await.expect("stored");
    let requests = server.received_requests().await.expect("recorded");
    assert_eq!(requests.last().expect("a request").method.as_str(), "GET");
}

#[tokio::test]
async fn a_file_that_cannot_be_processed_is_deleted() {
    let server = google(session, "FAILED").await;
    let storage = storage(ProviderKind::Google, &server.uri());
    let error = storage.store(&file(Some(4)), content(&["%PDF"])).await.expect_err("failed");
    assert!(matches!(error, StorageError::NotProcessed { .. }), "{error}");
    let requests = server.received_requests().await.expect("recorded");
    assert_eq!(requests.last().expect("a request").method.as_str(), "DELETE");
}

#[tokio::test]
async fn an_error_says_nothing_of_what_the_provider_said() {
    for (response, code) in [
        (ResponseTemplate::new(400).set_body_string("prose with SECRET"), "HTTP_400"),
        (ResponseTemplate::new(401).set_body_string("SECRET"), "HTTP_401"),
        (ResponseTemplate::new(529).set_body_string("SECRET"), "HTTP_529"),
        (ResponseTemplate::new(307).insert_header("location", "/SECRET"), "PROVIDER_REDIRECT"),
        (ResponseTemplate::new(200).set_body_string("<html>SECRET"), "PROVIDER_PROTOCOL"),
        (ResponseTemplate::new(200).set_body_string("{}"), "PROVIDER_PROTOCOL"),
        (
            ResponseTemplate::new(200).set_body_json(json!({"id": "../../SECRET", "bytes": 4})),
            "PROVIDER_PROTOCOL",
        ),
        (
            ResponseTemplate::new(200).set_body_string(format!("\"{}", "SECRET".repeat(20_000))),
            "PROVIDER_PROTOCOL",
        ),
    ] {
        let server = MockServer::start().await;
        answers(&server, "POST", "/v1/files", response).await;
        for kind in [ProviderKind::OpenAi, ProviderKind::Anthropic] {
            let storage = storage(kind, &server.uri());
            let error = storage.store(&file(None), content(&["%PDF"])).await.expect_err(code);
            assert_eq!(error.code(), code, "{kind}: {error}");
            assert!(!format!("{error}{error:?}").contains("SECRET"), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_gone_is_deleted_and_no_other_path_is_called() {
    let server = MockServer::start().await;
    answers(&server, "DELETE", "/v1/files/file-1", ResponseTemplate::new(404)).await;
    answers(&server, "DELETE", "/v1/files/file-2", ResponseTemplate::new(500)).await;
    let storage = storage(ProviderKind::OpenAi, &server.uri());
    storage.delete("file-1").await.expect("as good as deleted");
    let error = storage.delete("file-2").await.expect_err("failed");
    assert_eq!(error.code(), "HTTP_500");
    for name in ["", "..", "../models/x", "a/b", "a?b"] {
        storage.delete(name).await.expect("there is no such file");
    }
    assert_eq!(server.received_requests().await.expect("recorded").len(), 2);
}

#[tokio::test]
async fn a_content_that_breaks_off_breaks_the_request_off() {
    for size in [None, Some(8)] {
        let (url, served) = raw_server(async |mut stream| {
            let mut received = Vec::new();
            // A connection that is reset is as broken as one that is closed.
            drop(stream.read_to_end(&mut received).await);
            String::from_utf8_lossy(&received).into_owned()
        })
        .await;
        let storage = storage_of(ProviderKind::OpenAi, &url).expect("a storage");
        let pieces = [Ok(Bytes::from_static(b"%PDF")), Err(ContentBroken)];
        // The second piece comes when the first is on its way.
        let broken = stream::iter(pieces)
            .then(async |piece| {
                if piece.is_err() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                piece
            })
            .boxed();
        let error = storage.store(&file(size), broken).await.expect_err("broken off");
        assert_eq!(error.code(), "PROVIDER_UNAVAILABLE", "{error}");
        let received = served.await.expect("served");
        assert!(!received.ends_with("0\r\n\r\n"), "the chunks were ended: {received}");
        assert!(!received.contains("--\r\n"), "the form was ended: {received}");
    }
}

#[tokio::test]
async fn an_early_answer_is_heard_before_the_content_is_over() {
    let (url, served) = raw_server(async |mut stream| {
        write(&mut stream, "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").await;
        stream
    })
    .await;
    let storage = storage_of(ProviderKind::OpenAi, &url).expect("a storage");
    let endless = stream::iter([Ok(Bytes::from_static(b"%PDF"))]).chain(stream::pending()).boxed();
    let error = storage.store(&file(None), endless).await.expect_err("refused");
    assert_eq!(error.code(), "HTTP_401");
    drop(served.await.expect("served"));
}

#[tokio::test]
async fn a_storage_is_as_guarded_as_any_other_request() {
    assert!(storage_of(ProviderKind::OpenAiCompatible, "http://127.0.0.1:1/v1").is_none());
    assert!(storage_of(ProviderKind::Demo, "http://127.0.0.1:1/v1").is_none());
    let egress = EgressClient::with(policy(&[]), generous(), Arc::new(SystemLookup));
    let egress = egress.expect("a client");
    let keys = Arc::new(Keys(Some(KEY)));
    let private =
        ProviderSettings { kind: ProviderKind::OpenAi, ..settings("http://127.0.0.1:1/v1") };
    assert!(file_storage(private, egress.clone(), keys.clone()).is_err());
    let named =
        ProviderSettings { kind: ProviderKind::OpenAi, ..settings("https://localhost:1/v1") };
    let storage = file_storage(named, egress, keys).expect("settings").expect("a storage");
    let error = storage.store(&file(None), content(&["%PDF"])).await.expect_err("refused");
    assert!(
        matches!(error, StorageError::Provider(ProviderError::AddressDenied { .. })),
        "{error}"
    );
}
