//! Attached files, and files that are gone.

use std::cell::RefCell;

use palisade_plugin::types::*;
use serde_json::json;

use super::super::wire::Wire;
use super::{Anthropic, host_of, messages_of};
use crate::fake::*;

fn file(media_type: &str, stored: Option<&str>, url: &str, name: Option<&str>) -> Part {
    Part::File(FilePart {
        media_type: media_type.into(),
        url: url.into(),
        stored: stored.map(String::from),
        filename: name.map(String::from),
        provider_metadata: None,
    })
}

fn attached() -> TurnRequest {
    let parts = vec![
        said("Look."),
        file("image/png", Some("file_image"), "file_image", Some("a.png")),
        file("application/pdf", Some("file_pdf"), "file_pdf", Some("a.pdf")),
        file("text/plain", Some("file_text"), "file_text", None),
        file("image/jpeg", None, "data:image/jpeg;base64,AA==", None),
        file("application/pdf", None, "data:application/pdf;base64,AA==", Some("b.pdf")),
        file("audio/mpeg", Some("file_audio"), "file_audio", Some("a.mp3")),
        file("image/png", None, "", Some("gone.png")),
    ];
    request(vec![Message { id: "u".into(), role: Role::User, parts }])
}

#[test]
fn files_go_as_the_model_can_read_them_or_are_told() {
    let sent = |capabilities: &[&str]| {
        let host = host_of(capabilities).answers_bytes(Anthropic.text().as_bytes(), &[]);
        host.transcript(attached());
        messages_of(&host, 0)
    };
    insta::assert_json_snapshot!(sent(&["images", "documents"]));
    assert_eq!(sent(&[]), sent(&["images", "documents"]), "nothing is known: worth a try");
    insta::assert_json_snapshot!(sent(&["documents"]));
}

#[test]
fn a_file_that_is_gone_is_told() {
    let error = |kind: &str, message: &str, details| {
        json!({
            "type": "error", "error": {"type": kind, "message": message, "details": details},
            "request_id": "req_1",
        })
        .to_string()
    };
    for (status, body) in [
        (404, error("not_found_error", "Expired.", json!({"error_code": "file_expired"}))),
        (
            404,
            error("not_found_error", "File not found: file_011CNha8iCJcU1wXNR6q4V8w", json!(null)),
        ),
        (
            400,
            error(
                "invalid_request_error",
                "File file_011CNha8iCJcU1wXNR6q4V8w does not exist.",
                json!(null),
            ),
        ),
    ] {
        let host = host_of(&[]).responds(FakeResponse {
            status,
            headers: [("content-type", "application/json".to_owned())].into(),
            pieces: RefCell::new([body.into_bytes()].into()),
            end: None,
        });
        let transcript = host.transcript(attached());
        assert!(transcript.contains("is no longer at the AI provider"), "{transcript}");
    }
}
