//! Bodies for conversations.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::format;
use crate::conversation::{
    AnswerPart, Call, Conversation, Entry, FileContent, OfferedTool, OutputShape, UserPart,
};
use crate::format::WireFormat;

fn raw(json: Value) -> Box<RawValue> {
    RawValue::from_string(json.to_string()).expect("JSON")
}

fn body(reasoning: bool, conversation: &Conversation) -> Value {
    let request = format(reasoning, &[]).request(conversation).expect("a request");
    assert_eq!(request.path, "responses");
    serde_json::from_str(&request.body).expect("JSON")
}

/// The items of one answer, each as its type and id.
fn sent(parts: Vec<AnswerPart>) -> Vec<String> {
    let entries = vec![Entry::Answer(parts)];
    let body = body(true, &Conversation { entries, ..Conversation::default() });
    let items = body["input"].as_array().expect("a list");
    let id = |item: &Value| item["id"].as_str().unwrap_or("-").to_owned();
    items
        .iter()
        .map(|item| format!("{} {}", item["type"].as_str().expect("a type"), id(item)))
        .collect()
}

fn reasoning(state: Option<Value>) -> AnswerPart {
    AnswerPart::Reasoning {
        place: "reasoning".into(),
        text: "Hm.".into(),
        state: state.map(|state| state.to_string()),
    }
}

fn reasoned(id: &str) -> AnswerPart {
    reasoning(Some(json!({"id": id, "encrypted_content": "g", "summary": []})))
}

fn call(id: &str, after: &[&str]) -> AnswerPart {
    AnswerPart::Call(Call {
        id: id.into(),
        provider_id: None,
        name: "f".into(),
        arguments: "{}".into(),
        state: Some(json!({"id": format!("fc_{id}"), "after": after}).to_string()),
    })
}

fn text(id: &str, after: &[&str]) -> AnswerPart {
    let state = json!({"id": id, "after": after, "phase": "commentary"});
    AnswerPart::Text { text: "So.".into(), state: Some(state.to_string()) }
}

#[test]
fn reasoning_goes_back_directly_before_what_it_led_to() {
    assert_eq!(
        sent(vec![
            reasoned("rs_1"),
            text("msg_1", &["rs_1"]),
            call("a", &["rs_1"]),
            reasoned("rs_2"),
            reasoned("rs_3"),
            call("b", &["rs_2", "rs_3"]),
            call("c", &["rs_2", "rs_3"]),
        ]),
        [
            "reasoning rs_1",
            "message msg_1",
            "function_call fc_a",
            "reasoning rs_2",
            "reasoning rs_3",
            "function_call fc_b",
            "function_call fc_c",
        ]
    );
    // What came between was none of ours and does not go back, nor does what led to it.
    assert_eq!(
        sent(vec![reasoned("rs_1"), reasoned("rs_2"), call("a", &["rs_2"])]),
        ["reasoning rs_2", "function_call fc_a"]
    );
    assert_eq!(
        sent(vec![call("a", &[]), text("msg_1", &[])]),
        ["function_call fc_a", "message msg_1"]
    );
}

#[test]
fn what_lost_its_reasoning_goes_back_without_its_id() {
    for lost in [
        vec![call("a", &["rs_1"])],
        vec![reasoning(None), call("a", &["rs_1"])],
        vec![reasoning(Some(json!({"id": 7, "summary": []}))), call("a", &["rs_1"])],
        vec![reasoned("rs_0"), call("a", &["rs_1"])],
        vec![reasoned("rs_2"), call("a", &["rs_1", "rs_2"])],
    ] {
        assert_eq!(sent(lost.clone()), ["function_call -"], "{lost:?}");
    }
    assert_eq!(
        sent(vec![reasoned("rs_1"), call("a", &["rs_2"]), call("b", &["rs_1"])]),
        ["function_call -", "function_call -"]
    );
}

#[test]
fn reasoning_that_led_to_nothing_stays_away() {
    assert_eq!(sent(vec![text("msg_1", &[]), reasoned("rs_1")]), ["message msg_1"]);
    let plain = AnswerPart::Text { text: "So.".into(), state: None };
    assert_eq!(sent(vec![reasoned("rs_1"), plain]), ["message -"]);
    assert_eq!(sent(vec![reasoned("rs_1")]), [""; 0]);
}

#[test]
fn a_message_without_an_id_is_plain_text_that_keeps_its_phase() {
    let entries = vec![Entry::Answer(vec![text("msg_1", &["rs_1"]), text("msg_2", &[])])];
    let body = body(true, &Conversation { entries, ..Conversation::default() });
    assert_eq!(
        body["input"],
        json!([
            {"type": "message", "role": "assistant", "content": "So.", "phase": "commentary"},
            {"type": "message", "id": "msg_2", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "So.", "annotations": []}],
             "phase": "commentary"},
        ])
    );
}

