//! What Gemini's requests say, beyond the scenarios of all formats.

use palisade_plugin::types::*;
use palisade_plugin::{CallResult, Conversation, Entry, FileContent, OutputShape, UserPart};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::gemini::{SIGNATURE, endpoint, event, stream};
use crate::fake::*;

const FOREIGN: &str = "skip_thought_signature_validator";

fn answer() -> String {
    stream(&[event(json!([{"text": "Done."}]), Some("STOP"), 1)])
}

fn host() -> FakeHost {
    let mut host = FakeHost::new();
    host.endpoint = endpoint();
    host
}

fn sent(endpoint: Endpoint, conversation: &Conversation) -> Value {
    let format = palisade_plugin::format::of_kind(&endpoint);
    let request = format.request(conversation).expect("a request");
    assert_eq!(request.path, format!("models/{}:streamGenerateContent", endpoint.model));
    serde_json::from_str(&request.body).expect("JSON")
}

fn done(id: &str, metadata: Option<&str>) -> Part {
    let mut call = tool(id, "items", ToolState::OutputAvailable, &read_articles());
    call.output = Some("[1]".into());
    call.call_metadata = metadata.map(String::from);
    Part::Tool(call)
}

fn signatures(contents: &Value) -> Vec<Vec<&str>> {
    let contents = contents.as_array().expect("contents");
    contents
        .iter()
        .filter(|content| content["role"] == "model")
        .map(|content| {
            let parts = content["parts"].as_array().expect("parts");
            let calls = parts.iter().filter(|part| part.get("functionCall").is_some());
            calls.map(|call| call["thoughtSignature"].as_str().unwrap_or("-")).collect()
        })
        .collect()
}

/// Each step of a turn has a signature of its own, and goes back with it.
#[test]
fn sequential_steps_keep_their_own_signatures() {
    let step = |signature: &str| {
        stream(&[event(
            json!([
                {"functionCall": {"name": "items", "args": read_articles()}, "thoughtSignature": signature},
                {"functionCall": {"name": "schema", "args": {}}},
            ]),
            Some("STOP"),
            9,
        )])
    };
    let host = host()
        .answers_bytes(step("Zmlyc3Q=").as_bytes(), &[])
        .answers_bytes(step("c2Vjb25k").as_bytes(), &[])
        .answers_bytes(answer().as_bytes(), &[]);
    host.transcript(ask("Which articles?"));
    assert_eq!(
        signatures(&host.request(2)["contents"]),
        [vec!["Zmlyc3Q=", "-"], vec!["c2Vjb25k", "-"]]
    );
}

/// The history of another model has no signatures, which models of the third generation insist on for
/// the turn that goes on. The documented value stands for them, on the first call of each step.
#[test]
fn calls_of_another_model_get_the_documented_signature() {
    let messages = || {
        let answered = tool("c5", "items", ToolState::ApprovalResponded, &delete_article());
        vec![
            user("One?"),
            assistant(vec![done("c1", None), Part::StepStart, said("One.")]),
            user("Two?"),
            assistant(vec![
                done("c2", None),
                done("c3", None),
                Part::StepStart,
                done(
                    "c4",
                    Some(&format!(
                        r#"{{"palisade":{{"provider":"google","model":"gemini-3-pro","state":{{"signature":"{SIGNATURE}"}}}}}}"#
                    )),
                ),
                Part::StepStart,
                Part::Tool(answered),
            ]),
        ]
    };
    let host = host().answers_bytes(answer().as_bytes(), &[]);
    host.transcript(request(messages()));
    let sent = host.request(0);
    assert_eq!(
        signatures(&sent["contents"]),
        [vec!["-"], vec![], vec![FOREIGN, "-"], vec![SIGNATURE], vec![FOREIGN]]
    );
    assert!(sent.get("model").is_none(), "the path names it");

    let mut older = self::host().answers_bytes(answer().as_bytes(), &[]);
    older.endpoint.model = "gemini-2.5-flash".into();
    older.endpoint.capabilities = vec!["thinking-budget".into()];
    older.transcript(request(messages()));
    let sent = older.request(0);
    assert!(!sent.to_string().contains("thoughtSignature"), "{sent}");
    assert_eq!(
        sent["generationConfig"]["thinkingConfig"],
        json!({"includeThoughts": true, "thinkingBudget": -1})
    );
}

