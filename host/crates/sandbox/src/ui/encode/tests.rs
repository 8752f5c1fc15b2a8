//! Chunks as the client's schema wants them.

use proptest::{prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

use super::*;
use crate::bindings::palisade::host::ui::{
    DataPart, SourceUrl, ToolApprovalRequest, ToolInputError, ToolInputStart, ToolOutput,
    ToolOutputError,
};

fn encoded(part: &Chunk) -> Result<String, TurnStop> {
    let mut out = BytesMut::new();
    chunk(&mut out, part, &Opening { turn_id: "t".into(), ..Opening::default() })?;
    let text = String::from_utf8(out.to_vec()).unwrap();
    let event = text.strip_prefix("data: ").and_then(|text| text.strip_suffix("\n\n")).unwrap();
    assert!(!event.contains(['\n', '\r']), "an event is one line: {event:?}");
    serde_json::from_str::<serde_json::Value>(event).unwrap();
    Ok(event.to_owned())
}

fn id_and_metadata(metadata: Option<&str>) -> Block {
    Block { id: "1".into(), provider_metadata: metadata.map(Into::into) }
}

fn id_and_text() -> Delta {
    Delta { id: "1".into(), text: "a\"\n\u{2028}ü".into() }
}

fn input(json: &str, dynamic: bool, metadata: Option<&str>) -> ToolInput {
    ToolInput {
        tool_call_id: "c".into(),
        tool_name: "items".into(),
        input: json.into(),
        dynamic,
        provider_metadata: metadata.map(Into::into),
    }
}

fn data(name: &str, value: &str) -> Chunk {
    Chunk::Data(DataPart { name: name.into(), id: None, value: value.into(), transient: false })
}

#[test]
fn every_chunk_has_exactly_the_keys_of_the_protocol() {
    let metadata = Some(r#"{"openai":{"itemId":"x"}}"#);
    let expected = [
        (Chunk::Start, r#"{"type":"start","messageMetadata":{"turns":{"t":true}}}"#),
        (Chunk::StartStep, r#"{"type":"start-step"}"#),
        (Chunk::TextStart(id_and_metadata(None)), r#"{"type":"text-start","id":"1"}"#),
        (
            Chunk::TextDelta(id_and_text()),
            "{\"type\":\"text-delta\",\"id\":\"1\",\"delta\":\"a\\\"\\n\u{2028}ü\"}",
        ),
        (
            Chunk::TextEnd(id_and_metadata(metadata)),
            r#"{"type":"text-end","id":"1","providerMetadata":{"openai":{"itemId":"x"}}}"#,
        ),
        (Chunk::ReasoningStart(id_and_metadata(None)), r#"{"type":"reasoning-start","id":"1"}"#),
        (
            Chunk::ReasoningDelta(Delta { id: "1".into(), text: "x".into() }),
            r#"{"type":"reasoning-delta","id":"1","delta":"x"}"#,
        ),
        (Chunk::ReasoningEnd(id_and_metadata(None)), r#"{"type":"reasoning-end","id":"1"}"#),
        (
            Chunk::ToolInputStart(ToolInputStart {
                tool_call_id: "c".into(),
                tool_name: "x".into(),
                dynamic: true,
            }),
            r#"{"type":"tool-input-start","toolCallId":"c","toolName":"x","dynamic":true}"#,
        ),
        (
            Chunk::ToolInputDelta(Delta { id: "c".into(), text: "{".into() }),
            r#"{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":"{"}"#,
        ),
        (
            Chunk::ToolInputAvailable(input(" {\n \"a\": 1\r\n}", false, metadata)),
            r#"{"type":"tool-input-available","toolCallId":"c","toolName":"items","input":{  "a": 1  },"providerMetadata":{"openai":{"itemId":"x"}}}"#,
        ),
        (
            Chunk::ToolInputError(ToolInputError {
                input: input("\"{\"", true, None),
                error_text: "No.".into(),
            }),
            r#"{"type":"tool-input-error","toolCallId":"c","toolName":"items","input":"{","dynamic":true,"errorText":"No."}"#,
        ),
        (
            Chunk::ToolApprovalRequest(ToolApprovalRequest {
                approval_id: "a".into(),
                tool_call_id: "c".into(),
            }),
            r#"{"type":"tool-approval-request","approvalId":"a","toolCallId":"c"}"#,
        ),
        (
            Chunk::ToolOutput(ToolOutput {
                tool_call_id: "c".into(),
                output: "{\n\"a\": 1}".into(),
                dynamic: true,
            }),
            r#"{"type":"tool-output-available","toolCallId":"c","output":{ "a": 1},"dynamic":true}"#,
        ),
        (
            Chunk::ToolOutputError(ToolOutputError {
                tool_call_id: "c".into(),
                error_text: "No.".into(),
                dynamic: false,
            }),
            r#"{"type":"tool-output-error","toolCallId":"c","errorText":"No."}"#,
        ),
        (Chunk::ToolOutputDenied("c".into()), r#"{"type":"tool-output-denied","toolCallId":"c"}"#),
        (
            Chunk::SourceUrl(SourceUrl {
                source_id: "s".into(),
                url: "https://a".into(),
                title: None,
            }),
            r#"{"type":"source-url","sourceId":"s","url":"https://a"}"#,
        ),
        (
            Chunk::Data(DataPart {
                name: "usage".into(),
                id: Some("u".into()),
                value: "[1]".into(),
                transient: true,
            }),
            r#"{"type":"data-usage","id":"u","data":[1],"transient":true}"#,
        ),
        (Chunk::FinishStep, r#"{"type":"finish-step"}"#),
        (
            Chunk::Finish(FinishReason::ContentFilter),
            r#"{"type":"finish","finishReason":"content-filter"}"#,
        ),
        (Chunk::Error("No.".into()), r#"{"type":"error","errorText":"No."}"#),
        (
            Chunk::Other("{\n\"type\":\"file\",\"url\":\"u\"}".into()),
            r#"{ "type":"file","url":"u"}"#,
        ),
    ];
    for (part, event) in &expected {
        assert_eq!(encoded(part).as_deref(), Ok(*event), "{part:?}");
    }
}

#[test]
fn a_start_chunk_carries_the_message_id_outside_continuations() {
    let mut out = BytesMut::new();
    let opening = Opening { message_id: Some("m\"1".into()), turn_id: "t\"1".into() };
    chunk(&mut out, &Chunk::Start, &opening).unwrap();
    assert_eq!(
        &out[..],
        b"data: {\"type\":\"start\",\"messageId\":\"m\\\"1\",\"messageMetadata\":{\"turns\":{\"t\\\"1\":true}}}\n\n"
    );
}

#[test]
fn only_the_host_says_which_turns_a_message_is_from() {
    let forged = r#"{"type":"message-metadata","messageMetadata":{"turns":{"another":true}}}"#;
    assert!(encoded(&Chunk::Other(forged.into())).is_err());
}

#[test]
fn an_outcome_stays_on_one_line() {
    let mut out = BytesMut::new();
    outcome(&mut out, "c", "[\n 1]").unwrap();
    assert_eq!(
        &out[..],
        b"data: {\"type\":\"tool-output-available\",\"toolCallId\":\"c\",\"output\":[  1]}\n\n"
    );
}

#[test]
fn a_value_that_is_not_exactly_one_json_value_is_refused() {
    for json in ["", "{", "1 2", "{}\n\ndata: {}", "nul", "'a'"] {
        let available = Chunk::ToolInputAvailable(input(json, false, None));
        assert!(encoded(&available).is_err(), "{json}");
        assert!(encoded(&data("usage", json)).is_err(), "{json}");
    }
}

#[test]
fn metadata_that_the_client_would_refuse_is_refused() {
    for json in ["null", "[]", r#"{"openai":1}"#, r#"{"openai":{}} {}"#, ""] {
        assert!(encoded(&Chunk::TextEnd(id_and_metadata(Some(json)))).is_err(), "{json}");
    }
}

#[test]
fn the_name_of_a_data_part_cannot_leave_its_string() {
    for name in ["", "Usage", "a b", "a\",\"x\":\"", "ü", "a_b"] {
        assert!(encoded(&data(name, "1")).is_err(), "{name}");
    }
}

#[test]
fn chunks_with_a_case_of_their_own_do_not_come_as_another() {
    for kind in OWN_CASE.iter().chain(&["data-x"]) {
        let json = format!(r#"{{"type":"{kind}"}}"#);
        assert!(encoded(&Chunk::Other(json)).is_err(), "{kind}");
    }
    for json in ["{}", "[]", "1", "", r#"{"type":"a","type":"b"}"#, r#"{"type":null}"#] {
        assert!(encoded(&Chunk::Other(json.into())).is_err(), "{json}");
    }
}

proptest! {
    #[test]
    fn any_text_arrives_as_it_was(id: String, text: String) {
        let part = Chunk::TextDelta(Delta { id: id.clone(), text: text.clone() });
        let event: Value = serde_json::from_str(&encoded(&part).unwrap()).unwrap();
        prop_assert_eq!(event, json!({"type": "text-delta", "id": id, "delta": text}));
    }

    #[test]
    fn any_text_as_a_value_is_refused_or_arrives_as_it_was(text: String) {
        let available = Chunk::ToolInputAvailable(input(&text, false, None));
        match (encoded(&available), serde_json::from_str::<Value>(&text)) {
            (Ok(event), Ok(value)) => {
                let event: Value = serde_json::from_str(&event).unwrap();
                prop_assert_eq!(&event["input"], &value);
            }
            (encoded, value) => prop_assert!(encoded.is_err() && value.is_err()),
        }
    }
}
