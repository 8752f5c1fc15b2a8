//! Files for a provider's storage: what is taken, what is refused, and what is left behind.

use std::time::Duration;

use http::StatusCode;
use palisade::{
    files::MAXIMUM_FILE_BYTES,
    http::{Workers, serve},
};
use palisade_state::FileClaims;
use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    storage::Mood,
    support::{ADMIN, API, Answer, Call, EDITOR, FOREIGN, Host, OWN, READER, with_storage},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";
const MULTIPART: &str = "multipart/form-data; boundary=B";
/// Bounds every wait; nothing is expected to take this long.
const LONG: Duration = Duration::from_secs(20);

/// A part of a form.
enum Part<'a> {
    Field(&'a str, &'a str),
    File(&'a str, &'a str, &'a [u8]),
}

fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(b"--B\r\nContent-Disposition: form-data; name=\"");
        match part {
            Part::Field(name, value) => {
                body.extend_from_slice(format!("{name}\"\r\n\r\n{value}").as_bytes());
            }
            Part::File(filename, media_type, content) => {
                let head = format!(
                    "file\"; filename=\"{filename}\"\r\nContent-Type: {media_type}\r\n\r\n"
                );
                body.extend_from_slice(head.as_bytes());
                body.extend_from_slice(content);
            }
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--B--\r\n");
    body
}

fn png(provider: &str) -> Vec<u8> {
    form(&[Part::Field("provider", provider), Part::File("a.png", "image/png", PNG)])
}

fn upload_to(path: &str, body: Vec<u8>) -> Call {
    let length = body.len().to_string();
    Call::new("POST", path).raw(MULTIPART, body).header("content-length", &length)
}

fn upload(body: Vec<u8>) -> Call {
    upload_to("/ai/files", body)
}

/// Rows of the ledger of a kind, oldest first.
async fn ledger(host: &Host, kind: &str) -> Vec<Value> {
    let path = format!("/ai/admin/ledger?order=oldest&kind={kind}");
    let rows = host.send(Call::get(&path).token(ADMIN)).await.data();
    rows.as_array().expect("a list").clone()
}

/// A chat request whose last message holds these parts.
fn chat(parts: Value) -> Call {
    Call::post(
        "/ai/chat",
        json!({
            "provider": "demo",
            "model": "demo",
            "messages": [{"id": "1", "role": "user", "parts": parts}],
        }),
    )
}

#[test]
fn a_file_goes_to_the_storage_and_comes_back_as_an_id() {
    with_storage(async |host, storage| {
        let answer = host.send(upload(png("store")).token(EDITOR)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let file = answer.json();
        let id = file["fileId"].as_str().expect("an id").to_owned();
        assert!(id.starts_with("plf1."), "{id}");
        let keys: Vec<&String> = file.as_object().expect("bare").keys().collect();
        assert_eq!(keys, ["provider", "fileId", "filename", "mimeType", "sizeBytes", "expiresAt"]);
        assert_eq!(file["provider"], "store");
        assert_eq!(file["filename"], "a.png");
        assert_eq!(file["mimeType"], "image/png");
        assert_eq!(file["sizeBytes"], PNG.len());
        assert!(file["expiresAt"].as_str().expect("a time").ends_with('Z'));
        assert_eq!(storage.files(), [PNG]);

        let path = format!("/ai/files/{id}");
        for (token, verdict) in
            [(READER, "403 FORBIDDEN"), (ADMIN, "403 FORBIDDEN"), (API, "403 FORBIDDEN")]
        {
            let answer = host.send(Call::new("DELETE", &path).token(token)).await;
            assert_eq!(answer.verdict(), verdict, "only its own user deletes a file");
        }
        assert_eq!(storage.files().len(), 1);
        let answer = host.send(Call::new("DELETE", &path).token(EDITOR)).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
        assert!(storage.files().is_empty());
        let again = host.send(Call::new("DELETE", &path).token(EDITOR)).await;
        assert_eq!(again.status, StatusCode::NO_CONTENT, "what is gone is deleted");

        let rows = ledger(&host, "file_upload").await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["provider"], "store");
        assert_eq!(rows[0]["outcome"], "ok");
        assert_eq!(rows[0]["bytes_sent"], PNG.len());
        assert_eq!(rows[0]["reason"], "image/png");
        let endpoint = rows[0]["endpoint"].as_str().expect("an address");
        assert!(endpoint.ends_with("/v1/files"), "{endpoint}");
        assert!(!rows[0].to_string().contains("a.png"), "the name may be content");
        assert_eq!(ledger(&host, "file_deletion").await.len(), 2);
    });
}