#[test]
fn a_model_that_does_not_think_is_not_asked_to() {
    let mut endpoint = endpoint();
    endpoint.capabilities.clear();
    endpoint.max_output_tokens = None;
    let conversation = Conversation {
        entries: vec![Entry::User(vec![UserPart::Text("Hi".into())])],
        ..Conversation::default()
    };
    assert_eq!(
        sent(endpoint, &conversation),
        json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]})
    );
}

#[test]
fn an_answer_of_a_given_shape_is_asked_for_in_json() {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["kind"],
        "properties": {"kind": {"const": "page"}},
    });
    let conversation = Conversation {
        system: "Be brief.".into(),
        entries: vec![Entry::User(vec![UserPart::Text("Classify.".into())])],
        output: Some(OutputShape {
            schema: RawValue::from_string(schema.to_string()).expect("JSON"),
            max_tokens: Some(500),
        }),
        ..Conversation::default()
    };
    insta::assert_json_snapshot!(sent(endpoint(), &conversation));
}

/// What comes after results is still the user's: roles alternate.
#[test]
fn a_question_after_results_goes_with_them() {
    let host = host().answers_bytes(answer().as_bytes(), &[]);
    host.transcript(request(vec![assistant(vec![done("c1", None)]), user("And now?")]));
    insta::assert_json_snapshot!(host.request(0)["contents"]);
}

#[test]
fn files_go_by_address_or_inline_and_others_are_told() {
    let file = |media_type: &str, content| UserPart::File {
        media_type: media_type.into(),
        content,
        filename: Some("a.bin".into()),
    };
    let address = "https://generativelanguage.googleapis.com/v1beta/files/abc-123";
    let conversation = Conversation {
        entries: vec![Entry::User(vec![
            UserPart::Text("What is this?".into()),
            file("application/pdf", FileContent::Stored(address.into())),
            file("image/png", FileContent::Inline("data:image/png;base64,iVBORw0=".into())),
            file("audio/mpeg", FileContent::Stored(address.into())),
            file("image/png", FileContent::Missing),
        ])],
        ..Conversation::default()
    };
    insta::assert_json_snapshot!(sent(endpoint(), &conversation)["contents"]);
}

#[test]
fn a_tool_whose_name_begins_with_a_digit_is_called_by_its_name() {
    let call = event(json!([{"functionCall": {"name": "_2fa", "args": {}}}]), Some("STOP"), 2);
    let host = host().answers_bytes(stream(&[call]).as_bytes(), &[]);
    let client_tools = vec![ClientTool {
        name: "2fa".into(),
        description: "Asks for a code.".into(),
        input_schema: r#"{"type":"object","properties":{}}"#.into(),
    }];
    host.transcript(TurnRequest { client_tools, ..ask("Log me in.") });
    let tools = &host.request(0)["tools"][0]["functionDeclarations"];
    let declared = tools.as_array().expect("a list").last().expect("a tool");
    assert_eq!(*declared, json!({"name": "_2fa", "description": "Asks for a code."}));
    let chunks = host.chunks();
    let input = chunks.iter().find(|chunk| chunk["type"] == "tool-input-available");
    assert_eq!(input.expect("a call")["toolName"], "2fa");
}

/// Results are texts inside an object, so that ids beyond a double's precision stay what they are.
#[test]
fn results_stay_texts() {
    let call = palisade_plugin::Call {
        id: "c".into(),
        provider_id: None,
        name: "items".into(),
        arguments: "{}".into(),
        state: Some(r#"{"id":"fc_1"}"#.into()),
    };
    let mut conversation = Conversation::default();
    conversation.push_user(vec![UserPart::Text("Hi".into())]);
    for failed in [false, true] {
        let content = r#"{"id":9007199254740993}"#.into();
        let result = CallResult { failed, ..CallResult::succeeded("c", content) };
        conversation.push_step(vec![palisade_plugin::AnswerPart::Call(call.clone())], vec![result]);
    }
    let sent = sent(endpoint(), &conversation);
    let response = |index: usize| sent["contents"][index]["parts"][0]["functionResponse"].clone();
    let text = r#"{"id":9007199254740993}"#;
    assert_eq!(response(2), json!({"id": "fc_1", "name": "items", "response": {"output": text}}));
    assert_eq!(response(4), json!({"id": "fc_1", "name": "items", "response": {"error": text}}));
}