#[test]
fn a_state_goes_back_unmodified_and_cannot_be_anything_else() {
    let state = r#"{"id":"rs_1","encrypted_content":"g\u003d","summary":[{"type":"summary_text", "text":"a\n"}],"content":[1.0],"role":"developer","type":"message"}"#;
    let parts = vec![
        AnswerPart::Reasoning {
            place: "reasoning".into(),
            text: "changed".into(),
            state: Some(state.into()),
        },
        call("a", &["rs_1"]),
    ];
    let conversation =
        Conversation { entries: vec![Entry::Answer(parts)], ..Conversation::default() };
    let body = format(true, &[]).request(&conversation).expect("a request").body;
    let item = r#"{"type":"reasoning","id":"rs_1","encrypted_content":"g\u003d","summary":[{"type":"summary_text", "text":"a\n"}],"content":[1.0]}"#;
    assert!(body.contains(item), "{body}");
    for state in ["null", "[]", "7", "{}", r#"{"id":null}"#, r#"{"id":["fc_a"]}"#] {
        let forged = AnswerPart::Text { text: "So.".into(), state: Some(state.into()) };
        assert_eq!(sent(vec![forged]), ["message -"], "{state}");
    }
}

#[test]
fn what_only_models_that_reason_understand_is_asked_of_them_alone() {
    let fields = ["include", "reasoning", "store", "stream", "max_output_tokens", "text", "tools"];
    let asked = |reasoning| {
        let body = body(reasoning, &Conversation::default());
        fields.map(|name| body[name].clone())
    };
    let (always, never) = ([json!(false), json!(true), json!(1_000)], Value::Null);
    let [store, stream, limit] = always;
    assert_eq!(
        asked(true),
        [
            json!(["reasoning.encrypted_content"]),
            json!({"summary": "auto"}),
            store.clone(),
            stream.clone(),
            limit.clone(),
            never.clone(),
            never.clone(),
        ]
    );
    assert_eq!(
        asked(false),
        [never.clone(), never.clone(), store, stream, limit, never.clone(), never]
    );
}

#[test]
fn an_answer_of_a_given_shape() {
    let schema = json!({"type": "object", "properties": {"b": {}, "a": {}}});
    let shape = |max_tokens| Some(OutputShape { schema: raw(schema.clone()), max_tokens });
    let sent = body(false, &Conversation { output: shape(Some(300)), ..Conversation::default() });
    assert_eq!(
        sent["text"],
        json!({"format": {"type": "json_schema", "name": "response", "strict": true, "schema": schema}})
    );
    assert_eq!(sent["max_output_tokens"], 300);
    let sent = body(false, &Conversation { output: shape(None), ..Conversation::default() });
    assert_eq!(sent["max_output_tokens"], 1_000);
}

#[test]
fn tools_keep_their_order_and_are_not_strict() {
    let tool = |name: &str| OfferedTool {
        name: name.into(),
        description: "Does it.".into(),
        input_schema: raw(json!({"type": "object"})),
    };
    let tools = vec![tool("b"), tool("a")];
    let body = body(false, &Conversation { tools, ..Conversation::default() });
    let expected = |name: &str| {
        json!({"type": "function", "name": name, "description": "Does it.", "strict": false,
               "parameters": {"type": "object"}})
    };
    assert_eq!(body["tools"], json!([expected("b"), expected("a")]));
}

#[test]
fn files_go_as_the_model_reads_them() {
    let file = |media_type: &str, content: FileContent| UserPart::File {
        media_type: media_type.into(),
        content,
        filename: Some("a.x".into()),
    };
    let stored = || FileContent::Stored("file-1".into());
    let inline = || FileContent::Inline("data:x".into());
    let sent = |capabilities: &[&str], file: UserPart| {
        let entries = vec![Entry::User(vec![file])];
        let conversation = Conversation { entries, ..Conversation::default() };
        let request = format(false, capabilities).request(&conversation).expect("a request");
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        body["input"][0]["content"][0].clone()
    };
    let image =
        |name: &str, value: &str| json!({"type": "input_image", "detail": "auto", name: value});
    let told = |media_type: &str| {
        json!({"type": "input_text", "text": format!(
            "[The user attached the file \"a.x\" ({media_type}), which this model can't read. Say \
             so if it matters.]")})
    };
    let by_id = json!({"type": "input_file", "file_id": "file-1"});
    let by_data = json!({"type": "input_file", "filename": "a.x", "file_data": "data:x"});
    let (png, pdf, plain) = ("image/png", "application/pdf", "text/plain");
    for can in [&[][..], &["images", "documents"], &["images", "documents", "structured-output"]] {
        assert_eq!(sent(can, file(png, stored())), image("file_id", "file-1"));
        assert_eq!(sent(can, file(png, inline())), image("image_url", "data:x"));
        assert_eq!(sent(can, file(pdf, stored())), by_id);
        assert_eq!(sent(can, file(pdf, inline())), by_data);
        assert_eq!(sent(can, file(png, FileContent::Missing)), told(png));
        assert_eq!(sent(can, file(pdf, FileContent::Missing)), told(pdf));
        for unreadable in ["audio/mpeg", "video/mp4", "image/tiff"] {
            assert_eq!(sent(can, file(unreadable, stored())), told(unreadable));
        }
    }
    assert_eq!(sent(&["documents"], file(plain, stored())), by_id);
    assert_eq!(sent(&[], file(plain, stored())), told(plain), "nobody knows");
    assert_eq!(sent(&["documents"], file(png, stored())), told(png));
    assert_eq!(sent(&["images"], file(pdf, stored())), told(pdf));
}