#[test]
fn only_the_invited_upload() {
    with_storage(async |host, storage| {
        let editor = host.session("editor@example.com").await;
        let call = || upload(png("store"));
        let mut table = String::new();
        for (name, call) in [
            ("anonymous", call()),
            ("unknown token", call().token("nobody-has-this-token")),
            ("API only", call().token(API)),
            ("reader", call().token(READER)),
            ("admin", call().token(ADMIN)),
            ("editor on an own page", call().cookie(&editor).origin(OWN)),
            ("editor on a foreign page", call().cookie(&editor).origin(FOREIGN)),
            ("editor by cookie alone", call().cookie(&editor)),
        ] {
            let before = storage.files().len();
            let verdict = host.send(call).await.verdict();
            let stored = storage.files().len() - before;
            table.push_str(&format!("{name}: {verdict}, {stored} stored\n"));
        }
        insta::assert_snapshot!(table, @r"
        anonymous: 403 FORBIDDEN, 0 stored
        unknown token: 401 INVALID_CREDENTIALS, 0 stored
        API only: 403 FORBIDDEN, 0 stored
        reader: 200, 1 stored
        admin: 200, 1 stored
        editor on an own page: 200, 1 stored
        editor on a foreign page: 403 FORBIDDEN, 0 stored
        editor by cookie alone: 403 FORBIDDEN, 0 stored
        ");
    });
}

#[test]
fn what_is_refused_is_told_why_and_left_nowhere() {
    let file = |media_type, content| {
        form(&[Part::Field("provider", "store"), Part::File("a", media_type, content)])
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no form", b"{}".to_vec()),
        ("empty form", b"--B--\r\n".to_vec()),
        ("no file", form(&[Part::Field("provider", "store")])),
        ("empty file", file("image/png", b"")),
        ("no provider", form(&[Part::File("a.png", "image/png", PNG)])),
        ("unknown provider", png("nothing")),
        ("provider without storage", png("local")),
        ("demo", png("demo")),
        ("provider without models", png("idle")),
        ("provider without key", png("keyless")),
        ("wrong type", file("text/html", b"<script>")),
        ("no type", file("", PNG)),
        ("picture said to be text", file("text/plain", b"GIF89a is a fine text")),
        ("page said to be a picture", file("image/png", b"<html>")),
        ("gif said to be png", file("image/png", b"GIF89a")),
        ("no UTF-8", file("text/plain", b"caf\xe9 au lait, said the man in latin-1")),
        ("NUL in a text", file("text/plain", b"a long enough beginning, and then \0")),
        (
            "two files",
            form(&[
                Part::Field("provider", "store"),
                Part::File("a.png", "image/png", PNG),
                Part::File("b.png", "image/png", PNG),
            ]),
        ),
        (
            "two providers",
            form(&[
                Part::Field("provider", "store"),
                Part::Field("provider", "local"),
                Part::File("a.png", "image/png", PNG),
            ]),
        ),
        (
            "another provider behind the file",
            form(&[
                Part::Field("provider", "store"),
                Part::File("a.png", "image/png", PNG),
                Part::Field("provider", "local"),
            ]),
        ),
        ("cut in the middle", png("store")[..150].to_vec()),
    ];
    with_storage(async |host, storage| {
        let mut report = String::new();
        for (name, body) in cases {
            // Without a Content-Length: the size is not known in advance.
            let call = Call::new("POST", "/ai/files").raw(MULTIPART, body).token(EDITOR);
            let answer = host.send(call).await;
            report.push_str(&format!("{name}\n  {} {}\n", answer.status.as_u16(), answer.text));
            assert!(storage.files().is_empty(), "{name} left something behind");
        }
        for (name, call) in [
            ("no boundary", Call::new("POST", "/ai/files").raw("multipart/form-data", "")),
            ("other body", Call::new("POST", "/ai/files").raw("text/plain", "a")),
            ("unknown parameter", upload_to("/ai/files?workspace=x", png("store"))),
            ("wrong size", upload_to("/ai/files?size=3", png("store"))),
            ("other provider in the address", upload_to("/ai/files?provider=local", png("store"))),
        ] {
            let answer = host.send(call.token(EDITOR)).await;
            report.push_str(&format!("{name}\n  {} {}\n", answer.status.as_u16(), answer.text));
            assert!(storage.files().is_empty(), "{name} left something behind");
        }
        insta::assert_snapshot!(report);
    });
}

#[test]
fn fifty_megabytes_pass_and_one_byte_more_does_not() {
    with_storage(async |host, storage| {
        let mut content = b"%PDF-1.7\n".to_vec();
        content.resize(MAXIMUM_FILE_BYTES as usize, b' ');
        let body = |content: &[u8]| {
            form(&[
                Part::Field("provider", "store"),
                Part::File("a.pdf", "application/pdf", content),
            ])
        };
        let answer = host.send(upload(body(&content)).token(EDITOR)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.json()["sizeBytes"], MAXIMUM_FILE_BYTES);
        assert!(storage.files() == [content.clone()], "what was stored is what was sent");

        content.push(b' ');
        let sized = upload(body(&content));
        let unsized_one = Call::new("POST", "/ai/files").raw(MULTIPART, body(&content));
        let last = upload(form(&[
            Part::File("a.pdf", "application/pdf", &content),
            Part::Field("provider", "store"),
        ]));
        for call in [sized, unsized_one, last] {
            let answer = host.send(call.token(EDITOR)).await;
            assert_eq!(answer.verdict(), "400 INVALID_PAYLOAD");
            assert!(answer.text.contains("File exceeds maximum size of 50MB"), "{}", answer.text);
        }
        assert_eq!(storage.files().len(), 1, "nothing was added");
    });
}

#[test]
fn a_provider_that_comes_behind_the_file_is_waited_for() {
    with_storage(async |host, storage| {
        // As Data Studio sends it.
        let small =
            form(&[Part::File("a.png", "image/png", PNG), Part::Field("provider", "store")]);
        let answer = host.send(upload(small).token(EDITOR)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(storage.files(), [PNG]);

        let mut content = PNG.to_vec();
        content.resize(1024 * 1024 + 1, 7);
        let large =
            form(&[Part::File("a.png", "image/png", &content), Part::Field("provider", "store")]);
        let answer = host.send(upload(large.clone()).token(EDITOR)).await;
        assert_eq!(answer.verdict(), "307 INVALID_PAYLOAD");
        assert_eq!(storage.counts().0, 1, "nothing is sent before the provider is known");
        let location = answer.headers["location"].to_str().expect("ASCII");
        assert_eq!(location, "?provider=store&size=1048577");
        let again = upload_to(&format!("/ai/files{location}"), large);
        let answer = host.send(again.token(EDITOR)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(storage.files()[1] == content, "the whole file arrived");

        let nobody =
            form(&[Part::File("a.png", "image/png", &content), Part::Field("provider", "local")]);
        let answer = host.send(upload(nobody).token(EDITOR)).await;
        assert_eq!(answer.verdict(), "400 INVALID_PAYLOAD", "no redirect to what can't be");
    });
}

#[test]
fn a_provider_that_fails_leaves_nothing_behind_and_says_nothing() {
    with_storage(async |host, storage| {
        for (mood, outcome) in [
            (Mood::Refusing(400), "HTTP_400"),
            (Mood::Refusing(500), "HTTP_500"),
            (Mood::Hasty(401), "HTTP_401"),
            (Mood::Forgetful, "PROVIDER_PROTOCOL"),
        ] {
            storage.set(mood);
            let answer = host.send(upload(png("store")).token(EDITOR)).await;
            assert_eq!(answer.verdict(), "503 SERVICE_UNAVAILABLE", "{mood:?}");
            assert!(!answer.text.contains("prose"), "{}", answer.text);
            assert!(storage.files().is_empty(), "{mood:?}");
            let rows = ledger(&host, "file_upload").await;
            assert_eq!(rows.last().expect("a row")["outcome"], outcome);
        }
        assert_eq!(storage.counts().2, 1, "what had the wrong size was deleted");
    });
}

/// Sends this much of an upload over a connection of its own.
async fn send_part(host: &Host, body: &[u8], sent: usize) -> (TcpStream, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let edge = listener.local_addr().expect("an address");
    let shutdown = CancellationToken::new();
    tokio::spawn(serve(
        listener,
        host.router.clone(),
        shutdown.clone(),
        Workers::start().expect("threads"),
    ));
    let mut client = TcpStream::connect(edge).await.expect("connected");
    let head = format!(
        "POST /ai/files HTTP/1.1\r\nhost: {edge}\r\nauthorization: Bearer {EDITOR}\r\n\
         content-type: {MULTIPART}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.expect("sent");
    client.write_all(&body[..sent]).await.expect("sent");
    (client, shutdown)
}

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    let looking = async {
        while !holds().await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, looking).await.expect("it comes true");
}

#[test]
fn a_client_that_leaves_half_way_takes_the_upload_with_it() {
    with_storage(async |host, storage| {
        let mut content = PNG.to_vec();
        content.resize(8 * 1024 * 1024, 7);
        let body =
            form(&[Part::Field("provider", "store"), Part::File("a.png", "image/png", &content)]);
        let (client, shutdown) = send_part(&host, &body, body.len() / 2).await;
        eventually(async || storage.counts().0 == 1).await;
        drop(client);
        eventually(async || storage.counts().1 == 1).await;
        assert!(storage.files().is_empty());
        eventually(async || !ledger(&host, "file_upload").await.is_empty()).await;
        let rows = ledger(&host, "file_upload").await;
        assert_eq!(rows[0]["outcome"], "CLIENT_GONE");
        let sent = rows[0]["bytes_sent"].as_u64().expect("a number");
        assert!((1..content.len() as u64).contains(&sent), "{sent}");
        shutdown.cancel();
    });
}

#[test]
fn a_file_that_nobody_waits_for_any_more_is_deleted() {
    with_storage(async |host, storage| {
        storage.set(Mood::Slow(Duration::from_millis(500)));
        let body = png("store");
        let (client, shutdown) = send_part(&host, &body, body.len()).await;
        eventually(async || storage.files().len() == 1).await;
        drop(client);
        eventually(async || storage.files().is_empty()).await;
        assert_eq!(storage.counts().2, 1);
        eventually(async || !ledger(&host, "file_deletion").await.is_empty()).await;
        assert_eq!(ledger(&host, "file_deletion").await[0]["reason"], "the caller left");
        shutdown.cancel();
    });
}

/// Ids of the sample's files by name.
async fn asset(host: &Host, name: &str) -> String {
    let files = host.send(Call::get("/files").token(ADMIN)).await.data();
    let files = files.as_array().expect("a list").clone();
    let file = files.iter().find(|file| file["filename_download"] == name).expect("a file");
    file["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_file_of_the_project_is_attached_with_the_caller_s_own_permissions() {
    with_storage(async |host, storage| {
        let text = asset(&host, "style-guide.txt").await;
        let table = asset(&host, "circulation.csv").await;
        let attach = |provider: &str, asset: &str| {
            Call::post("/ai/files", json!({"provider": provider, "asset": asset}))
        };
        let answer = host.send(attach("store", &text).token(ADMIN)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let original = host.send(Call::get(&format!("/assets/{text}")).token(ADMIN)).await;
        assert_eq!(storage.files(), [original.text.as_bytes()]);
        assert_eq!(answer.json()["filename"], "style-guide.txt");
        let row = ledger(&host, "file_upload").await.remove(0);
        assert_eq!(row["collections"], json!(["directus_files"]));
        assert_eq!(row["items"], 1);

        let reader = host.send(attach("store", &text).token(READER)).await;
        assert_eq!(reader.status, StatusCode::OK, "readers may read the project's files");
        sqlx::query("delete from directus_permissions where collection = 'directus_files'")
            .execute(host.app.backend.embedded().expect("embedded").pool())
            .await
            .expect("taken away");
        let nothing = "00000000-0000-4000-8000-000000000000";
        let refused = |answer: &Answer| (answer.verdict(), answer.text.clone());
        let may_not = refused(&host.send(attach("store", &text).token(READER)).await);
        let is_not = refused(&host.send(attach("store", nothing).token(READER)).await);
        assert_eq!(may_not.0, "403 FORBIDDEN");
        assert_eq!(may_not, is_not, "a refusal doesn't tell what there is");
        for (call, verdict) in [
            (attach("store", "../../etc/passwd").token(ADMIN), "403 FORBIDDEN"),
            (attach("store", &table).token(ADMIN), "400 INVALID_PAYLOAD"),
            (attach("demo", &text).token(ADMIN), "400 INVALID_PAYLOAD"),
            (attach("keyless", &text).token(ADMIN), "503 SERVICE_UNAVAILABLE"),
            (
                Call::post("/ai/files", json!({"provider": "store"})).token(ADMIN),
                "400 INVALID_PAYLOAD",
            ),
            (attach("store", &text), "403 FORBIDDEN"),
        ] {
            assert_eq!(host.send(call).await.verdict(), verdict);
        }
        assert_eq!(storage.files().len(), 2);
    });
}

#[test]
fn a_file_counts_in_a_conversation_as_the_host_signed_it_and_not_otherwise() {
    with_storage(async |host, _| {
        let user = async |token| {
            let me = host.send(Call::get("/users/me").token(token)).await.data();
            me["id"].as_str().expect("an id").to_owned()
        };
        let claims = |user: String| FileClaims {
            user,
            workspace: host.app.config.workspace.id.clone(),
            provider: "demo".into(),
            reference: "file-1".into(),
            name: "file-1".into(),
            media_type: "application/pdf".into(),
            filename: "report.pdf".into(),
            size: 10,
            expires_at: i64::MAX,
        };
        let issue = |claims: &FileClaims| host.app.state.files().issue(claims).expect("an id");
        let editor = user(EDITOR).await;
        let own = claims(editor.clone());
        let good = issue(&own);
        let foreign = issue(&claims(user(READER).await));
        let workspace = issue(&FileClaims { workspace: "other".into(), ..own.clone() });
        let provider = issue(&FileClaims { provider: "openai".into(), ..own.clone() });
        let expired = issue(&FileClaims { expires_at: 0, ..own.clone() });
        let mut forged = good.clone();
        forged.replace_range(10..11, if &good[10..11] == "A" { "B" } else { "A" });

        let part = |url: &str, metadata: Value| {
            json!({"type": "file", "mediaType": "image/png", "filename": "shown.png", "url": url,
                "providerMetadata": metadata})
        };
        let by_url = |id: &str| part(id, json!({}));
        let studio =
            |id: &str| part("/assets/1", json!({"directus": {"fileId": id, "provider": "x"}}));
        let own_key = |id: &str| part("", json!({"palisade": {"fileId": id}}));
        let mut report = String::new();
        for (name, file) in [
            ("id in place of the address", by_url(&good)),
            ("id as Data Studio sends it", studio(&good)),
            ("id of our own", own_key(&good)),
            ("data URL", by_url("data:image/png;base64,iVBORw0KGgo=")),
            ("DATA URL", by_url("DATA:image/png;base64,iVBORw0KGgo=")),
            ("forged, by address", by_url(&forged)),
            ("forged, by metadata", studio(&forged)),
            ("of another user", studio(&foreign)),
            ("of another workspace", studio(&workspace)),
            ("for another provider", studio(&provider)),
            ("expired", studio(&expired)),
            ("the provider's own id", studio("file-1")),
            ("an address as id", studio("http://127.0.0.1:8055/server/ping")),
            ("a number as id", part("", json!({"directus": {"fileId": 1}}))),
            ("two ids", part(&good, json!({"directus": {"fileId": expired}}))),
            ("http address", by_url("http://127.0.0.1:8055/server/ping")),
            ("https address", by_url("https://files.example/a.png")),
            ("file address", by_url("file:///etc/passwd")),
            ("relative address", by_url("/assets/1")),
            ("blob", by_url("blob:http://127.0.0.1/1")),
            ("no address", by_url("")),
        ] {
            let parts = json!([{"type": "text", "text": "Hello"}, file]);
            let answer = host.send(chat(parts).token(EDITOR)).await;
            let text = if answer.status == StatusCode::OK { "" } else { &answer.text };
            report.push_str(&format!("{name}\n  {} {text}\n", answer.status.as_u16()));
        }
        insta::assert_snapshot!(report);
        let refusals = ledger(&host, "refusal").await;
        assert_eq!(refusals.len(), 6, "{refusals:?}");
        assert!(refusals.iter().all(|row| row["reason"] == "A file id that is not the user's"));

        // What can't be used any more ends no conversation.
        for (file, verdict) in [
            (studio(&expired), "200"),
            (studio(&provider), "200"),
            (by_url(""), "200"),
            (studio(&foreign), "403 FORBIDDEN"),
            (by_url("https://files.example/a.png"), "400 INVALID_PAYLOAD"),
        ] {
            let body = json!({"provider": "demo", "model": "demo", "messages": [
                {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hello"}, file]},
                {"id": "2", "role": "assistant", "parts": [{"type": "text", "text": "Hello."}]},
                {"id": "3", "role": "user", "parts": [{"type": "text", "text": "Hello"}]},
            ]});
            let answer = host.send(Call::post("/ai/chat", body).token(EDITOR)).await;
            assert_eq!(answer.verdict(), verdict, "{}", answer.text);
        }
    });
}
