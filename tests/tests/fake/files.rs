//! Uploads are counted, on record, and not mixed up between services.

use crate::support::Bench;
use palisade_tests::fake::{FakeOptions, Outcome};
use serde_json::{Value, json};

const FORM: &str = "--b\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n\
    --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
    content-type: text/plain\r\n\r\nfive.\r\n--b--\r\n";

fn upload(bench: &Bench, form: &str) -> reqwest::RequestBuilder {
    bench
        .client
        .post(format!("{}/files", bench.provider.base_url()))
        .header("content-type", "multipart/form-data; boundary=b")
        .body(form.to_owned())
}

#[tokio::test]
async fn an_upload_is_counted_and_on_record() {
    let bench = Bench::start().await;
    let response = upload(&bench, FORM).bearer_auth(FakeOptions::KEY).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let file: Value = response.json().await.unwrap();
    assert_eq!(file["bytes"], 5);
    let recorded = bench.wait_for(Outcome::Completed).await;
    assert_eq!(
        recorded.body,
        json!({"purpose": "user_data", "file": {
            "filename": "a.txt", "content_type": "text/plain", "bytes": 5,
        }})
    );
    let [stored] = bench.provider.files().try_into().unwrap();
    assert_eq!((stored.service.as_str(), stored.deleted), ("openai", false));
}

#[tokio::test]
async fn an_upload_without_a_key_or_an_end_leaves_nothing() {
    let bench = Bench::start().await;
    assert_eq!(upload(&bench, FORM).send().await.unwrap().status(), 401);
    let half = &FORM[..FORM.len() - 6];
    let refused = upload(&bench, half).bearer_auth(FakeOptions::KEY).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let anonymous = FORM.replace("name=\"file\"", "name=\"upload\"");
    let refused = upload(&bench, &anonymous).bearer_auth(FakeOptions::KEY).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(bench.provider.files().is_empty());
}

#[tokio::test]
async fn a_file_is_there_for_its_own_service_alone() {
    let bench = Bench::start().await;
    upload(&bench, FORM).bearer_auth(FakeOptions::KEY).send().await.unwrap();
    let id = bench.provider.files()[0].id.clone();
    let url = format!("{}/files/{id}", bench.provider.base_url());
    for (header, version) in [("x-api-key", true), ("x-goog-api-key", false)] {
        let mut request = bench.client.delete(&url).header(header, FakeOptions::KEY);
        if version {
            request = request.header("anthropic-version", "2026-10-21");
        }
        let status = request.send().await.unwrap().status().as_u16();
        assert!([403, 404].contains(&status), "{header}: {status}");
    }
    assert!(!bench.provider.files()[0].deleted);
    let deleted = bench.client.delete(&url).bearer_auth(FakeOptions::KEY).send().await.unwrap();
    assert_eq!(deleted.status(), 200);
    assert!(bench.provider.files()[0].deleted);
}

#[tokio::test]
async fn a_resumed_upload_must_go_on_where_it_stands_and_end_as_announced() {
    let bench = Bench::start().await;
    let root = bench.provider.root_url();
    let start = bench
        .client
        .post(format!("{root}/upload/v1beta/files"))
        .header("x-goog-api-key", FakeOptions::KEY)
        .header("x-goog-upload-protocol", "resumable")
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-header-content-length", "10")
        .header("x-goog-upload-header-content-type", "text/plain")
        .json(&json!({"file": {"display_name": "a.txt"}}))
        .send()
        .await
        .unwrap();
    let url = start.headers()["x-goog-upload-url"].to_str().unwrap().to_owned();
    let send = |command: &'static str, offset: &'static str| {
        let request = bench.client.post(&url).header("x-goog-upload-command", command);
        request.header("x-goog-upload-offset", offset).body("five.").send()
    };
    assert_eq!(send("upload", "0").await.unwrap().headers()["x-goog-upload-status"], "active");
    assert_eq!(send("upload", "0").await.unwrap().status(), 400);
    let last = send("upload, finalize", "5").await.unwrap();
    assert_eq!(last.headers()["x-goog-upload-status"], "final");
    assert_eq!(last.json::<Value>().await.unwrap()["file"]["sizeBytes"], "10");
    assert_eq!(send("upload", "10").await.unwrap().status(), 404);
    assert_eq!(bench.provider.files().len(), 1);
}
