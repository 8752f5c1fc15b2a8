//! A file's way through a conversation, with each provider that stores files: uploaded, named in the
//! request to the provider by the provider's own id, deleted; and nobody else's.
#![expect(clippy::expect_used, reason = "a helper that fails fails its test")]

use palisade_tests::{
    fake::{self, FakeOptions, FakeProvider, MessageAnswer, Scenario, StoredFile},
    host::{Answer, Folder, FolderOptions, Host, MODEL, Person, Role},
};
use reqwest::Method;
use serde_json::{Value, json};

const KINDS: [&str; 3] = ["openai", "anthropic", "google"];
const PDF: &str = "%PDF-1.7\nQuicksilver marmots\n%%EOF\n";

async fn start() -> (FakeProvider, Folder, Host) {
    let provider = FakeProvider::start(FakeOptions::default()).await.expect("a provider");
    let tables = KINDS.map(|kind| {
        let base_url = match kind {
            "openai" => provider.base_url().to_owned(),
            "google" => format!("{}/v1beta", provider.root_url()),
            _ => provider.root_url().to_owned(),
        };
        format!(
            "[[providers]]\nid = \"{kind}\"\nkind = \"{kind}\"\nbase_url = \"{base_url}\"\n\
             allowed_models = [\"{MODEL}\"]\n"
        )
    });
    let options = FolderOptions { tables: tables.concat(), ..FolderOptions::default() };
    let folder = Folder::prepare(&provider, &options).await.expect("a folder");
    for kind in KINDS {
        let key = format!("{}\n", FakeOptions::KEY);
        folder.command(&["keys", "set", kind], &key).await.expect("a key");
    }
    let host = folder.serve().await.expect("a host");
    (provider, folder, host)
}

async fn upload(host: &Host, provider: &str, content: &str) -> (u16, Value) {
    let form = format!(
        "--B\r\nContent-Disposition: form-data; name=\"provider\"\r\n\r\n{provider}\r\n\
         --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"marmots.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n{content}\r\n--B--\r\n"
    );
    let request = host.request(Method::POST, "/ai/files", Some(Person::of(Role::Editor)));
    let request = request.header("content-type", "multipart/form-data; boundary=B").body(form);
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}

/// Asks about a file as Data Studio does.
async fn ask(host: &Host, person: Role, provider: &str, id: &str) -> Answer {
    let body = json!({"provider": provider, "model": MODEL, "messages": [
        {"id": "1", "role": "user", "parts": [
            {"type": "text", "text": "What is it about?"},
            {"type": "file", "mediaType": "image/png", "url": "/assets/1",
             "providerMetadata": {"directus": {"fileId": id, "provider": provider}}},
        ]},
    ]});
    host.chat(Person::of(person), &body).await.expect("an answer")
}

fn stored(provider: &FakeProvider, service: &str) -> StoredFile {
    let mut files = provider.files();
    files.retain(|file| file.service == service);
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[tokio::test]
async fn a_file_is_given_to_its_provider_named_there_and_deleted() {
    let (provider, _folder, host) = start().await;
    for kind in KINDS {
        let (status, file) = upload(&host, kind, PDF).await;
        assert_eq!(status, 200, "{kind}: {file}");
        let id = file["fileId"].as_str().expect("an id");
        let there = stored(&provider, kind);
        assert_eq!(there.filename, "marmots.pdf", "{kind}");
        assert_eq!((there.mime_type.as_str(), there.bytes), ("application/pdf", PDF.len() as u64));
        let expires_at = there.expires_at.expect("an expiry");
        assert_eq!(expires_at - there.created_at, 48 * 60 * 60, "{kind}");

        let answer = MessageAnswer { names_files: true, ..MessageAnswer::default() };
        provider.script(MODEL, Scenario::of([fake::Answer::Message(Box::new(answer))]));
        let answer = ask(&host, Role::Editor, kind, id).await;
        let known = format!("marmots.pdf (application/pdf, {} bytes)", PDF.len());
        assert_eq!(answer.said(), known, "{kind}: {}", answer.text);
        let sent = provider.requests().pop().expect("a request").body.to_string();
        assert!(sent.contains(&there.id), "{kind}: {sent}");
        assert!(!sent.contains("plf1."), "{kind}: the signed id went to the provider: {sent}");

        let before = provider.requests().len();
        let other = KINDS[usize::from(kind == KINDS[0])];
        for (person, to, status) in [(Role::Reader, kind, 403), (Role::Editor, other, 400)] {
            assert_eq!(ask(&host, person, to, id).await.status, status, "{kind}");
        }
        assert_eq!(ask(&host, Role::Editor, kind, &there.id).await.status, 403, "{kind}: forged");
        assert_eq!(provider.requests().len(), before, "{kind}: a refused request was sent");

        let path = format!("/ai/files/{id}");
        let delete = |role| host.json(Method::DELETE, &path, Person::of(role), None);
        assert_eq!(delete(Role::Reader).await.expect("an answer").0, 403, "{kind}");
        assert!(!stored(&provider, kind).deleted, "{kind}");
        assert_eq!(delete(Role::Editor).await.expect("an answer").0, 204, "{kind}");
        assert!(stored(&provider, kind).deleted, "{kind}");
    }
}

#[tokio::test]
async fn what_is_refused_reaches_no_provider() {
    let (provider, _folder, host) = start().await;
    for kind in KINDS {
        let (status, answer) = upload(&host, kind, "<html>").await;
        assert_eq!(status, 400, "{kind}: {answer}");
    }
    assert!(provider.files().is_empty());
    assert!(provider.requests().is_empty(), "{:?}", provider.requests());
}

#[tokio::test]
async fn the_ledger_names_neither_file_nor_content() {
    let (_provider, folder, host) = start().await;
    for kind in KINDS {
        assert_eq!(upload(&host, kind, PDF).await.0, 200, "{kind}");
    }
    let rows = folder.ledger().await.expect("rows");
    let uploads: Vec<_> = rows.iter().filter(|row| row["kind"] == "file_upload").collect();
    assert_eq!(uploads.len(), 3);
    for row in uploads {
        assert_eq!(row["bytes_sent"], PDF.len(), "{row}");
        assert_eq!(row["outcome"], "ok", "{row}");
    }
    let text = Value::from(rows).to_string() + &host.log();
    assert!(!text.to_lowercase().contains("marmots"), "{text}");
    assert!(!text.contains("plf1."), "{text}");
}
